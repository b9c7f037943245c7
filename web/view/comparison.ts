import { differenceOf } from '../../analyzer/baseline/difference.ts';
import type { Analysis, AnalyzedEntryPoint } from '../../analyzer/model/analysis.ts';
import type { Changes, DifferentDependency, DifferentScope } from '../../analyzer/model/difference.ts';
import { EMPTY_POLICY } from '../../analyzer/model/policy.ts';
import { circle } from '../../analyzer/model/wording.ts';
import { duration, percent, plainName } from './format.ts';
import { spanMs, type Comparison, type Span, type TimeWindow } from './session.ts';
import { cycleWords, kindWords, modeWords, pciWords } from './words.ts';

export type Mark = 'came' | 'went' | 'changed';

export interface ComparedRow {
  readonly mark: Mark;
  readonly key: string;
  readonly label: string;
  /** What it was and is; empty where coming or going says all. */
  readonly detail: string;
  /** In call direction; one of a service, two of a call, all of a circle. */
  readonly services: readonly string[];
  readonly kind: 'service' | 'dependency' | 'circle';
}

export interface ComparedTopic {
  readonly title: string;
  readonly rows: readonly ComparedRow[];
}

/** An entry point is slower or quicker from here on: a fifth of its p95, and at least a millisecond. */
const leastShare = 0.2;
const leastUs = 1000;
/** Below this many traces a quantile says little. */
const leastTraces = 30;

/** Every topic, also those in which nothing differs; what an architect asks first comes first. */
export function comparisonOf(before: Analysis, after: Analysis): ComparedTopic[] {
  const differ = differenceOf(
    { label: 'before', analysis: before },
    { label: 'after', analysis: after },
    // Names as both analyses have them: whatever the policy renames is renamed in both.
    EMPTY_POLICY,
  );
  const call = ({ caller, callee }: { readonly caller: string; readonly callee: string }) => ({
    kind: 'dependency' as const,
    key: `${caller}\n${callee}`,
    label: `${plainName(caller)} → ${plainName(callee)}`,
    services: [caller, callee],
  });
  const service = (id: string) => ({ kind: 'service' as const, key: id, label: plainName(id), services: [id] });
  return [
    {
      title: 'Circles',
      rows: rowsOf(
        differ.cycles,
        ({ services }) => ({
          kind: 'circle' as const,
          key: services.join('\n'),
          label: circle(services.map(plainName)),
          services,
        }),
        (one) => (one.class === null ? '' : cycleWords[one.class]),
      ),
    },
    { title: 'Into the CDE', rows: rowsOf(differ.cdeDependencies, call, () => '') },
    { title: 'PCI scope', rows: rowsOf(differ.pciScope, (one) => service(one.service), scopeWords) },
    { title: 'Critical path', rows: rowsOf(differ.criticalServices, service, () => '') },
    { title: 'Entry points', rows: entryPointRows(before, after) },
    {
      title: 'Services',
      rows: rowsOf(
        differ.services,
        ({ id }) => service(id),
        ({ kind }) => kindWords[kind],
      ),
    },
    { title: 'Calls', rows: rowsOf(differ.dependencies, call, modesOf) },
    { title: 'Outside peers', rows: rowsOf(differ.externalPeers, service, () => '') },
  ];
}

function rowsOf<Fact>(
  { came, went, changed }: Changes<Fact>,
  subject: (fact: Fact) => Omit<ComparedRow, 'mark' | 'detail'>,
  words: (fact: Fact) => string,
): ComparedRow[] {
  const row = (mark: Mark, fact: Fact, detail: string): ComparedRow => ({ mark, detail, ...subject(fact) });
  return [
    ...came.map((fact) => row('came', fact, words(fact))),
    ...changed.map((pair) => row('changed', pair.after, `${words(pair.before)} → ${words(pair.after)}`)),
    ...went.map((fact) => row('went', fact, words(fact))),
  ];
}

function modesOf({ modes }: DifferentDependency): string {
  return modes.map((mode) => modeWords[mode]).join(' + ');
}

function scopeWords(scope: DifferentScope): string {
  return pciWords[scope.class];
}

/** Entry points that answer slower or quicker than before, the largest change first. */
function entryPointRows(before: Analysis, after: Analysis): ComparedRow[] {
  const keyOf = ({ service, operation }: AnalyzedEntryPoint): string => `${service}\n${operation}`;
  const old = new Map(before.entryPoints.map((one) => [keyOf(one), one]));
  return after.entryPoints
    .flatMap((now) => {
      const then = old.get(keyOf(now));
      if (then === undefined || Math.min(then.traceCount, now.traceCount) < leastTraces) return [];
      const change = now.p95Us - then.p95Us;
      if (Math.abs(change) < leastUs || Math.abs(change) < then.p95Us * leastShare) return [];
      return [{ now, then, share: change / Math.max(1, then.p95Us) }];
    })
    .sort((a, b) => Math.abs(b.share) - Math.abs(a.share) || (keyOf(a.now) < keyOf(b.now) ? -1 : 1))
    .map(({ now, then, share }) => ({
      mark: 'changed' as const,
      key: keyOf(now),
      label: `${plainName(now.service)} · ${now.operation}`,
      detail: `p95 ${duration(then.p95Us)} → ${duration(now.p95Us)} (${share > 0 ? '+' : '−'}${percent(Math.abs(share))})`,
      services: [now.service],
      kind: 'service' as const,
    }));
}

/** Why the lists should be read with care; empty where both sides are alike enough. */
export function cautions(before: Analysis, after: Analysis): string[] {
  const [fewer, more] = [before, after].map(({ traceCount }) => traceCount).sort((a, b) => a - b) as [number, number];
  if (fewer === 0) return [];
  return [
    ...(fewer < leastTraces
      ? [`Only ${fewer} ${fewer === 1 ? 'trace' : 'traces'} on one side: no verdict about the critical path there.`]
      : []),
    ...(more >= fewer * 3
      ? [`One side has ${Math.round(more / fewer)} times the traces of the other: rare calls may look new or gone.`]
      : []),
  ];
}

export interface ComparedSpans {
  readonly before: Span;
  /** Null for what the page shows. */
  readonly after: Span | null;
}

/** Which stretches of time are compared; undefined where all time is shown and nothing was picked to hold it against. */
export function comparedSpans(compare: Comparison, window: TimeWindow, nowMs: number): ComparedSpans | undefined {
  const { before, after } = compare;
  if (before !== null) return { before, after };
  const lengthMs = after === null ? spanMs(window) : after.toMs - after.fromMs;
  if (lengthMs === undefined) return undefined;
  const endMs = after === null ? nowMs - lengthMs : after.fromMs;
  return { before: { fromMs: endMs - lengthMs, toMs: endMs }, after };
}
