import { percent, plainName, plural } from './format.ts';
import type { SceneGroup } from './closed-groups.ts';
import type { Lookup } from './lookup.ts';
import { kindWords, pciWords, verdictWords } from './words.ts';

/** One service in one sentence, for the live region, the outline and the hover card. */
export function describeService(id: string, lookup: Lookup): string {
  const service = lookup.services.get(id);
  if (service === undefined) return id;
  const words = [
    plainName(id),
    service.kind === 'service' ? (service.namespace ?? 'service') : kindWords[service.kind],
  ];
  const share = service.criticalPath.share ?? 0;
  if (service.criticalPath.verdict === 'critical-path') words.push(verdictWords['critical-path']);
  if (share >= 0.005) words.push(`${percent(share)} of waiting time`);
  const letter = lookup.letters.get(id);
  if (letter !== undefined) words.push(`in circle ${letter}`);
  if (service.pci.class !== 'not-observed') words.push(pciWords[service.pci.class]);
  words.push(
    plural(lookup.callers.get(id)?.length ?? 0, 'caller'),
    plural(lookup.callees.get(id)?.length ?? 0, 'callee'),
  );
  return words.join(', ');
}

/** A closed territory in one sentence. */
export function describeGroup({ memberCount, letters, cdeCount, connectedCount, share }: SceneGroup): string {
  const words = [plural(memberCount, 'service')];
  if (letters.length > 0) words.push(`${letters.length === 1 ? 'circle' : 'circles'} ${letters.join(' ')}`);
  if (share >= 0.005) words.push(`${percent(share)} of waiting time`);
  if (cdeCount > 0) words.push(`${cdeCount} in the CDE`);
  if (connectedCount > 0) words.push(`${connectedCount} connected to the CDE`);
  return words.join(', ');
}
