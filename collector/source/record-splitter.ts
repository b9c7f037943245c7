import type { TraceFormat } from '../decode/index.ts';

/** Takes one record, as a document of its own, and where it stands in the input. */
export type OnRecord = (record: Uint8Array, format: TraceFormat, place: string) => void;

/** Cuts a document of many records while its bytes come, so that it is never whole in memory. */
export interface RecordSplitter {
  /** What the document is as a whole. */
  readonly format: TraceFormat;
  /** False if `more` bytes cannot end a record: then nobody needs to look. */
  mayEndIn(more: Uint8Array): boolean;
  /** Hands on every record that is whole and returns how many bytes are done with; the rest comes again, with more behind. */
  split(bytes: Uint8Array, onRecord: OnRecord): number;
  /** Hands on what is left at the end of the input, or says why it is no record. */
  end(bytes: Uint8Array, onRecord: OnRecord): string | undefined;
}
