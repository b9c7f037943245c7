import type { Reason } from '../model/analysis.ts';
import { byText, counted } from '../model/wording.ts';
import type { DependencyGraph } from './dependency-graph.ts';
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
    for (const [rule, name, says] of [
      ['detokenizes', DETOKENIZE, (operation: string) => `It gets card numbers back from ${callee} (${operation}`],
      ['tokenizes', TOKENIZE, (operation: string) => `It has ${callee} make tokens (${operation}`],
    ] as const) {
      const matching = sites.filter(({ calleeOperation }) => name.test(calleeOperation));
      if (matching.length === 0) continue;
      const operation = matching.map(({ calleeOperation }) => calleeOperation).sort(byText)[0]!;
      const n = matching.reduce((sum, { callCount }) => sum + callCount, 0);
      const isEvidence = rule === 'detokenizes' && policy.role === 'token-vault';
      const doubt = isEvidence
        ? '.'
        : rule === 'tokenizes'
          ? ', of card numbers unless they come from elsewhere: to be confirmed.'
          : ': to be confirmed.';
      const message = `${says(operation)}, ${counted(n, 'time')})${doubt}`;
      const reason: Reason = { rule, message, n, traceIds, witnessPath: [caller, callee] };
      const predicate = rule === 'detokenizes' ? `gets card numbers back from ${callee}` : `has ${callee} make tokens`;
      claims.push({ node: caller, class: 'cde', basis: isEvidence ? 'evidence' : 'candidate', reason, predicate });
    }
  });
  return claims;
}

const DETOKENIZE = /de-?tokeni[sz]|\bunmask/i;
const TOKENIZE = /(?<!de-?)tokeni[sz]/i;
