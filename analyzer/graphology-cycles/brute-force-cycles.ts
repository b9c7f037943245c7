import type { Pair } from './small-graphs.ts';

/**
 * Every elementary cycle by trying all orders of all sets of nodes: what the algorithms are held against. Each cycle starts
 * at its smallest node, and the list is in lexicographic order. For six nodes or fewer.
 */
export function bruteForceCycles(nodeCount: number, pairs: readonly Pair[]): number[][] {
  const hasEdge = new Set(pairs.map(([source, target]) => `${source} ${target}`));
  const cycles: number[][] = [];
  let paths: number[][] = Array.from({ length: nodeCount }, (_, node) => [node]);
  while (paths.length > 0) {
    for (const path of paths)
      if (path.every((node, i) => hasEdge.has(`${node} ${path[(i + 1) % path.length]!}`))) cycles.push(path);
    paths = paths.flatMap((path) =>
      Array.from({ length: nodeCount }, (_, node) => node)
        .filter((node) => node > path[0]! && !path.includes(node))
        .map((node) => [...path, node]),
    );
  }
  return cycles.sort(byNodes);
}

function byNodes(one: readonly number[], two: readonly number[]): number {
  for (let i = 0; i < Math.min(one.length, two.length); i++) if (one[i] !== two[i]) return one[i]! - two[i]!;
  return one.length - two.length;
}
