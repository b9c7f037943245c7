import fc from 'fast-check';
import { DirectedGraph } from 'graphology';
import { describe, expect, it } from 'vitest';
import { labelComponents, stronglyConnectedComponents } from './strongly-connected-components.ts';
import { chain, graphOf, pairsOfBits, ring } from './small-graphs.ts';
import type { Pair } from './small-graphs.ts';

/** Floyd-Warshall: u and v belong together when each reaches the other. */
function byMutualReachability(nodeCount: number, pairs: readonly Pair[]): string[][] {
  const reaches = Array.from({ length: nodeCount }, (_, u) => Array.from({ length: nodeCount }, (_, v) => u === v));
  for (const [source, target] of pairs) reaches[source]![target] = true;
  for (let k = 0; k < nodeCount; k++)
    for (let u = 0; u < nodeCount; u++)
      for (let v = 0; v < nodeCount; v++) if (reaches[u]![k]! && reaches[k]![v]!) reaches[u]![v] = true;
  const components: string[][] = [];
  for (let u = 0; u < nodeCount; u++) {
    const together = Array.from({ length: nodeCount }, (_, v) => v).filter((v) => reaches[u]![v]! && reaches[v]![u]!);
    if (together[0] === u) components.push(together.map(String));
  }
  return components;
}

describe('stronglyConnectedComponents', () => {
  it('agrees with mutual reachability on every graph of up to four nodes', () => {
    let differences = 0;
    for (let nodeCount = 0; nodeCount <= 4; nodeCount++)
      for (let bits = 0; bits < 2 ** (nodeCount * nodeCount); bits++) {
        const pairs = pairsOfBits(nodeCount, bits);
        const ours = JSON.stringify(stronglyConnectedComponents(graphOf(nodeCount, pairs)));
        if (ours !== JSON.stringify(byMutualReachability(nodeCount, pairs))) differences++;
      }
    expect(differences).toBe(0);
  });

  it('agrees with mutual reachability on random graphs of up to eight nodes, parallel edges included', () => {
    const node = fc.integer({ min: 0, max: 7 });
    fc.assert(
      fc.property(fc.array(fc.tuple(node, node), { maxLength: 24 }), (pairs) => {
        expect(stronglyConnectedComponents(graphOf(8, pairs))).toEqual(byMutualReachability(8, pairs));
      }),
      { numRuns: 500 },
    );
  });

  it('takes a graphology graph and sorts members and components', () => {
    const graph = new DirectedGraph();
    for (const node of ['z', 'b', 'y', 'a']) graph.addNode(node);
    graph.addEdge('z', 'a');
    graph.addEdge('a', 'z');
    graph.addEdge('z', 'y');
    expect(stronglyConnectedComponents(graph)).toEqual([['a', 'z'], ['b'], ['y']]);
  });

  it('follows a ring and a chain of 100,000 nodes', () => {
    expect(stronglyConnectedComponents(ring(100_000))).toHaveLength(1);
    expect(stronglyConnectedComponents(chain(100_000))).toHaveLength(100_000);
  });
});

describe('labelComponents', () => {
  it('numbers components so that edges between them descend', () => {
    const node = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(fc.array(fc.tuple(node, node), { maxLength: 20 }), (pairs) => {
        const { componentOfNode } = labelComponents(graphOf(10, pairs));
        for (const [source, target] of pairs)
          expect(componentOfNode[source]!).toBeGreaterThanOrEqual(componentOfNode[target]!);
      }),
    );
  });
});
