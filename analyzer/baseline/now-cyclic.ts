import type { CompressedGraph } from 'graphology-cycles';
import type { HardGraph } from './hard-graph.ts';

interface Call {
  readonly caller: string;
  readonly callee: string;
}

/**
 * A function that tells which accepted calls lie on no circle of accepted calls, but on one together with a new circle. Those are
 * the calls between services that lead to the new circle and are led to by it: its component, if the circle is added.
 *
 * @param old - The accepted calls, and their graph.
 * @param isCyclicAnyway - Whether a call lies on a circle of accepted calls.
 */
export function nowCyclic(
  old: readonly Call[],
  { numberOf, calls, callers }: HardGraph,
  isCyclicAnyway: (call: Call) => boolean,
): (circle: readonly string[]) => Call[] {
  const candidates = old.filter((call) => !isCyclicAnyway(call));
  return (circle) => {
    const starts = circle.flatMap((service) => numberOf.get(service) ?? []);
    const isReached = reachedFrom(calls, starts);
    const isReaching = reachedFrom(callers, starts);
    const isInside = (service: string) => {
      const number = numberOf.get(service)!;
      return isReached[number] === 1 && isReaching[number] === 1;
    };
    return candidates
      .filter(({ caller, callee }) => isInside(caller) && isInside(callee))
      .map(({ caller, callee }) => ({ caller, callee }));
  };
}

function reachedFrom({ nodeCount, offsets, targets }: CompressedGraph, starts: readonly number[]): Uint8Array {
  const isReached = new Uint8Array(nodeCount);
  for (const start of starts) isReached[start] = 1;
  const waiting = [...starts];
  for (let service = waiting.pop(); service !== undefined; service = waiting.pop()) {
    for (let slot = offsets[service]!; slot < offsets[service + 1]!; slot++) {
      const next = targets[slot]!;
      if (isReached[next] === 1) continue;
      isReached[next] = 1;
      waiting.push(next);
    }
  }
  return isReached;
}
