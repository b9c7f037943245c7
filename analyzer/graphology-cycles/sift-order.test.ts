import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutOfOrder, cutProblem } from './arc-problem.ts';
import type { ArcProblem } from './arc-problem.ts';
import { greedyOrder } from './greedy-order.ts';
import { heuristicCut } from './lazy-cycle-cover.ts';
import { siftOrder } from './sift-order.ts';
import { graphOf } from './small-graphs.ts';
import type { Pair } from './small-graphs.ts';

const NODE_COUNT = 10;
const node = fc.nat(NODE_COUNT - 1);
const pairs = fc.array(fc.tuple(node, node), { maxLength: 50 });

function problemOf(edges: readonly Pair[], costOfSlot: (slot: number) => number, neverCut: number): ArcProblem {
  const graph = graphOf(NODE_COUNT, edges);
  const costs = Float64Array.from({ length: edges.length }, (_, slot) => costOfSlot(slot));
  const nodes = Int32Array.from({ length: NODE_COUNT }, (_, n) => n);
  return cutProblem({ ...graph, costs, neverCut }, nodes, new Int32Array(NODE_COUNT));
}

describe('greedyOrder', () => {
  it('leaves nothing running backwards in an acyclic graph, and never more than half', () => {
    fc.assert(
      fc.property(pairs, (edges) => {
        const twoCycleFree = edges.filter(([a, b]) => !edges.some(([c, d]) => a === d && b === c && a > b));
        const simple = problemOf(twoCycleFree, () => 1, Infinity);
        const arcCount = simple.targets.length;
        expect(cutOfOrder(simple, greedyOrder(simple)).cost).toBeLessThanOrEqual(arcCount / 2);
        const acyclic = problemOf(edges.filter(([a, b]) => a > b), () => 1, Infinity); // prettier-ignore
        expect(cutOfOrder(acyclic, greedyOrder(acyclic)).cost).toBe(0);
      }),
    );
  });

  it('puts first the node that sends the most more than it gets', () => {
    // 2 → 0, 2 → 1, 0 → 1, 1 → 2: only node 2 sends more than it gets, and only one arc runs back to it.
    const problem = problemOf([[2, 0], [2, 1], [0, 1], [1, 2]], () => 1, Infinity); // prettier-ignore
    expect(cutOfOrder(problem, greedyOrder(problem)).cost).toBe(1);
    expect(greedyOrder(problem)[2]).toBeLessThan(greedyOrder(problem)[0]!);
  });
});

describe('siftOrder', () => {
  it('costs no more than before, and moving any one node gains nothing', () => {
    fc.assert(
      fc.property(pairs, fc.integer({ min: 1, max: 7 }), (edges, step) => {
        const problem = problemOf(edges, (slot) => 1 + ((slot * step) % 5), Infinity);
        const given = Int32Array.from({ length: NODE_COUNT }, (_, n) => n);
        const sifted = siftOrder(problem, given);
        const cost = cutOfOrder(problem, sifted).cost;
        expect(cost).toBeLessThanOrEqual(cutOfOrder(problem, given).cost);
        expect([...sifted].sort((one, two) => one - two)).toEqual([...given]);
        for (let moved = 0; moved < NODE_COUNT; moved++)
          for (let place = 0; place <= NODE_COUNT; place++) {
            const places = Float64Array.from(sifted);
            places[moved] = place - 0.5;
            expect(cutOfOrder(problem, places).cost).toBeGreaterThanOrEqual(cost);
          }
      }),
    );
  });
});

describe('heuristicCut', () => {
  it('cuts no arc that is never cut', () => {
    fc.assert(
      fc.property(pairs, (edges) => {
        // Arcs up the numbers are never cut and have no cycle; arcs down are cheap one by one.
        const rising = edges.map(([a, b]) => a < b);
        const graph = graphOf(NODE_COUNT, edges);
        const isRising = Array.from(graph.edgeIds, (edge) => rising[edge]!);
        const neverCut = edges.length + 1;
        const problem = problemOf(edges, (slot) => (isRising[slot]! ? neverCut : 1), neverCut);
        for (const slot of heuristicCut(problem).slots) expect(problem.costs[slot]).toBe(1);
      }),
      { numRuns: 300 },
    );
  });
});
