import { byText } from '../model/wording.ts';
import type { DependencyGraph } from './dependency-graph.ts';

/** What requests reach through one service alone. */
export interface OnlyThrough {
  /** Services in its subtree of the dominator tree. */
  readonly serviceCount: number;
  /** Those right below it, sorted: no other service stands alone between. */
  readonly services: readonly string[];
}

/**
 * For each service what requests reach through it alone: its subtree in the dominator tree of the calls somebody waits for, from
 * all entry points on. After Cooper, Harvey and Kennedy (2001), *A simple, fast dominance algorithm*.
 *
 * The graph of services has more ways than that of their operations, so what is said here holds there too; a choke point of
 * operations may be missed. Services with nobody behind them are left out of the answer.
 */
export function reachedOnlyThrough(
  graph: DependencyGraph,
  entryServices: readonly string[],
): ReadonlyMap<string, OnlyThrough> {
  const { order, parents } = depthFirst(graph, entryServices);
  const dominators = immediateDominators(order, parents);
  const counts = new Float64Array(order.length);
  const below = new Map<number, string[]>();
  // Backwards, so that the count of a service is whole when it is added to that of its dominator.
  for (let place = order.length - 1; place > 0; place--) {
    const dominator = dominators[place]!;
    const isService = graph.getNodeAttribute(order[place]!, 'kind') === 'service';
    counts[dominator]! += counts[place]! + (isService ? 1 : 0);
    if (!isService) continue;
    const known = below.get(dominator);
    if (known === undefined) below.set(dominator, [order[place]!]);
    else known.push(order[place]!);
  }
  const found = new Map<string, OnlyThrough>();
  for (let place = 1; place < order.length; place++) {
    if (counts[place] === 0) continue;
    found.set(order[place]!, { serviceCount: counts[place]!, services: (below.get(place) ?? []).sort(byText) });
  }
  return found;
}

interface Order {
  /** Reverse postorder; place 0 stands for where all requests come from. */
  readonly order: readonly string[];
  /** By place: the places that call it. */
  readonly parents: readonly (readonly number[])[];
}

function depthFirst(graph: DependencyGraph, entryServices: readonly string[]): Order {
  const calleesOf = (service: string) => {
    const callees: string[] = [];
    graph.forEachOutEdge(service, (_key, { mode }, _caller, callee) => {
      if (mode !== 'async' && callee !== service) callees.push(callee);
    });
    return callees.sort(byText);
  };
  const postorder: string[] = [];
  const seen = new Set<string>();
  for (const entry of [...new Set(entryServices)].sort(byText)) {
    if (!graph.hasNode(entry) || seen.has(entry)) continue;
    seen.add(entry);
    const stack = [{ service: entry, callees: calleesOf(entry), at: 0 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.callees[top.at++];
      if (next === undefined) postorder.push(stack.pop()!.service);
      else if (!seen.has(next)) {
        seen.add(next);
        stack.push({ service: next, callees: calleesOf(next), at: 0 });
      }
    }
  }
  const order = ['', ...postorder.reverse()];
  const placeOf = new Map(order.map((service, place) => [service, place]));
  const parents: number[][] = order.map(() => []);
  for (const entry of new Set(entryServices)) {
    const place = placeOf.get(entry);
    if (place !== undefined) parents[place]!.push(0);
  }
  for (let place = 1; place < order.length; place++) {
    for (const callee of calleesOf(order[place]!)) parents[placeOf.get(callee)!]!.push(place);
  }
  return { order, parents };
}

/** By place; the place itself at 0. */
function immediateDominators(order: readonly string[], parents: Order['parents']): Int32Array {
  const dominators = new Int32Array(order.length).fill(-1);
  dominators[0] = 0;
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    for (let place = 1; place < order.length; place++) {
      let dominator = -1;
      for (const parent of parents[place]!) {
        if (dominators[parent] === -1) continue;
        dominator = dominator === -1 ? parent : meeting(dominators, parent, dominator);
      }
      if (dominators[place] === dominator) continue;
      dominators[place] = dominator;
      isChanged = true;
    }
  }
  return dominators;
}

function meeting(dominators: Int32Array, one: number, other: number): number {
  let a = one;
  let b = other;
  while (a !== b) {
    while (a > b) a = dominators[a]!;
    while (b > a) b = dominators[b]!;
  }
  return a;
}
