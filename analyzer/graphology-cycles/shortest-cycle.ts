import type { AbstractGraph } from 'graphology-types';
import { cutSubgraph, toCompressed, turnRound } from './compressed-graph.ts';
import type { CompressedGraph, GraphInput, Subgraph } from './compressed-graph.ts';
import type { SearchBudget } from './cycle-cover.ts';
import { rotateToSmallest } from './rotate-to-smallest.ts';
import { labelComponents, membersOfComponents } from './strongly-connected-components.ts';

/**
 * The shortest cycle through an edge, from its smallest node on; `undefined` if the edge is on no cycle. Of several, the one
 * whose way from the edge's target back to its source comes first in lexicographic order. Breadth first, O(n log n + m).
 *
 * @param edge - Key of the edge; or its ends, as `(graph, source, target)`.
 * @throws Error if the graph has no such edge.
 */
export function shortestCycleThrough(graph: AbstractGraph, edge: string): string[] | undefined;
export function shortestCycleThrough(graph: GraphInput, source: string, target: string): string[] | undefined;
export function shortestCycleThrough(graph: GraphInput, first: string, second?: string): string[] | undefined {
  const [source, target] = second === undefined ? endsOfEdge(graph, first) : [first, second];
  const compressed = toCompressed(graph);
  const sourceNode = compressed.nodeKeys.indexOf(source);
  const targetNode = compressed.nodeKeys.indexOf(target);
  if (sourceNode < 0 || targetNode < 0 || !hasEdge(compressed, sourceNode, targetNode))
    throw new Error(`graphology-cycles: the graph has no edge from "${source}" to "${target}"`);
  const way = waySearch(compressed)(targetNode, [sourceNode])[0];
  return way && rotateToSmallest(way.map((node) => compressed.nodeKeys[node]!));
}

export interface ShortestCyclesOptions {
  /**
   * Looks at an edge the search may take. Once they are spent it searches from no further node, so edges are left without
   * their cycle; cycles found are right all the same. Counted, not timed: the same graph gets the same answer. No limit if absent.
   */
  readonly searchBudget?: number;
}

/**
 * A cycle for every edge that is on one: the shortest through each, every cycle once. At most as many as there are edges, and
 * together they pass over every edge of every cycle, which makes them the report to give when there are too many to list.
 * Shortest first, then in lexicographic order. O(n m) inside a component.
 */
export function shortestCycles(graph: GraphInput, options?: ShortestCyclesOptions): string[][] {
  const cycles: string[][] = [];
  forEachShortestCycle(graph, (cycle) => cycles.push(cycle), options);
  return cycles;
}

/** Calls back with each cycle of `shortestCycles`, in its order. */
export function forEachShortestCycle(
  graph: GraphInput,
  callback: (cycle: string[]) => void,
  options?: ShortestCyclesOptions,
): void {
  const compressed = toCompressed(graph);
  for (const cycle of shortestCyclesByNumber(compressed, options))
    callback(cycle.map((node) => compressed.nodeKeys[node]!));
}

/** The same as node numbers. */
export function shortestCyclesByNumber(
  graph: CompressedGraph,
  { searchBudget = Infinity }: ShortestCyclesOptions = {},
): number[][] {
  const budget: SearchBudget = { left: searchBudget };
  const cycleOfId = new Map<string, number[]>();
  const localOfNode = new Int32Array(graph.nodeCount);
  for (let node = 0; node < graph.nodeCount; node++)
    if (hasEdge(graph, node, node)) cycleOfId.set(String(node), [node]);
  for (const nodes of membersOfComponents(labelComponents(graph))) {
    if (nodes.length === 1) continue;
    const part = cutSubgraph(graph, nodes, localOfNode);
    const inEdges = turnRound(part);
    const search = waySearch(part, budget);
    for (let target = 0; target < part.nodeCount && budget.left > 0; target++) {
      const sources = inEdges.sources.subarray(inEdges.offsets[target], inEdges.offsets[target + 1]);
      // A node with one way in needs no search: whatever leaves it came by this edge, so the shortest cycle through the edge
      // is the shortest through one of the next. Else a long ring would be walked once for each of its nodes.
      if (sources.length === 1 && !isRingStart(part, target)) continue;
      for (const way of search(target, sources)) {
        const cycle = rotateToSmallest(way).map((local) => part.parentNode[local]!);
        cycleOfId.set(cycle.join(' '), cycle);
      }
    }
  }
  return [...cycleOfId.values()].sort(byLengthThenNodes);
}

// A component in which every node has one way in is one ring; its first node stands for it.
function isRingStart({ nodeCount, targets }: Subgraph, node: number): boolean {
  return node === 0 && targets.length === nodeCount;
}

/**
 * A function that finds the shortest ways from one node to some others, as lists of nodes with both ends; those it cannot
 * reach are left out. Rows ascend and the queue keeps the order of the ways found so far, so the first way found to a node
 * is the first in lexicographic order.
 */
function waySearch(
  { nodeCount, offsets, targets }: Pick<CompressedGraph, 'nodeCount' | 'offsets' | 'targets'>,
  budget: SearchBudget = { left: Infinity },
): (from: number, to: Iterable<number>) => number[][] {
  const cameFrom = new Int32Array(nodeCount).fill(-1);
  const isWanted = new Uint8Array(nodeCount);
  const queue = new Int32Array(nodeCount);
  return (from, to) => {
    const ends = [...to];
    let missingCount = 0;
    for (const end of ends) {
      if (isWanted[end] === 0) missingCount++;
      isWanted[end] = 1;
    }
    let queued = 1;
    queue[0] = from;
    cameFrom[from] = from;
    missingCount -= isWanted[from]!;
    for (let read = 0; read < queued && missingCount > 0; read++) {
      const node = queue[read]!;
      budget.left -= offsets[node + 1]! - offsets[node]!;
      for (let slot = offsets[node]!; slot < offsets[node + 1]!; slot++) {
        const target = targets[slot]!;
        if (cameFrom[target] !== -1) continue;
        cameFrom[target] = node;
        queue[queued++] = target;
        missingCount -= isWanted[target]!;
      }
    }
    const ways: number[][] = [];
    for (const end of ends) {
      isWanted[end] = 0;
      if (cameFrom[end] === -1) continue;
      const way = [end];
      for (let node = end; node !== from; way.push(node)) node = cameFrom[node]!;
      ways.push(way.reverse());
    }
    for (let read = 0; read < queued; read++) cameFrom[queue[read]!] = -1;
    return ways;
  };
}

function endsOfEdge(graph: GraphInput, edge: string): [string, string] {
  if ('offsets' in graph)
    throw new Error(
      'graphology-cycles: a compressed graph has no edge keys; pass the source and the target of the edge',
    );
  return graph.extremities(edge);
}

function hasEdge({ offsets, targets }: CompressedGraph, source: number, target: number): boolean {
  for (let slot = offsets[source]!; slot < offsets[source + 1]!; slot++) if (targets[slot] === target) return true;
  return false;
}

function byLengthThenNodes(one: readonly number[], two: readonly number[]): number {
  if (one.length !== two.length) return one.length - two.length;
  for (let i = 0; i < one.length; i++) if (one[i] !== two[i]) return one[i]! - two[i]!;
  return 0;
}
