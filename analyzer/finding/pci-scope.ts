import type { AnalyzedService, Problem, Reason } from '../model/analysis.ts';
import type { Policy } from '../model/policy.ts';
import type { Rollup } from '../rollup/rollup.ts';
import { cardEvidenceClaims } from './card-evidence.ts';
import type { DependencyGraph } from './dependency-graph.ts';
import { paymentProviderClaims } from './payment-provider.ts';
import { byStrength, PCI_CLASSES, type PciClaim } from './pci-claim.ts';
import { contactsOf } from './pci-contact.ts';
import { pciDeclarations } from './pci-declaration.ts';
import { oneHopClaims, twoHopClaims, type CdeMembers } from './pci-hops.ts';
import { proxyClaims } from './pci-proxy.ts';
import { tokenVaultClaims } from './token-vault.ts';

export type PciScope = AnalyzedService['pci'];

export interface PciReport {
  readonly scopes: ReadonlyMap<string, PciScope>;
  /** Nodes declared out of scope of which something was seen that says otherwise. */
  readonly conflicts: readonly ScopeConflict[];
  readonly problems: readonly Problem[];
}

export interface ScopeConflict {
  readonly node: string;
  /** What was seen, without its subject: `carries card data`. */
  readonly predicate: string;
  /** False where it rests on a candidate that nobody has confirmed. */
  readonly isCertain: boolean;
  readonly traceIds: readonly string[];
}

/**
 * The PCI DSS scope that traces show. Traces show that a connection exists and never that one does not, so this is a lower
 * bound: whatever is in a class is there because of something seen or declared, and `not-observed` says nothing about a node.
 *
 * Cardholder data environment (CDE): declared, or card data on its spans, or a candidate to be confirmed. Connected-to: one hop
 * from the CDE in either direction, by any kind of call or by messages. Security-impacting: by its declared role. Indirect: two
 * hops, for review. After PCI DSS v4.0.1 section 4 and the *Guidance for PCI DSS Scoping and Network Segmentation*.
 * `today` is an ISO date; without one no declaration has run out.
 */
export function pciScope(graph: DependencyGraph, rollup: Rollup, policy: Policy, today?: string): PciReport {
  const declared = pciDeclarations(graph, today);
  const claims = new Map<string, PciClaim[]>(graph.nodes().map((node) => [node, []]));
  const add = (found: readonly PciClaim[]) => {
    for (const claim of found) claims.get(claim.node)!.push(claim);
  };
  const nodesIn = (pciClass: PciClaim['class']) =>
    new Set([...claims].filter(([, own]) => own.some((claim) => claim.class === pciClass)).map(([node]) => node));

  add(declared.claims);
  add(cardEvidenceClaims(graph, rollup));
  add(paymentProviderClaims(graph, policy));
  add(tokenVaultClaims(graph, nodesIn('cde')));
  const cde = membersOf(claims);
  const contacts = contactsOf(graph, rollup);
  add(oneHopClaims(contacts, cde));
  add(proxyClaims(graph, policy, cde));
  add(twoHopClaims(contacts, cde, nodesIn('connected-to')));

  const scopes = new Map<string, PciScope>();
  const conflicts: ScopeConflict[] = [];
  for (const [node, own] of claims) {
    const sorted = own.sort(byStrength);
    const outOfScope = declared.outOfScope.get(node);
    const conflict = outOfScope === undefined ? undefined : contradictionOf(sorted);
    scopes.set(node, scopeOf(sorted, outOfScope, conflict));
    if (conflict !== undefined) {
      const { predicate, basis, reason } = conflict;
      conflicts.push({ node, predicate, isCertain: basis !== 'candidate', traceIds: reason.traceIds ?? [] });
    }
  }
  return { scopes, conflicts, problems: declared.problems };
}

/** A node is in the CDE for sure as soon as one claim says so on a basis other than a guess. */
function membersOf(claims: ReadonlyMap<string, readonly PciClaim[]>): CdeMembers {
  const members = new Map<string, 'certain' | 'candidate'>();
  for (const [node, own] of claims) {
    const inside = own.filter((claim) => claim.class === 'cde');
    if (inside.length === 0) continue;
    members.set(node, inside.some(({ basis }) => basis !== 'candidate') ? 'certain' : 'candidate');
  }
  return members;
}

/** The most restrictive class claimed, on its firmest basis, with every reason, the deciding ones first. */
function scopeOf(
  sorted: readonly PciClaim[],
  outOfScope: Reason | undefined,
  conflict: PciClaim | undefined,
): PciScope {
  const reasons = sorted.map(({ reason }) => reason);
  if (outOfScope !== undefined && conflict === undefined) {
    return { class: 'not-observed', basis: 'declared', reasons: [outOfScope, ...reasons] };
  }
  if (outOfScope !== undefined) reasons.push(outOfScope);
  const [strongest] = sorted;
  return { class: strongest?.class ?? 'not-observed', basis: strongest?.basis ?? 'none', reasons };
}

/** Card data, or a direct connection to the CDE, contradicts segmentation. Two hops do not. */
function contradictionOf([strongest]: readonly PciClaim[]): PciClaim | undefined {
  if (strongest === undefined) return undefined;
  return PCI_CLASSES.indexOf(strongest.class) < PCI_CLASSES.indexOf('indirect') ? strongest : undefined;
}
