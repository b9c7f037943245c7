import { grown, mix } from '../model/string-table.ts';

/**
 * Spans that sent messages, to be found by the links of those who got them, from whatever trace. Bounded: where there are
 * more than `limit`, the sample is thinned by a hash of the id, so that which ones are left does not depend on their order.
 *
 * Trace ids are compared by their lower half: some tracers send no more.
 */
export class ProducerIndex {
  count = 0;
  services = new Uint32Array(64);
  operations = new Uint32Array(64);
  /** For how many spans each stands, see `SamplingWeights`. */
  weights = new Float64Array(64);
  /** 4 words each: lower half of the trace id, span id. */
  #keys = new Uint32Array(64 * 4);
  #slots = new Uint32Array(256);
  /** Ids whose hash lies above are left out. */
  #highestHash = 0xffffffff;
  readonly #limit: number;
  readonly #seed: number;

  constructor(limit: number, seed = 0x9e3779b9) {
    this.#limit = limit;
    this.#seed = seed;
  }

  /** Adds the span with the trace id at `traceIds[traceAt ..]` and the span id at `spanIds[spanAt ..]`. */
  add(
    traceIds: Uint32Array,
    traceAt: number,
    spanIds: Uint32Array,
    spanAt: number,
    service: number,
    operation: number,
    weight: number,
  ): void {
    this.#put(
      traceIds[traceAt + 2]!,
      traceIds[traceAt + 3]!,
      spanIds[spanAt]!,
      spanIds[spanAt + 1]!,
      service,
      operation,
      weight,
    );
    while (this.count > this.#limit) this.#thin();
  }

  /** Number of the span that a link names by six words (trace id, span id), or -1. */
  find(words: Uint32Array, at: number): number {
    const hash = this.#hash(words[at + 2]!, words[at + 3]!, words[at + 4]!, words[at + 5]!);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const known = this.#slots[slot]! - 1;
      if (known < 0 || this.#isAt(known, words[at + 2]!, words[at + 3]!, words[at + 4]!, words[at + 5]!)) return known;
    }
  }

  /** Other numbers for the same services and operations. */
  renumber(serviceOf: (service: number) => number, operationOf: (operation: number) => number): void {
    for (let number = 0; number < this.count; number++) {
      this.services[number] = serviceOf(this.services[number]!);
      this.operations[number] = operationOf(this.operations[number]!);
    }
  }

  #put(
    traceHigh: number,
    traceLow: number,
    high: number,
    low: number,
    service: number,
    operation: number,
    weight: number,
  ): void {
    const hash = this.#hash(traceHigh, traceLow, high, low);
    if (hash > this.#highestHash) return;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#isAt(this.#slots[slot]! - 1, traceHigh, traceLow, high, low)) return;
    }
    const number = this.count++;
    if (number === this.services.length) {
      this.services = grown(this.services, number * 2);
      this.operations = grown(this.operations, number * 2);
      this.weights = grown(this.weights, number * 2);
      this.#keys = grown(this.#keys, number * 8);
    }
    this.#keys[number * 4] = traceHigh;
    this.#keys[number * 4 + 1] = traceLow;
    this.#keys[number * 4 + 2] = high;
    this.#keys[number * 4 + 3] = low;
    this.services[number] = service;
    this.operations[number] = operation;
    this.weights[number] = weight;
    this.#slots[slot] = number + 1;
    if (this.count * 2 > this.#slots.length) this.#refill(this.#slots.length * 4);
  }

  #isAt(number: number, traceHigh: number, traceLow: number, high: number, low: number): boolean {
    const keys = this.#keys;
    const at = number * 4;
    return keys[at + 3] === low && keys[at + 2] === high && keys[at + 1] === traceLow && keys[at] === traceHigh;
  }

  #hash(traceHigh: number, traceLow: number, high: number, low: number): number {
    return mix(low ^ mix(high ^ mix(traceLow ^ mix(traceHigh ^ this.#seed))));
  }

  #hashAt(number: number): number {
    const keys = this.#keys;
    return this.#hash(keys[number * 4]!, keys[number * 4 + 1]!, keys[number * 4 + 2]!, keys[number * 4 + 3]!);
  }

  #refill(size: number): void {
    this.#slots = new Uint32Array(size);
    for (let number = 0; number < this.count; number++) {
      let slot = this.#hashAt(number) & (size - 1);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (size - 1);
      this.#slots[slot] = number + 1;
    }
  }

  #thin(): void {
    this.#highestHash >>>= 1;
    let count = 0;
    for (let number = 0; number < this.count; number++) {
      if (this.#hashAt(number) > this.#highestHash) continue;
      this.#keys.copyWithin(count * 4, number * 4, number * 4 + 4);
      this.services[count] = this.services[number]!;
      this.operations[count] = this.operations[number]!;
      this.weights[count] = this.weights[number]!;
      count++;
    }
    this.count = count;
    this.#refill(this.#slots.length);
  }
}
