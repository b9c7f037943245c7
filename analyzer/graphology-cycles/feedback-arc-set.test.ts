import fc from 'fast-check';
import { DirectedGraph, MultiDirectedGraph } from 'graphology';
import { describe, expect, it } from 'vitest';
import { bruteForceCycles } from './brute-force-cycles.ts';
import { compressEdges } from './compressed-graph.ts';
import type { CompressedGraph } from './compressed-graph.ts';
import { feedbackArcs, feedbackArcSet } from './feedback-arc-set.ts';
import { complete, graphOf, nearlyAcyclic, ring } from './small-graphs.ts';
import type { Pair } from './small-graphs.ts';
import { labelComponents } from './strongly-connected-components.ts';

const node = fc.integer({ min: 0, max: 5 });
const weight = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 4 }) }, fc.constant(Infinity));
const upToTwelveEdges = fc.array(fc.tuple(fc.tuple(node, node), weight), { maxLength: 12 });
const finiteEdges = (nodeLimit: number, maxLength: number): fc.Arbitrary<[Pair, number][]> => {
  const someNode = fc.integer({ min: 0, max: nodeLimit - 1 });
  return fc.array(fc.tuple(fc.tuple(someNode, someNode), fc.integer({ min: 0, max: 9 })), { maxLength });
};

/** By trying every set of edges: the least weight that cuts each cycle, as a choice of one of parallel edges at each step. */
function byAllSubsets(edges: readonly (readonly [Pair, number])[]): { weight: number; edgeCount: number } {
  const cuttable = cyclesOfEdges(edges).filter((cycle) => cycle.some((edge) => edges[edge]![1] !== Infinity));
  const masks = cuttable.map((cycle) => cycle.reduce((mask, edge) => mask | (1 << edge), 0));
  let best = { weight: Infinity, edgeCount: Infinity };
  for (let set = 0; set < 2 ** edges.length; set++) {
    if (masks.some((mask) => (mask & set) === 0)) continue;
    const chosen = edges.filter((_, edge) => (set >>> edge) & 1);
    const weight = chosen.reduce((sum, [, edgeWeight]) => sum + edgeWeight, 0);
    if (weight < best.weight || (weight === best.weight && chosen.length < best.edgeCount))
      best = { weight, edgeCount: chosen.length };
  }
  return best;
}

/** Elementary cycles as lists of edges: a cycle of nodes once for every choice among its parallel edges. */
function cyclesOfEdges(edges: readonly (readonly [Pair, number])[]): number[][] {
  const pairs = edges.map(([pair]) => pair);
  return bruteForceCycles(6, pairs).flatMap((cycle) =>
    cycle.reduce<number[][]>(
      (choices, from, i) => {
        const to = cycle[(i + 1) % cycle.length]!;
        const parallel = [...pairs.keys()].filter((edge) => pairs[edge]![0] === from && pairs[edge]![1] === to);
        return choices.flatMap((choice) => parallel.map((edge) => [...choice, edge]));
      },
      [[]],
    ),
  );
}

function weightsOf(edges: readonly (readonly [Pair, number])[]): Float64Array {
  return Float64Array.from(edges, ([, edgeWeight]) => edgeWeight);
}

function graphOfEdges(nodeCount: number, edges: readonly (readonly [Pair, number])[]): CompressedGraph {
  return graphOf(
    nodeCount,
    edges.map(([pair]) => pair),
  );
}

function isAcyclic(
  nodeCount: number,
  sources: ArrayLike<number>,
  targets: ArrayLike<number>,
  cut: Set<number>,
): boolean {
  const kept = Array.from({ length: sources.length }, (_, edge) => edge).filter((edge) => !cut.has(edge));
  const graph = compressEdges(
    kept.map((edge) => sources[edge]!),
    kept.map((edge) => targets[edge]!),
    nodeCount,
  );
  const hasLoop = kept.some((edge) => sources[edge] === targets[edge]);
  return !hasLoop && labelComponents(graph).componentCount === nodeCount;
}

describe('feedbackArcSet', () => {
  it.each([18, 0])(
    'weighs what the best of all subsets weighs, with exact components of up to %i nodes',
    (maxExactNodes) => {
      fc.assert(
        fc.property(upToTwelveEdges, (edges) => {
          const result = feedbackArcs(graphOfEdges(6, edges), weightsOf(edges), { maxExactNodes });
          const best = byAllSubsets(edges);
          expect(result).toMatchObject({ weight: best.weight, lowerBound: best.weight, exact: true });
          expect(result.edges).toHaveLength(best.edgeCount);
          const cut = new Set(result.edges);
          // What is left are exactly the cycles nobody may cut.
          for (const cycle of cyclesOfEdges(edges))
            expect(cycle.some((edge) => cut.has(edge))).toBe(cycle.some((edge) => edges[edge]![1] !== Infinity));
        }),
        { numRuns: 400 },
      );
    },
  );

  it('weighs the same by dynamic programming and by covering cycles', () => {
    fc.assert(
      fc.property(finiteEdges(11, 40), (edges) => {
        const graph = graphOfEdges(11, edges);
        const byTables = feedbackArcs(graph, weightsOf(edges));
        const byCovers = feedbackArcs(graph, weightsOf(edges), { maxExactNodes: 0 });
        expect(byCovers).toMatchObject({ weight: byTables.weight, lowerBound: byTables.weight, exact: true });
        expect(byCovers.edges).toHaveLength(byTables.edges.length);
      }),
      { numRuns: 200 },
    );
  });

  it('is acyclic, minimal and honest about its bound without any budget', () => {
    fc.assert(
      fc.property(finiteEdges(14, 60), (edges) => {
        const graph = graphOfEdges(14, edges);
        const sources = edges.map(([pair]) => pair[0]);
        const targets = edges.map(([pair]) => pair[1]);
        const quick = feedbackArcs(graph, weightsOf(edges), { maxExactNodes: 0, searchBudget: 0 });
        const cut = new Set(quick.edges);
        expect(isAcyclic(14, sources, targets, cut)).toBe(true);
        for (const edge of cut) {
          const others = new Set(cut);
          // Parallel edges go together: one alone closes its cycle too.
          others.delete(edge);
          expect(isAcyclic(14, sources, targets, others)).toBe(false);
        }
        const best = feedbackArcs(graph, weightsOf(edges));
        expect(quick.weight).toBeGreaterThanOrEqual(best.weight);
        expect(quick.lowerBound).toBeLessThanOrEqual(best.weight);
        if (quick.exact) expect(quick.weight).toBe(best.weight);
      }),
      { numRuns: 200 },
    );
  });

  it('costs the same however the nodes are numbered', () => {
    const relabelling = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 });
    fc.assert(
      fc.property(finiteEdges(8, 24), relabelling, (edges, numberOf) => {
        const renamed = edges.map(([[source, target], w]): [Pair, number] => [
          [numberOf[source]!, numberOf[target]!],
          w,
        ]);
        for (const maxExactNodes of [18, 0]) {
          const before = feedbackArcs(graphOfEdges(8, edges), weightsOf(edges), { maxExactNodes });
          const after = feedbackArcs(graphOfEdges(8, renamed), weightsOf(renamed), { maxExactNodes });
          expect(after.weight).toBe(before.weight);
        }
      }),
    );
  });

  it('gives the same edges in whatever order they came', () => {
    const build = (edges: readonly (readonly [string, string])[]): DirectedGraph => {
      const graph = new DirectedGraph();
      for (const [source, target] of edges) graph.mergeEdgeWithKey(`${source}→${target}`, source, target);
      return graph;
    };
    const edges = [['a', 'b'], ['b', 'c'], ['c', 'a'], ['c', 'd'], ['d', 'b'], ['d', 'a']] as const; // prettier-ignore
    expect(feedbackArcSet(build(edges.toReversed()))).toEqual(feedbackArcSet(build(edges)));
  });

  it('compares weights with decimals exactly', () => {
    // 0.1 + 0.2 is more than 0.3 in floating point; as weights they are equal, and one edge is better than two.
    // a → b (0.3); b → c (0.1) → a and b → d (0.2) → a
    const edges: [Pair, number][] = [[[0, 1], 0.3], [[1, 2], 0.1], [[2, 0], 9], [[1, 3], 0.2], [[3, 0], 9]]; // prettier-ignore
    expect(feedbackArcs(graphOfEdges(4, edges), weightsOf(edges))).toMatchObject({
      edges: [0],
      weight: 0.3,
      exact: true,
    });
  });

  it('reports cycles nobody may cut and still cuts what goes through them', () => {
    const graph = new MultiDirectedGraph();
    for (const key of ['a', 'b', 'c', 'd']) graph.addNode(key);
    graph.addEdgeWithKey('never 1', 'a', 'b', { weight: Infinity });
    graph.addEdgeWithKey('never 2', 'b', 'a', { weight: Infinity });
    graph.addEdgeWithKey('out', 'a', 'c', { weight: 2 });
    graph.addEdgeWithKey('back', 'c', 'b', { weight: 1 });
    graph.addEdgeWithKey('second', 'a', 'b', { weight: 5 });
    const weightOf = (_edge: string, attributes: Record<string, unknown>): number => attributes['weight'] as number;
    expect(feedbackArcSet(graph, { weight: weightOf })).toEqual({
      edges: ['second', 'back'],
      weight: 6,
      lowerBound: 6,
      exact: true,
      uncuttable: [['a', 'b']],
    });
  });

  it.each([-1, NaN])('refuses the weight %d by naming the edge', (bad) => {
    const graph = new DirectedGraph();
    graph.mergeEdgeWithKey('x', 'a', 'b');
    expect(() => feedbackArcSet(graph, { weight: () => bad })).toThrow('edge "x" from "a" to "b" weighs');
  });

  it('cuts half of the edges of a complete graph', () => {
    for (const nodeCount of [2, 5, 12])
      expect(feedbackArcs(complete(nodeCount), new Float64Array(nodeCount * (nodeCount - 1)).fill(1))).toMatchObject({
        weight: (nodeCount * (nodeCount - 1)) / 2,
        exact: true,
      });
  });

  it('cuts a ring of 100,000 nodes once', () => {
    const result = feedbackArcs(ring(100_000), new Float64Array(100_000).fill(1));
    expect(result).toMatchObject({ weight: 1, lowerBound: 1, exact: true });
  });

  it('cuts no more than was planted in 10,000 nodes and 100,000 edges', () => {
    const { sources, targets, reversedCount } = nearlyAcyclic(10_000, 100_000, 200, 1);
    const graph = compressEdges(sources, targets, 10_000);
    const result = feedbackArcs(graph, new Float64Array(100_000).fill(1), { searchBudget: 0 });
    expect(result.weight).toBeLessThanOrEqual(reversedCount);
    expect(isAcyclic(10_000, sources, targets, new Set(result.edges))).toBe(true);
  });
});
