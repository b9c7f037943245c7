import { grown } from '../model/string-table.ts';

/** A consumer's link to a span of another trace. */
export interface ForeignLink {
  readonly trace: number;
  readonly consumer: number;
  /** -1 where none is known. */
  readonly destination: number;
  readonly operation: number;
  /** 1 or 0. */
  readonly failed: number;
  /** For how many the consuming span stands, see `SamplingWeights`. */
  readonly weight: number;
  readonly startUs: number;
  readonly durationUs: number;
}

/** Links that wait until all producers are known, as columns: there may be one for every message. */
export class ForeignLinks {
  count = 0;
  /** 6 words each: trace id and span id of the producer. */
  targets = new Uint32Array(0);
  /** 4 words each: the trace of the consumer. */
  traceIds = new Uint32Array(0);
  #traces = new Float64Array(0);
  /** 4 each: consumer, destination plus one, operation, failed. */
  #numbers = new Uint32Array(0);
  /** 3 each: start, duration, weight. */
  #times = new Float64Array(0);

  /** Copies the target from `targets[targetAt ..]` and the trace id from `traceIds[traceAt ..]`. */
  add(link: ForeignLink, targets: Uint32Array, targetAt: number, traceIds: Uint32Array, traceAt: number): void {
    const at = this.count++;
    if (at === this.#traces.length) this.#grow(Math.max(16, at * 2));
    for (let word = 0; word < 6; word++) this.targets[at * 6 + word] = targets[targetAt + word]!;
    for (let word = 0; word < 4; word++) this.traceIds[at * 4 + word] = traceIds[traceAt + word]!;
    this.#traces[at] = link.trace;
    this.#numbers[at * 4] = link.consumer;
    this.#numbers[at * 4 + 1] = link.destination + 1;
    this.#numbers[at * 4 + 2] = link.operation;
    this.#numbers[at * 4 + 3] = link.failed;
    this.#times[at * 3] = link.startUs;
    this.#times[at * 3 + 1] = link.durationUs;
    this.#times[at * 3 + 2] = link.weight;
  }

  get(at: number): ForeignLink {
    return {
      trace: this.#traces[at]!,
      consumer: this.#numbers[at * 4]!,
      destination: this.#numbers[at * 4 + 1]! - 1,
      operation: this.#numbers[at * 4 + 2]!,
      failed: this.#numbers[at * 4 + 3]!,
      startUs: this.#times[at * 3]!,
      durationUs: this.#times[at * 3 + 1]!,
      weight: this.#times[at * 3 + 2]!,
    };
  }

  /** Other numbers for the same nodes and operations. */
  renumber(nodeOf: (node: number) => number, operationOf: (operation: number) => number): void {
    for (let at = 0; at < this.count; at++) {
      const destination = this.#numbers[at * 4 + 1]!;
      this.#numbers[at * 4] = nodeOf(this.#numbers[at * 4]!);
      if (destination > 0) this.#numbers[at * 4 + 1] = nodeOf(destination - 1) + 1;
      this.#numbers[at * 4 + 2] = operationOf(this.#numbers[at * 4 + 2]!);
    }
  }

  #grow(length: number): void {
    this.targets = grown(this.targets, length * 6);
    this.traceIds = grown(this.traceIds, length * 4);
    this.#traces = grown(this.#traces, length);
    this.#numbers = grown(this.#numbers, length * 4);
    this.#times = grown(this.#times, length * 3);
  }
}
