import type { Reason } from '../model/analysis.ts';
import { byText, counted } from '../model/wording.ts';
import type { DependencyGraph } from './dependency-graph.ts';
import { takesRawCards } from './payment-provider.ts';
import { smallestThree, type PciClaim } from './pci-claim.ts';

/**
 * Who stands on which side of a token vault. Who turns tokens back into card numbers has the numbers, so it is part of the CDE as
 * the vault is. Who only has tokens made hands something in, which is a card number unless the vault takes it from elsewhere: a
 * candidate. All others of its callers hold tokens, and are connected to it like any caller.
 *
 * What an operation does is told by its name. Where the vault is declared as one (`role: token-vault`), giving numbers back is
 * evidence; where a service of the CDE merely has such an operation, its callers are candidates.
 */
export function tokenVaultClaims(graph: DependencyGraph, cde: ReadonlySet<string>): PciClaim[] {
  const claims: PciClaim[] = [];
  graph.forEachDirectedEdge((_key, { seen }, caller, callee, { kind: callerKind }, { policy }) => {
    if (!cde.has(callee) || caller === callee || callerKind !== 'service') return;
    const sites = seen.flatMap(({ callSites }) => [...callSites.values()]);
    const traceIds = smallestThree(seen.flatMap((dependency) => dependency.traceIds));
    for (const { rule, isMeant, does } of PASSAGES) {
      const matching = sites.filter(({ calleeOperation }) => isMeant(calleeOperation));
      if (matching.length === 0) continue;
      const operation = matching.map(({ calleeOperation }) => calleeOperation).sort(byText)[0]!;
      const n = matching.reduce((sum, { callCount }) => sum + callCount, 0);
      const isEvidence = rule === 'detokenizes' && policy.role === 'token-vault';
      const predicate = does(callee);
      const message = `It ${predicate} (${operation}, ${counted(n, 'time')})${isEvidence ? '' : ': to be confirmed'}.`;
      const reason: Reason = { rule, message, n, traceIds, witnessPath: [caller, callee] };
      claims.push({ node: caller, class: 'cde', basis: isEvidence ? 'evidence' : 'candidate', reason, predicate });
    }
  });
  return claims;
}

/** What a call to the CDE may do with card numbers, told by the name of the operation; each call is the first that fits. */
const PASSAGES: readonly {
  readonly rule: string;
  readonly isMeant: (operation: string) => boolean;
  readonly does: (callee: string) => string;
}[] = [
  {
    rule: 'detokenizes',
    isMeant: (operation) => DETOKENIZE.test(operation),
    does: (callee) => `gets card numbers back from ${callee}`,
  },
  {
    rule: 'tokenizes',
    isMeant: (operation) => TOKENIZE.test(operation) && !DETOKENIZE.test(operation),
    does: (callee) => `has ${callee} make tokens, of card numbers unless it has them from elsewhere`,
  },
  {
    rule: 'hands-over-cards',
    isMeant: (operation) => WRITE.test(operation) && takesRawCards(operation),
    does: (callee) => `calls what can take raw card numbers in ${callee}`,
  },
];

const DETOKENIZE = /de-?tokeni[sz]|\bunmask/i;
const TOKENIZE = /tokeni[sz]/i;
const WRITE = /^(?:POST|PUT|PATCH) /;
