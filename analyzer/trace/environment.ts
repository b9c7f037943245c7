import type { SpanTable } from '../model/span-table.ts';

/**
 * The environment of a trace, `rows[from .. to)` of a table: the one most of its spans name, of several equally common ones the
 * first by name; '' if none names any. One request belongs to one environment, even where a service forgot to say so.
 */
export function traceEnvironment(table: SpanTable, rows: Uint32Array, from: number, to: number): string {
  let first: string | undefined;
  let counts: Map<string, number> | undefined;
  for (let at = from; at < to; at++) {
    const { environment } = table.resource(rows[at]!);
    if (environment === undefined || (counts === undefined && environment === first)) continue;
    if (first === undefined) {
      first = environment;
    } else {
      // A second name came up, which is rare: count them all.
      counts = countEnvironments(table, rows, from, to);
      break;
    }
  }
  if (counts === undefined) return first ?? '';
  return [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))[0]![0];
}

function countEnvironments(table: SpanTable, rows: Uint32Array, from: number, to: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let at = from; at < to; at++) {
    const { environment } = table.resource(rows[at]!);
    if (environment !== undefined) counts.set(environment, (counts.get(environment) ?? 0) + 1);
  }
  return counts;
}
