import type { SpanDictionary } from '../../analyzer/model/span-table.ts';
import { SpanTable } from '../../analyzer/model/span-table.ts';
import { traceEnvironment } from '../../analyzer/trace/environment.ts';

const MINUTE_US = 60_000_000;

/** Whole traces of one minute and environment, one behind the other. */
export interface TraceBatch {
  readonly atUs: number;
  readonly environment: string;
  readonly table: SpanTable;
  /** First row of each trace. */
  readonly starts: number[];
}

/** Traces by the minute they started in and their environment: what is counted together is looked at together. */
export class TraceBatches {
  readonly #dictionary: SpanDictionary;
  readonly #batches = new Map<string, TraceBatch>();
  #rows = new Uint32Array(0);
  #first: SpanTable | undefined;
  spanCount = 0;

  /** `first` is an empty table over the dictionary for the first batch, which is the largest as a rule. */
  constructor(dictionary: SpanDictionary, first?: SpanTable) {
    this.#dictionary = dictionary;
    this.#first = first;
  }

  get dictionary(): SpanDictionary {
    return this.#dictionary;
  }

  [Symbol.iterator](): Iterator<TraceBatch> {
    return this.#batches.values();
  }

  /** Copies the trace in rows `[from, to)` of a table over the same dictionary. */
  add(trace: SpanTable, from = 0, to = trace.count): void {
    const environment = traceEnvironment(trace, this.#rowsUpTo(to), from, to);
    this.addTo(Math.floor(startOf(trace, from, to) / MINUTE_US) * MINUTE_US, environment, trace, from, to);
  }

  /** The same where minute and environment are known. */
  addTo(atUs: number, environment: string, trace: SpanTable, from: number, to: number): void {
    const key = `${atUs} ${environment}`;
    let batch = this.#batches.get(key);
    if (batch === undefined) {
      batch = { atUs, environment, table: this.#first ?? new SpanTable(this.#dictionary, to - from), starts: [] };
      this.#first = undefined;
      this.#batches.set(key, batch);
    }
    batch.starts.push(batch.table.count);
    batch.table.appendRows(trace, from, to);
    this.spanCount += to - from;
  }

  /** 0, 1, 2, …: the rows of a trace lie in order. */
  #rowsUpTo(count: number): Uint32Array {
    if (this.#rows.length < count) this.#rows = Uint32Array.from({ length: count * 2 }, (_, row) => row);
    return this.#rows;
  }
}

function startOf(trace: SpanTable, from: number, to: number): number {
  let startUs = Infinity;
  for (let row = from; row < to; row++) {
    const rowStartUs = trace.startUs[row]!;
    if (rowStartUs > 0 && rowStartUs < startUs) startUs = rowStartUs;
  }
  return startUs === Infinity ? 0 : startUs;
}
