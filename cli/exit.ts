/** What the process ends with; nothing outside `cli/` knows these. */
export const EXIT = { ok: 0, newFindings: 1, couldNotRun: 2 } as const;

/** Something the user can put right. The message names the culprit and the way out; no stack is shown. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Errors whose message is meant for people, by name: they cross module seams without an import upwards. */
const EXPLAINED = new Set([
  'UsageError',
  'SourceError',
  'SpillError',
  'PolicyError',
  'StoreError',
  'MalformedInputError',
  'DirectoryLockedError',
  'JournalError',
]);

/** The words for an error, and its stack only where it is our own mistake. */
export function explain(error: unknown): string {
  if (error instanceof Error) {
    if (EXPLAINED.has(error.name)) return error.message;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      const { port } = error as NodeJS.ErrnoException & { port?: number };
      return `port ${port ?? ''} is taken: stop what listens there, or choose another port (see --help)`;
    }
    return `internal error, please report it: ${error.stack ?? error.message}`;
  }
  return String(error);
}
