import fc from 'fast-check';
import { DirectedGraph } from 'graphology';
import { describe, expect, it } from 'vitest';
import { bruteForceCycles } from './brute-force-cycles.ts';
import { elementaryCycles, forEachElementaryCycle } from './elementary-cycles.ts';
import { complete, graphOf, pairsOfBits, ring } from './small-graphs.ts';

const node = fc.integer({ min: 0, max: 5 });
const sixNodes = fc.array(fc.tuple(node, node), { maxLength: 22 });

describe('elementaryCycles', () => {
  it('agrees with all orders of all sets, on every graph of up to three nodes and in the same order', () => {
    for (let nodeCount = 0; nodeCount <= 3; nodeCount++)
      for (let bits = 0; bits < 2 ** (nodeCount * nodeCount); bits++) {
        const pairs = pairsOfBits(nodeCount, bits);
        const expected = bruteForceCycles(nodeCount, pairs).map((cycle) => cycle.map(String));
        expect(elementaryCycles(graphOf(nodeCount, pairs)).cycles).toEqual(expected);
      }
  });

  it('agrees with all orders of all sets on random graphs of six nodes, for every bound on the length', () => {
    fc.assert(
      fc.property(sixNodes, (pairs) => {
        const expected = bruteForceCycles(6, pairs).map((cycle) => cycle.map(String));
        const graph = graphOf(6, pairs);
        for (const maxLength of [Infinity, 6, 5, 4, 3, 2, 1, 0])
          expect(elementaryCycles(graph, { maxLength }).cycles).toEqual(
            expected.filter(({ length }) => length <= maxLength),
          );
      }),
      { numRuns: 600 },
    );
  });

  it('finds by bounded search what is left of all cycles on random graphs of twelve nodes', () => {
    const twelve = fc.integer({ min: 0, max: 11 });
    fc.assert(
      fc.property(fc.array(fc.tuple(twelve, twelve), { minLength: 18, maxLength: 36 }), (pairs) => {
        const graph = graphOf(12, pairs);
        const all = elementaryCycles(graph, { limit: Infinity }).cycles;
        for (let maxLength = 3; maxLength < 12; maxLength++)
          expect(elementaryCycles(graph, { limit: Infinity, maxLength }).cycles).toEqual(
            all.filter(({ length }) => length <= maxLength),
          );
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    [4, 20],
    [5, 84],
    [6, 409],
    [7, 2365],
    [8, 16064],
  ])('counts the cycles of the complete graph of %i nodes', (nodeCount, cycleCount) => {
    let count = 0;
    forEachElementaryCycle(complete(nodeCount), () => count++);
    expect(count).toBe(cycleCount);
    count = 0;
    forEachElementaryCycle(complete(nodeCount), () => count++, { maxLength: nodeCount - 1 });
    // Those through all n nodes are the (n - 1)! that are left out.
    expect(count).toBe(cycleCount - Array.from({ length: nodeCount - 1 }, (_, i) => i + 1).reduce((a, b) => a * b));
  });

  it('stops at the limit and says so only if there is more', () => {
    const graph = complete(4);
    expect(elementaryCycles(graph, { limit: 20 })).toMatchObject({ truncated: false });
    expect(elementaryCycles(graph, { limit: 19 })).toMatchObject({ truncated: true });
    expect(elementaryCycles(graph, { limit: 19 }).cycles).toHaveLength(19);
    expect(elementaryCycles(graph, { limit: 6, maxLength: 2 })).toMatchObject({ truncated: false });
    expect(elementaryCycles(graph, { limit: 5, maxLength: 2 })).toMatchObject({ truncated: true });
  });

  it('gives the first thousand of a complete graph of 30 nodes, whose cycles nobody can count through', () => {
    const { cycles, truncated } = elementaryCycles(complete(30));
    expect(cycles).toHaveLength(1000);
    expect(truncated).toBe(true);
    expect(elementaryCycles(complete(30), { maxLength: 8 }).cycles).toHaveLength(1000);
  });

  it('follows a ring of 100,000 nodes', () => {
    expect(elementaryCycles(ring(100_000)).cycles[0]).toHaveLength(100_000);
    expect(elementaryCycles(ring(100_000), { maxLength: 99_999 }).cycles).toEqual([]);
  });

  it('takes a graphology graph', () => {
    const graph = new DirectedGraph();
    for (const key of ['orders', 'billing', 'accounts']) graph.addNode(key);
    graph.addEdge('orders', 'billing');
    graph.addEdge('billing', 'accounts');
    graph.addEdge('accounts', 'orders');
    graph.addEdge('orders', 'orders');
    expect(elementaryCycles(graph).cycles).toEqual([['accounts', 'orders', 'billing'], ['orders']]);
  });
});

describe('forEachElementaryCycle', () => {
  it('ends when the callback returns true, and says whether that left any out', () => {
    const seen: string[][] = [];
    const stopAtThird = (cycle: string[]): boolean => seen.push(cycle) === 3;
    expect(forEachElementaryCycle(complete(3), stopAtThird)).toBe(true);
    expect(seen).toEqual([
      ['0', '1'],
      ['0', '1', '2'],
      ['0', '2'],
    ]);
    expect(forEachElementaryCycle(ring(5), () => true)).toBe(false);
  });
});
