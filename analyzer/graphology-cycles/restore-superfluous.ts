import type { ArcCut, ArcProblem } from './arc-problem.ts';

/**
 * Puts back every arc of a cut that closes no cycle, dearest first, so that what stays cut is minimal: putting back any
 * further arc would close one.
 *
 * Keeps a topological order of what is not cut and repairs it after each arc as Pearce and Kelly (2006), A dynamic
 * topological sort algorithm for directed acyclic graphs: only nodes placed between the two ends are looked at.
 *
 * @param placeOfNode - An order in which every arc outside the cut runs forwards; left as one for the result.
 */
export function restoreSuperfluous(problem: ArcProblem, cut: ArcCut, placeOfNode: Int32Array): ArcCut {
  const { nodeCount, offsets, targets, sources, inEdges, costs } = problem;
  const isCut = new Uint8Array(targets.length);
  for (const slot of cut.slots) isCut[slot] = 1;
  const isSeen = new Uint8Array(nodeCount);

  const dearestFirst = [...cut.slots].sort((one, two) => costs[two]! - costs[one]! || one - two);
  for (const slot of dearestFirst) {
    const source = sources[slot]!;
    const target = targets[slot]!;
    if (placeOfNode[source]! > placeOfNode[target]! && !canTurnForwards(source, target)) continue;
    isCut[slot] = 0;
  }
  const slots = cut.slots.filter((slot) => isCut[slot] === 1);
  return { slots, cost: slots.reduce((sum, slot) => sum + costs[slot]!, 0) };

  // order  … target … x … y … source …   arc source → target runs backwards.
  // If target does not reach source, what target reaches between them moves behind what reaches source.
  function canTurnForwards(source: number, target: number): boolean {
    const reached = [target];
    isSeen[target] = 1;
    let closesCycle = false;
    for (let read = 0; read < reached.length && !closesCycle; read++) {
      const node = reached[read]!;
      for (let slot = offsets[node]!; slot < offsets[node + 1]!; slot++) {
        const next = targets[slot]!;
        if (isCut[slot] === 1 || isSeen[next] === 1 || placeOfNode[next]! > placeOfNode[source]!) continue;
        if (next === source) {
          closesCycle = true;
          break;
        }
        isSeen[next] = 1;
        reached.push(next);
      }
    }
    for (const node of reached) isSeen[node] = 0;
    if (closesCycle) return false;

    const reaching = [source];
    isSeen[source] = 1;
    for (let read = 0; read < reaching.length; read++) {
      const node = reaching[read]!;
      for (let place = inEdges.offsets[node]!; place < inEdges.offsets[node + 1]!; place++) {
        const before = inEdges.sources[place]!;
        if (isCut[inEdges.slots[place]!] === 1 || isSeen[before] === 1) continue;
        if (placeOfNode[before]! < placeOfNode[target]!) continue;
        isSeen[before] = 1;
        reaching.push(before);
      }
    }
    for (const node of reaching) isSeen[node] = 0;
    const byPlace = (one: number, two: number): number => placeOfNode[one]! - placeOfNode[two]!;
    const moved = [...reaching.sort(byPlace), ...reached.sort(byPlace)];
    const places = moved.map((node) => placeOfNode[node]!).sort((one, two) => one - two);
    moved.forEach((node, i) => (placeOfNode[node] = places[i]!));
    return true;
  }
}
