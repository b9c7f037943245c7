import type { CompressedGraph } from './compressed-graph.ts';
import { compressEdges } from './compressed-graph.ts';

// The small graphs the tests run on.

export type Pair = readonly [source: number, target: number];

/** Compresses edges written as pairs. Node keys are the decimal numbers, so up to ten nodes sort as their numbers do. */
export function graphOf(nodeCount: number, pairs: readonly Pair[]): CompressedGraph {
  return compressEdges(
    pairs.map(([source]) => source),
    pairs.map(([, target]) => target),
    nodeCount,
  );
}

/** The graph whose ordered pairs, self-loops included, are present where `bits` has a one. */
export function pairsOfBits(nodeCount: number, bits: number): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < nodeCount * nodeCount; i++)
    if ((bits >>> i) & 1) pairs.push([Math.floor(i / nodeCount), i % nodeCount]);
  return pairs;
}

/** 0 → 1 → … → n-1 → 0 */
export function ring(nodeCount: number): CompressedGraph {
  return compressEdges(
    Int32Array.from({ length: nodeCount }, (_, node) => node),
    Int32Array.from({ length: nodeCount }, (_, node) => (node + 1) % nodeCount),
    nodeCount,
  );
}

/** 0 → 1 → … → n-1 */
export function chain(nodeCount: number): CompressedGraph {
  return compressEdges(
    Int32Array.from({ length: nodeCount - 1 }, (_, node) => node),
    Int32Array.from({ length: nodeCount - 1 }, (_, node) => node + 1),
    nodeCount,
  );
}

/** Every node to every other. */
export function complete(nodeCount: number): CompressedGraph {
  const pairs: Pair[] = [];
  for (let source = 0; source < nodeCount; source++)
    for (let target = 0; target < nodeCount; target++) if (source !== target) pairs.push([source, target]);
  return graphOf(nodeCount, pairs);
}

/** A small multiplicative generator, for graphs too large for fast-check: the same seed gives the same graph. */
function seededNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

/** An acyclic graph of random edges of which one in `reverseOneIn` was turned round. */
export function nearlyAcyclic(
  nodeCount: number,
  edgeCount: number,
  reverseOneIn: number,
  seed: number,
): { sources: Int32Array; targets: Int32Array; reversedCount: number } {
  const below = seededNumbers(seed);
  // The hidden order is no order of the numbers, else an algorithm that keeps the numbers' order would look clever.
  const nodeAt = Int32Array.from({ length: nodeCount }, (_, node) => node);
  for (let last = nodeCount - 1; last > 0; last--) {
    const other = below(last + 1);
    const moved = nodeAt[last]!;
    nodeAt[last] = nodeAt[other]!;
    nodeAt[other] = moved;
  }
  const sources = new Int32Array(edgeCount);
  const targets = new Int32Array(edgeCount);
  const taken = new Set<number>();
  let reversedCount = 0;
  while (taken.size < edgeCount) {
    const one = below(nodeCount);
    const two = below(nodeCount);
    const pair = Math.min(one, two) * nodeCount + Math.max(one, two);
    if (one === two || taken.has(pair)) continue;
    const isReversed = below(reverseOneIn) === 0;
    if (isReversed) reversedCount++;
    sources[taken.size] = nodeAt[isReversed ? Math.max(one, two) : Math.min(one, two)]!;
    targets[taken.size] = nodeAt[isReversed ? Math.min(one, two) : Math.max(one, two)]!;
    taken.add(pair);
  }
  return { sources, targets, reversedCount };
}
