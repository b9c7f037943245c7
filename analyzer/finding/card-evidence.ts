import type { PciClass, PciBasis, Reason } from '../model/analysis.ts';
import type { CardEvidenceRollup, Rollup } from '../rollup/rollup.ts';
import type { DependencyGraph } from './dependency-graph.ts';
import { chanceInWords, judgedEvidence, type ChanceNumbers } from './card-evidence-judged.ts';
import { smallestThree, type PciClaim } from './pci-claim.ts';
import { timeOf } from './time.ts';
import { byText, counted, listed } from '../model/wording.ts';

/**
 * What card data on spans says about their services, about who was on the other end of the call, and about what they store in.
 */
export function cardEvidenceClaims(graph: DependencyGraph, rollup: Rollup): PciClaim[] {
  const claims: PciClaim[] = [];
  const { byNode, chance } = judgedEvidence(rollup);
  for (const [node, items] of byNode) {
    if (!graph.hasNode(node)) continue;
    claims.push(...ownClaims(node, items));
    for (const item of items.filter(isSure)) claims.push(...storeClaims(graph, item));
  }
  claims.push(...chance.filter(({ node }) => graph.hasNode(node)).map(chanceClaim));
  claims.push(...callClaims(graph));
  return claims;
}

/** Told, so that nobody wonders why numbers are gone from a field, but no evidence of anything. */
function chanceClaim(numbers: ChanceNumbers): PciClaim {
  const message =
    `${chanceInWords(numbers)} pass for card numbers, about as many as chance lets pass: they are ids. Those that pass are ` +
    'removed all the same.';
  const reason: Reason = {
    rule: 'card-data-by-chance',
    message,
    n: numbers.n,
    estimate: numbers.passCount / numbers.n,
  };
  return { node: numbers.node, class: 'not-observed', basis: 'none', reason, predicate: 'has ids like card numbers' };
}

/**
 * Card data on the span of either end of a call between services puts both in the CDE: one sent it and the other got it. A
 * message or a statement that carries it makes whatever holds it a candidate, as `storeClaims` says.
 */
function callClaims(graph: DependencyGraph): PciClaim[] {
  const claims: PciClaim[] = [];
  graph.forEachDirectedEdge((_key, { seen }, caller, callee) => {
    if ([caller, callee].some((node) => graph.getNodeAttribute(node, 'kind') !== 'service')) return;
    const carrying = seen.filter(({ mode, cardEvidenceCount }) => mode !== 'data' && cardEvidenceCount > 0);
    const n = carrying.reduce((sum, { cardEvidenceCount }) => sum + cardEvidenceCount, 0);
    if (n === 0) return;
    const traceIds = smallestThree(carrying.flatMap((dependency) => dependency.traceIds));
    for (const [node, how] of [
      [caller, `It called ${callee}`],
      [callee, `It was called by ${caller}`],
    ] as const) {
      const message = `${how} with card data on the span of one end (${counted(n, 'time')}).`;
      const reason: Reason = { rule: 'card-data-call', message, n, traceIds, witnessPath: [caller, callee] };
      const other = node === caller ? callee : caller;
      claims.push({
        node,
        class: 'cde',
        basis: 'evidence',
        reason,
        predicate: `exchanges card data with ${other}`,
      });
    }
  });
  return claims;
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
    const firstSeen = timeOf(Math.min(...group.map(({ firstSeenUs }) => firstSeenUs)));
    const lastSeen = timeOf(Math.max(...group.map(({ lastSeenUs }) => lastSeenUs)));
    const reason: Reason = {
      rule,
      message,
      n: sumOf(group),
      traceIds,
      ...(firstSeen === null ? {} : { firstSeen }),
      ...(lastSeen === null ? {} : { lastSeen }),
    };
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

/** What the operation calls. */
function calleesOf(graph: DependencyGraph, { node, operation }: CardEvidenceRollup): string[] {
  const callees: string[] = [];
  graph.forEachOutEdge(node, (_key, { seen }, _caller, callee) => {
    const isCalled = seen.some(({ callSites }) =>
      [...callSites.values()].some(({ callerOperation }) => callerOperation === operation),
    );
    if (isCalled) callees.push(callee);
  });
  return callees.sort(byText);
}

function sumOf(items: readonly CardEvidenceRollup[]): number {
  return items.reduce((sum, { count }) => sum + count, 0);
}
