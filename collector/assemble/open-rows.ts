import { type SpanDictionary, SpanTable } from '../../analyzer/model/span-table.ts';

/** End of a list of rows. */
export const NO_ROW = 0xffffffff;
const DEAD_ROW = 0xfffffffe;

/** Empty chunks kept for the next spans; more than these go back to the garbage collector. */
const SPARE_CHUNK_COUNT = 4;

/** A piece of the open spans, with for each row the handle of the next row of its trace. */
export interface Chunk {
  readonly number: number;
  readonly table: SpanTable;
  readonly next: Uint32Array;
  liveCount: number;
}

/**
 * The open spans, in chunks of equal length that are filled once and given back when their last row is released. A row is
 * known by its handle, `chunk number << bits | row`. Chunks over an older dictionary drain; new ones are always over the
 * dictionary of the day.
 */
export class OpenRows {
  dictionary: SpanDictionary;
  liveCount = 0;
  readonly chunkRowCount: number;
  readonly #bits: number;
  /** By chunk number; a number whose chunk was given back is used again. */
  readonly #chunks: (Chunk | undefined)[] = [];
  #chunkCount = 0;
  #current: Chunk | undefined;
  #spares: SpanTable[] = [];

  /** `chunkRowCount` is a power of two. */
  constructor(dictionary: SpanDictionary, chunkRowCount: number) {
    this.dictionary = dictionary;
    this.chunkRowCount = chunkRowCount;
    this.#bits = Math.log2(chunkRowCount);
    if (!Number.isInteger(this.#bits) || this.#bits < 1) throw new Error('chunkRowCount must be a power of two');
  }

  /** Rows that the chunks in use could hold. */
  get roomCount(): number {
    return this.#chunkCount * this.chunkRowCount;
  }

  /** Bytes of all chunks, spare ones included, dictionaries not. */
  get byteLength(): number {
    let sum = 0;
    for (const chunk of this.#chunks) {
      if (chunk !== undefined) sum += chunk.table.byteLength + chunk.next.byteLength;
    }
    for (const spare of this.#spares) sum += spare.byteLength;
    return sum;
  }

  chunkOf(handle: number): Chunk {
    return this.#chunks[handle >>> this.#bits]!;
  }

  rowOf(handle: number): number {
    return handle & (this.chunkRowCount - 1);
  }

  handle(chunk: Chunk, row: number): number {
    return ((chunk.number << this.#bits) | row) >>> 0;
  }

  /** The chunk that takes the next rows, with room for at least one. */
  writable(): Chunk {
    const current = this.#current;
    if (current?.table.dictionary === this.dictionary && current.table.count < this.chunkRowCount) return current;
    if (current !== undefined) this.#seal(current);
    const table = this.#spares.pop() ?? new SpanTable(this.dictionary, this.chunkRowCount);
    let number = this.#chunks.indexOf(undefined);
    if (number < 0) number = this.#chunks.length;
    const chunk = { number, table, next: new Uint32Array(this.chunkRowCount), liveCount: 0 };
    this.#chunks[number] = chunk;
    this.#chunkCount++;
    this.#current = chunk;
    return chunk;
  }

  /** Tells that `rows` rows were just appended to the chunk's table. */
  added(chunk: Chunk, rows: number): void {
    chunk.liveCount += rows;
    this.liveCount += rows;
  }

  /** The row's trace is gone. The caller reads `next` before. */
  release(chunk: Chunk, row: number): void {
    chunk.next[row] = DEAD_ROW;
    chunk.liveCount--;
    this.liveCount--;
    if (chunk.liveCount > 0) return;
    if (chunk === this.#current) chunk.table.truncate(0);
    else this.#giveBack(chunk);
  }

  isLive(chunk: Chunk, row: number): boolean {
    return chunk.next[row] !== DEAD_ROW;
  }

  /** The full chunk with the fewest live rows. */
  sparsest(): Chunk | undefined {
    let sparsest: Chunk | undefined;
    for (const chunk of this.#chunks) {
      if (chunk === undefined || chunk === this.#current) continue;
      if (sparsest === undefined || chunk.liveCount < sparsest.liveCount) sparsest = chunk;
    }
    return sparsest;
  }

  startEpoch(dictionary: SpanDictionary): void {
    this.dictionary = dictionary;
    this.#spares = [];
  }

  /** Pools double as they grow; in a chunk that is full, what lies beyond the last row is waste. */
  #seal(chunk: Chunk): void {
    const { table } = chunk;
    if (chunk.liveCount === 0) {
      this.#giveBack(chunk);
      return;
    }
    const used = table.attributeStarts[table.count]!;
    if (used * 1.1 < table.attributeKeys.length) {
      table.attributeKeys = table.attributeKeys.slice(0, used);
      table.attributeValues = table.attributeValues.slice(0, used);
    }
  }

  #giveBack(chunk: Chunk): void {
    this.#chunks[chunk.number] = undefined;
    this.#chunkCount--;
    if (chunk.table.dictionary !== this.dictionary || this.#spares.length >= SPARE_CHUNK_COUNT) return;
    chunk.table.truncate(0);
    this.#spares.push(chunk.table);
  }
}
