import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cycleLengths } from './cycle-length.ts';
import { hardGraph } from './hard-graph.ts';
import { shortestNewCycle } from './shortest-new-cycle.ts';

const services = ['a', 'b', 'c', 'd', 'e'];
const pairs = services.flatMap((caller) =>
  services.filter((callee) => callee !== caller).map((callee) => ({ caller, callee })),
);

describe('cycleLengths', () => {
  it('is the length of the shortest circle through each call, and infinite where there is none', () => {
    fc.assert(
      fc.property(fc.subarray(pairs), (calls) => {
        const graph = hardGraph(calls);
        cycleLengths(graph, calls).forEach((length, place) => {
          const ends = [calls[place]!.caller, calls[place]!.callee].map((service) => graph.numberOf.get(service)!);
          const shortest = () => shortestNewCycle(graph, ends[0]!, ends[1]!, () => false);
          if (length === Infinity) expect(shortest).toThrow('no circle');
          else expect(shortest()).toHaveLength(length);
        });
      }),
    );
  });

  it('leaves off when its budget is spent', () => {
    const calls = [
      { caller: 'a', callee: 'b' },
      { caller: 'b', callee: 'a' },
    ];
    expect(cycleLengths(hardGraph(calls), calls, 1)).toEqual([Infinity, 2]);
  });
});
