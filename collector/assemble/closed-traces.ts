import type { SpanDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { TraceIdIndex } from '../../analyzer/model/trace-id-index.ts';
import { grown } from '../../analyzer/model/string-table.ts';
import type { TraceBatch } from './trace-batches.ts';

/** Where the rows of a trace that was counted are, and where it was counted. */
export interface ClosedTrace {
  readonly atUs: number;
  readonly environment: string;
  readonly table: SpanTable;
  readonly from: number;
  readonly to: number;
}

/** Batches of a few spans each are small, but their tables are not. */
const MOST_BATCHES = 1_000;
/** Tables of forgotten batches that are kept for batches to come. */
const MOST_SPARES = 4;

/**
 * The spans of traces closed lately, so that a span that comes late finds the others of its trace and what was counted can be
 * corrected. Bounded by `spanLimit`: the batches that have been here longest are forgotten first.
 */
export class ClosedTraces {
  readonly #spanLimit: number;
  readonly #index: TraceIdIndex;
  /** By slot of the index: number of the batch, and of the trace in it. */
  #batchOf = new Uint32Array(256);
  #placeOf = new Uint32Array(256);
  /** By number, the oldest first. */
  readonly #batches = new Map<number, TraceBatch>();
  readonly #spares: SpanTable[] = [];
  #nextNumber = 0;
  #spanCount = 0;

  constructor(seed: number, spanLimit: number) {
    this.#index = new TraceIdIndex(seed);
    this.#spanLimit = spanLimit;
  }

  /** Remembers a batch whose traces were counted; the table must not change any more. */
  keep(batch: TraceBatch): void {
    const number = this.#nextNumber++;
    this.#batches.set(number, batch);
    this.#spanCount += batch.table.count;
    for (const [place, start] of batch.starts.entries()) {
      const slot = this.#index.findOrAdd(batch.table.traceIds, start * 4);
      if (slot >= this.#batchOf.length) {
        this.#batchOf = grown(this.#batchOf, this.#index.capacity);
        this.#placeOf = grown(this.#placeOf, this.#index.capacity);
      }
      this.#batchOf[slot] = number;
      this.#placeOf[slot] = place;
    }
    for (const [oldest, old] of this.#batches) {
      if (this.#spanCount <= this.#spanLimit && this.#batches.size <= MOST_BATCHES) break;
      this.#forget(oldest, old);
    }
  }

  /** The trace whose id is at `traceIds[offset ..]`, if it is still remembered. */
  find(traceIds: Uint32Array, offset: number): ClosedTrace | undefined {
    const slot = this.#index.find(traceIds, offset);
    if (slot < 0) return undefined;
    const { atUs, environment, table, starts } = this.#batches.get(this.#batchOf[slot]!)!;
    const place = this.#placeOf[slot]!;
    return { atUs, environment, table, from: starts[place]!, to: starts[place + 1] ?? table.count };
  }

  /** An empty table that held the rows of a forgotten batch, for one of about `rowCount` rows. */
  takeSpare(dictionary: SpanDictionary, rowCount: number): SpanTable | undefined {
    const spare = this.#spares.at(-1);
    if (spare === undefined || spare.capacity > rowCount * 4) return undefined;
    this.#spares.pop();
    return spare.dictionary === dictionary ? spare : undefined;
  }

  #forget(number: number, { table, starts }: TraceBatch): void {
    this.#batches.delete(number);
    this.#spanCount -= table.count;
    for (const start of starts) {
      const slot = this.#index.find(table.traceIds, start * 4);
      // A trace that was corrected since lies in a later batch.
      if (slot >= 0 && this.#batchOf[slot] === number) this.#index.remove(slot);
    }
    table.truncate(0);
    this.#spares.push(table);
    if (this.#spares.length > MOST_SPARES) this.#spares.shift();
  }
}
