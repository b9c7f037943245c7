import { nearestName } from '../../../analyzer/model/nearest-name.ts';
import { SourceError } from '../source-error.ts';

/** The services asked for, each of which the backend must know; all of its services if none was asked for. */
export function chosenServices(asked: readonly string[], known: readonly string[], label: string): readonly string[] {
  if (asked.length === 0) return [...new Set(known)].sort();
  for (const name of asked) {
    if (known.includes(name)) continue;
    const meant = nearestName(name, known);
    const suggestion = meant === undefined ? `it knows ${known.length}` : `did you mean "${meant}"?`;
    throw new SourceError(`${label}: it knows no service "${name}" (${suggestion})`);
  }
  return asked;
}
