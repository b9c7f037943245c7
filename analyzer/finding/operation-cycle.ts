import { joinKey } from '../rollup/rollup.ts';
import type { CycleGraph } from './cycle-graph.ts';

/**
 * Whether a circle of services is one of their operations too: whether the call sites along it lead from some operation
 * back to that same operation, after one round or several. Where they do not, `a.x` calls `b.y` and `b.z` calls `a.w`: the
 * services are coupled, but nothing can recurse.
 */
export function hasOperationCycle(graph: CycleGraph, services: readonly string[]): boolean {
  const callees = new Map<string, string[]>();
  const callerCount = new Map<string, number>();
  services.forEach((caller, index) => {
    const callee = services[(index + 1) % services.length]!;
    for (const site of graph.getEdgeAttributes(graph.edge(caller, callee)!).callSites) {
      const from = joinKey(caller, site.callerOperation);
      const to = joinKey(callee, site.calleeOperation);
      const known = callees.get(from);
      if (known === undefined) callees.set(from, [to]);
      else known.push(to);
      callerCount.set(to, (callerCount.get(to) ?? 0) + 1);
    }
  });
  // Take away, again and again, what nothing calls; a circle is what can never be taken away (Kahn 1962).
  const uncalled = [...callees.keys()].filter((operation) => !callerCount.has(operation));
  let uncalledCount = uncalled.length;
  for (let operation = uncalled.pop(); operation !== undefined; operation = uncalled.pop()) {
    for (const callee of callees.get(operation) ?? []) {
      const left = callerCount.get(callee)! - 1;
      callerCount.set(callee, left);
      if (left > 0 || !callees.has(callee)) continue;
      uncalled.push(callee);
      uncalledCount++;
    }
  }
  return uncalledCount < callees.size;
}
