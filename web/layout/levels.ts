import { compressEdges, labelComponents } from 'graphology-cycles';

/**
 * Level of each node in the condensed graph: a caller lies above its callees, all members of a circle lie on one level.
 * Longest path from the sources. Nodes are indices.
 */
export function levels(nodeCount: number, links: readonly (readonly [caller: number, callee: number])[]): Int32Array {
  const graph = compressEdges(
    links.map(([caller]) => caller),
    links.map(([, callee]) => callee),
    nodeCount,
  );
  const { componentCount, componentOfNode } = labelComponents(graph);
  // A component is numbered after everything it reaches, so the highest number is a source.
  const byComponent = Array.from({ length: nodeCount }, (_, node) => node).sort(
    (a, b) => componentOfNode[b]! - componentOfNode[a]! || a - b,
  );
  const level = new Int32Array(componentCount);
  for (const node of byComponent) {
    const own = componentOfNode[node]!;
    for (let edge = graph.offsets[node]!; edge < graph.offsets[node + 1]!; edge++) {
      const callee = componentOfNode[graph.targets[edge]!]!;
      if (callee !== own) level[callee] = Math.max(level[callee]!, level[own]! + 1);
    }
  }
  return componentOfNode.map((component) => level[component]!);
}
