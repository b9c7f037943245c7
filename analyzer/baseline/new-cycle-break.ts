import type { Analysis, BreakProposal } from '../model/analysis.ts';
import type { NewCycle } from '../model/baseline-comparison.ts';
import type { Policy } from '../model/policy.ts';
import { byText } from '../model/wording.ts';
import { edgeKey } from './baseline.ts';

/** Why the call that closes a circle is the first to think about. */
const WHY_FIRST: Readonly<Record<NewCycle['cause'], string>> = {
  unknown: 'it is the new call: without it there is no circle',
  'was-async': 'it was an event or a call nobody waits for until now',
  'acceptance-expired': 'it was accepted for a time, and the time is over',
};

/**
 * Where to break a new circle: first the call that closes it, which nobody relies on yet, unless the policy says that it must stay
 * synchronous, or all calls of the circle are new and none closes it more than the others; then what the analysis proposes for this circle, or for its calls where it does not list it.
 */
export function breakProposals(
  analysis: Analysis,
  { neverAsync }: Policy,
): (
  closing: Pick<NewCycle, 'caller' | 'callee' | 'cause'>,
  services: readonly string[],
  listed: readonly BreakProposal[] | undefined,
  isAllNew: boolean,
) => BreakProposal[] {
  const mustStay = new Set(neverAsync.map(([caller, callee]) => edgeKey({ caller, callee })));
  const proposals = new Map<string, BreakProposal>();
  for (const { class: cycleClass, breakAt } of analysis.cycles) {
    if (cycleClass !== 'soft') for (const proposal of breakAt) proposals.set(edgeKey(proposal), proposal);
  }
  return ({ caller, callee, cause }, services, listed, isAllNew) => {
    const others =
      listed ??
      services
        .flatMap((from, index) => {
          const to = services[(index + 1) % services.length]!;
          return proposals.get(edgeKey({ caller: from, callee: to })) ?? [];
        })
        .sort((one, two) => byText(edgeKey(one), edgeKey(two)));
    const closingKey = edgeKey({ caller, callee });
    if (mustStay.has(closingKey) || (isAllNew && others.length > 0)) return [...others];
    const known = others.find((proposal) => edgeKey(proposal) === closingKey);
    return [
      { caller, callee, reasons: [WHY_FIRST[cause], ...(known?.reasons ?? [])] },
      ...others.filter((proposal) => proposal !== known),
    ];
  };
}
