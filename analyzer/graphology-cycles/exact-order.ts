import type { ArcProblem } from './arc-problem.ts';

/** Above this the tables of `exactOrder` no longer fit: 2^22 numbers are 32 MiB. */
export const EXACT_NODE_LIMIT = 22;

/**
 * The order of the nodes of which the least runs backwards, of several the first in lexicographic order, by dynamic
 * programming over sets of nodes as Held and Karp (1962) did for sequencing: the best order of a set starts with some node
 * of it, pays for the arcs that run back to this node from the others, and goes on with the best order of those.
 * O(2^n n) time, 2^n numbers. What arcs a set sends to a node is read from one table for each half of the set.
 *
 * @returns The place of each node.
 */
export function exactOrder({ nodeCount, offsets, targets, costs }: ArcProblem): Int32Array {
  const lowBits = nodeCount >> 1;
  const lowMask = (1 << lowBits) - 1;
  const lowTable = sentFromSets(0, lowBits);
  const highTable = sentFromSets(lowBits, nodeCount);
  const highSize = 1 << (nodeCount - lowBits);

  const full = 2 ** nodeCount - 1;
  const bestOfSet = new Float64Array(full + 1);
  for (let set = 1; set <= full; set++) {
    let best = Infinity;
    for (let rest = set; rest !== 0; rest &= rest - 1) {
      const first = 31 - Math.clz32(rest & -rest);
      best = Math.min(best, costOfFirst(set, first));
    }
    bestOfSet[set] = best;
  }

  const placeOfNode = new Int32Array(nodeCount);
  let set = full;
  for (let place = 0; place < nodeCount; place++) {
    let first = 0;
    while ((set & (1 << first)) === 0 || costOfFirst(set, first) !== bestOfSet[set]) first++;
    placeOfNode[first] = place;
    set &= ~(1 << first);
  }
  return placeOfNode;

  function costOfFirst(set: number, first: number): number {
    const others = set & ~(1 << first);
    return (
      bestOfSet[others]! +
      lowTable[first * (lowMask + 1) + (others & lowMask)]! +
      highTable[first * highSize + (others >>> lowBits)]!
    );
  }

  // For each node and each set of the nodes from `start` to `end`, the cost of the arcs from the set to the node.
  function sentFromSets(start: number, end: number): Float64Array {
    const size = 1 << (end - start);
    const table = new Float64Array(nodeCount * size);
    for (let source = start; source < end; source++) {
      const bit = 1 << (source - start);
      for (let slot = offsets[source]!; slot < offsets[source + 1]!; slot++) {
        const row = targets[slot]! * size;
        for (let subset = 0; subset < size; subset++) if ((subset & bit) !== 0) table[row + subset]! += costs[slot]!;
      }
    }
    return table;
  }
}
