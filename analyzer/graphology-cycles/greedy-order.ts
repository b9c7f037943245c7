import type { ArcProblem } from './arc-problem.ts';
import { RankedHeap } from './ranked-heap.ts';

/**
 * An order of the nodes that has little running backwards, after Eades, Lin and Smyth (1993), A fast and effective heuristic
 * for the feedback arc set problem: sinks to the end, sources to the front, else to the front whichever node sends the most
 * more than it gets. With equal costs at most m/2 - n/6 arcs run backwards; with others it promises nothing. O(m log n).
 *
 * @returns The place of each node.
 */
export function greedyOrder({ nodeCount, offsets, targets, costs, inEdges }: ArcProblem): Int32Array {
  const surplus = new Float64Array(nodeCount);
  const outDegree = new Int32Array(nodeCount);
  const inDegree = new Int32Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) {
    outDegree[node] = offsets[node + 1]! - offsets[node]!;
    inDegree[node] = inEdges.offsets[node + 1]! - inEdges.offsets[node]!;
    for (let slot = offsets[node]!; slot < offsets[node + 1]!; slot++) {
      surplus[node]! += costs[slot]!;
      surplus[targets[slot]!]! -= costs[slot]!;
    }
  }
  const left = new RankedHeap(surplus);
  const isTaken = new Uint8Array(nodeCount);
  const sinks: number[] = [];
  const sources: number[] = [];
  for (let node = 0; node < nodeCount; node++) {
    if (outDegree[node] === 0) sinks.push(node);
    else if (inDegree[node] === 0) sources.push(node);
  }

  const placeOfNode = new Int32Array(nodeCount);
  let front = 0;
  let back = nodeCount;
  while (left.size > 0) {
    const sink = sinks.pop();
    const node = sink ?? sources.pop() ?? left.first();
    if (isTaken[node] === 1) continue;
    placeOfNode[node] = sink === undefined ? front++ : --back;
    take(node);
  }
  return placeOfNode;

  function take(node: number): void {
    isTaken[node] = 1;
    left.remove(node);
    for (let slot = offsets[node]!; slot < offsets[node + 1]!; slot++) {
      const target = targets[slot]!;
      if (isTaken[target] === 1) continue;
      inDegree[target]!--;
      if (inDegree[target] === 0) sources.push(target);
      surplus[target]! += costs[slot]!;
      left.move(target);
    }
    for (let place = inEdges.offsets[node]!; place < inEdges.offsets[node + 1]!; place++) {
      const source = inEdges.sources[place]!;
      if (isTaken[source] === 1) continue;
      outDegree[source]!--;
      if (outDegree[source] === 0) sinks.push(source);
      surplus[source]! -= costs[inEdges.slots[place]!]!;
      left.move(source);
    }
  }
}
