import { TraceIdIndex } from '../../analyzer/model/trace-id-index.ts';

/**
 * The ids of traces closed lately, so that spans that come after their trace was closed can be counted. Bounded: two
 * generations of `perGeneration` ids, the older of which is forgotten when the younger is full.
 */
export class ClosedTraceIds {
  readonly #perGeneration: number;
  #young: TraceIdIndex;
  #old: TraceIdIndex;

  constructor(seed: number, perGeneration: number) {
    this.#perGeneration = perGeneration;
    this.#young = new TraceIdIndex(seed);
    this.#old = new TraceIdIndex(seed);
  }

  get byteLength(): number {
    return this.#young.byteLength + this.#old.byteLength;
  }

  has(words: Uint32Array, offset: number): boolean {
    return this.#young.find(words, offset) >= 0 || this.#old.find(words, offset) >= 0;
  }

  add(words: Uint32Array, offset: number): void {
    if (this.#young.size >= this.#perGeneration) {
      const forgotten = this.#old;
      forgotten.clear();
      this.#old = this.#young;
      this.#young = forgotten;
    }
    this.#young.findOrAdd(words, offset);
  }
}
