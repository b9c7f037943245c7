import type { HardGraph } from './hard-graph.ts';

/** Looks at a call that measuring may take: a fraction of a second. Counted, so that the same input gets the same answer. */
const SEARCH_BUDGET = 50_000_000;

/**
 * How long the shortest circle through each of some calls is, in their order: breadth first from each callee to all its callers
 * at once. `Infinity` for calls on no circle, and for those that the budget was spent before.
 */
export function cycleLengths(
  { services, numberOf, calls }: HardGraph,
  asked: readonly { readonly caller: string; readonly callee: string }[],
  searchBudget = SEARCH_BUDGET,
): number[] {
  const placesOf = new Map<number, number[]>();
  asked.forEach(({ callee }, place) => {
    const number = numberOf.get(callee)!;
    const places = placesOf.get(number);
    if (places === undefined) placesOf.set(number, [place]);
    else places.push(place);
  });
  const lengths = asked.map(() => Infinity);
  const distanceOf = new Int32Array(services.length).fill(-1);
  const queue = new Int32Array(services.length);
  let left = searchBudget;
  for (const callee of [...placesOf.keys()].sort((one, two) => one - two)) {
    if (left <= 0) break;
    let queued = 1;
    queue[0] = callee;
    distanceOf[callee] = 0;
    for (let read = 0; read < queued; read++) {
      const service = queue[read]!;
      left -= calls.offsets[service + 1]! - calls.offsets[service]!;
      for (let slot = calls.offsets[service]!; slot < calls.offsets[service + 1]!; slot++) {
        const next = calls.targets[slot]!;
        if (distanceOf[next] !== -1) continue;
        distanceOf[next] = distanceOf[service]! + 1;
        queue[queued++] = next;
      }
    }
    for (const place of placesOf.get(callee)!) {
      const distance = distanceOf[numberOf.get(asked[place]!.caller)!]!;
      if (distance !== -1) lengths[place] = distance + 1;
    }
    for (let read = 0; read < queued; read++) distanceOf[queue[read]!] = -1;
  }
  return lengths;
}
