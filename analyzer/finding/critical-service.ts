import type { AnalyzedService, CriticalPathVerdict, Reason } from '../model/analysis.ts';
import type { DependencyRollup, EntryPointRollup, EntryPartRollup } from '../rollup/rollup.ts';
import type { DependencyEdge, DependencyGraph } from './dependency-graph.ts';
import { MIN_COMPLETE_TRACES } from './entry-point.ts';
import { failureTableOf, hardnessOf, type Hardness } from './hardness.ts';
import { counted, percent } from '../model/wording.ts';
import { wilson } from './wilson.ts';

/** Share of complete traces, by lower bound, in which the entry waits for a service that is required by structure. */
export const REQUIRED_PARTICIPATION = 0.95;
/** Share of complete traces, by lower bound, in which a latency-critical service is on the critical path. */
export const CRITICAL_FREQUENCY = 0.5;
/** Share of all request time that a latency-critical service holds at least. */
export const CRITICAL_SHARE = 0.05;
/** Reasons printed for each rule: those of the entries with the most traffic. */
const REASONS_PER_RULE = 3;

type Criticality = AnalyzedService['criticalPath'];

/**
 * Which services an entry cannot do without. A service is critical if somebody declared it, or if requests were seen to fail
 * with it; presumed critical if nearly every request waits for it, or if it holds up most of them; value-added if requests
 * were seen to survive its failures, or if nobody ever waits for it; and undetermined otherwise, which is not a verdict.
 */
export function criticalServices(
  graph: DependencyGraph,
  entries: readonly EntryPointRollup[],
): ReadonlyMap<string, Criticality> {
  const judged = entries.filter(({ completeTraceCount }) => completeTraceCount >= MIN_COMPLETE_TRACES);
  const soft = softEdges(graph);
  const isRequired = (edge: DependencyEdge) => edge.mode !== 'async' && !soft.has(edge);
  const requiredBy = new Map(entries.map((entry) => [entry, reachable(graph, [entry.node], isRequired)]));
  const starts = entries.map(({ node }) => node);
  const waitedFor = reachable(graph, starts, ({ mode }) => mode !== 'async');
  const reached = reachable(graph, starts, () => true);
  const completeCount = entries.reduce((sum, entry) => sum + entry.completeTraceCount, 0);
  const totalUs = entries.reduce((sum, entry) => sum + entry.totalUs, 0);

  const verdicts = new Map<string, Criticality>();
  graph.forEachNode((id, { kind, seen, policy }) => {
    if (kind === 'unknown-caller') {
      const message = 'Callers without traces of their own: not one service, so no verdict.';
      verdicts.set(id, {
        verdict: 'undetermined',
        share: null,
        frequency: null,
        blastRadius: null,
        reasons: [{ rule: 'no-service', message }],
      });
      return;
    }
    const reasons = [...declaredReasons(seen.criticalities, policy.criticality)];
    const inputs = judged.flatMap((entry): RuleInput[] => {
      const part = entry.parts.get(id);
      return part === undefined ? [] : [{ id, entry, part, mayBeRequired: requiredBy.get(entry)!.has(id) }];
    });
    for (const rule of [observedHard, structurallyRequired, latencyCritical, failureTolerated]) {
      reasons.push(...inputs.flatMap(rule).slice(0, REASONS_PER_RULE));
    }
    const hasEnough = completeCount >= MIN_COMPLETE_TRACES;
    const joinedCount = entries.reduce((sum, { parts }) => sum + (parts.get(id)?.joinedTraceCount ?? 0), 0);
    if (hasEnough && joinedCount === 0 && reached.has(id) && !waitedFor.has(id)) {
      const message = 'Reached by events and fire-and-forget calls only: no request waits for it.';
      reasons.push({ rule: 'only-async', message, n: completeCount });
    }
    const verdict = verdictOf(reasons);
    const isDeclaredOnly = reasons.length > 0 && reasons.every(({ rule }) => rule === 'declared');
    if (isDeclaredOnly && judged.length > 0 && joinedCount === 0 && kind === 'service') {
      const message = 'No request at an entry point was seen to wait for it.';
      reasons.push({ rule: 'not-needed-here', message, n: completeCount });
    }
    if (verdict === 'undetermined') reasons.push(whyUndetermined(id, entries, judged, completeCount));
    const sums = sumParts(id, entries);
    verdicts.set(id, {
      verdict,
      share: hasEnough && totalUs > 0 ? sums.criticalUs / totalUs : null,
      frequency: hasEnough ? sums.criticalTraceCount / completeCount : null,
      blastRadius: hasEnough ? blastRadius(id, entries, requiredBy) : null,
      reasons,
    });
  });
  return verdicts;
}

const VERDICT_OF_RULE: Readonly<Record<string, CriticalPathVerdict>> = {
  declared: 'critical-path',
  'observed-hard': 'critical-path',
  'structurally-required': 'presumed',
  'latency-critical': 'presumed',
  'failure-tolerated': 'value-added',
  'only-async': 'value-added',
};

const VERDICT_ORDER: readonly CriticalPathVerdict[] = ['critical-path', 'presumed', 'value-added'];

/**
 * The share of requests that wait for a service through calls of which none was seen to be optional; counted by trace, since the
 * graph of services joins operations that no request joins.
 */
function blastRadius(
  id: string,
  entries: readonly EntryPointRollup[],
  requiredBy: ReadonlyMap<EntryPointRollup, ReadonlySet<string>>,
): number {
  let hitCount = 0;
  let requestCount = 0;
  for (const entry of entries) {
    requestCount += entry.completeTraceCount;
    if (entry.node === id) hitCount += entry.completeTraceCount;
    else if (requiredBy.get(entry)?.has(id)) hitCount += entry.parts.get(id)?.joinedTraceCount ?? 0;
  }
  return requestCount === 0 ? 0 : hitCount / requestCount;
}

/** The strongest verdict any reason gives. */
function verdictOf(reasons: readonly Reason[]): CriticalPathVerdict {
  const given = new Set(reasons.map(({ rule }) => VERDICT_OF_RULE[rule]));
  return VERDICT_ORDER.find((verdict) => given.has(verdict)) ?? 'undetermined';
}

/** Somebody said so, in the policy or in the service's own spans. */
function declaredReasons(seen: ReadonlySet<string>, declared: string | undefined): Reason[] {
  const reasons: Reason[] = [];
  if (declared === 'critical') reasons.push({ rule: 'declared', message: 'The policy declares it critical.' });
  if (seen.has('critical')) {
    reasons.push({ rule: 'declared', message: 'Its own spans say service.criticality = critical.' });
  }
  return reasons;
}

interface RuleInput {
  readonly id: string;
  readonly entry: EntryPointRollup;
  readonly part: EntryPartRollup;
  /** Reached from the entry by calls it waits for, none of which was seen to tolerate failure. */
  readonly mayBeRequired: boolean;
}

/** Requests failed when it did, measured at the root itself: multiplying along the path would call related failures independent. */
function observedHard({ id, entry, part }: RuleInput): Reason[] {
  if (id === entry.node) return [];
  const { hardness, n, estimate, interval, base } = hardnessOf(rootTable(part));
  if (hardness !== 'hard') return [];
  const message =
    `When a call to it failed, ${nameOf(entry)} failed in ${Math.round(estimate * n)} of ${counted(n, 'trace')} ` +
    `(95 %: at least ${percent(interval[0])}), against ${percent(base)} otherwise.`;
  return [{ rule: 'observed-hard', message, n, estimate, interval, traceIds: [...part.traceIds] }];
}

/** Nearly every request waited for it. */
function structurallyRequired({ id, entry, part, mayBeRequired }: RuleInput): Reason[] {
  const n = entry.completeTraceCount;
  const traceIds = [...part.traceIds];
  // The entry's own service answers every request itself, by what an entry is: nothing to estimate.
  if (id === entry.node) {
    const message = `It answers ${entry.operation} itself: ${counted(n, 'trace')}.`;
    return [{ rule: 'structurally-required', message, n, estimate: 1, traceIds }];
  }
  const { joinedTraceCount } = part;
  const interval = wilson(joinedTraceCount, n);
  if (interval[0] < REQUIRED_PARTICIPATION || !mayBeRequired) return [];
  if (hardnessOf(rootTable(part)).hardness === 'soft') return [];
  const message =
    `${nameOf(entry)} waited for it in ${joinedTraceCount} of ${counted(n, 'trace')} (95 %: at least ` +
    `${percent(interval[0])}), and no call on the way was seen to be optional.`;
  return [{ rule: 'structurally-required', message, n, estimate: joinedTraceCount / n, interval, traceIds }];
}

/** It takes a notable share of the time of most requests. */
function latencyCritical({ entry, part }: RuleInput): Reason[] {
  const n = entry.completeTraceCount;
  const interval = wilson(part.criticalTraceCount, n);
  const share = entry.totalUs === 0 ? 0 : part.criticalUs / entry.totalUs;
  if (interval[0] < CRITICAL_FREQUENCY || share < CRITICAL_SHARE) return [];
  const message =
    `It holds up ${nameOf(entry)} for ${percent(share)} of the time, and in ${part.criticalTraceCount} of ` +
    `${counted(n, 'trace')} at all (95 %: at least ${percent(interval[0])}).`;
  const estimate = part.criticalTraceCount / n;
  return [{ rule: 'latency-critical', message, n, estimate, interval, traceIds: [...part.traceIds] }];
}

function failureTolerated({ id, entry, part }: RuleInput): Reason[] {
  if (id === entry.node) return [];
  const { hardness, n, estimate, interval } = hardnessOf(rootTable(part));
  if (hardness !== 'soft') return [];
  const message =
    `When a call to it failed, ${nameOf(entry)} still succeeded in ${n - Math.round(estimate * n)} of ` +
    `${counted(n, 'trace')} (95 %: it fails in at most ${percent(interval[1])}).`;
  return [{ rule: 'failure-tolerated', message, n, estimate, interval, traceIds: [...part.traceIds] }];
}

function whyUndetermined(
  id: string,
  entries: readonly EntryPointRollup[],
  judged: readonly EntryPointRollup[],
  completeCount: number,
): Reason {
  if (judged.length === 0) {
    const message =
      `Too few complete traces to say: ${completeCount} over ${counted(entries.length, 'entry point')}, ` +
      `and no entry point has the ${MIN_COMPLETE_TRACES} it takes.`;
    return { rule: 'insufficient', message, n: completeCount };
  }
  const { joinedTraceCount, criticalTraceCount, criticalUs } = sumParts(id, judged);
  const totalUs = judged.reduce((sum, entry) => sum + entry.totalUs, 0);
  const time = criticalUs > 0 && totalUs > 0 ? `, for ${percent(criticalUs / totalUs)} of their time` : '';
  const n = judged.reduce((sum, entry) => sum + entry.completeTraceCount, 0);
  if (joinedTraceCount === 0 && criticalTraceCount === 0) {
    return { rule: 'not-under-entry-points', message: 'No request at an entry point was seen to wait for it.', n };
  }
  const message =
    `Requests waited for it in ${joinedTraceCount} of ${counted(n, 'trace')} and it held them up in ${criticalTraceCount}` +
    `${time}: not enough to be presumed critical, and too few of its failures were seen to call it optional.`;
  return { rule: 'undecided', message, n, estimate: joinedTraceCount / n, interval: wilson(joinedTraceCount, n) };
}

function sumParts(id: string, entries: readonly EntryPointRollup[]) {
  const sums = { criticalUs: 0, criticalTraceCount: 0, joinedTraceCount: 0 };
  for (const { parts } of entries) {
    const part = parts.get(id);
    if (part === undefined) continue;
    sums.criticalUs += part.criticalUs;
    sums.criticalTraceCount += part.criticalTraceCount;
    sums.joinedTraceCount += part.joinedTraceCount;
  }
  return sums;
}

function rootTable(part: EntryPartRollup) {
  return {
    failedParentFailed: part.failedRootFailed,
    failedParentOk: part.failedRootOk,
    okParentFailed: part.okRootFailed,
    okParentOk: part.okRootOk,
  };
}

function nameOf({ node, operation }: EntryPointRollup): string {
  return `${node} ${operation}`;
}

/** Every node the starts lead to over the edges that `follows` accepts, the starts included. */
function reachable(
  graph: DependencyGraph,
  starts: readonly string[],
  follows: (edge: DependencyEdge) => boolean,
): Set<string> {
  const seen = new Set(starts.filter((start) => graph.hasNode(start)));
  const waiting = [...seen];
  for (let caller = waiting.pop(); caller !== undefined; caller = waiting.pop()) {
    graph.forEachOutboundEdge(caller, (_key, edge, _caller, callee) => {
      if (seen.has(callee) || !follows(edge)) return;
      seen.add(callee);
      waiting.push(callee);
    });
  }
  return seen;
}

/** Edges whose callers were seen to cope when the call failed. */
function softEdges(graph: DependencyGraph): Set<DependencyEdge> {
  const soft = new Set<DependencyEdge>();
  graph.forEachDirectedEdge((_key, edge) => {
    if (edge.seen.some(({ callSites }) => hasFailures(callSites)) && hardnessOfEdge(edge) === 'soft') soft.add(edge);
  });
  return soft;
}

function hardnessOfEdge({ seen }: DependencyEdge): Hardness {
  return hardnessOf(failureTableOf(seen.flatMap(({ callSites }) => [...callSites.values()]))).hardness;
}

/** Most edges never failed, and there is nothing to weigh. */
function hasFailures(callSites: DependencyRollup['callSites']): boolean {
  for (const { failedParentFailed, failedParentOk } of callSites.values()) {
    if (failedParentFailed + failedParentOk > 0) return true;
  }
  return false;
}
