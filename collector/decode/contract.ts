import type { Problem } from '../../analyzer/model/analysis.ts';
import type { SpanTable } from '../../analyzer/model/span-table.ts';

/**
 * What a decoder says about one document, message or line. Its spans are in the table it was given, redacted: card numbers
 * never leave a decoder, neither in a span nor in a problem.
 */
export interface Decoded {
  /** Spans appended to the table. */
  readonly spanCount: number;
  /** Spans of the input that could not be used (bad ids, for instance), each counted in `problems` too. */
  readonly rejectedCount: number;
  readonly problems: readonly Problem[];
}

/**
 * Reads `bytes` and appends its spans to `table`. Throws `MalformedInputError` if the input as a whole cannot be read; the
 * table is then as it was before.
 */
export type Decoder = (bytes: Uint8Array, table: SpanTable) => Decoded;

/** The input is not what it should be. The message names the place and never quotes the input. */
export class MalformedInputError extends Error {
  override readonly name = 'MalformedInputError';
}
