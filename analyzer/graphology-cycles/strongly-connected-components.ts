import { toCompressed } from './compressed-graph.ts';
import type { CompressedGraph, GraphInput } from './compressed-graph.ts';

/**
 * All strongly connected components, single nodes included: the largest sets in which every node reaches every other.
 * Members are sorted, components are sorted by their first member.
 */
export function stronglyConnectedComponents(graph: GraphInput): string[][] {
  const components: string[][] = [];
  forEachStronglyConnectedComponent(graph, (component) => components.push(component));
  return components;
}

/** Calls back with each strongly connected component, in the order of `stronglyConnectedComponents`. */
export function forEachStronglyConnectedComponent(graph: GraphInput, callback: (component: string[]) => void): void {
  const compressed = toCompressed(graph);
  const { componentCount, componentOfNode } = labelComponents(compressed);
  const listOfComponent = new Array<string[] | undefined>(componentCount).fill(undefined);
  const components: string[][] = [];
  // Nodes are in the order of their keys, so members and components come out sorted.
  for (let node = 0; node < componentOfNode.length; node++) {
    const component = componentOfNode[node]!;
    const key = compressed.nodeKeys[node]!;
    const known = listOfComponent[component];
    if (known === undefined) components.push((listOfComponent[component] = [key]));
    else known.push(key);
  }
  components.forEach((component) => callback(component));
}

/** Which component each node is in. */
export interface ComponentLabels {
  readonly componentCount: number;
  /** By node number. Components are numbered so that an edge between two of them goes from the greater to the smaller. */
  readonly componentOfNode: Int32Array;
}

/**
 * The typed-array form: O(n + m) time, 16 bytes per node, no recursion.
 *
 * After Tarjan (1972), Depth-first search and linear graph algorithms, with one column for both of his numbers as in
 * Pearce (2016), A space-efficient algorithm for finding strongly connected components.
 */
export function labelComponents(graph: Pick<CompressedGraph, 'nodeCount' | 'offsets' | 'targets'>): ComponentLabels {
  const { nodeCount, offsets, targets } = graph;
  // 0: not seen. 1 to nodeCount: on the way, the smallest visit number it is known to reach.
  // Above: nodeCount + 1 + its component, which no minimum ever picks.
  const low = new Int32Array(nodeCount);
  const cursor = new Int32Array(nodeCount);
  const path = new Int32Array(nodeCount);
  // Nodes left but not yet in a component wait at the other end of the same column: path and waiting never meet.
  let waitingTop = nodeCount;
  const isRoot = new Uint8Array(nodeCount);
  let visitCount = 0;
  let componentCount = 0;
  for (let start = 0; start < nodeCount; start++) {
    if (low[start] !== 0) continue;
    let pathLength = 1;
    let node = start;
    path[0] = start;
    low[start] = ++visitCount;
    isRoot[start] = 1;
    let slot = offsets[start]!;
    let lowest = visitCount;
    while (true) {
      const end = offsets[node + 1]!;
      let next = -1;
      while (slot < end) {
        const target = targets[slot++]!;
        const seen = low[target]!;
        if (seen === 0) {
          next = target;
          break;
        }
        if (seen < lowest) {
          lowest = seen;
          isRoot[node] = 0;
        }
      }
      if (next >= 0) {
        low[node] = lowest;
        cursor[node] = slot;
        node = next;
        path[pathLength++] = node;
        low[node] = lowest = ++visitCount;
        isRoot[node] = 1;
        slot = offsets[node]!;
        continue;
      }
      pathLength--;
      if (isRoot[node] === 1) {
        const label = nodeCount + 1 + componentCount++;
        // Its visit number is still `lowest`: whatever waits with a number no smaller was reached from it.
        while (waitingTop < nodeCount && low[path[waitingTop]!]! >= lowest) low[path[waitingTop++]!] = label;
        low[node] = label;
      } else {
        low[node] = lowest;
        path[--waitingTop] = node;
      }
      if (pathLength === 0) break;
      const reached = low[node]!;
      node = path[pathLength - 1]!;
      slot = cursor[node]!;
      lowest = low[node]!;
      if (reached < lowest) {
        lowest = reached;
        isRoot[node] = 0;
      }
    }
  }
  for (let node = 0; node < nodeCount; node++) low[node]! -= nodeCount + 1;
  return { componentCount, componentOfNode: low };
}

/** The nodes of each component, ascending, components by their first node. */
export function membersOfComponents({ componentCount, componentOfNode }: ComponentLabels): Int32Array[] {
  const sizes = new Int32Array(componentCount);
  for (const component of componentOfNode) sizes[component]!++;
  const all = new Int32Array(componentOfNode.length);
  // Walking the nodes in order meets the components in the order of their first nodes: no sort.
  const cursor = new Int32Array(componentCount).fill(-1);
  const components: Int32Array[] = [];
  let used = 0;
  for (let node = 0; node < componentOfNode.length; node++) {
    const component = componentOfNode[node]!;
    if (cursor[component] === -1) {
      cursor[component] = used;
      components.push(all.subarray(used, (used += sizes[component]!)));
    }
    all[cursor[component]!++] = node;
  }
  return components;
}
