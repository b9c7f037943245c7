import type { AnalyzedService, Problem, Reason } from '../model/analysis.ts';
import type { Policy } from '../model/policy.ts';
import type { Rollup } from '../rollup/rollup.ts';
import { cardEvidenceClaims } from './card-evidence.ts';
import type { DependencyGraph } from './dependency-graph.ts';
import { paymentProviderClaims } from './payment-provider.ts';
import { byStrength, PCI_CLASSES, smallestThree, type PciClaim } from './pci-claim.ts';
import { pciDeclarations } from './pci-declaration.ts';
import { counted } from '../model/wording.ts';

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
  readonly traceIds: readonly string[];
}

/**
 * The PCI DSS scope that traces show. Traces show that a connection exists and never that one does not, so this is a lower
 * bound: whatever is in a class is there because of something seen or declared, and `not-observed` says nothing about a node.
 *
 * Cardholder data environment (CDE): declared, or card data on its spans, or a candidate to be confirmed. Connected-to: one hop
 * from the CDE in either direction, by any kind of call; a topic counts as a hop. Indirect: two hops, for review. After PCI DSS
 * v4.0.1 section 4 and the *Guidance for PCI DSS Scoping and Network Segmentation*.
 */
export function pciScope(graph: DependencyGraph, rollup: Rollup, policy: Policy): PciReport {
  const declared = pciDeclarations(graph);
  const claims = new Map<string, PciClaim[]>(graph.nodes().map((node) => [node, []]));
  const add = (found: readonly PciClaim[]) => {
    for (const claim of found) claims.get(claim.node)!.push(claim);
  };
  const nodesIn = (pciClass: PciClaim['class']) =>
    new Set([...claims].filter(([, own]) => own.some((claim) => claim.class === pciClass)).map(([node]) => node));

  add(declared.claims);
  add(cardEvidenceClaims(graph, rollup));
  add(paymentProviderClaims(graph, policy));
  const cde = nodesIn('cde');
  add(oneHopClaims(graph, cde));
  add(twoHopClaims(graph, cde, nodesIn('connected-to')));

  const scopes = new Map<string, PciScope>();
  const conflicts: ScopeConflict[] = [];
  for (const [node, own] of claims) {
    const sorted = own.sort(byStrength);
    const outOfScope = declared.outOfScope.get(node);
    const conflict = outOfScope === undefined ? undefined : contradictionOf(sorted);
    scopes.set(node, scopeOf(sorted, outOfScope, conflict));
    if (conflict !== undefined) {
      conflicts.push({ node, predicate: conflict.predicate, traceIds: conflict.reason.traceIds ?? [] });
    }
  }
  return { scopes, conflicts, problems: declared.problems };
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

/** Everything that exchanges a call or a message with the CDE. Unknown callers are nobody in particular. */
function oneHopClaims(graph: DependencyGraph, cde: ReadonlySet<string>): PciClaim[] {
  const claims: PciClaim[] = [];
  graph.forEachDirectedEdge((_key, { callCount, seen }, caller, callee) => {
    if (cde.has(caller) === cde.has(callee)) return;
    const [inside, node] = cde.has(caller) ? [caller, callee] : [callee, caller];
    const kinds = [graph.getNodeAttribute(inside, 'kind'), graph.getNodeAttribute(node, 'kind')];
    if (kinds.includes('unknown-caller')) return;
    const times = counted(callCount, 'time');
    const how = node === caller ? `It calls ${inside}` : `It is called by ${inside}`;
    const hop = kinds.includes('destination') ? ' A topic or queue counts as one hop.' : '';
    const message = `${how}, which is in the CDE (${times}).${hop}`;
    const traceIds = smallestThree(seen.flatMap((dependency) => dependency.traceIds));
    const reason: Reason = { rule: 'one-hop', message, n: callCount, traceIds, witnessPath: [caller, callee] };
    const predicate = `exchanges calls with ${inside}, which is in the CDE`;
    claims.push({ node, class: 'connected-to', basis: 'observed', reason, predicate });
  });
  return claims;
}

/** Everything that exchanges a call or a message with something connected to the CDE: not in scope by itself, but for review. */
function twoHopClaims(graph: DependencyGraph, cde: ReadonlySet<string>, connected: ReadonlySet<string>): PciClaim[] {
  const claims = new Map<string, PciClaim>();
  graph.forEachDirectedEdge((_key, _edge, caller, callee) => {
    for (const [node, between] of [
      [caller, callee],
      [callee, caller],
    ] as const) {
      if (cde.has(node) || connected.has(node) || cde.has(between) || !connected.has(between)) continue;
      if ([node, between].some((id) => graph.getNodeAttribute(id, 'kind') === 'unknown-caller')) continue;
      if (claims.has(node)) continue;
      const witnessPath = pathToCde(graph, cde, node, between);
      const message = `Two hops from the CDE: ${witnessPath.join(' – ')}. For review, not in scope by itself.`;
      const reason: Reason = { rule: 'two-hops', message, witnessPath };
      claims.set(node, { node, class: 'indirect', basis: 'observed', reason, predicate: 'is two hops from the CDE' });
    }
  });
  return [...claims.values()];
}

/** In call direction where both hops run the same way; else from the node to the CDE. */
function pathToCde(graph: DependencyGraph, cde: ReadonlySet<string>, node: string, between: string): string[] {
  const inside = graph
    .neighbors(between)
    .filter((id) => cde.has(id))
    .sort();
  const isCaller = graph.hasDirectedEdge(node, between);
  const down = inside.find((id) => graph.hasDirectedEdge(between, id));
  if (isCaller && down !== undefined) return [node, between, down];
  const up = inside.find((id) => graph.hasDirectedEdge(id, between));
  if (!isCaller && up !== undefined) return [up, between, node];
  // A service that is connected-to by declaration may have no call to the CDE at all.
  return inside.length > 0 ? [node, between, inside[0]!] : [node, between];
}
