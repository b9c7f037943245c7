import { plainName } from './format.ts';
import type { Lookup } from './lookup.ts';
import type { Selection } from './session.ts';
import { findingWords, kindWords } from './words.ts';

export interface Match {
  readonly selection: Selection;
  readonly name: string;
  readonly what: string;
  readonly score: number;
}

const mostMatches = 12;

/** Best first: names that start so, then names that hold it, then operations and findings. */
export function matchesOf(words: string, lookup: Lookup): Match[] {
  const wanted = words.trim().toLowerCase();
  const matches: Match[] = [];
  for (const service of lookup.analysis.services) {
    const name = plainName(service.id);
    const selection: Selection = { kind: 'service', id: service.id };
    const place = name.toLowerCase().indexOf(wanted);
    const what = service.kind === 'service' ? lookup.groups.get(service.id)! : kindWords[service.kind];
    if (place >= 0 || service.id.toLowerCase().includes(wanted))
      matches.push({ selection, name, what, score: place === 0 ? 0 : place > 0 ? 1 : 2 });
    else {
      const operation = service.operations.find((candidate) => candidate.name.toLowerCase().includes(wanted));
      if (operation !== undefined) matches.push({ selection, name, what: operation.name, score: 3 });
    }
  }
  if (wanted !== '')
    for (const finding of lookup.analysis.findings)
      if (finding.title.toLowerCase().includes(wanted))
        matches.push({
          selection: { kind: 'finding', id: finding.id },
          name: finding.title,
          what: findingWords[finding.kind],
          score: 4,
        });
  return matches
    .sort((a, b) => a.score - b.score || a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
    .slice(0, mostMatches);
}
