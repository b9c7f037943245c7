import type { AnalyzedEntryPoint, CriticalShare, Problem } from '../model/analysis.ts';
import type { Policy } from '../model/policy.ts';
import type { EntryPointRollup, NodeRollup, Rollup } from '../rollup/rollup.ts';
import { estimate } from './estimate.ts';
import { byText } from '../model/wording.ts';
import { retryWaste, trafficSlices } from './traffic-slice.ts';

/** Below this many complete traces no share is stated. */
export const MIN_COMPLETE_TRACES = 30;
/** Share of the traffic from which on an entry counts, where the policy names none. */
export const ENTRY_POINT_SHARE = 0.01;

/** The entries a verdict is about, most traffic first. */
export interface EntryPoints {
  readonly entries: readonly EntryPointRollup[];
  readonly problems: readonly Problem[];
}

/** The entries the policy names; else every entry with at least 1 % of the traffic; else, where none has that much, all. */
export function entryPoints(rollup: Rollup, policy: Policy): EntryPoints {
  const all = [...rollup.entryPoints.values()].sort(
    (one, two) => two.traceCount - one.traceCount || byText(one.node, two.node) || byText(one.operation, two.operation),
  );
  if (policy.entryPoints.length > 0) return declaredEntryPoints(all, rollup.nodes, policy.entryPoints);
  const total = all.reduce((sum, { traceCount }) => sum + traceCount, 0);
  const busy = all.filter(({ traceCount }) => traceCount >= total * ENTRY_POINT_SHARE);
  return { entries: busy.length > 0 ? busy : all, problems: [] };
}

function declaredEntryPoints(
  all: readonly EntryPointRollup[],
  nodes: ReadonlyMap<string, NodeRollup>,
  declared: readonly string[],
): EntryPoints {
  const entries = new Set<EntryPointRollup>();
  const problems: Problem[] = [];
  for (const text of [...declared].sort()) {
    const named = all.filter(({ node, operation }) =>
      [node, nodes.get(node)?.name ?? node].some((name) => text === name || text === `${name} ${operation}`),
    );
    for (const entry of named) entries.add(entry);
    if (named.length > 0) continue;
    const message = `The policy names the entry point "${text}", but no request came in there.`;
    problems.push({ kind: 'entry-point-unseen', message, count: 1 });
  }
  return { entries: all.filter((entry) => entries.has(entry)), problems };
}

export function analyzedEntryPoint(entry: EntryPointRollup, rollup: Rollup): AnalyzedEntryPoint {
  return {
    service: entry.node,
    operation: entry.operation,
    traceCount: entry.traceCount,
    estimatedTraceCount: estimate(rollup, entry.traceWeight),
    errorCount: entry.errorCount,
    p50Us: entry.latency.quantile(0.5) ?? 0,
    p95Us: entry.latency.quantile(0.95) ?? 0,
    p99Us: entry.latency.quantile(0.99) ?? 0,
    criticalShare: criticalShares(entry),
    traffic: trafficSlices(entry, rollup.nodes, MIN_COMPLETE_TRACES),
    retryWaste: retryWaste(entry, MIN_COMPLETE_TRACES),
    traceIds: [...entry.traceIds],
  };
}

function criticalShares({ completeTraceCount, totalUs, parts }: EntryPointRollup): CriticalShare[] {
  if (completeTraceCount < MIN_COMPLETE_TRACES || totalUs === 0) return [];
  return [...parts]
    .filter(([, { criticalUs }]) => criticalUs > 0)
    .sort(([oneId, one], [twoId, two]) => two.criticalUs - one.criticalUs || byText(oneId, twoId))
    .map(([service, { criticalUs, criticalTraceCount }]) => ({
      service,
      share: criticalUs / totalUs,
      frequency: criticalTraceCount / completeTraceCount,
    }));
}

/** Time of all complete requests, in microseconds; undefined where there are too few to state a share of it. */
export function requestTime(rollup: Rollup): number | undefined {
  let totalUs = 0;
  let completeCount = 0;
  for (const entry of rollup.entryPoints.values()) {
    totalUs += entry.totalUs;
    completeCount += entry.completeTraceCount;
  }
  return completeCount < MIN_COMPLETE_TRACES ? undefined : totalUs;
}
