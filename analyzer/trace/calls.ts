import { grown } from '../model/string-table.ts';

/** Bits of a call. */
export const CALL = {
  /** Either end says it failed. */
  failed: 1,
  /** The logical call failed in the eyes of its caller, retries of the transport included. */
  outcomeFailed: 2,
  /** It failed by the caller's own fault, such as a 404: no evidence on how much the caller needs the callee. */
  callersFault: 4,
  /** The caller waited for it. */
  awaited: 8,
  /** The root of the trace waited for it, through everybody in between. */
  awaitedByRoot: 16,
  /** Strong card evidence or authentication data on the span of either end. */
  cardEvidence: 32,
  /** A message known by the consumer's link to the producer's span. */
  byLink: 64,
} as const;

/** `DependencyMode` by number. */
export const MODE = { sync: 0, async: 1, data: 2 } as const;

/** Calls of one trace as columns. Nodes, operations and addresses are numbers of the tables of the finder that filled it. */
export class Calls {
  count = 0;
  callers = new Uint32Array(64);
  callees = new Uint32Array(64);
  modes = new Uint8Array(64);
  bits = new Uint8Array(64);
  callerOperations = new Uint32Array(64);
  calleeOperations = new Uint32Array(64);
  /** The caller's outermost CLIENT or PRODUCER span; without one, the callee's span. */
  spans = new Uint32Array(64);
  /** The callee's span plus one; 0 where it sent none. */
  calleeSpans = new Uint32Array(64);
  /** The span under which the caller worked when it called, plus one: its SERVER, CONSUMER or root span. 0 for a destination. */
  callerActivations = new Uint32Array(64);
  /** Number of the address called plus one; 0 where unknown. */
  addresses = new Uint32Array(64);
  /** As the callee saw it, else the caller. */
  startUs = new Float64Array(64);
  durationUs = new Float64Array(64);

  clear(): void {
    this.count = 0;
  }

  /** Appends a call and returns its number; the caller fills the columns. */
  add(): number {
    const call = this.count++;
    if (call === this.callers.length) this.#grow(call * 2);
    return call;
  }

  #grow(length: number): void {
    this.callers = grown(this.callers, length);
    this.callees = grown(this.callees, length);
    this.modes = grown(this.modes, length);
    this.bits = grown(this.bits, length);
    this.callerOperations = grown(this.callerOperations, length);
    this.calleeOperations = grown(this.calleeOperations, length);
    this.spans = grown(this.spans, length);
    this.calleeSpans = grown(this.calleeSpans, length);
    this.callerActivations = grown(this.callerActivations, length);
    this.addresses = grown(this.addresses, length);
    this.startUs = grown(this.startUs, length);
    this.durationUs = grown(this.durationUs, length);
  }
}
