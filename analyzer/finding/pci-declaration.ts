import type { PciClass, Problem, Reason } from '../model/analysis.ts';
import type { SecurityRole, ServicePolicy } from '../model/policy.ts';
import type { DependencyGraph } from './dependency-graph.ts';
import type { PciClaim } from './pci-claim.ts';

export interface PciDeclarations {
  readonly claims: readonly PciClaim[];
  /** Why each is out of scope, as declared: by the policy, or else by a label. */
  readonly outOfScope: ReadonlyMap<string, Reason>;
  readonly problems: readonly Problem[];
}

const DECLARABLE = ['cde', 'connected-to', 'security-impacting'] as const satisfies readonly PciClass[];

/**
 * What the policy and the `pci.scope` labels on resources say. Out of scope holds until the day it has to be confirmed again:
 * after that it is told, and protects from nothing.
 */
export function pciDeclarations(graph: DependencyGraph, today: string | undefined): PciDeclarations {
  const claims: PciClaim[] = [];
  const outOfScope = new Map<string, Reason>();
  let unknownCount = 0;
  graph.forEachNode((node, { seen, policy }) => {
    const said: { readonly scope: string; readonly message: string }[] = [];
    if (policy.pci !== undefined) {
      said.push({ scope: policy.pci, message: `The policy declares it ${policy.pci}${whoWhenWhy(policy)}.` });
    }
    if (policy.role !== undefined) {
      const scope = policy.role === 'token-vault' ? 'cde' : 'security-impacting';
      said.push({ scope, message: `Its role, says the policy: it ${ROLES[policy.role]}${whoWhenWhy(policy)}.` });
    }
    for (const label of [...seen.pciScopes].sort()) {
      const scope = label.trim().toLowerCase().replaceAll('_', '-');
      said.push({ scope, message: `Its resource label says pci.scope = ${scope}.` });
    }
    for (const { scope, message } of said) {
      const reason: Reason = { rule: 'declared', message };
      const pciClass = DECLARABLE.find((declarable) => declarable === scope);
      if (pciClass !== undefined) {
        claims.push({ node, class: pciClass, basis: 'declared', reason, predicate: `is declared ${scope} as well` });
      } else if (scope === 'out-of-scope') {
        if (policy.expires !== undefined && today !== undefined && policy.expires < today) {
          const expired: Reason = { rule: 'declaration-expired', message };
          claims.push({
            node,
            class: 'not-observed',
            basis: 'none',
            reason: expired,
            predicate: 'was out of scope once',
          });
        } else if (!outOfScope.has(node)) outOfScope.set(node, reason);
      } else {
        unknownCount++;
      }
    }
  });
  const message = `pci.scope labels other than ${DECLARABLE.join(', ')} and out-of-scope were left aside.`;
  const problems = unknownCount > 0 ? [{ kind: 'pci-label-unknown', message, count: unknownCount }] : [];
  return { claims, outOfScope, problems };
}

/** `: own segment; confirmed by J. Doe on 2026-03-01; to be confirmed again by 2027-03-01`. */
function whoWhenWhy({ reason, confirmedBy, confirmedOn, expires }: ServicePolicy): string {
  const on = confirmedOn === undefined ? '' : ` on ${confirmedOn}`;
  const parts = [
    ...(reason === undefined ? [] : [reason]),
    ...(confirmedBy === undefined && confirmedOn === undefined
      ? []
      : [`confirmed${confirmedBy === undefined ? '' : ` by ${confirmedBy}`}${on}`]),
    ...(expires === undefined ? [] : [`to be confirmed again by ${expires}`]),
  ];
  return parts.length === 0 ? '' : `: ${parts.join('; ')}`;
}

/** What systems of each role do for, or could do to, the cardholder data environment. */
const ROLES: Readonly<Record<SecurityRole, string>> = {
  authentication: 'says who may get in',
  delivery: 'builds or deploys what runs there',
  gateway: 'lets traffic in and out',
  'name-resolution': 'resolves names',
  secrets: 'keeps secrets and keys',
  segmentation: 'separates networks',
  telemetry: 'takes in logs or telemetry',
  time: 'keeps the time',
  'token-vault': 'turns card numbers into tokens and back',
};
