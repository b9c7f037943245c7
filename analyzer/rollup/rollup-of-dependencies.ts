import { WEIGHT_ONE } from '../model/sampling-weight.ts';
import { dependencyIn, emptyRollup, nodeIn } from './merge-rollups.ts';
import type { Rollup } from './rollup.ts';

interface CountedCall {
  readonly caller: string;
  readonly callee: string;
  readonly callCount: number;
  readonly errorCount: number;
}

/**
 * A rollup of who calls whom and how often, where nothing else is known: no trace, no time and no operation. Cycles and
 * scope follow from it as from any other; of the critical path it says nothing.
 */
export function rollupOfDependencies(calls: Iterable<CountedCall>): Rollup {
  const rollup = emptyRollup();
  for (const { caller, callee, callCount, errorCount } of calls) {
    for (const id of [caller, callee])
      nodeIn(rollup, { id, name: id, namespace: undefined, kind: 'service', system: undefined });
    const dependency = dependencyIn(rollup, { caller, callee, mode: 'sync' });
    dependency.callCount += callCount;
    dependency.errorCount += errorCount;
    dependency.callWeight += callCount * WEIGHT_ONE;
    // A call was part of some trace, so there was one at least.
    dependency.traceCount = Math.max(dependency.traceCount, Math.min(1, callCount));
  }
  return rollup;
}
