import { byText } from '../model/wording.ts';
import type { HardGraph } from './hard-graph.ts';

/**
 * The shortest circle through a call, from its caller on. Of several: the one with the fewest other new calls, then the first
 * by name. Expects the call to lie inside a strongly connected component of the graph.
 */
export function shortestNewCycle(
  graph: HardGraph,
  caller: string,
  callee: string,
  isNew: (caller: string, callee: string) => boolean,
): string[] {
  // Backwards from the caller, level by level: how far it is from each service back to the caller, until the callee is met.
  const levels: string[][] = [[caller]];
  const distanceOf = new Map([[caller, 0]]);
  while (!distanceOf.has(callee)) {
    const next: string[] = [];
    for (const service of levels.at(-1)!) {
      graph.forEachInNeighbor(service, (before) => {
        if (distanceOf.has(before)) return;
        distanceOf.set(before, levels.length);
        next.push(before);
      });
    }
    if (next.length === 0) throw new Error(`the call ${caller} -> ${callee} lies on no circle`);
    levels.push(next);
  }
  // From the caller's side on, the fewest new calls on a shortest way back, and where that way goes first.
  const newCountOf = new Map([[caller, 0]]);
  const nextOf = new Map<string, string>();
  for (const level of levels.slice(1)) {
    for (const service of level) {
      let best: { readonly next: string; readonly newCount: number } | undefined;
      for (const next of graph.outNeighbors(service).sort(byText)) {
        if (distanceOf.get(next) !== distanceOf.get(service)! - 1) continue;
        const newCount = newCountOf.get(next)! + (isNew(service, next) ? 1 : 0);
        if (best === undefined || newCount < best.newCount) best = { next, newCount };
      }
      newCountOf.set(service, best!.newCount);
      nextOf.set(service, best!.next);
    }
  }
  const cycle = [caller];
  for (let service = callee; service !== caller; service = nextOf.get(service)!) cycle.push(service);
  return cycle;
}
