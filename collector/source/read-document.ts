import type { Problem } from '../../analyzer/model/analysis.ts';
import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { decode, DECODERS, detectFormat, MalformedInputError, type TraceFormat } from '../decode/index.ts';
import { ProblemLog } from '../decode/problem-log.ts';
import { UnpackingError } from './decompressed.ts';
import { UnreadableError } from './source-error.ts';

/** What one file gave. */
export interface DocumentReport {
  readonly format: TraceFormat;
  readonly spanCount: number;
  readonly rejectedCount: number;
  /** Each names the file, and the line where there are lines. */
  readonly problems: readonly Problem[];
}

/** Where spans go. After each `flush` the table may be empty again. */
export interface Sink {
  readonly table: SpanTable;
  flush(): Promise<void>;
}

/**
 * Reads one document piece by piece: JSON lines are decoded as they come, so that memory does not grow with the file; any
 * other format is one value and has to be whole. Throws `UnreadableError` if there is nothing to be had from it.
 */
export async function readDocument(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  sink: Sink,
): Promise<DocumentReport> {
  const pieces = new Pieces();
  let lines: LineReader | undefined;
  let kind: DocumentKind = 'first line is open';
  let failure: string | undefined;
  try {
    for await (const chunk of chunks) {
      pieces.add(chunk);
      const hasNewline = chunk.includes(NEWLINE);
      if (kind === 'first line has ended' || (kind === 'first line is open' && hasNewline)) {
        kind = kindOf(pieces.joined());
        if (kind === 'lines') lines = new LineReader(path, sink.table);
      }
      if (lines === undefined || !hasNewline) continue;
      pieces.keep(lines.readLines(pieces.joined()));
      await sink.flush();
    }
  } catch (error) {
    if (!(error instanceof UnpackingError)) throw error;
    failure = error.message;
  }

  if (lines === undefined) {
    if (failure !== undefined) throw new UnreadableError(failure);
    const report = wholeDocument(path, pieces.joined(), sink.table);
    await sink.flush();
    return report;
  }
  if (failure === undefined) lines.readLine(lines.readLines(pieces.joined()));
  else lines.endEarly(failure);
  await sink.flush();
  return lines.report();
}

const NEWLINE = 0x0a;
/** A document that is no JSON lines is held in memory as a whole. V8 has no longer strings than this. */
const MAX_DOCUMENT_BYTES = 512 * 1024 * 1024;

/** The bytes not yet used up, joined only when they are looked at. */
class Pieces {
  #pieces: Uint8Array[] = [];
  #byteCount = 0;

  add(piece: Uint8Array): void {
    this.#byteCount += piece.length;
    if (this.#byteCount > MAX_DOCUMENT_BYTES) {
      throw new UnreadableError(
        `more than ${MAX_DOCUMENT_BYTES / 2 ** 20} MiB in one document; split it, or export OTLP JSON with one document per line`,
      );
    }
    this.#pieces.push(piece);
  }

  joined(): Uint8Array {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]!;
  }

  keep(rest: Uint8Array): void {
    // A copy, so that the large piece it is the end of can go.
    this.#pieces = [rest.slice()];
    this.#byteCount = rest.length;
  }
}

/** Lines and whole are known for good; what they are is open until something stands after the first line. */
type DocumentKind = 'first line is open' | 'first line has ended' | 'lines' | 'whole';

function kindOf(head: Uint8Array): DocumentKind {
  const start = head.findIndex((byte) => byte > 0x20);
  const end = start === -1 ? -1 : head.indexOf(NEWLINE, start);
  if (end === -1) return 'first line is open';
  if (!head.subarray(end).some((byte) => byte > 0x20)) return 'first line has ended';
  try {
    return detectFormat(head) === 'otlp-json-lines' ? 'lines' : 'whole';
  } catch (error) {
    if (error instanceof MalformedInputError) return 'whole';
    throw error;
  }
}

function wholeDocument(path: string, bytes: Uint8Array, table: SpanTable): DocumentReport {
  try {
    const { format, spanCount, rejectedCount, problems } = decode(bytes, table);
    if (spanCount === 0 && rejectedCount > 0)
      throw new UnreadableError(problems[0]?.message ?? 'no span in it is usable');
    const named = problems.map((problem) => ({ ...problem, message: `${path}: ${problem.message}` }));
    return { format, spanCount, rejectedCount, problems: named };
  } catch (error) {
    if (error instanceof MalformedInputError) throw new UnreadableError(error.message);
    throw error;
  }
}

/** Decodes OTLP JSON line by line. A broken line is counted and named, the others count. */
class LineReader {
  readonly #path: string;
  readonly #table: SpanTable;
  #lineNumber = 0;
  #readableCount = 0;
  #spanCount = 0;
  #rejectedCount = 0;
  readonly #log = new ProblemLog();

  constructor(path: string, table: SpanTable) {
    this.#path = path;
    this.#table = table;
  }

  /** Reads every line that is whole and returns what comes after the last. */
  readLines(bytes: Uint8Array): Uint8Array {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      this.readLine(bytes.subarray(start, end));
      start = end + 1;
    }
    return bytes.subarray(start);
  }

  readLine(line: Uint8Array): void {
    this.#lineNumber++;
    if (!line.some((byte) => byte > 0x20)) return;
    try {
      const { spanCount, rejectedCount, problems } = DECODERS['otlp-json'](withoutByteOrderMark(line), this.#table);
      this.#readableCount++;
      this.#spanCount += spanCount;
      this.#rejectedCount += rejectedCount;
      for (const { kind, message, count } of problems) this.#log.add(kind, this.#place, message, count);
    } catch (error) {
      if (!(error instanceof MalformedInputError)) throw error;
      this.#log.add('malformed-line', this.#place, `the line was left out: ${error.message}`);
    }
  }

  endEarly(reason: string): void {
    this.#log.add('truncated-file', this.#place, `the file ends early: ${reason}; what came before was read`);
  }

  report(): DocumentReport {
    const { problems } = this.#log;
    const isAllRejected = this.#spanCount === 0 && this.#rejectedCount > 0;
    if (this.#readableCount === 0 || isAllRejected)
      throw new UnreadableError(problems[0]?.message ?? 'no line in it is usable');
    const format = 'otlp-json-lines';
    return { format, spanCount: this.#spanCount, rejectedCount: this.#rejectedCount, problems };
  }

  get #place(): string {
    return `${this.#path}:${this.#lineNumber}`;
  }
}

function withoutByteOrderMark(line: Uint8Array): Uint8Array {
  return line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? line.subarray(3) : line;
}
