import type { TraceDetail, TraceSection, TraceSpan } from '../../analyzer/model/analysis.ts';

/** Work that goes on this much longer than the request is looked at only when asked for. */
const worthZooming = 1.15;

/** Everything the waterfall asks of a trace again and again, looked up once. */
export interface TraceView {
  readonly trace: TraceDetail;
  readonly rowOf: ReadonlyMap<string, number>;
  /** For each row the row after its last descendant. */
  readonly rowAfter: Int32Array;
  /** By span, in time order. */
  readonly sectionsOf: ReadonlyMap<string, readonly TraceSection[]>;
  /** In time order. */
  readonly sections: readonly TraceSection[];
  readonly endUs: number;
  /** A little after the request was answered; `endUs` where hardly anything comes after it. */
  readonly requestEndUs: number;
  /** Services by their time on the path, largest first. */
  readonly shares: readonly { readonly service: string; readonly durationUs: number }[];
  /** How many spans had their times moved, of which services, and by how much at most. */
  readonly clocks: { readonly spanCount: number; readonly services: readonly string[]; readonly mostUs: number };
  /** Spans that nobody waited for. */
  readonly looseCount: number;
}

export function traceView(trace: TraceDetail): TraceView {
  const sections = [...trace.sections].sort((a, b) => a.startUs - b.startUs || a.endUs - b.endUs);
  const sectionsOf = new Map<string, TraceSection[]>();
  const timeOf = new Map<string, number>();
  for (const section of sections) {
    const list = sectionsOf.get(section.spanId);
    if (list === undefined) sectionsOf.set(section.spanId, [section]);
    else list.push(section);
    timeOf.set(section.service, (timeOf.get(section.service) ?? 0) + section.endUs - section.startUs);
  }
  let endUs = Math.max(1, trace.durationUs);
  let mostUs = 0;
  const shifted = trace.spans.filter((span) => (span.clockShiftUs ?? 0) !== 0);
  for (const span of trace.spans) endUs = Math.max(endUs, span.endUs);
  for (const span of shifted) mostUs = Math.max(mostUs, Math.abs(span.clockShiftUs ?? 0));
  return {
    trace,
    rowOf: new Map(trace.spans.map((span, row) => [span.spanId, row])),
    rowAfter: rowsAfter(trace.spans),
    sectionsOf,
    sections,
    endUs,
    requestEndUs: endUs > trace.durationUs * worthZooming ? Math.max(1, trace.durationUs) * 1.09 : endUs,
    shares: [...timeOf]
      .map(([service, durationUs]) => ({ service, durationUs }))
      .sort((a, b) => b.durationUs - a.durationUs || (a.service < b.service ? -1 : 1)),
    clocks: {
      spanCount: shifted.length,
      services: [...new Set(shifted.map(({ service }) => service))].sort(),
      mostUs,
    },
    looseCount: trace.spans.filter(({ isJoined }) => !isJoined).length,
  };
}

/** Rows come parents first, so a subtree ends where the depth is that of its root again. */
function rowsAfter(spans: readonly TraceSpan[]): Int32Array {
  const after = new Int32Array(spans.length).fill(spans.length);
  const open: number[] = [];
  spans.forEach(({ depth }, row) => {
    while (open.length > 0 && spans[open.at(-1)!]!.depth >= depth) after[open.pop()!] = row;
    open.push(row);
  });
  return after;
}

export interface RowChoice {
  /** Rows whose descendants are folded away. */
  readonly folded: ReadonlySet<number>;
  /** Only rows with a part of the critical path. */
  readonly isCriticalOnly: boolean;
}

/** The rows to draw, from top to bottom. */
export function chosenRows(view: TraceView, { folded, isCriticalOnly }: RowChoice): Int32Array {
  const { spans } = view.trace;
  const rows = new Int32Array(spans.length);
  let count = 0;
  for (let row = 0; row < spans.length; row = folded.has(row) ? view.rowAfter[row]! : row + 1)
    if (!isCriticalOnly || hasSections(view, row, folded)) rows[count++] = row;
  return rows.subarray(0, count);
}

function hasSections(view: TraceView, row: number, folded: ReadonlySet<number>): boolean {
  const last = folded.has(row) ? view.rowAfter[row]! : row + 1;
  for (let at = row; at < last; at++) if (view.sectionsOf.has(view.trace.spans[at]!.spanId)) return true;
  return false;
}

/** What to unfold so that a row is seen: `folded` without the ancestors of it. */
export function unfolded(view: TraceView, folded: ReadonlySet<number>, row: number): ReadonlySet<number> {
  const rest = [...folded].filter((one) => !(one < row && row < view.rowAfter[one]!));
  return rest.length === folded.size ? folded : new Set(rest);
}

/** A stretch of the critical path as it is painted. */
export interface Stroke {
  readonly startUs: number;
  readonly endUs: number;
}

/**
 * The critical path of a row, of a folded one with all that is folded into it. Stretches with less than `gapUs` between them are one:
 * a caller of thousands has thousands of them within a few pixels.
 */
export function strokesOf(view: TraceView, row: number, isFolded: boolean, gapUs: number): Stroke[] {
  const own = isFolded ? sectionsWithin(view, row) : (view.sectionsOf.get(view.trace.spans[row]!.spanId) ?? []);
  const strokes: { startUs: number; endUs: number }[] = [];
  for (const { startUs, endUs } of own) {
    const last = strokes.at(-1);
    if (last !== undefined && startUs - last.endUs < gapUs) last.endUs = Math.max(last.endUs, endUs);
    else strokes.push({ startUs, endUs });
  }
  return strokes;
}

function sectionsWithin(view: TraceView, row: number): readonly TraceSection[] {
  const last = view.rowAfter[row]!;
  return view.sections.filter(({ spanId }) => {
    const at = view.rowOf.get(spanId);
    return at !== undefined && at >= row && at < last;
  });
}

/** What a search looks through, lower case: one text per span. */
export function searchTexts({ spans }: TraceDetail): string[] {
  return spans.map((span) =>
    [
      span.service,
      span.operation,
      span.kind,
      span.spanId,
      span.isError ? 'failed error' : '',
      span.isJoined ? '' : 'not waited for',
      ...Object.entries(span.attributes).map(([name, value]) => `${name}=${value}`),
    ]
      .join('\n')
      .toLowerCase(),
  );
}

/** Rows in which every word occurs, from top to bottom; none without words. */
export function matchingRows(texts: readonly string[], query: string): number[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return [];
  return texts.flatMap((text, row) => (words.every((word) => text.includes(word)) ? [row] : []));
}

/** The match to go to: the next one below or above, round the ends; undefined where there is none. */
export function nextMatch(matches: readonly number[], row: number, step: 1 | -1): number | undefined {
  if (step === 1) return matches.find((match) => match > row) ?? matches[0];
  return matches.findLast((match) => match < row) ?? matches.at(-1);
}
