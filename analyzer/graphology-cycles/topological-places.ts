import type { ArcProblem } from './arc-problem.ts';

/** Places of the nodes in which every kept arc runs forwards; `undefined` if the kept arcs have a cycle. O(n + m). */
export function topologicalPlaces(
  { nodeCount, offsets, targets }: Pick<ArcProblem, 'nodeCount' | 'offsets' | 'targets'>,
  isKept: (slot: number) => boolean,
): Int32Array | undefined {
  const waitingFor = new Int32Array(nodeCount);
  for (let slot = 0; slot < targets.length; slot++) if (isKept(slot)) waitingFor[targets[slot]!]!++;
  const queue: number[] = [];
  for (let node = 0; node < nodeCount; node++) if (waitingFor[node] === 0) queue.push(node);
  const placeOfNode = new Int32Array(nodeCount);
  for (let read = 0; read < queue.length; read++) {
    const node = queue[read]!;
    placeOfNode[node] = read;
    for (let slot = offsets[node]!; slot < offsets[node + 1]!; slot++) {
      if (!isKept(slot)) continue;
      const target = targets[slot]!;
      waitingFor[target]!--;
      if (waitingFor[target] === 0) queue.push(target);
    }
  }
  return queue.length === nodeCount ? placeOfNode : undefined;
}
