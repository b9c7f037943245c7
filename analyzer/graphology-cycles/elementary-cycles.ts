import { forEachBoundedCycleFrom } from './bounded-cycle-search.ts';
import type { EmitCycle } from './bounded-cycle-search.ts';
import { cutSubgraph, sourceOfSlot, toCompressed, turnRound } from './compressed-graph.ts';
import type { CompressedGraph, GraphInput, Subgraph } from './compressed-graph.ts';
import { NodeHeap } from './node-heap.ts';
import { labelComponents, membersOfComponents } from './strongly-connected-components.ts';

export interface ElementaryCyclesOptions {
  /** Stop after this many cycles. */
  readonly limit?: number;
  /** Only cycles of at most this many edges. */
  readonly maxLength?: number;
}

export interface ElementaryCycles {
  /** Each starts at its smallest node; in lexicographic order of their nodes. */
  readonly cycles: string[][];
  /** True when there are more cycles than `limit`. */
  readonly truncated: boolean;
}

/** The graph's elementary cycles, in the order of `forEachElementaryCycle`, the first 1,000 unless told otherwise. */
export function elementaryCycles(graph: GraphInput, options: ElementaryCyclesOptions = {}): ElementaryCycles {
  const cycles: string[][] = [];
  const truncated = forEachElementaryCycle(graph, (cycle) => cycles.push(cycle), { limit: 1000, ...options });
  return { cycles, truncated };
}

/**
 * Calls back with each elementary cycle (no node twice) as its nodes, from its smallest node on, in lexicographic order.
 * A self-loop is a cycle of one node; parallel edges make no further cycles. A callback that returns true ends the walk.
 *
 * There can be exponentially many: O((n + m)(c + 1)) for c cycles, so set a limit. Length is bounded while searching, not
 * by throwing long cycles away.
 *
 * @returns Whether `limit` or the callback cut the walk short while there were more cycles.
 */
export function forEachElementaryCycle(
  graph: GraphInput,
  callback: (cycle: string[]) => unknown,
  { limit = Infinity, maxLength = Infinity }: ElementaryCyclesOptions = {},
): boolean {
  const compressed = toCompressed(graph);
  let cycleCount = 0;
  let stopped = false;
  const emit = (path: Int32Array, length: number): boolean => {
    if (stopped || cycleCount === limit) return true;
    cycleCount++;
    const cycle: string[] = [];
    for (let i = 0; i < length; i++) cycle.push(compressed.nodeKeys[path[i]!]!);
    stopped = callback(cycle) === true;
    // Not yet the end: whether anything was left out shows when the next cycle comes.
    return false;
  };
  if (maxLength < 1) return false;
  return maxLength < compressed.nodeCount
    ? walkBounded(compressed, Math.floor(maxLength), emit)
    : walkAll(compressed, emit);
}

// Every start node by number, each with the cycles that have it as their smallest node. Only nodes near the start are
// looked at, so there is no need to cut components again after each.
function walkBounded(graph: CompressedGraph, maxLength: number, emit: EmitCycle): boolean {
  const localOfNode = new Int32Array(graph.nodeCount);
  const cyclic = cyclicComponents(graph);
  const starts: { node: number; component: number }[] = [];
  cyclic.forEach((nodes, component) => {
    for (const node of nodes) starts.push({ node, component });
  });
  starts.sort((one, two) => one.node - two.node);
  const parts = cyclic.map((nodes) => {
    const part = cutSubgraph(graph, nodes, localOfNode);
    return { part, search: forEachBoundedCycleFrom(part, turnRound(part), maxLength), nextLocal: 0 };
  });
  const selfLoop = new Int32Array(1);
  for (const { node, component } of starts) {
    selfLoop[0] = node;
    if (hasSelfLoop(graph, node) && emit(selfLoop, 1)) return true;
    const state = parts[component]!;
    if (state.search(state.nextLocal++, emit)) return true;
  }
  return false;
}

// After Johnson (1975), Finding all the elementary circuits of a directed graph: take the smallest node that is on any
// cycle, list the cycles through it inside its component, drop it, cut what is left of the component into components.
// The heap hands components out by smallest node, which makes the whole order lexicographic.
function walkAll(graph: CompressedGraph, emit: EmitCycle): boolean {
  const localOfNode = new Int32Array(graph.nodeCount);
  const components = new NodeHeap();
  for (const nodes of cyclicComponents(graph)) components.push(nodes);
  const selfLoop = new Int32Array(1);
  for (let nodes = components.pop(); nodes !== undefined; nodes = components.pop()) {
    selfLoop[0] = nodes[0]!;
    if (hasSelfLoop(graph, nodes[0]!) && emit(selfLoop, 1)) return true;
    if (nodes.length === 1) continue;
    const part = cutSubgraph(graph, nodes, localOfNode);
    if (circuitsThroughFirst(part, emit)) return true;
    const rest = cutSubgraph(graph, nodes.subarray(1), localOfNode);
    for (const members of membersOfComponents(labelComponents(rest))) {
      const left = members.map((local) => rest.parentNode[local]!);
      if (left.length > 1 || hasSelfLoop(graph, left[0]!)) components.push(left);
    }
  }
  return false;
}

/**
 * All circuits through node 0 of one strongly connected component, Johnson's CIRCUIT without its recursion. A node that
 * led nowhere stays blocked until a node it waits for is free again, which keeps the time between two circuits linear.
 */
function circuitsThroughFirst(part: Subgraph, emit: EmitCycle): boolean {
  const { nodeCount, offsets, targets, parentNode } = part;
  const isBlocked = new Uint8Array(nodeCount);
  const hasFoundCycle = new Uint8Array(nodeCount);
  const cursor = offsets.slice(0, nodeCount);
  const path = new Int32Array(nodeCount);
  const named = new Int32Array(nodeCount);
  // Johnson's B: the slots whose source waits for their target, as one list for each target.
  const firstWaiting = new Int32Array(nodeCount).fill(-1);
  const nextWaiting = new Int32Array(targets.length);
  const isWaiting = new Uint8Array(targets.length);
  const sources = sourceOfSlot(part);
  const toFree: number[] = [];

  let pathLength = 1;
  named[0] = parentNode[0]!;
  isBlocked[0] = 1;
  while (pathLength > 0) {
    const node = path[pathLength - 1]!;
    if (cursor[node]! < offsets[node + 1]!) {
      const target = targets[cursor[node]!++]!;
      if (target === 0) {
        hasFoundCycle[node] = 1;
        if (emit(named, pathLength)) return true;
      } else if (isBlocked[target] === 0) {
        isBlocked[target] = 1;
        hasFoundCycle[target] = 0;
        cursor[target] = offsets[target]!;
        path[pathLength] = target;
        named[pathLength++] = parentNode[target]!;
      }
      continue;
    }
    pathLength--;
    if (hasFoundCycle[node] === 1) {
      if (pathLength > 0) hasFoundCycle[path[pathLength - 1]!] = 1;
      toFree.push(node);
      for (let free = toFree.pop(); free !== undefined; free = toFree.pop()) {
        isBlocked[free] = 0;
        for (let slot = firstWaiting[free]!; slot !== -1; slot = nextWaiting[slot]!) {
          isWaiting[slot] = 0;
          if (isBlocked[sources[slot]!] === 1) toFree.push(sources[slot]!);
        }
        firstWaiting[free] = -1;
      }
    } else {
      for (let slot = offsets[node]!; slot < offsets[node + 1]!; slot++) {
        if (isWaiting[slot] === 1) continue;
        isWaiting[slot] = 1;
        nextWaiting[slot] = firstWaiting[targets[slot]!]!;
        firstWaiting[targets[slot]!] = slot;
      }
    }
  }
  return false;
}

function cyclicComponents(graph: CompressedGraph): Int32Array[] {
  return membersOfComponents(labelComponents(graph)).filter(
    (nodes) => nodes.length > 1 || hasSelfLoop(graph, nodes[0]!),
  );
}

function hasSelfLoop({ offsets, targets }: CompressedGraph, node: number): boolean {
  for (let slot = offsets[node]!; slot < offsets[node + 1]!; slot++) if (targets[slot] === node) return true;
  return false;
}
