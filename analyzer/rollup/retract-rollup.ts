import { Histogram } from './histogram.ts';
import type { Rollup } from './rollup.ts';

/**
 * Takes out of `target` what `part`, which had been added to it, brought in: sums and latencies go down, its traces are
 * examples no longer, and what nothing speaks for any more is gone. First and last times, and sets of values seen, stay as
 * wide as they were. For a trace that is corrected: retract what it showed, then add what it shows now.
 */
export function retractRollup(target: Rollup, part: Rollup): void {
  retractFields(target, part);
  dropUnusedNodes(target);
}

/** Fields that are the least or the most of what was seen, not sums. */
const EXTREMES: ReadonlySet<string> = new Set(['fromUs', 'toUs', 'firstSeenUs', 'lastSeenUs']);

/** An entry of a rollup: identity, sums, a histogram, example ids, and maps of further entries. */
type Entry = Record<string, unknown>;

/** Goes down as far as rollups nest: maps of entries that hold maps of entries. */
function retractFields(target: object, part: object): void {
  const own = target as Entry;
  for (const [field, taken] of Object.entries(part)) {
    const value = own[field];
    if (typeof value === 'number' && typeof taken === 'number') {
      if (!EXTREMES.has(field)) own[field] = Math.max(0, value - taken);
    } else if (value instanceof Histogram && taken instanceof Histogram) {
      value.retract(taken);
    } else if (value instanceof Map && taken instanceof Map) {
      retractEntries(value as Map<string, unknown>, taken as Map<string, unknown>);
    } else if (field === 'traceIds') {
      const ids = value as string[];
      for (const id of taken as readonly string[]) if (ids.includes(id)) ids.splice(ids.indexOf(id), 1);
    }
  }
}

function retractEntries(entries: Map<string, unknown>, taken: ReadonlyMap<string, unknown>): void {
  for (const [key, part] of taken) {
    const entry = entries.get(key);
    if (typeof entry === 'number') {
      const rest = entry - (part as number);
      if (rest > 0) entries.set(key, rest);
      else entries.delete(key);
    } else if (typeof entry === 'object' && entry !== null) {
      retractFields(entry, part as object);
      // Nodes go last: those without spans of their own are there as long as a call leads to them.
      if (!('spanCount' in entry && 'operations' in entry) && isEmpty(entry)) {
        entries.delete(key);
      }
    }
  }
}

function isEmpty(entry: object): boolean {
  return Object.entries(entry).every(([field, value]) => {
    if (typeof value === 'number') return value === 0 || EXTREMES.has(field);
    if (value instanceof Histogram) return value.count === 0;
    return !(value instanceof Map) || value.size === 0;
  });
}

function dropUnusedNodes(rollup: Rollup): void {
  const used = new Set<string>();
  for (const { caller, callee } of rollup.dependencies.values()) used.add(caller).add(callee);
  for (const { producer, consumer, destination } of rollup.viaDestinations.values()) {
    used.add(producer).add(consumer).add(destination);
  }
  for (const { node } of rollup.cardEvidence.values()) used.add(node);
  for (const [id, node] of rollup.nodes) if (isEmpty(node) && !used.has(id)) rollup.nodes.delete(id);
}
