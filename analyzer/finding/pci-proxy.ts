import type { Reason } from '../model/analysis.ts';
import type { Policy } from '../model/policy.ts';
import type { DependencyGraph } from './dependency-graph.ts';
import type { PciClaim } from './pci-claim.ts';
import type { CdeMembers } from './pci-hops.ts';

/**
 * Proxies that the policy splices out. Who calls the CDE through one is connected to it, as any caller is; so is the proxy. A rollup
 * keeps the two ends of a call and not what it passed, so whether this proxy was on the way is for people to say.
 */
export function proxyClaims(graph: DependencyGraph, { proxies }: Policy, cde: CdeMembers): PciClaim[] {
  if (proxies.length === 0 || cde.size === 0) return [];
  const declared = new Set(proxies);
  return graph.reduceNodes((claims: PciClaim[], node, { seen }) => {
    if (cde.has(node) || (!declared.has(node) && !declared.has(seen.name))) return claims;
    const message =
      'The policy names it as a proxy, and calls to and from the CDE may pass it: to be confirmed, or declared by what it is.';
    const reason: Reason = { rule: 'proxy', message };
    const predicate = 'is a proxy that calls to the CDE may pass';
    claims.push({ node, class: 'connected-to', basis: 'candidate', reason, predicate });
    return claims;
  }, []);
}
