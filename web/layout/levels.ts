/**
 * Level of each node in the condensed graph: a caller lies above its callees, all members of a circle lie on one level.
 * Longest path from the sources, after Tarjan (1972) for the components. Iterative: a chain of 100,000 must not matter.
 * Nodes are indices; this is the page's own copy over plain arrays, since a whole graph library would double the download.
 */
export function levels(nodeCount: number, links: readonly (readonly [caller: number, callee: number])[]): Int32Array {
  const { start, target } = outgoing(nodeCount, links);
  const component = components(nodeCount, start, target);
  const level = new Int32Array(nodeCount);
  // Tarjan numbers a component after everything it reaches, so the highest number is a source.
  const byComponent = Array.from({ length: nodeCount }, (_, node) => node).sort(
    (a, b) => component[b]! - component[a]! || a - b,
  );
  const componentLevel = new Int32Array(nodeCount);
  for (const node of byComponent) {
    const own = component[node]!;
    for (let edge = start[node]!; edge < start[node + 1]!; edge++) {
      const callee = component[target[edge]!]!;
      if (callee !== own) componentLevel[callee] = Math.max(componentLevel[callee]!, componentLevel[own]! + 1);
    }
  }
  for (let node = 0; node < nodeCount; node++) level[node] = componentLevel[component[node]!]!;
  return level;
}

interface Outgoing {
  readonly start: Int32Array;
  readonly target: Int32Array;
}

function outgoing(nodeCount: number, links: readonly (readonly [number, number])[]): Outgoing {
  const start = new Int32Array(nodeCount + 1);
  for (const [caller] of links) start[caller + 1]!++;
  for (let node = 0; node < nodeCount; node++) start[node + 1]! += start[node]!;
  const target = new Int32Array(links.length);
  const next = start.slice();
  for (const [caller, callee] of links) target[next[caller]!++] = callee;
  return { start, target };
}

function components(nodeCount: number, start: Int32Array, target: Int32Array): Int32Array {
  const component = new Int32Array(nodeCount).fill(-1);
  const order = new Int32Array(nodeCount).fill(-1);
  const low = new Int32Array(nodeCount);
  const edge = start.slice(0, nodeCount);
  const open: number[] = [];
  let visited = 0;
  let componentCount = 0;
  for (let root = 0; root < nodeCount; root++) {
    if (order[root] !== -1) continue;
    const way = [root];
    order[root] = low[root] = visited++;
    open.push(root);
    while (way.length > 0) {
      const node = way[way.length - 1]!;
      if (edge[node]! < start[node + 1]!) {
        const callee = target[edge[node]!++]!;
        if (order[callee] === -1) {
          order[callee] = low[callee] = visited++;
          open.push(callee);
          way.push(callee);
        } else if (component[callee] === -1) low[node] = Math.min(low[node]!, order[callee]!);
        continue;
      }
      way.pop();
      const caller = way[way.length - 1];
      if (caller !== undefined) low[caller] = Math.min(low[caller]!, low[node]!);
      if (low[node] !== order[node]) continue;
      for (let member = -1; member !== node;) {
        member = open.pop()!;
        component[member] = componentCount;
      }
      componentCount++;
    }
  }
  return component;
}
