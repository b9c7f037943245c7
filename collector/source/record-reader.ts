import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { DECODERS, MalformedInputError, type TraceFormat } from '../decode/index.ts';
import { ProblemLog } from '../decode/problem-log.ts';
import type { DocumentReport } from './document-report.ts';
import type { OnRecord, RecordSplitter } from './record-splitter.ts';
import { UnreadableError } from './source-error.ts';

/** Decodes the records of a document one by one. A broken one is counted and named, the others count. */
export class RecordReader {
  readableCount = 0;
  readonly #path: string;
  readonly #splitter: RecordSplitter;
  readonly #log = new ProblemLog();
  #place = '';
  #spanCount = 0;
  #rejectedCount = 0;

  constructor(path: string, splitter: RecordSplitter) {
    this.#path = path;
    this.#splitter = splitter;
  }

  mayEndIn(more: Uint8Array): boolean {
    return this.#splitter.mayEndIn(more);
  }

  /** Reads every record that is whole and returns what comes after the last. */
  read(bytes: Uint8Array, sink: { readonly table: SpanTable }): Uint8Array {
    return bytes.subarray(this.#splitter.split(bytes, this.#decodeInto(sink.table)));
  }

  end(rest: Uint8Array, sink: { readonly table: SpanTable }): void {
    const reason = this.#splitter.end(rest, this.#decodeInto(sink.table));
    if (reason !== undefined) this.endEarly(reason);
  }

  endEarly(reason: string): void {
    const place = this.#place === '' ? this.#path : this.#place;
    this.#log.add('truncated-file', place, `the file ends early: ${reason}; what came before was read`);
  }

  report(): DocumentReport {
    const { problems } = this.#log;
    const isAllRejected = this.#spanCount === 0 && this.#rejectedCount > 0;
    if (this.readableCount === 0 || isAllRejected) {
      throw new UnreadableError(problems[0]?.message ?? 'no record in it is usable');
    }
    const { format } = this.#splitter;
    return { format, spanCount: this.#spanCount, rejectedCount: this.#rejectedCount, problems };
  }

  #decodeInto(table: SpanTable): OnRecord {
    return (record: Uint8Array, format: TraceFormat, place: string) => {
      this.#place = `${this.#path}:${place}`;
      try {
        const { spanCount, rejectedCount, problems } = DECODERS[format](record, table);
        this.readableCount++;
        this.#spanCount += spanCount;
        this.#rejectedCount += rejectedCount;
        for (const { kind, message, count } of problems) this.#log.add(kind, this.#place, message, count);
      } catch (error) {
        if (!(error instanceof MalformedInputError)) throw error;
        const isLine = this.#splitter.format === 'otlp-json-lines';
        const [kind, name] = isLine ? ['malformed-line', 'the line'] : ['malformed-record', 'it'];
        this.#log.add(kind, this.#place, `${name} was left out: ${error.message}`);
      }
    };
  }
}
