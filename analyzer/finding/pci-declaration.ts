import type { PciClass, Problem, Reason } from '../model/analysis.ts';
import type { DependencyGraph } from './dependency-graph.ts';
import type { PciClaim } from './pci-claim.ts';

export interface PciDeclarations {
  readonly claims: readonly PciClaim[];
  /** Why each is out of scope, as declared: by the policy, or else by a label. */
  readonly outOfScope: ReadonlyMap<string, Reason>;
  readonly problems: readonly Problem[];
}

const DECLARABLE = ['cde', 'connected-to', 'security-impacting'] as const satisfies readonly PciClass[];

/** What the policy and the `pci.scope` labels on resources say. */
export function pciDeclarations(graph: DependencyGraph): PciDeclarations {
  const claims: PciClaim[] = [];
  const outOfScope = new Map<string, Reason>();
  let unknownCount = 0;
  graph.forEachNode((node, { seen, policy }) => {
    const said: { readonly scope: string; readonly message: string }[] = [];
    if (policy.pci !== undefined) {
      const why = policy.reason === undefined ? '' : `: ${policy.reason}`;
      const until = policy.expires === undefined ? '' : ` (to be confirmed by ${policy.expires})`;
      said.push({ scope: policy.pci, message: `The policy declares it ${policy.pci}${why}${until}.` });
    }
    for (const label of [...seen.pciScopes].sort()) {
      const scope = label.trim().toLowerCase().replaceAll('_', '-');
      said.push({ scope, message: `Its resource label says pci.scope = ${scope}.` });
    }
    for (const { scope, message } of said) {
      const reason: Reason = { rule: 'declared', message };
      const pciClass = DECLARABLE.find((declarable) => declarable === scope);
      if (pciClass !== undefined) {
        claims.push({ node, class: pciClass, basis: 'declared', reason, predicate: `is labelled ${scope} as well` });
      } else if (scope === 'out-of-scope') {
        if (!outOfScope.has(node)) outOfScope.set(node, reason);
      } else {
        unknownCount++;
      }
    }
  });
  const message = `pci.scope labels other than ${DECLARABLE.join(', ')} and out-of-scope were left aside.`;
  const problems = unknownCount > 0 ? [{ kind: 'pci-label-unknown', message, count: unknownCount }] : [];
  return { claims, outOfScope, problems };
}
