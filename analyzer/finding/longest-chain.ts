import { byText } from '../model/wording.ts';
import { joinKey, type Rollup } from '../rollup/rollup.ts';

export interface ChainLink {
  readonly service: string;
  readonly operation: string;
}

/**
 * The longest row of services whose operations were seen to wait for one another, empty where nobody waits. Operations that lie on
 * a circle, or behind one, are left out: a row through a circle has no end.
 */
export function longestChain({ nodes, dependencies }: Rollup): ChainLink[] {
  const callees = new Map<string, Set<string>>();
  const callerCounts = new Map<string, number>();
  const links = new Map<string, ChainLink>();
  const isService = (id: string) => nodes.get(id)?.kind === 'service';
  for (const { caller, callee, mode, callSites } of dependencies.values()) {
    if (mode !== 'sync' || caller === callee || !isService(caller) || !isService(callee)) continue;
    for (const { callerOperation, calleeOperation } of callSites.values()) {
      const [from, to] = [joinKey(caller, callerOperation), joinKey(callee, calleeOperation)];
      links.set(from, { service: caller, operation: callerOperation });
      links.set(to, { service: callee, operation: calleeOperation });
      const known = callees.get(from) ?? new Set();
      callees.set(from, known);
      if (known.has(to)) continue;
      known.add(to);
      callerCounts.set(to, (callerCounts.get(to) ?? 0) + 1);
    }
  }
  // Callers before callees (Kahn 1962); by name, so that of equal rows the same one is found again.
  const order = [...links.keys()].filter((key) => !callerCounts.has(key)).sort(byText);
  const lengths = new Map<string, number>();
  const before = new Map<string, string>();
  let last: string | undefined;
  for (let at = 0; at < order.length; at++) {
    const from = order[at]!;
    const length = lengths.get(from) ?? 1;
    if (last === undefined || length > (lengths.get(last) ?? 1)) last = from;
    for (const to of [...(callees.get(from) ?? [])].sort(byText)) {
      if (length + 1 > (lengths.get(to) ?? 1)) {
        lengths.set(to, length + 1);
        before.set(to, from);
      }
      const left = callerCounts.get(to)! - 1;
      callerCounts.set(to, left);
      if (left === 0) order.push(to);
    }
  }
  const chain: ChainLink[] = [];
  for (let key = last; key !== undefined; key = before.get(key)) chain.push(links.get(key)!);
  return chain.reverse();
}
