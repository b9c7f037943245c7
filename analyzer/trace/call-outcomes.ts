import type { SpanTree } from './span-tree.ts';
import { CALL, type Calls } from './calls.ts';
import { type DependencyFinder, SPAN } from './dependencies.ts';

/** A logical call against the work it was made for. */
export const OUTCOME = {
  /** No evidence: no caller known, the caller's own fault, a try that was repeated, or several callees failed at once. */
  none: 0,
  failedParentFailed: 1,
  failedParentOk: 2,
  okParentFailed: 3,
  okParentOk: 4,
} as const;

/** What the calls of a trace tell about how much their callers need them. */
export class CallOutcomes {
  /** `OUTCOME` by call. */
  outcomes = new Uint8Array(64);
  /** 1 if the caller starts no other call once this one has ended: visibly, nothing there waits for it. */
  isLastUse = new Uint8Array(64);
  /** By activation: when its last call began, and how many began then. */
  #latestStartUs = new Float64Array(0);
  #latestCount = new Uint32Array(0);

  find(tree: SpanTree, { calls, bits, outerCalls, outers }: DependencyFinder): void {
    this.#reserve(tree.count, calls.count);
    this.#findLatestStarts(tree, calls);
    let hasFailure = false;
    for (let call = 0; call < calls.count; call++) {
      const activation = calls.callerActivations[call]! - 1;
      this.outcomes[call] = OUTCOME.none;
      this.isLastUse[call] = 0;
      if (activation < 0) continue;
      const span = calls.spans[call]!;
      this.isLastUse[call] = this.#isLast(activation, tree.startUs[span]!, tree.endUs[span]!) ? 1 : 0;
      // Tries of the transport below one CLIENT span are one logical call.
      if (outers[span] === span && outerCalls[span] !== call) continue;
      const parentFailed = (bits[activation]! & SPAN.failed) !== 0;
      if ((calls.bits[call]! & CALL.outcomeFailed) === 0) {
        this.outcomes[call] = parentFailed ? OUTCOME.okParentFailed : OUTCOME.okParentOk;
      } else if ((calls.bits[call]! & CALL.callersFault) === 0) {
        this.outcomes[call] = parentFailed ? OUTCOME.failedParentFailed : OUTCOME.failedParentOk;
        hasFailure = true;
      }
    }
    if (hasFailure) this.#dropWeakEvidence(tree, calls);
  }

  #reserve(spanCount: number, callCount: number): void {
    if (this.#latestStartUs.length < spanCount) {
      this.#latestStartUs = new Float64Array(spanCount * 2);
      this.#latestCount = new Uint32Array(spanCount * 2);
    }
    if (this.outcomes.length < callCount) {
      this.outcomes = new Uint8Array(callCount * 2);
      this.isLastUse = new Uint8Array(callCount * 2);
    }
  }

  #findLatestStarts(tree: SpanTree, calls: Calls): void {
    for (let call = 0; call < calls.count; call++) {
      const activation = calls.callerActivations[call]! - 1;
      if (activation >= 0) this.#latestCount[activation] = 0;
    }
    for (let call = 0; call < calls.count; call++) {
      const activation = calls.callerActivations[call]! - 1;
      if (activation < 0) continue;
      const startUs = tree.startUs[calls.spans[call]!]!;
      if (this.#latestCount[activation] === 0 || startUs > this.#latestStartUs[activation]!) {
        this.#latestStartUs[activation] = startUs;
        this.#latestCount[activation] = 1;
      } else if (startUs === this.#latestStartUs[activation]) {
        this.#latestCount[activation]!++;
      }
    }
  }

  // |--call--|
  //          |--other--|      an other that starts when this one ends may well have waited for it
  #isLast(activation: number, startUs: number, endUs: number): boolean {
    const latestUs = this.#latestStartUs[activation]!;
    if (endUs !== latestUs) return endUs > latestUs;
    return startUs === endUs && this.#latestCount[activation] === 1;
  }

  /** A failed try that was repeated is not the outcome; failures of several callees at once accuse none of them. */
  #dropWeakEvidence(tree: SpanTree, calls: Calls): void {
    const isFailure = (call: number): boolean =>
      this.outcomes[call] === OUTCOME.failedParentFailed || this.outcomes[call] === OUTCOME.failedParentOk;
    const siteOf = (call: number): string =>
      `${calls.callerActivations[call]!} ${calls.callees[call]!} ${calls.calleeOperations[call]!}`;
    const mayMatter = new Set<number>();
    for (let call = 0; call < calls.count; call++) if (isFailure(call)) mayMatter.add(calls.callerActivations[call]!);
    const latestOfSite = new Map<string, number>();
    for (let call = 0; call < calls.count; call++) {
      if (!mayMatter.has(calls.callerActivations[call]!)) continue;
      const startUs = tree.startUs[calls.spans[call]!]!;
      const site = siteOf(call);
      latestOfSite.set(site, Math.max(startUs, latestOfSite.get(site) ?? startUs));
    }
    const SEVERAL = -1;
    const failedCallee = new Map<number, number>();
    for (let call = 0; call < calls.count; call++) {
      if (!isFailure(call)) continue;
      const span = calls.spans[call]!;
      const latestUs = latestOfSite.get(siteOf(call))!;
      if (latestUs > tree.startUs[span]! && latestUs >= tree.endUs[span]!) {
        this.outcomes[call] = OUTCOME.none;
        continue;
      }
      const activation = calls.callerActivations[call]!;
      const callee = calls.callees[call]!;
      const known = failedCallee.get(activation) ?? callee;
      failedCallee.set(activation, known === callee ? callee : SEVERAL);
    }
    for (let call = 0; call < calls.count; call++) {
      if (isFailure(call) && failedCallee.get(calls.callerActivations[call]!) === SEVERAL) {
        this.outcomes[call] = OUTCOME.none;
      }
    }
  }
}
