import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { decode, MalformedInputError } from '../decode/index.ts';
import { UnpackingError } from './decompressed.ts';
import type { DocumentReport } from './document-report.ts';
import { formatOf } from './format-of.ts';
import { jsonSplitter } from './json-splitter.ts';
import { LineSplitter } from './line-splitter.ts';
import { FieldSplitter, firstFieldFormat, firstFrameFormat, FrameSplitter } from './message-splitter.ts';
import { RecordReader } from './record-reader.ts';
import type { RecordSplitter } from './record-splitter.ts';
import { UnreadableError } from './source-error.ts';

/** Where spans go. After each `flush` the table may be empty, or another one. */
export interface Sink {
  readonly table: SpanTable;
  flush(): Promise<void>;
}

/**
 * Reads one document piece by piece. JSON lines are decoded as they come, and so are the records of any other format that
 * is a list of them, once it is large: memory does not grow with the file. What is broken is left out, named, and the rest
 * counts. Throws `UnreadableError` if there is nothing to be had from it.
 */
export async function readDocument(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  sink: Sink,
  maxRecordBytes = MAX_RECORD_BYTES,
): Promise<DocumentReport> {
  const pieces = new Pieces(maxRecordBytes);
  let records: RecordReader | undefined;
  let kind: DocumentKind = 'open';
  let nextLookBytes = STREAMED_FROM_BYTES;
  let failure: string | undefined;
  try {
    for await (const chunk of chunks) {
      pieces.add(chunk);
      if (kind === 'open' && records === undefined && pieces.hasNewline) kind = kindOf(pieces.joined());
      if (kind === 'lines') records ??= new RecordReader(path, new LineSplitter());
      if (records === undefined && pieces.byteCount >= nextLookBytes) {
        const splitter = splitterFor(pieces.joined());
        if (splitter !== undefined) records = new RecordReader(path, splitter);
        nextLookBytes *= 2;
      }
      if (records?.mayEndIn(chunk) !== true) continue;
      pieces.keep(records.read(pieces.joined(), sink));
      await sink.flush();
    }
  } catch (error) {
    if (!(error instanceof UnpackingError || error instanceof UnreadableError)) throw error;
    failure = error.message;
  }

  const rest = pieces.joined();
  const report =
    records === undefined ? smallDocument(path, rest, sink, failure) : endOfRecords(records, rest, sink, failure);
  await sink.flush();
  return report;
}

const NEWLINE = 0x0a;
const BRACE = 0x7b;
/** Smaller documents are read in one go. */
const STREAMED_FROM_BYTES = 8 * 1024 * 1024;
/** What is one record has to be in memory as a whole, several times over while it is taken apart. */
const MAX_RECORD_BYTES = 256 * 1024 * 1024;

/** The bytes not yet used up, joined only when they are looked at. */
class Pieces {
  byteCount = 0;
  hasNewline = false;
  #pieces: Uint8Array[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(piece: Uint8Array): void {
    if (this.byteCount + piece.length > this.#limit) {
      throw new UnreadableError(
        `more than ${this.#limit / 2 ** 20} MiB in one record; split it, or export OTLP JSON with one document per line`,
      );
    }
    this.byteCount += piece.length;
    this.hasNewline ||= piece.includes(NEWLINE);
    this.#pieces.push(piece);
  }

  joined(): Uint8Array {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]!;
  }

  keep(rest: Uint8Array): void {
    // A copy, so that the large piece it is the end of can go.
    this.#pieces = [rest.slice()];
    this.byteCount = rest.length;
  }
}

/** Lines and other are known for good; what it is stays open until something stands after the first line. */
type DocumentKind = 'open' | 'lines' | 'other';

function kindOf(head: Uint8Array): DocumentKind {
  const start = head.findIndex((byte) => byte > 0x20);
  const end = start === -1 ? -1 : head.indexOf(NEWLINE, start);
  if (end === -1 || !head.subarray(end).some((byte) => byte > 0x20)) return 'open';
  if (formatOf(head) === 'otlp-json-lines') return 'lines';
  // A file cut to its end begins in the middle of a line.
  const nextEnd = head.indexOf(NEWLINE, end + 1);
  const next = head.subarray(end + 1, nextEnd === -1 ? head.length : nextEnd);
  if (formatOf(next) === 'otlp-json') return 'lines';
  return nextEnd === -1 && next.find((byte) => byte > 0x20) === BRACE ? 'open' : 'other';
}

/** How a document other than lines is cut into records; undefined where it has to be whole. */
function splitterFor(head: Uint8Array): RecordSplitter | undefined {
  if (firstFrameFormat(head) !== undefined) return new FrameSplitter();
  const format = firstFieldFormat(head);
  if (format !== undefined) return new FieldSplitter(format);
  const whole = formatOf(head);
  return whole === undefined ? undefined : jsonSplitter(whole);
}

/** As a whole; record by record if that fails, for what can be had. */
function smallDocument(path: string, bytes: Uint8Array, sink: Sink, failure: string | undefined): DocumentReport {
  let reason = failure;
  try {
    if (reason === undefined) return wholeDocument(path, bytes, sink.table);
  } catch (error) {
    if (!(error instanceof MalformedInputError)) throw error;
    reason = error.message;
  }
  const splitter = splitterFor(bytes);
  if (splitter === undefined) throw new UnreadableError(reason);
  const records = new RecordReader(path, splitter);
  const rest = records.read(bytes, sink);
  if (records.readableCount === 0) throw new UnreadableError(reason);
  return endOfRecords(records, rest, sink, failure);
}

function wholeDocument(path: string, bytes: Uint8Array, table: SpanTable): DocumentReport {
  const { format, spanCount, rejectedCount, problems } = decode(bytes, table);
  if (spanCount === 0 && rejectedCount > 0)
    throw new UnreadableError(problems[0]?.message ?? 'no span in it is usable');
  const named = problems.map((problem) => ({ ...problem, message: `${path}: ${problem.message}` }));
  return { format, spanCount, rejectedCount, problems: named };
}

function endOfRecords(
  records: RecordReader,
  rest: Uint8Array,
  sink: Sink,
  failure: string | undefined,
): DocumentReport {
  if (failure === undefined) records.end(rest, sink);
  else records.endEarly(failure);
  return records.report();
}
