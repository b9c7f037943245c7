import type { PciClass, PciBasis, Reason } from '../model/analysis.ts';
import type { CallSiteRollup, CardEvidenceRollup, Rollup } from '../rollup/rollup.ts';
import type { DependencyEdge, DependencyGraph } from './dependency-graph.ts';
import { smallestThree, type PciClaim } from './pci-claim.ts';
import { byText, counted, listed } from '../model/wording.ts';

/** What card data on spans says about their services, the other ends of their calls, and what they store in. */
export function cardEvidenceClaims(graph: DependencyGraph, rollup: Rollup): PciClaim[] {
  const claims: PciClaim[] = [];
  for (const [node, items] of evidenceByNode(rollup)) {
    if (!graph.hasNode(node)) continue;
    claims.push(...ownClaims(node, items));
    for (const item of items.filter(isSure)) {
      claims.push(...otherEndClaims(graph, item), ...storeClaims(graph, item));
    }
  }
  return claims;
}

/** By node, in the order of its places. */
export function evidenceByNode(rollup: Rollup): Map<string, CardEvidenceRollup[]> {
  const byNode = new Map<string, CardEvidenceRollup[]>();
  for (const key of [...rollup.cardEvidence.keys()].sort()) {
    const item = rollup.cardEvidence.get(key)!;
    const known = byNode.get(item.node);
    if (known === undefined) byNode.set(item.node, [item]);
    else known.push(item);
  }
  return byNode;
}

/** `3 times, in url.full of POST /pay and db.query.text of INSERT`. */
export function sightings(items: readonly CardEvidenceRollup[]): string {
  const places = new Set(items.map(({ place, operation }) => `${place} of ${operation}`));
  return `${counted(sumOf(items), 'time')}, in ${listed([...places].sort(), 3)}`;
}

export function isSure({ strength }: CardEvidenceRollup): boolean {
  return strength === 'strong' || strength === 'authentication';
}

/** One claim for each degree of certainty. */
function ownClaims(node: string, items: readonly CardEvidenceRollup[]): PciClaim[] {
  const claims: PciClaim[] = [];
  const claim = (
    group: readonly CardEvidenceRollup[],
    pciClass: PciClass,
    basis: PciBasis,
    rule: string,
    message: string,
  ) => {
    if (group.length === 0) return;
    const traceIds = smallestThree(group.flatMap((item) => item.traceIds));
    const reason: Reason = { rule, message, n: sumOf(group), traceIds };
    claims.push({ node, class: pciClass, basis, reason, predicate: 'carries card data' });
  };
  const sure = items.filter(isSure);
  claim(sure, 'cde', 'evidence', 'card-data', `Card data stood on its spans ${sightings(sure)}.`);
  const likely = items.filter(({ strength }) => strength === 'medium');
  claim(
    likely,
    'cde',
    'candidate',
    'card-data-unconfirmed',
    `Numbers that pass for card numbers stood on its spans ${sightings(likely)}. Nothing beside them confirms it, and about ` +
      '1 in 36 random numbers of 16 digits passes: to be confirmed.',
  );
  const tests = items.filter(({ strength }) => strength === 'test');
  claim(
    tests,
    'not-observed',
    'none',
    'test-card',
    `Published test card numbers stood on its spans ${sightings(tests)}. They are nobody's cards, so they do not make it part ` +
      'of the CDE; but where they stand, real ones would stand too.',
  );
  return claims;
}

/**
 * Card data in a URL was on both ends of the call. A rollup knows the operation it stood in, not the call; so this speaks only
 * where that leaves no doubt: the operation calls nobody, hence its callers sent it; or nobody calls it and it calls one only.
 */
function otherEndClaims(graph: DependencyGraph, item: CardEvidenceRollup): PciClaim[] {
  if (!item.place.startsWith('url.') && !item.place.startsWith('http.')) return [];
  const callers = callersOf(graph, item);
  const callees = calleesOf(graph, item).filter((id) => graph.getNodeAttribute(id, 'kind') !== 'database');
  let ends: readonly string[] = [];
  if (callees.length === 0) ends = callers;
  else if (callers.length === 0 && callees.length === 1) ends = callees;
  return ends.map((end) => {
    const witnessPath = ends === callers ? [end, item.node] : [item.node, end];
    const message = `Card data stood in ${item.place} of the call ${witnessPath.join(' → ')} (${item.operation}): both ends handled it.`;
    const reason: Reason = {
      rule: 'card-data-call',
      message,
      n: item.count,
      traceIds: [...item.traceIds],
      witnessPath,
    };
    return { node: end, class: 'cde', basis: 'evidence', reason, predicate: `exchanges card data with ${item.node}` };
  });
}

/** A database or topic that was handed card data is a candidate: it may hold it now. */
function storeClaims(graph: DependencyGraph, item: CardEvidenceRollup): PciClaim[] {
  const kind = item.place.startsWith('db.')
    ? 'database'
    : item.place.startsWith('messaging.')
      ? 'destination'
      : undefined;
  if (kind === undefined) return [];
  return calleesOf(graph, item)
    .filter((id) => graph.getNodeAttribute(id, 'kind') === kind)
    .map((store) => {
      const message = `${item.node} handed it card data in ${item.place} (${item.operation}): it may hold it now; to be confirmed.`;
      const witnessPath = [item.node, store];
      const reason: Reason = {
        rule: 'card-data-store',
        message,
        n: item.count,
        traceIds: [...item.traceIds],
        witnessPath,
      };
      return { node: store, class: 'cde', basis: 'candidate', reason, predicate: `gets card data from ${item.node}` };
    });
}

/** Services that call the operation. */
function callersOf(graph: DependencyGraph, { node, operation }: CardEvidenceRollup): string[] {
  const callers: string[] = [];
  graph.forEachInEdge(node, (_key, edge, caller) => {
    if (caller === node || graph.getNodeAttribute(caller, 'kind') === 'unknown-caller') return;
    if (hasSite(edge, ({ calleeOperation }) => calleeOperation === operation)) callers.push(caller);
  });
  return callers.sort(byText);
}

/** What the operation calls. */
function calleesOf(graph: DependencyGraph, { node, operation }: CardEvidenceRollup): string[] {
  const callees: string[] = [];
  graph.forEachOutEdge(node, (_key, edge, _caller, callee) => {
    if (callee !== node && hasSite(edge, ({ callerOperation }) => callerOperation === operation)) callees.push(callee);
  });
  return callees.sort(byText);
}

function hasSite({ seen }: DependencyEdge, matches: (site: CallSiteRollup) => boolean): boolean {
  return seen.some(({ callSites }) => [...callSites.values()].some(matches));
}

function sumOf(items: readonly CardEvidenceRollup[]): number {
  return items.reduce((sum, { count }) => sum + count, 0);
}
