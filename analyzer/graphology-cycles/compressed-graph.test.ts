import { DirectedGraph, MultiDirectedGraph, UndirectedGraph } from 'graphology';
import Graph from 'graphology';
import { describe, expect, it } from 'vitest';
import { compressEdges, compressGraph, cutSubgraph, sourceOfSlot, turnRound } from './compressed-graph.ts';
import { graphOf } from './small-graphs.ts';

describe('compressGraph', () => {
  it('numbers nodes by key and sorts each row, however the graph was filled', () => {
    const graph = new DirectedGraph();
    for (const node of ['c', 'a', 'b']) graph.addNode(node);
    graph.addEdge('c', 'b');
    graph.addEdge('a', 'c');
    graph.addEdge('c', 'a');
    const compressed = compressGraph(graph);
    expect(compressed.nodeKeys).toEqual(['a', 'b', 'c']);
    expect([...compressed.offsets]).toEqual([0, 1, 1, 3]);
    expect([...compressed.targets]).toEqual([2, 0, 1]);
    expect([...compressed.edgeIds]).toEqual([1, 2, 0]);
  });

  it('keeps parallel edges side by side, and self-loops', () => {
    const graph = new MultiDirectedGraph();
    graph.addNode('a');
    graph.addNode('b');
    graph.addEdge('a', 'b');
    graph.addEdge('a', 'a');
    graph.addEdge('a', 'b');
    const compressed = compressGraph(graph);
    expect([...compressed.targets]).toEqual([0, 1, 1]);
    expect([...compressed.edgeIds]).toEqual([1, 0, 2]);
  });

  it('takes a mixed graph without undirected edges and refuses any other, saying why', () => {
    const mixed = new Graph();
    mixed.addNode('a');
    mixed.addNode('b');
    mixed.addDirectedEdge('a', 'b');
    expect(compressGraph(mixed).edgeCount).toBe(1);
    mixed.addUndirectedEdge('a', 'b');
    expect(() => compressGraph(mixed)).toThrow('has 1 undirected edges');
    expect(() => compressGraph(new UndirectedGraph())).toThrow('is undirected');
  });

  it('gives an empty graph empty rows', () => {
    expect([...compressGraph(new DirectedGraph()).offsets]).toEqual([0]);
  });
});

describe('compressEdges', () => {
  it.each([
    [[0], [], 1, '1 sources but 0 targets'],
    [[0], [2], 2, 'edge 0 ends at 2, which is not one of 2 nodes'],
    [[0, -1], [1, 1], 2, 'edge 1 ends at -1'],
    [[0.5], [1], 2, 'edge 0 ends at 0.5'],
  ])('refuses %j → %j on %i nodes', (sources, targets, nodeCount, message) => {
    expect(() => compressEdges(sources, targets, nodeCount)).toThrow(message);
  });

  it('refuses keys that do not match the nodes', () => {
    expect(() => compressEdges([], [], 2, ['a'])).toThrow('2 nodes but 1 keys');
  });
});

describe('cutSubgraph', () => {
  it('keeps only edges between the given nodes, once each and no self-loop', () => {
    const graph = graphOf(4, [[0, 2], [2, 2], [2, 0], [2, 0], [2, 1], [3, 0], [2, 3]]); // prettier-ignore
    const scratch = new Int32Array(4);
    const part = cutSubgraph(graph, Int32Array.of(0, 2), scratch);
    expect([...part.offsets]).toEqual([0, 1, 2]);
    expect([...part.targets]).toEqual([1, 0]);
    // A second cut with the same scratch column does not see the first one's nodes.
    const other = cutSubgraph(graph, Int32Array.of(1, 2, 3), scratch);
    expect([...other.offsets]).toEqual([0, 0, 2, 2]);
    expect([...other.targets]).toEqual([0, 2]);
  });
});

describe('turnRound', () => {
  it('lists in-edges with the slots they came from', () => {
    const graph = graphOf(3, [[0, 2], [1, 2], [2, 0]]); // prettier-ignore
    const inEdges = turnRound(graph);
    expect([...inEdges.offsets]).toEqual([0, 1, 1, 3]);
    expect([...inEdges.sources]).toEqual([2, 0, 1]);
    expect([...inEdges.slots]).toEqual([2, 0, 1]);
    expect([...sourceOfSlot(graph)]).toEqual([0, 1, 2]);
  });
});
