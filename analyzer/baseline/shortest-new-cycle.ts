import type { HardGraph } from './hard-graph.ts';

/**
 * The shortest circle through a call, from its caller on, as service numbers. Of several: the one with the fewest other new
 * calls, then the first by name. Expects the call to lie inside a strongly connected component of the graph.
 */
export function shortestNewCycle(
  { calls, callers }: HardGraph,
  caller: number,
  callee: number,
  isNew: (caller: number, callee: number) => boolean,
): number[] {
  // Backwards from the caller, level by level: how far it is from each service back to the caller, until the callee is met.
  const queue = [caller];
  const distanceOf = new Map([[caller, 0]]);
  for (let read = 0; read < queue.length && !distanceOf.has(callee); read++) {
    const service = queue[read]!;
    const distance = distanceOf.get(service)! + 1;
    for (let slot = callers.offsets[service]!; slot < callers.offsets[service + 1]!; slot++) {
      const before = callers.targets[slot]!;
      if (distanceOf.has(before)) continue;
      distanceOf.set(before, distance);
      queue.push(before);
    }
  }
  const length = distanceOf.get(callee);
  if (length === undefined) throw new Error('a new call inside a component lies on no circle');
  // From the caller's side on, the fewest new calls on a shortest way back, and where that way goes first.
  const newCountOf = new Map([[caller, 0]]);
  const nextOf = new Map<number, number>();
  for (const service of queue.slice(1)) {
    const distance = distanceOf.get(service)!;
    if (distance > length) break;
    let best = -1;
    let bestCount = Infinity;
    for (let slot = calls.offsets[service]!; slot < calls.offsets[service + 1]!; slot++) {
      const next = calls.targets[slot]!;
      if (distanceOf.get(next) !== distance - 1) continue;
      const newCount = newCountOf.get(next)! + (isNew(service, next) ? 1 : 0);
      if (newCount >= bestCount) continue;
      best = next;
      bestCount = newCount;
    }
    newCountOf.set(service, bestCount);
    nextOf.set(service, best);
  }
  const cycle = [caller];
  for (let service = callee; service !== caller; service = nextOf.get(service)!) cycle.push(service);
  return cycle;
}
