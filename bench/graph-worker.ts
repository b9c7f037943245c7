import { parentPort } from 'node:worker_threads';

import { DirectedGraph } from 'graphology';
import { stronglyConnectedComponents as components } from 'graphology-components';
import { compressEdges, labelComponents, stronglyConnectedComponents } from 'graphology-cycles';

import { seededRandom } from '../fixtures/seeded.ts';
import type { BenchResult } from './bench.ts';
import { measureInTurns, msText, ratioOf } from './measure.ts';

const NODE_COUNT = 10_000;
const EDGE_COUNT = 100_000;

interface Edges {
  readonly sources: Int32Array;
  readonly targets: Int32Array;
}

parentPort!.postMessage([
  measure('random', (random) => [random(), random()]),
  // Services call downwards, but for one call in two thousand.
  measure('nearly without circles', (random) => {
    const [one, other] = [random(), random()].sort((a, b) => a - b) as [number, number];
    return random() % 2000 === 0 ? [other, one] : [one, other];
  }),
]);

function measure(shape: string, edgeOf: (random: () => number) => readonly [number, number]): BenchResult {
  const edges = distinctEdges(edgeOf);
  const keys = Array.from({ length: NODE_COUNT }, (_, node) => `service-${String(node).padStart(5, '0')}`);
  const graph = new DirectedGraph();
  for (const key of keys) graph.addNode(key);
  edges.sources.forEach((source, edge) => graph.addDirectedEdge(keys[source], keys[edges.targets[edge]!]));
  const compressed = compressEdges(edges.sources, edges.targets, NODE_COUNT, keys);

  const componentCount = components(graph).length;
  if (stronglyConnectedComponents(graph).length !== componentCount) throw new Error('the two do not agree');
  const { ours, peer, compressedToo, labels, fromGraphology } = measureInTurns({
    ours: () => void stronglyConnectedComponents(compressed),
    peer: () => void components(graph),
    compressedToo: () =>
      void stronglyConnectedComponents(compressEdges(edges.sources, edges.targets, NODE_COUNT, keys)),
    labels: () => void labelComponents(compressed),
    fromGraphology: () => void stronglyConnectedComponents(graph),
  });
  const times = (ms: readonly number[]): string => `${msText(ms)} (${ratioOf(ms, peer).toFixed(1)}x)`;
  return {
    figure: `components of 10,000 services and 100,000 edges (${shape}), against graphology-components`,
    ratio: ratioOf(ours, peer),
    unit: 'x',
    ours: msText(ours),
    baseline: msText(peer),
    atLeast: 10,
    aim: 15,
    better: 'higher',
    detail: `${componentCount} components, ours over compressed rows, the same lists of names; labels alone ${times(labels)}, compressing the edges too ${times(compressedToo)}, from a graphology graph ${times(fromGraphology)}`,
  };
}

function distinctEdges(edgeOf: (random: () => number) => readonly [number, number]): Edges {
  const uniform = seededRandom(3);
  const random = () => Math.floor(uniform() * NODE_COUNT);
  const seen = new Set<number>();
  const sources = new Int32Array(EDGE_COUNT);
  const targets = new Int32Array(EDGE_COUNT);
  while (seen.size < EDGE_COUNT) {
    const [source, target] = edgeOf(random);
    const before = seen.size;
    if (source === target || seen.add(source * NODE_COUNT + target).size === before) continue;
    sources[before] = source;
    targets[before] = target;
  }
  return { sources, targets };
}
