/**
 * Groups of nodes with many links inside and few between, for systems that name no groups themselves. After Blondel,
 * Guillaume, Lambiotte and Lefebvre (2008), Fast unfolding of communities in large networks: nodes join the neighbouring
 * group that gains most modularity, groups become nodes, and so on. Nodes are visited in their order and ties go to the
 * smaller number, so the same links give the same groups. Returns a group number for each node, numbered from 0 in the
 * order of their first nodes.
 */
export function communities(nodeCount: number, links: readonly (readonly [from: number, to: number])[]): Int32Array {
  let weights = symmetric(nodeCount, links);
  const groupOf = Int32Array.from({ length: nodeCount }, (_, node) => node);
  for (let level = 0; level < mostLevels; level++) {
    const moved = movedNodes(weights);
    if (moved.groupCount === weights.length) break;
    for (let node = 0; node < nodeCount; node++) groupOf[node] = moved.groupOf[groupOf[node]!]!;
    weights = merged(weights, moved.groupOf, moved.groupCount);
  }
  return renumbered(groupOf);
}

const mostLevels = 12;
const mostPasses = 24;

/** For each node its neighbours and the weight between; the weight to itself is what is inside it. */
type Weights = readonly ReadonlyMap<number, number>[];

function symmetric(nodeCount: number, links: readonly (readonly [number, number])[]): Weights {
  const weights = Array.from({ length: nodeCount }, () => new Map<number, number>());
  for (const [from, to] of links) {
    if (from === to) continue;
    add(weights[from]!, to, 1);
    add(weights[to]!, from, 1);
  }
  return weights;
}

function movedNodes(weights: Weights): { readonly groupOf: Int32Array; readonly groupCount: number } {
  const count = weights.length;
  const degree = weights.map((neighbours) => [...neighbours.values()].reduce((sum, weight) => sum + weight, 0));
  const total = degree.reduce((sum, each) => sum + each, 0);
  const groupOf = Int32Array.from({ length: count }, (_, node) => node);
  const groupDegree = Float64Array.from(degree);
  for (let pass = 0; pass < mostPasses; pass++) {
    let moveCount = 0;
    for (let node = 0; node < count; node++) {
      const own = groupOf[node]!;
      const towards = new Map<number, number>([[own, 0]]);
      for (const [other, weight] of weights[node]!) if (other !== node) add(towards, groupOf[other]!, weight);
      groupDegree[own]! -= degree[node]!;
      let best = own;
      let bestGain = gainOf(towards.get(own)!, groupDegree[own]!);
      for (const [group, weight] of [...towards].sort(([a], [b]) => a - b)) {
        const gain = gainOf(weight, groupDegree[group]!);
        if (gain > bestGain + 1e-9) [best, bestGain] = [group, gain];
      }
      groupDegree[best]! += degree[node]!;
      if (best !== own) moveCount++;
      groupOf[node] = best;

      function gainOf(weight: number, others: number): number {
        return total === 0 ? 0 : weight - (degree[node]! * others) / total;
      }
    }
    if (moveCount === 0) break;
  }
  const numbers = renumbered(groupOf);
  return { groupOf: numbers, groupCount: numbers.reduce((most, group) => Math.max(most, group + 1), 0) };
}

function merged(weights: Weights, groupOf: Int32Array, groupCount: number): Weights {
  const next = Array.from({ length: groupCount }, () => new Map<number, number>());
  weights.forEach((neighbours, node) => {
    for (const [other, weight] of neighbours) add(next[groupOf[node]!]!, groupOf[other]!, weight);
  });
  return next;
}

function renumbered(groupOf: Int32Array): Int32Array {
  const numbers = new Map<number, number>();
  return groupOf.map((group) => {
    const known = numbers.get(group);
    if (known !== undefined) return known;
    numbers.set(group, numbers.size);
    return numbers.size - 1;
  });
}

function add(map: Map<number, number>, key: number, weight: number): void {
  map.set(key, (map.get(key) ?? 0) + weight);
}
