import { cutSubgraph, sourceOfSlot, turnRound } from './compressed-graph.ts';
import type { InEdges } from './compressed-graph.ts';

/**
 * A feedback arc set problem in the form its solvers take: rows without self-loops or parallel arcs, and a cost for each
 * slot. Costs are whole numbers from 1 on, so sums compare exactly and every solution of least cost is minimal.
 */
export interface ArcProblem {
  readonly nodeCount: number;
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
  readonly sources: Int32Array;
  readonly inEdges: InEdges;
  readonly costs: Float64Array;
  /** Arcs of this cost or more are never cut: it is above the sum of all others. The arcs of that kind have no cycle. */
  readonly neverCut: number;
}

/** A set of slots to cut, ascending, and what they cost. */
export interface ArcCut {
  readonly slots: readonly number[];
  readonly cost: number;
}

/** The slots an order of the nodes has running backwards. Without them no cycle is left. */
export function cutOfOrder({ sources, targets, costs }: ArcProblem, placeOfNode: ArrayLike<number>): ArcCut {
  const slots: number[] = [];
  let cost = 0;
  for (let slot = 0; slot < targets.length; slot++) {
    if (placeOfNode[sources[slot]!]! < placeOfNode[targets[slot]!]!) continue;
    slots.push(slot);
    cost += costs[slot]!;
  }
  return { slots, cost };
}

/** The part of a problem inside some of its nodes (ascending). `parentSlot` leads back. */
export function cutProblem(
  problem: Pick<ArcProblem, 'offsets' | 'targets' | 'costs' | 'neverCut'>,
  nodes: Int32Array,
  localOfNode: Int32Array,
): ArcProblem & { readonly parentSlot: Int32Array } {
  const part = cutSubgraph(problem, nodes, localOfNode);
  return {
    ...part,
    sources: sourceOfSlot(part),
    inEdges: turnRound(part),
    neverCut: problem.neverCut,
    costs: Float64Array.from(part.parentSlot, (slot) => problem.costs[slot]!),
  };
}
