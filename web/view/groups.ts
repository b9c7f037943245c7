import type { AnalyzedService, Analysis } from '../../analyzer/model/analysis.ts';
import { communities } from '../layout/communities.ts';
import { plainName } from './format.ts';

/** From this many services on a system without namespaces is taken apart by who calls whom. */
const guessedFrom = 60;
/** More callers make a hub: it belongs to everybody, so to no group of its callers. */
const hubCallers = 40;
const hubsName = 'hubs';

/**
 * The group of each service: its namespace; a store, topic or peer that one namespace alone uses stands with it. Where
 * nobody names a namespace, one group, or in a large system groups guessed from the calls, named after their busiest member behind a ≈.
 */
export function groupsOf(analysis: Analysis, isPeerOnly: (service: AnalyzedService) => boolean): Map<string, string> {
  const { services, dependencies } = analysis;
  if (!services.some((service) => service.namespace !== null)) {
    if (services.length >= guessedFrom) return guessedGroups(analysis);
    return new Map(services.map(({ id }) => [id, 'services']));
  }
  const namespaceOf = new Map(services.map(({ id, namespace }) => [id, namespace]));
  const users = new Map<string, Set<string | null>>();
  for (const { caller, callee } of dependencies)
    for (const [id, other] of [
      [caller, callee],
      [callee, caller],
    ] as const) {
      const known = users.get(id) ?? new Set<string | null>();
      users.set(id, known.add(namespaceOf.get(other) ?? null));
    }
  return new Map(services.map((service) => [service.id, groupOf(service)]));

  function groupOf(service: AnalyzedService): string {
    if (service.namespace !== null) return service.namespace;
    if (!isPeerOnly(service)) return 'no namespace';
    if (service.kind === 'unknown-caller') return 'outside';
    const [only, ...more] = users.get(service.id) ?? [];
    return more.length === 0 && typeof only === 'string' ? only : 'shared';
  }
}

function guessedGroups({ services, dependencies }: Analysis): Map<string, string> {
  const placeOf = new Map(services.map(({ id }, place) => [id, place]));
  const callers = new Map<string, Set<string>>();
  for (const { caller, callee } of dependencies)
    callers.set(callee, (callers.get(callee) ?? new Set<string>()).add(caller));
  const isHub = (id: string): boolean => (callers.get(id)?.size ?? 0) > hubCallers;
  const links = dependencies.flatMap(({ caller, callee }) =>
    isHub(caller) || isHub(callee) ? [] : [[placeOf.get(caller)!, placeOf.get(callee)!] as const],
  );
  const number = communities(services.length, links);
  const members = new Map<number, AnalyzedService[]>();
  services.forEach((service, place) => {
    if (isHub(service.id)) return;
    const group = number[place]!;
    members.set(group, [...(members.get(group) ?? []), service]);
  });
  const groups = new Map(services.filter(({ id }) => isHub(id)).map(({ id }) => [id, hubsName]));
  for (const group of members.values()) {
    // Two or three that only call hubs are not worth a frame of their own.
    const name = group.length < 4 ? '≈ scattered' : `≈ ${nameOf(group)}`;
    for (const { id } of group) groups.set(id, name);
  }
  return groups;
}

function nameOf(group: readonly AnalyzedService[]): string {
  const [busiest] = [...group].sort((a, b) => b.callCount - a.callCount || (a.id < b.id ? -1 : 1));
  return plainName(busiest!.id);
}
