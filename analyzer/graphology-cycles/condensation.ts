import type { AbstractGraph } from 'graphology-types';
import { compressGraph } from './compressed-graph.ts';
import { labelComponents, membersOfComponents, stronglyConnectedComponents } from './strongly-connected-components.ts';

/** What a node of a condensation stands for. */
export interface CondensedNode {
  /** The component's nodes, sorted. The node's own key is the first of them. */
  readonly members: readonly string[];
  /** Edges on the longest way here from a component nothing points to; 0 there. */
  readonly level: number;
}

/** What an edge of a condensation stands for. */
export interface CondensedEdge {
  /** Keys of the edges between the two components, in the order of the graph. */
  readonly edges: readonly string[];
}

/**
 * The acyclic graph of a graph's strongly connected components: one node for each component, one edge for each ordered pair
 * of components with an edge between them. O(n log n + m).
 *
 * @returns A new directed graph made by `graph.nullCopy`; the given one is not changed.
 */
export function condensation(graph: AbstractGraph): AbstractGraph<CondensedNode, CondensedEdge> {
  const compressed = compressGraph(graph);
  const { nodeKeys, offsets, targets } = compressed;
  const labels = labelComponents(compressed);
  const { componentOfNode, componentCount } = labels;
  const components = membersOfComponents(labels);

  // Labels descend along edges, so by falling label every component is final before it passes its level on.
  const membersOfLabel: Int32Array[] = [];
  for (const members of components) membersOfLabel[componentOfNode[members[0]!]!] = members;
  const levelOfLabel = new Int32Array(componentCount);
  for (let label = componentCount - 1; label >= 0; label--)
    for (const node of membersOfLabel[label]!)
      for (let slot = offsets[node]!; slot < offsets[node + 1]!; slot++) {
        const next = componentOfNode[targets[slot]!]!;
        if (next !== label) levelOfLabel[next] = Math.max(levelOfLabel[next]!, levelOfLabel[label]! + 1);
      }

  const condensed = graph.nullCopy({
    type: 'directed',
    multi: false,
    allowSelfLoops: false,
  }) as unknown as AbstractGraph<CondensedNode, CondensedEdge>;
  const keyOfNode = new Map<string, string>();
  for (const component of components) {
    const members = Array.from(component, (node) => nodeKeys[node]!);
    for (const member of members) keyOfNode.set(member, members[0]!);
    condensed.addNode(members[0]!, { members, level: levelOfLabel[componentOfNode[component[0]!]!]! });
  }
  const edgesOfPair = new Map<string, Map<string, string[]>>();
  graph.forEachEdge((edge, _attributes, source, target) => {
    const from = keyOfNode.get(source)!;
    const to = keyOfNode.get(target)!;
    if (from === to) return;
    const row = edgesOfPair.get(from) ?? new Map<string, string[]>();
    edgesOfPair.set(from, row);
    const edges = row.get(to) ?? [];
    row.set(to, edges);
    edges.push(edge);
  });
  for (const component of components) {
    const from = nodeKeys[component[0]!]!;
    const row = edgesOfPair.get(from) ?? new Map<string, string[]>();
    for (const to of [...row.keys()].sort()) condensed.addEdge(from, to, { edges: row.get(to)! });
  }
  return condensed;
}

/**
 * The nodes of an acyclic graph in generations: each node one after the last of the nodes that point to it, so that the
 * generations one after another are a topological order. Nodes of a generation are sorted. O(n log n + m).
 *
 * @throws Error if the graph has a cycle, naming the nodes of one component; take its condensation first.
 */
export function topologicalGenerations(graph: AbstractGraph): string[][] {
  const compressed = compressGraph(graph);
  const { nodeCount, nodeKeys, offsets, targets } = compressed;
  const waitingFor = new Int32Array(nodeCount);
  for (const target of targets) waitingFor[target]!++;
  const generations: string[][] = [];
  let generation: number[] = [];
  for (let node = 0; node < nodeCount; node++) if (waitingFor[node] === 0) generation.push(node);
  let placedCount = 0;
  while (generation.length > 0) {
    placedCount += generation.length;
    generations.push(generation.map((node) => nodeKeys[node]!));
    const next: number[] = [];
    for (const node of generation)
      for (let slot = offsets[node]!; slot < offsets[node + 1]!; slot++) {
        const target = targets[slot]!;
        waitingFor[target]!--;
        if (waitingFor[target] === 0) next.push(target);
      }
    generation = next.sort((one, two) => one - two);
  }
  if (placedCount < nodeCount)
    throw new Error(`graphology-cycles: ${nameOfCycle(graph)}, so there is no topological order`);
  return generations;
}

function nameOfCycle(graph: AbstractGraph): string {
  const component = stronglyConnectedComponents(graph).find((members) => members.length > 1);
  if (component === undefined) return 'a node points to itself';
  const shown = component.slice(0, 5).map((node) => `"${node}"`);
  if (component.length > shown.length) shown.push(`${component.length - shown.length} more`);
  return `${shown.join(', ')} are on a cycle`;
}
