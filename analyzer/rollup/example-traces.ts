import { EXAMPLE_LIMIT } from './merge-rollups.ts';
import type { Rollup } from './rollup.ts';

interface Fact {
  readonly traceIds: readonly string[];
}

/**
 * Every trace that a rollup names as an example: first what proves circles and card data, then calls, then requests. With
 * `sum`, those alone that stay examples where the rollup is added to it.
 */
export function exampleTraceIds(rollup: Rollup, sum?: Rollup): Set<string> {
  const ids = new Set<string>();
  const add = (facts: ReadonlyMap<string, Fact>, others: ReadonlyMap<string, Fact> | undefined): void => {
    for (const [key, { traceIds }] of facts) {
      const rivals = others?.get(key)?.traceIds;
      for (const [place, id] of traceIds.entries()) {
        if (rivals === undefined || place + othersBelow(id, rivals, traceIds) < EXAMPLE_LIMIT) ids.add(id);
      }
    }
  };
  add(rollup.reentries, sum?.reentries);
  add(rollup.cardEvidence, sum?.cardEvidence);
  add(rollup.viaDestinations, sum?.viaDestinations);
  add(rollup.dependencies, sum?.dependencies);
  add(rollup.entryPoints, sum?.entryPoints);
  for (const [key, { parts }] of rollup.entryPoints) add(parts, sum?.entryPoints.get(key)?.parts);
  return ids;
}

/** How many ids of `rivals` that are not among `own` come before one. */
function othersBelow(id: string, rivals: readonly string[], own: readonly string[]): number {
  let count = 0;
  for (const rival of rivals) if (rival < id && !own.includes(rival)) count++;
  return count;
}
