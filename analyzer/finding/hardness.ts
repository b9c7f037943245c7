import type { DependencyHardness, DependencyMode } from '../model/analysis.ts';
import type { CallSiteRollup } from '../rollup/rollup.ts';
import { wilson } from './wilson.ts';

/** How often the caller failed when the callee failed, and when it did not. */
export interface FailureTable {
  readonly failedParentFailed: number;
  readonly failedParentOk: number;
  readonly okParentFailed: number;
  readonly okParentOk: number;
}

/** `hard`: the caller fails with it. `soft`: the caller copes. `unseen`: too few failures. `undetermined`: neither way. */
export type Hardness = 'hard' | 'soft' | 'unseen' | 'undetermined';

export interface HardnessEvidence {
  readonly hardness: Hardness;
  /** Failed calls. */
  readonly n: number;
  readonly estimate: number;
  readonly interval: readonly [number, number];
  /** Share of failures of the caller where the call did not fail. */
  readonly base: number;
}

/** Fewer failures than this say nothing. */
export const HARDNESS_MIN_FAILURES = 5;
/** A caller that fails in at least this share of the failures of its callee depends on it. */
export const HARDNESS_SHARE = 0.5;

/**
 * Hard, when the failure of the caller follows from that of the callee in at least half of the cases and visibly more often than
 * it comes anyway. Both by their Wilson bounds, so chance does not make a dependency hard.
 */
export function hardnessOf(table: FailureTable): HardnessEvidence {
  const n = table.failedParentFailed + table.failedParentOk;
  const baseCount = table.okParentFailed + table.okParentOk;
  const interval = wilson(table.failedParentFailed, n);
  const evidence = {
    n,
    estimate: n === 0 ? 0 : table.failedParentFailed / n,
    interval,
    base: baseCount === 0 ? 0 : table.okParentFailed / baseCount,
  };
  if (n < HARDNESS_MIN_FAILURES) return { hardness: 'unseen', ...evidence };
  if (interval[1] < HARDNESS_SHARE) return { hardness: 'soft', ...evidence };
  const followsFromIt = interval[0] > wilson(table.okParentFailed, baseCount)[1];
  return { hardness: interval[0] >= HARDNESS_SHARE && followsFromIt ? 'hard' : 'undetermined', ...evidence };
}

/** The table of a dependency: the sum over its call sites. */
export function failureTableOf(callSites: Iterable<CallSiteRollup>): FailureTable {
  const table = { failedParentFailed: 0, failedParentOk: 0, okParentFailed: 0, okParentOk: 0 };
  for (const site of callSites) {
    table.failedParentFailed += site.failedParentFailed;
    table.failedParentOk += site.failedParentOk;
    table.okParentFailed += site.okParentFailed;
    table.okParentOk += site.okParentOk;
  }
  return table;
}

/** The verdict on a dependency, by what was seen or else by whether the caller waits. */
export function dependencyHardness(mode: DependencyMode, callSites: Iterable<CallSiteRollup>): DependencyHardness {
  const { hardness, n, estimate, interval } = hardnessOf(failureTableOf(callSites));
  const presumed = mode === 'async' ? 'presumed-soft' : 'presumed-hard';
  return {
    verdict: hardness === 'unseen' ? presumed : hardness,
    n,
    estimate: n === 0 ? null : estimate,
    interval: n === 0 ? null : interval,
  };
}
