import type { NodeKind, RetryWaste, SlicePart, TrafficSlice } from '../model/analysis.ts';
import { byText } from '../model/wording.ts';
import { edgesOfClass } from '../rollup/duration-class.ts';
import type { EntryPointRollup, NodeRollup } from '../rollup/rollup.ts';
import { wilson } from './wilson.ts';

/** The middle lies between these quantiles of the duration, and the tail above that one. */
const MIDDLE = [0.45, 0.55] as const;
const TAIL = 0.95;

/**
 * What requests at an entry point spend their time on: all of them, the middle and the slow tail, whose paths often are others.
 *
 * Middle and tail are made of whole classes of durations (`durationClassOf`), the fewest that hold their quantiles. So they
 * may have more traces than a tenth and a twentieth; which durations they cover is said with each.
 */
export function trafficSlices(
  entry: EntryPointRollup,
  nodes: ReadonlyMap<string, NodeRollup>,
  minTraces: number,
): TrafficSlice[] {
  const classes = [...entry.classes.keys()].sort((a, b) => a - b);
  if (classes.length === 0) return [];
  const slices = [
    ['all', classes],
    ['middle', classesBetween(entry, classes, ...MIDDLE)],
    ['tail', classesBetween(entry, classes, TAIL, 1)],
  ] as const;
  return slices.map(([slice, of]) => sliceOf(slice, of, entry, nodes, minTraces));
}

/** Time in tries that were made again and in the pauses between; null where there are too few traces to say. */
export function retryWaste(entry: EntryPointRollup, minTraces: number): RetryWaste | null {
  const { completeTraceCount, totalUs, retryWasteUs, retryTraceCount } = entry;
  if (completeTraceCount < minTraces || totalUs === 0) return null;
  return {
    share: retryWasteUs / totalUs,
    frequency: retryTraceCount / completeTraceCount,
    interval: wilson(retryTraceCount, completeTraceCount),
  };
}

/** The classes with a trace whose rank lies between two shares of all. */
function classesBetween(entry: EntryPointRollup, classes: readonly number[], from: number, to: number): number[] {
  const total = classes.reduce((sum, of) => sum + entry.classes.get(of)!.traceCount, 0);
  // As a quantile is the value at rank ceil(q n), counted from 1.
  const [first, last] = [Math.max(1, Math.ceil(from * total)), Math.max(1, Math.ceil(to * total))];
  let before = 0;
  return classes.filter((of) => {
    const count = entry.classes.get(of)!.traceCount;
    const isIn = before < last && before + count >= first;
    before += count;
    return isIn;
  });
}

function sliceOf(
  slice: TrafficSlice['slice'],
  classes: readonly number[],
  entry: EntryPointRollup,
  nodes: ReadonlyMap<string, NodeRollup>,
  minTraces: number,
): TrafficSlice {
  let traceCount = 0;
  let totalUs = 0;
  for (const of of classes) {
    traceCount += entry.classes.get(of)!.traceCount;
    totalUs += entry.classes.get(of)!.totalUs;
  }
  const isSufficient = traceCount >= minTraces && totalUs > 0;
  return {
    slice,
    traceCount,
    fromUs: edgesOfClass(classes[0]!)[0],
    toUs: edgesOfClass(classes.at(-1)!)[1],
    isSufficient,
    parts: isSufficient ? partsOf(classes, entry, nodes, traceCount, totalUs) : [],
  };
}

function partsOf(
  classes: readonly number[],
  entry: EntryPointRollup,
  nodes: ReadonlyMap<string, NodeRollup>,
  traceCount: number,
  totalUs: number,
): SlicePart[] {
  const parts: SlicePart[] = [];
  for (const [part, figures] of entry.parts) {
    let criticalUs = 0;
    let criticalTraceCount = 0;
    for (const of of classes) {
      criticalUs += figures.classes.get(of)?.criticalUs ?? 0;
      criticalTraceCount += figures.classes.get(of)?.criticalTraceCount ?? 0;
    }
    if (criticalUs === 0) continue;
    // Where two names became one service, a trace that has both counts twice.
    const count = Math.min(criticalTraceCount, traceCount);
    parts.push({
      part,
      category: categoryOf(part, nodes.get(part)?.kind),
      share: criticalUs / totalUs,
      frequency: count / traceCount,
      interval: wilson(count, traceCount),
    });
  }
  return parts.sort((a, b) => b.share - a.share || byText(a.part, b.part));
}

function categoryOf(part: string, kind: NodeKind | undefined): SlicePart['category'] {
  if (part.startsWith('transport:')) return 'transport';
  if (part.startsWith('backoff:')) return 'backoff';
  return kind === undefined || kind === 'service' ? 'self' : 'external';
}
