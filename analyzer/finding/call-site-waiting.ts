import type { AnalyzedCallSite, DependencyMode } from '../model/analysis.ts';
import { type CallSiteRollup, type DependencyRollup, joinKey, type Rollup } from '../rollup/rollup.ts';
import { wilson } from './wilson.ts';

/** So many calls must have outlived their callers, and by lower bound this share of all, for a call site to count as not awaited. */
export const UNAWAITED_MIN_CALLS = 2;
export const UNAWAITED_SHARE = 0.01;

const MODES: readonly DependencyMode[] = ['sync', 'async', 'data'];

/**
 * Whether callers wait at a call site, over all traces. In one trace a fire-and-forget call that was over in time looks like
 * one that was awaited; among many, some outlive their callers. Callers that failed say nothing: who gives up waits for nobody.
 */
export function waitingAt(rollup: Rollup, { caller, callee }: DependencyRollup, site: CallSiteRollup): Waiting {
  let count = 0;
  let unawaitedByAny = 0;
  let unawaited = 0;
  // A call that was not awaited counts for the asynchronous dependency of the same two services.
  for (const mode of MODES) {
    const dependency = rollup.dependencies.get(joinKey(caller, callee, mode));
    const own = dependency?.callSites.get(joinKey(site.callerOperation, site.calleeOperation));
    if (own === undefined) continue;
    count += own.okParentOk + own.failedParentOk;
    unawaitedByAny += own.unjoinedCount;
    unawaited += own.unjoinedByOkCount;
  }
  if (unawaitedByAny === 0) return 'awaited';
  const isUnawaited = unawaited >= UNAWAITED_MIN_CALLS && wilson(unawaited, count)[0] >= UNAWAITED_SHARE;
  return isUnawaited ? 'not-awaited' : 'unclear';
}

type Waiting = AnalyzedCallSite['waiting'];
