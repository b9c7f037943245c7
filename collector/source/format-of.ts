import { detectFormat, MalformedInputError, type TraceFormat } from '../decode/index.ts';

/** What the bytes hold; undefined if they hold no traces, or not from their beginning. */
export function formatOf(bytes: Uint8Array): TraceFormat | undefined {
  try {
    return detectFormat(bytes);
  } catch (error) {
    if (error instanceof MalformedInputError) return undefined;
    throw error;
  }
}
