import fc from 'fast-check';
import { DirectedGraph, MultiDirectedGraph } from 'graphology';
import { describe, expect, it } from 'vitest';
import { condensation, topologicalGenerations } from './condensation.ts';
import { stronglyConnectedComponents } from './strongly-connected-components.ts';

// gateway → cart ⇄ prices → ledger, and gateway → ledger
function shop(): MultiDirectedGraph {
  const graph = new MultiDirectedGraph();
  for (const node of ['prices', 'ledger', 'gateway', 'cart']) graph.addNode(node);
  graph.addEdgeWithKey('e1', 'gateway', 'cart');
  graph.addEdgeWithKey('e2', 'cart', 'prices');
  graph.addEdgeWithKey('e3', 'prices', 'cart');
  graph.addEdgeWithKey('e4', 'prices', 'ledger');
  graph.addEdgeWithKey('e5', 'cart', 'ledger');
  graph.addEdgeWithKey('e6', 'gateway', 'ledger');
  graph.addEdgeWithKey('e7', 'gateway', 'gateway');
  return graph;
}

describe('condensation', () => {
  it('makes one node of a component and one edge of all edges between two', () => {
    const condensed = condensation(shop());
    expect(condensed.mapNodes((node, attributes) => [node, attributes.members, attributes.level])).toEqual([
      ['cart', ['cart', 'prices'], 1],
      ['gateway', ['gateway'], 0],
      ['ledger', ['ledger'], 2],
    ]);
    expect(condensed.mapEdges((_edge, { edges }, source, target) => [source, target, edges])).toEqual([
      ['cart', 'ledger', ['e4', 'e5']],
      ['gateway', 'cart', ['e1']],
      ['gateway', 'ledger', ['e6']],
    ]);
  });

  it('leaves the given graph alone', () => {
    const graph = shop();
    condensation(graph);
    expect([graph.order, graph.size]).toEqual([4, 7]);
  });

  it('is acyclic, loses no node, and its levels are its generations', () => {
    const node = fc.integer({ min: 0, max: 7 });
    fc.assert(
      fc.property(fc.array(fc.tuple(node, node), { maxLength: 20 }), (pairs) => {
        const graph = new DirectedGraph();
        for (const [source, target] of pairs) graph.mergeEdge(source, target);
        const condensed = condensation(graph);
        expect(condensed.mapNodes((_node, { members }) => members)).toEqual(stronglyConnectedComponents(graph));
        const generations = topologicalGenerations(condensed);
        generations.forEach((generation, level) => {
          for (const key of generation) expect(condensed.getNodeAttribute(key, 'level')).toBe(level);
        });
        expect(generations.flat()).toHaveLength(condensed.order);
      }),
    );
  });
});

describe('topologicalGenerations', () => {
  it('puts a node one after the last that points to it', () => {
    expect(topologicalGenerations(condensation(shop()))).toEqual([['gateway'], ['cart'], ['ledger']]);
  });

  it('names what is on a cycle', () => {
    const graph = shop();
    graph.dropEdge('e7');
    expect(() => topologicalGenerations(graph)).toThrow('"cart", "prices" are on a cycle');
  });

  it('refuses a self-loop', () => {
    const graph = new DirectedGraph();
    graph.addNode('a');
    graph.addEdge('a', 'a');
    expect(() => topologicalGenerations(graph)).toThrow('points to itself');
  });
});
