import { elementaryCycles } from 'graphology-cycles';
import type { ElementaryCircles } from '../model/analysis.ts';
import type { Policy } from '../model/policy.ts';
import type { Rollup } from '../rollup/rollup.ts';
import { arcBetween, cycleGraph, onlySync } from './cycle-graph.ts';
import { edgesOf } from './break-proposal.ts';
import type { DependencyGraph } from './dependency-graph.ts';

/** Longer ones nobody reads, and a dense component has billions. */
export const ELEMENTARY_MAX_LENGTH = 8;

/**
 * Every circle in which no service comes twice, up to `limit` of them: for a map on a wall. The report lists the shortest
 * through each call, which covers every cyclic call with far fewer. Circles of calls first, then those that an event closes.
 */
export function elementaryCircles(
  graph: DependencyGraph,
  rollup: Rollup,
  policy: Policy,
  limit: number,
): ElementaryCircles {
  const full = cycleGraph(graph, rollup, policy);
  const options = { limit, maxLength: ELEMENTARY_MAX_LENGTH };
  const hard = elementaryCycles(onlySync(full), options);
  const all = elementaryCycles(full, { ...options, limit: limit * 2 });
  const soft = all.cycles.filter((services) =>
    edgesOf(services).some(([caller, callee]) => arcBetween(full, caller, callee).mode === 'async'),
  );
  const circles = [
    ...hard.cycles.map((services) => ({ services, isSoft: false })),
    ...soft.map((services) => ({ services, isSoft: true })),
  ];
  return {
    circles: circles.slice(0, limit),
    isTruncated: hard.truncated || all.truncated || circles.length > limit,
    maxLength: ELEMENTARY_MAX_LENGTH,
  };
}
