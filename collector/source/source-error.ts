/** What was named as SOURCE cannot be read at all. The message names it and says the way out. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** One file cannot be read. The message says why, without its name. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/** The system's own word for what went wrong (`EACCES`), for messages. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
