import type { Analysis } from '../model/analysis.ts';
import type { Baseline, BaselineCall } from '../model/baseline.ts';
import type { Policy } from '../model/policy.ts';
import { baselineOf, canonical, edgeKey, renamedBaseline } from './baseline.ts';
import { callsOf, lookFor, RESOLVED_REQUEST_COUNT } from './seen-state.ts';

/**
 * The baseline without what is gone: calls whose caller did enough to make them and did not, and what rests on those. With
 * `isUnseenGone`, without all that was not seen this time, services that no longer exist included.
 */
export function prunedBaseline(
  previous: Baseline,
  analysis: Analysis,
  policy: Policy,
  { isUnseenGone = false }: { readonly isUnseenGone?: boolean } = {},
): Baseline {
  const known = renamedBaseline(previous, policy.aliases);
  const seen = baselineOf(analysis, policy);
  const look = lookFor(analysis, known, policy);
  const requestCounts = new Map(analysis.services.map(({ id, callCount }) => [id, callCount]));
  const isBusy = (service: string) => (requestCounts.get(service) ?? 0) >= RESOLVED_REQUEST_COUNT;
  const isGone = isUnseenGone ? () => true : isBusy;
  const seenCalls = new Set(seen.dependencies.map(edgeKey));
  const isKept = (call: BaselineCall) => seenCalls.has(edgeKey(call)) || !isGone(call.caller);
  const state = (calls: readonly BaselineCall[]) => look(calls).state;
  const isLeft = (calls: readonly BaselineCall[]) =>
    state(calls) === 'present' || (!isUnseenGone && state(calls) === 'unseen');
  const intoCde = new Set(seen.cdeDependencies.map(edgeKey));
  const wereKnown = new Set(known.dependencies.map(edgeKey));
  const dependencies = [
    ...known.dependencies.filter((edge) => isKept(edge) && (edge.mode === 'async' || isLeft([edge]))),
    // What became an event is one now.
    ...seen.dependencies.filter((edge) => wereKnown.has(edgeKey(edge))),
  ];
  return canonical({
    ...known,
    tracesAtLeast: isUnseenGone ? seen.tracesAtLeast : known.tracesAtLeast,
    dependencies,
    cycles: known.cycles.filter((services) => isLeft(callsOf(services))),
    accepted: known.accepted.filter((edge) => isLeft([{ caller: edge.caller, callee: edge.callee }])),
    criticalServices: known.criticalServices.filter((id) => seen.criticalServices.includes(id) || !isGone(id)),
    pciScope: known.pciScope.filter(
      ({ service }) => seen.pciScope.some((scope) => scope.service === service) || !isGone(service),
    ),
    cdeDependencies: known.cdeDependencies.filter((call) => intoCde.has(edgeKey(call)) || !isGone(call.caller)),
    externalPeers: known.externalPeers.filter((peer) => !isUnseenGone || seen.externalPeers.includes(peer)),
  });
}
