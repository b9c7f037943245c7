import fc from 'fast-check';
import { DirectedGraph, MultiDirectedGraph } from 'graphology';
import { describe, expect, it } from 'vitest';
import { bruteForceCycles } from './brute-force-cycles.ts';
import { shortestCycles, shortestCycleThrough } from './shortest-cycle.ts';
import { graphOf, ring } from './small-graphs.ts';

const node = fc.integer({ min: 0, max: 5 });
const sixNodes = fc.array(fc.tuple(node, node), { maxLength: 18 });

/** Of all cycles through the edge the shortest, and of those the first by its nodes from the edge's target on. */
function byEnumeration(cycles: readonly number[][], source: number, target: number): string[] | undefined {
  const through = cycles
    .filter((cycle) => cycle.some((from, i) => from === source && cycle[(i + 1) % cycle.length] === target))
    .map((cycle) => {
      const start = cycle.indexOf(target);
      return { cycle, way: [...cycle.slice(start), ...cycle.slice(0, start)].join('') };
    })
    .sort((one, two) => one.way.length - two.way.length || (one.way < two.way ? -1 : 1));
  return through[0]?.cycle.map(String);
}

describe('shortestCycleThrough', () => {
  it('agrees with all elementary cycles', () => {
    fc.assert(
      fc.property(sixNodes, (pairs) => {
        const cycles = bruteForceCycles(6, pairs);
        const graph = graphOf(6, pairs);
        for (const [source, target] of pairs)
          expect(shortestCycleThrough(graph, String(source), String(target))).toEqual(
            byEnumeration(cycles, source, target),
          );
      }),
      { numRuns: 300 },
    );
  });

  it('takes the key of an edge', () => {
    const graph = new MultiDirectedGraph();
    for (const key of ['a', 'b']) graph.addNode(key);
    graph.addEdgeWithKey('back', 'b', 'a');
    graph.addEdgeWithKey('forth', 'a', 'b');
    expect(shortestCycleThrough(graph, 'back')).toEqual(['a', 'b']);
  });

  it('says which edge is missing, and what a compressed graph needs instead of a key', () => {
    const graph = new DirectedGraph();
    for (const key of ['a', 'b']) graph.addNode(key);
    graph.addEdge('a', 'b');
    expect(() => shortestCycleThrough(graph, 'b', 'a')).toThrow('no edge from "b" to "a"');
    expect(() => shortestCycleThrough(ring(3) as never, '0')).toThrow('pass the source and the target');
  });
});

describe('shortestCycles', () => {
  it('is the shortest cycle through each edge, every cycle once', () => {
    fc.assert(
      fc.property(sixNodes, (pairs) => {
        const graph = graphOf(6, pairs);
        const expected = new Map<string, string[]>();
        for (const [source, target] of pairs) {
          const cycle = shortestCycleThrough(graph, String(source), String(target));
          if (cycle !== undefined) expected.set(cycle.join(''), cycle);
        }
        const sorted = [...expected.values()].sort(
          (one, two) => one.length - two.length || (one.join('') < two.join('') ? -1 : 1),
        );
        expect(shortestCycles(graph)).toEqual(sorted);
      }),
      { numRuns: 500 },
    );
  });

  it('lists fewer cycles on a budget, and none that it would not list without', () => {
    // A ring of 60 nodes in which every step may be taken back.
    const ladder = graphOf(
      60,
      Array.from({ length: 60 }, (_, i) => i).flatMap((i) => [[i, (i + 1) % 60] as const, [(i + 1) % 60, i] as const]),
    );
    const all = shortestCycles(ladder).map((cycle) => cycle.join(' '));
    const some = shortestCycles(ladder, { searchBudget: 100 }).map((cycle) => cycle.join(' '));
    expect(some.length).toBeGreaterThan(0);
    expect(some.length).toBeLessThan(all.length);
    expect(all).toEqual(expect.arrayContaining(some));
    expect(shortestCycles(ladder, { searchBudget: 1_000_000 })).toHaveLength(all.length);
  });

  it('walks a ring of 100,000 nodes once', () => {
    expect(shortestCycles(ring(100_000))).toHaveLength(1);
  });

  // 0 → 1 → … → 49,999 → 0 with a short cut from 25,000 back to 0
  it('walks two long rings that share their first half once each', () => {
    const pairs = Array.from({ length: 50_000 }, (_, i) => [i, (i + 1) % 50_000] as const);
    expect(shortestCycles(graphOf(50_000, [...pairs, [25_000, 0]])).map(({ length }) => length)).toEqual([
      25_001, 50_000,
    ]);
  });

  it('lists a self-loop with its component', () => {
    expect(shortestCycles(graphOf(3, [[0, 0], [1, 2], [2, 1], [2, 2]]))).toEqual([['0'], ['2'], ['1', '2']]); // prettier-ignore
  });
});
