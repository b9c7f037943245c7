import { CALL, MODE } from './calls.ts';
import type { DependencyFinder } from './dependencies.ts';

/**
 * How far a chain of calls is followed back. A request that comes back to a service over more than this many others is not
 * reported as re-entry; its cycle still is, from the graph.
 */
const LONGEST_CHAIN = 128;

/**
 * Services that a request came back to while they were still waiting: A calls B, B calls A, and A's first call cannot end
 * before the second (threads of A may run out while all of them wait for A).
 *
 * Of each way in which a chain closes, by its last caller and callee, the shortest is kept. Returns node numbers in call
 * direction, each chain once per closing call, starting at the service that was re-entered. Each chain is a true circle: a
 * detour on the way, such as A B C B, is left out, since B B is a circle of its own.
 */
export class ReentryFinder {
  /** By activation: bits for services on the waiting chain up to it. Rules out nearly every call that closes no circle. */
  #ancestors = new Uint32Array(0);
  /** By activation: the one that waits for it, or -1. */
  #waiting = new Int32Array(0);

  find({ calls, services, activationCalls }: DependencyFinder, spanCount: number): number[][] {
    if (this.#ancestors.length < spanCount) {
      this.#ancestors = new Uint32Array(spanCount * 2);
      this.#waiting = new Int32Array(spanCount * 2);
    }
    const ancestors = this.#ancestors;
    const waiting = this.#waiting.fill(-1, 0, spanCount);
    let shortest: Map<number, { readonly activation: number; readonly length: number }> | undefined;
    for (let call = 0; call < calls.count; call++) {
      const callee = calls.calleeSpans[call]! - 1;
      if (callee < 0 || activationCalls[callee] !== call) continue;
      const caller = calls.callerActivations[call]! - 1;
      const service = services[callee]!;
      const isWaitedFor = caller >= 0 && isJoined(call);
      let above = 0;
      if (isWaitedFor) {
        waiting[callee] = caller;
        above = (activationCalls[caller]! < 0 ? 0 : ancestors[caller]!) | bitOf(services[caller]!);
        if ((above & bitOf(service)) !== 0 && services[caller] !== service) {
          const key = services[caller]! * 0x1000000 + service;
          const limit = (shortest?.get(key)?.length ?? LONGEST_CHAIN + 1) - 1;
          const length = chainLength(caller, service, limit);
          if (length > 0) (shortest ??= new Map()).set(key, { activation: caller, length });
        }
      }
      ancestors[callee] = above | bitOf(service);
    }
    return shortest === undefined ? [] : Array.from(shortest.values(), (chain) => circleOf(chain));

    function isJoined(call: number): boolean {
      return calls.modes[call] === MODE.sync && (calls.bits[call]! & CALL.awaited) !== 0;
    }

    /** Activations from the nearest one of `service` down to `caller`; 0 if there are none within the limit. */
    function chainLength(caller: number, service: number, limit: number): number {
      let length = 1;
      for (let at = caller; at >= 0 && length <= limit; at = waiting[at]!, length++) {
        if (services[at] === service) return length;
      }
      return 0;
    }

    function circleOf({ activation, length }: { readonly activation: number; readonly length: number }): number[] {
      const upwards: number[] = [];
      for (let at = activation; upwards.length < length; at = waiting[at]!) upwards.push(services[at]!);
      const circle: number[] = [];
      for (const service of upwards.reverse()) {
        const before = circle.indexOf(service);
        if (before >= 0) circle.length = before;
        circle.push(service);
      }
      return circle;
    }
  }
}

function bitOf(service: number): number {
  return 1 << (Math.imul(service, 0x9e3779b1) >>> 27);
}
