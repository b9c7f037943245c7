import { DirectedGraph } from 'graphology';
import { describe, expect, it } from 'vitest';
import {
  compressEdges,
  compressGraph,
  condensation,
  elementaryCycles,
  feedbackArcs,
  feedbackArcSet,
  forEachElementaryCycle,
  labelComponents,
  rotateToSmallest,
  shortestCycles,
  shortestCycleThrough,
  stronglyConnectedComponents,
  topologicalGenerations,
} from './index.ts';

// The examples of README.md, in its order.

function services(): DirectedGraph {
  const graph = new DirectedGraph();
  graph.mergeEdgeWithKey('e1', 'gateway', 'droplets', { calls: 90 });
  graph.mergeEdgeWithKey('e2', 'droplets', 'billing', { calls: 40 });
  graph.mergeEdgeWithKey('e3', 'billing', 'accounts', { calls: 30 });
  graph.mergeEdgeWithKey('e4', 'accounts', 'droplets', { calls: 2 });
  graph.mergeEdgeWithKey('e5', 'billing', 'ledger', { calls: 40 });
  graph.mergeEdgeWithKey('e6', 'ledger', 'billing', { calls: 1 });
  return graph;
}

describe('README.md', () => {
  it('tells the truth about components', () => {
    const components = [['accounts', 'billing', 'droplets', 'ledger'], ['gateway']];
    expect(stronglyConnectedComponents(services())).toEqual(components);
    expect(stronglyConnectedComponents(compressGraph(services()))).toEqual(components);
    const condensed = condensation(services());
    expect(condensed.getNodeAttributes('accounts')).toEqual({ members: components[0], level: 1 });
    expect(topologicalGenerations(condensed)).toEqual([['gateway'], ['accounts']]);
  });

  it('tells the truth about cycles', () => {
    const graph = services();
    const long = ['accounts', 'droplets', 'billing'];
    const short = ['billing', 'ledger'];
    expect(elementaryCycles(graph)).toEqual({ cycles: [long, short], truncated: false });
    expect(elementaryCycles(graph, { maxLength: 2 })).toEqual({ cycles: [short], truncated: false });
    expect(forEachElementaryCycle(graph, (cycle) => cycle.includes('ledger'), { maxLength: 8 })).toBe(false);
    expect(shortestCycleThrough(graph, 'e6')).toEqual(short);
    expect(shortestCycleThrough(graph, 'accounts', 'droplets')).toEqual(long);
    expect(shortestCycleThrough(graph, 'e1')).toBeUndefined();
    expect(shortestCycles(graph)).toEqual([short, long]);
    expect(rotateToSmallest(['droplets', 'billing', 'accounts'])).toEqual(long);
  });

  it('tells the truth about what to cut', () => {
    const weight = (_edge: string, attributes: Record<string, unknown>): number => attributes['calls'] as number;
    expect(feedbackArcSet(services(), { weight })).toEqual({
      edges: ['e4', 'e6'],
      weight: 3,
      lowerBound: 3,
      exact: true,
      uncuttable: [],
    });
  });

  it('tells the truth about columns', () => {
    const columns = compressEdges(Int32Array.of(0, 1), Int32Array.of(1, 0), 2, ['a', 'b']);
    expect(labelComponents(columns)).toEqual({ componentCount: 1, componentOfNode: Int32Array.of(0, 0) });
    expect(feedbackArcs(columns, Float64Array.of(3, 1))).toMatchObject({ edges: [1], weight: 1 });
  });
});
