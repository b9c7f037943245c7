import type { Rollup } from './rollup.ts';

/** Every trace that a rollup names as an example: first what proves circles and card data, then calls, then requests. */
export function exampleTraceIds(rollup: Rollup): Set<string> {
  const ids = new Set<string>();
  const add = (facts: Iterable<{ readonly traceIds: readonly string[] }>): void => {
    for (const { traceIds } of facts) for (const traceId of traceIds) ids.add(traceId);
  };
  add(rollup.reentries.values());
  add(rollup.cardEvidence.values());
  add(rollup.viaDestinations.values());
  add(rollup.dependencies.values());
  add(rollup.entryPoints.values());
  for (const entry of rollup.entryPoints.values()) add(entry.parts.values());
  return ids;
}
