import type { AbstractGraph, Attributes } from 'graphology-types';
import { cutOfOrder, cutProblem } from './arc-problem.ts';
import type { ArcProblem } from './arc-problem.ts';
import { compressEdges, compressGraph, sourceOfSlot } from './compressed-graph.ts';
import type { CompressedGraph } from './compressed-graph.ts';
import type { SearchBudget } from './cycle-cover.ts';
import { EXACT_NODE_LIMIT, exactOrder } from './exact-order.ts';
import { lazyCycleCover } from './lazy-cycle-cover.ts';
import type { BoundedCut } from './lazy-cycle-cover.ts';
import { restoreSuperfluous } from './restore-superfluous.ts';
import { shortestCyclesByNumber } from './shortest-cycle.ts';
import { labelComponents, membersOfComponents } from './strongly-connected-components.ts';
import { wholeScale } from './whole-costs.ts';

export interface FeedbackArcSetSearch {
  /** Components of up to this many nodes are solved exactly by dynamic programming; at most 22. Default 18. */
  readonly maxExactNodes?: number;
  /** For larger components: looks at an arc the exact search may take in all, before the best so far is given. Default 5 million; 0 for the heuristic alone. */
  readonly searchBudget?: number;
}

export interface FeedbackArcSetOptions extends FeedbackArcSetSearch {
  /** What cutting an edge costs: 0 or more, `Infinity` for never. 1 if absent. */
  readonly weight?: (edge: string, attributes: Attributes, source: string, target: string) => number;
}

export interface FeedbackArcs<Edge> {
  /** The edges to cut, by source, then target, then edge. */
  readonly edges: Edge[];
  /** What they weigh together. */
  readonly weight: number;
  /** No other set weighs less than this: `weight - lowerBound` is the gap. */
  readonly lowerBound: number;
  /** True when the set is proven to weigh the least. */
  readonly exact: boolean;
  /** Cycles of edges that are never cut, which therefore stay: the shortest through each such edge. Empty as a rule. */
  readonly uncuttable: string[][];
}

/**
 * Edges of least weight without which no cycle is left, but for cycles that have only edges that are never cut. Minimal:
 * putting back any one of them closes a cycle. Of equal weight, fewer edges are better. Parallel edges are cut together,
 * self-loops always.
 *
 * Finding the least is NP-hard. Each component is solved on its own: by dynamic programming up to `maxExactNodes` nodes,
 * above that by covering cycles until the budget is spent; then the best cut found so far is given with its bound.
 *
 * @throws Error if the graph has an undirected edge or a weight is negative or not a number.
 */
export function feedbackArcSet(graph: AbstractGraph, options: FeedbackArcSetOptions = {}): FeedbackArcs<string> {
  const compressed = compressGraph(graph);
  const edgeKeys: string[] = [];
  const weights = new Float64Array(graph.size).fill(1);
  graph.forEachEdge((edge, attributes, source, target) => {
    if (options.weight !== undefined) {
      const weight = options.weight(edge, attributes, source, target);
      if (!(weight >= 0))
        throw new Error(
          `graphology-cycles: edge "${edge}" from "${source}" to "${target}" weighs ${weight}; give 0 or more, or Infinity to never cut it`,
        );
      weights[edgeKeys.length] = weight;
    }
    edgeKeys.push(edge);
  });
  const { edges, ...rest } = feedbackArcs(compressed, weights, options);
  return { edges: edges.map((edge) => edgeKeys[edge]!), ...rest };
}

/**
 * The typed-array form. Edges are given back as their places in the input, `edgeIds` of the compressed graph.
 *
 * @param weights - By place in the input; 0 or more, or `Infinity`.
 */
export function feedbackArcs(
  graph: CompressedGraph,
  weights: Float64Array,
  { maxExactNodes = 18, searchBudget = 5_000_000 }: FeedbackArcSetSearch = {},
): FeedbackArcs<number> {
  const { edgeIds, targets } = graph;
  const sources = sourceOfSlot(graph);
  const weightOfSlot = Float64Array.from(edgeIds, (edge) => weights[edge]!);
  const scale = wholeScale(weightOfSlot);
  const isNeverCut = (slot: number): boolean => weightOfSlot[slot] === Infinity;
  const wholeWeight = (slot: number): number => Math.round(weightOfSlot[slot]! * scale);

  const merged = mergeNeverCutCycles(graph, sources, isNeverCut);
  const slots = Int32Array.from(targets.keys());
  const cut: number[] = [];
  // An edge from a node to itself, or between nodes that are one because nothing between them can be cut.
  for (const slot of slots) if (isLoop(slot) && !isNeverCut(slot)) cut.push(slot);
  let lowerBound = cut.reduce((sum, slot) => sum + wholeWeight(slot), 0);

  const between = slots.filter((slot) => !isLoop(slot));
  const arcs = compressEdges(
    between.map((slot) => merged.nodeOf[sources[slot]!]!),
    between.map((slot) => merged.nodeOf[targets[slot]!]!),
    merged.nodeCount,
  );
  const budget: SearchBudget = { left: searchBudget };
  const localOfNode = new Int32Array(arcs.nodeCount);
  for (const nodes of membersOfComponents(labelComponents(arcs))) {
    if (nodes.length === 1) continue;
    const members = parallelSlots(arcs, nodes, localOfNode);
    const { problem, unit } = priceArcs(members);
    const { cut: arcCut, lowerBound: costBound } = solve(problem, Math.min(maxExactNodes, EXACT_NODE_LIMIT), budget);
    // With cost = weight * unit + edges and fewer edges than a unit, the weight alone is bounded by whole units.
    lowerBound += Math.floor(costBound / unit);
    for (const arc of arcCut.slots) for (const slot of members.slotsOfArc[arc]!) cut.push(between[slot]!);
  }

  cut.sort((one, two) => one - two);
  const weight = cut.reduce((sum, slot) => sum + wholeWeight(slot), 0);
  return {
    edges: cut.map((slot) => edgeIds[slot]!),
    weight: weight / scale,
    lowerBound: lowerBound / scale,
    exact: lowerBound === weight,
    uncuttable: merged.cycles.map((cycle) => cycle.map((node) => graph.nodeKeys[node]!)),
  };

  function isLoop(slot: number): boolean {
    return merged.nodeOf[sources[slot]!] === merged.nodeOf[targets[slot]!];
  }

  // Costs are whole weights, and behind the comma, so to say, the number of edges: that decides between equal weights.
  // Where such numbers would no longer be exact, equal weights are as good as each other.
  function priceArcs({ part, slotsOfArc }: ParallelSlots): { problem: ArcProblem; unit: number } {
    let arcEdgeCount = 0;
    let total = 0;
    let neverCutCount = 0;
    const wholes = slotsOfArc.map((group) => {
      arcEdgeCount += group.length;
      if (group.some((slot) => isNeverCut(between[slot]!))) {
        neverCutCount++;
        return Infinity;
      }
      const whole = group.reduce((sum, slot) => sum + wholeWeight(between[slot]!), 0);
      total += whole;
      return whole;
    });
    const isRoomForEdges = (total + 1) * (arcEdgeCount + 1) * (neverCutCount + 1) < Number.MAX_SAFE_INTEGER;
    const unit = isRoomForEdges ? arcEdgeCount + 1 : 1;
    const costs = Float64Array.from(
      wholes,
      (whole, arc) => whole * unit + (isRoomForEdges ? slotsOfArc[arc]!.length : 0),
    );
    const neverCut = costs.reduce((sum, cost) => (cost === Infinity ? sum : sum + cost), 1);
    const problem = { ...part, costs: costs.map((cost) => Math.min(cost, neverCut)), neverCut };
    return { problem, unit };
  }
}

function solve(problem: ArcProblem, maxExactNodes: number, budget: SearchBudget): BoundedCut {
  if (problem.nodeCount > maxExactNodes) return lazyCycleCover(problem, budget);
  const placeOfNode = exactOrder(problem);
  const cut = restoreSuperfluous(problem, cutOfOrder(problem, placeOfNode), placeOfNode);
  return { cut, lowerBound: cut.cost };
}

interface MergedNodes {
  readonly nodeCount: number;
  readonly nodeOf: Int32Array;
  readonly cycles: number[][];
}

// Nodes on cycles that are never cut become one node: a cycle through it with any other edge still has to be cut there.
function mergeNeverCutCycles(
  graph: CompressedGraph,
  sources: Int32Array,
  isNeverCut: (slot: number) => boolean,
): MergedNodes {
  const never = Int32Array.from(graph.targets.keys()).filter(isNeverCut);
  const neverGraph = compressEdges(
    never.map((slot) => sources[slot]!),
    never.map((slot) => graph.targets[slot]!),
    graph.nodeCount,
    graph.nodeKeys,
  );
  const components = membersOfComponents(labelComponents(neverGraph));
  const nodeOf = new Int32Array(graph.nodeCount);
  components.forEach((nodes, merged) => {
    for (const node of nodes) nodeOf[node] = merged;
  });
  return { nodeCount: components.length, nodeOf, cycles: shortestCyclesByNumber(neverGraph) };
}

interface ParallelSlots {
  readonly part: Omit<ArcProblem, 'costs' | 'neverCut'>;
  /** For each arc of the part the slots of the whole graph it stands for. */
  readonly slotsOfArc: number[][];
}

function parallelSlots(arcs: CompressedGraph, nodes: Int32Array, localOfNode: Int32Array): ParallelSlots {
  const noCosts = new Float64Array(arcs.edgeCount);
  const part = cutProblem({ ...arcs, costs: noCosts, neverCut: Infinity }, nodes, localOfNode);
  const slotsOfArc = Array.from(part.parentSlot, (first, arc) => {
    const end = arcs.offsets[nodes[part.sources[arc]!]! + 1]!;
    const group: number[] = [];
    for (let slot = first; slot < end && arcs.targets[slot] === arcs.targets[first]; slot++)
      group.push(arcs.edgeIds[slot]!);
    return group;
  });
  return { part, slotsOfArc };
}
