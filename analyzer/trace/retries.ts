import { SPAN_KIND } from '../model/span.ts';
import { CALL, MODE } from './calls.ts';
import type { DependencyFinder } from './dependencies.ts';
import type { SpanTree } from './span-tree.ts';

/** A call that failed and the one that was made in its stead, by number. */
export interface Retry {
  readonly failed: number;
  readonly next: number;
}

/**
 * Calls made again since they had failed: the same operation of the same callee, under one parent, one after the other. All
 * tries but the last, and the pauses between them, are time that was wasted.
 *
 * ```
 * |----------------parent----------------|
 *   |--try, failed--|  pause  |--try--|
 * ```
 */
export class Retries {
  count = 0;
  /** By span: 1 within a try that was followed by another; valid while `count` is above 0. */
  isWasted = new Uint8Array(0);
  /** Most calls have no failed sibling, and are not looked at. */
  readonly #parentsOfFailed = new Set<number>();
  /** By the parent, then by the start of the next try as the parent sees it. */
  readonly #pauses = new Map<number, Map<number, Retry>>();
  #seenEndUs: Float64Array = new Float64Array(0);

  /** `seenStartUs` and `seenEndUs` are the times the critical path is made of. */
  find(tree: SpanTree, { calls }: DependencyFinder, seenStartUs: Float64Array, seenEndUs: Float64Array): void {
    this.count = 0;
    if (this.#parentsOfFailed.size > 0) this.#parentsOfFailed.clear();
    for (let call = 0; call < calls.count; call++) {
      if ((calls.bits[call]! & (CALL.failed | CALL.outcomeFailed)) === 0) continue;
      const parent = tree.parents[calls.spans[call]!]!;
      if (parent >= 0) this.#parentsOfFailed.add(parent);
    }
    if (this.#parentsOfFailed.size === 0) return;
    this.#seenEndUs = seenEndUs;
    this.#pauses.clear();
    for (const retry of this.#retriesIn(tree, calls, seenStartUs)) {
      if (this.count++ === 0) this.#clearWasted(tree.count);
      const next = calls.spans[retry.next]!;
      this.isWasted[calls.spans[retry.failed]!] = 1;
      const parent = tree.parents[next]!;
      const pauses = this.#pauses.get(parent) ?? new Map<number, Retry>();
      this.#pauses.set(parent, pauses.set(seenStartUs[next]!, retry));
    }
    if (this.count === 0) return;
    for (let at = 0; at < tree.count; at++) {
      const span = tree.topDown[at]!;
      const parent = tree.parents[span]!;
      if (parent >= 0 && this.isWasted[parent] === 1) this.isWasted[span] = 1;
    }
  }

  /** The retry that a section of the critical path was the pause before; undefined if it was none. */
  pauseIn(owner: number, startUs: number, endUs: number, { calls }: DependencyFinder): Retry | undefined {
    const retry = this.#pauses.get(owner)?.get(endUs);
    return retry !== undefined && this.#seenEndUs[calls.spans[retry.failed]!]! <= startUs ? retry : undefined;
  }

  *#retriesIn(tree: SpanTree, calls: DependencyFinder['calls'], startUs: Float64Array): Iterable<Retry> {
    const sites = new Map<string, number[]>();
    for (let call = 0; call < calls.count; call++) {
      const span = calls.spans[call]!;
      const parent = tree.parents[span]!;
      if (
        !this.#parentsOfFailed.has(parent) ||
        calls.modes[call] === MODE.async ||
        tree.table.kinds[tree.rows[span]!] === SPAN_KIND.producer
      )
        continue;
      const site = `${parent} ${calls.callees[call]!} ${calls.calleeOperations[call]!}`;
      const tries = sites.get(site);
      if (tries === undefined) sites.set(site, [call]);
      else tries.push(call);
    }
    for (const tries of sites.values()) {
      tries.sort((a, b) => startUs[calls.spans[a]!]! - startUs[calls.spans[b]!]! || a - b);
      for (let at = 1; at < tries.length; at++) {
        const [failed, next] = [tries[at - 1]!, tries[at]!];
        const [span, nextSpan] = [calls.spans[failed]!, calls.spans[next]!];
        if ((calls.bits[failed]! & (CALL.failed | CALL.outcomeFailed)) === 0 || span === nextSpan) continue;
        if (this.#seenEndUs[span]! <= startUs[nextSpan]!) yield { failed, next };
      }
    }
  }

  #clearWasted(count: number): void {
    if (this.isWasted.length < count) this.isWasted = new Uint8Array(count * 2);
    else this.isWasted.fill(0, 0, count);
  }
}
