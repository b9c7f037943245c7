import { coverageOf } from './coverage/coverage.ts';
import { criticalServices } from './finding/critical-service.ts';
import { findCycles, unlistedCycles } from './finding/cycle.ts';
import { dependencyGraph } from './finding/dependency-graph.ts';
import { analyzedDependencies, analyzedServices } from './finding/description.ts';
import { analyzedEntryPoint, entryPoints, requestTime } from './finding/entry-point.ts';
import { elementaryCircles } from './finding/elementary-circles.ts';
import { findingsOf } from './finding/index.ts';
import { PARAMETERS } from './finding/parameters.ts';
import { reachedOnlyThrough } from './finding/only-through.ts';
import { pciScope } from './finding/pci-scope.ts';
import { withLearnedAddresses } from './finding/learned-addresses.ts';
import { policyProblems, traceProblems } from './finding/problem.ts';
import { renamed } from './finding/rename.ts';
import { withScorecards } from './finding/scorecard.ts';
import { dateOf, timeOf } from './finding/time.ts';
import type { Analysis, Problem } from './model/analysis.ts';
import { ALL_ENVIRONMENTS } from './model/environments.ts';
import type { Policy } from './model/policy.ts';
import { byText } from './model/wording.ts';
import type { Rollup } from './rollup/rollup.ts';

const DAY_US = 86_400_000_000;

export interface ConcludeOptions {
  /** The environment the rollup is of; absent, null or `*` for all of them together. */
  readonly environment?: string | null;
  /** What decoding and assembling had to say; it is listed with the rest. */
  readonly problems?: readonly Problem[];
  /** ISO date for declarations that run out; the last day seen if absent. */
  readonly today?: string;
  /** Also lists up to so many elementary circles. */
  readonly elementaryCircleLimit?: number;
}

/**
 * From what many traces showed, and what the team declares, to everything we have to say about the system. The same rollup and
 * policy give the same bytes. The rollup is read, not changed.
 */
export function conclude(rollup: Rollup, policy: Policy, options: ConcludeOptions = {}): Analysis {
  const learned = withLearnedAddresses(renamed(rollup, policy.aliases));
  const seen = learned.rollup;
  const graph = dependencyGraph(seen, policy);
  const entries = entryPoints(seen, policy);
  const requests = requestTime(seen);
  const cycleReport = findCycles(graph, seen, policy, requests ?? 0);
  const today = options.today ?? dateOf(seen.toUs);
  const pciReport = pciScope(graph, seen, policy, today);
  const verdicts = criticalServices(graph, entries.entries);
  const onlyThrough = reachedOnlyThrough(
    graph,
    entries.entries.map(({ node }) => node),
  );

  const described = analyzedServices(graph, verdicts, pciReport.scopes, learned.addresses, onlyThrough);
  const dependencies = analyzedDependencies(seen, cycleReport.cyclicPairs, pciReport.scopes, requests);
  const windowDays = seen.fromUs < seen.toUs ? (seen.toUs - seen.fromUs) / DAY_US : 0;
  const services = withScorecards(described, { dependencies, policy, today, windowDays });
  const findings = findingsOf({
    rollup: seen,
    policy,
    today,
    services,
    dependencies,
    cycles: cycleReport.cycles,
    scopeConflicts: pciReport.conflicts,
  });
  const problems = [
    ...(options.problems ?? []),
    ...traceProblems(seen),
    ...learned.problems,
    ...policyProblems(rollup, policy),
    ...entries.problems,
    ...pciReport.problems,
    ...unlistedCycles(cycleReport),
  ];
  return {
    schema: 'ringfence.analysis/1',
    window: { from: timeOf(seen.fromUs), to: timeOf(seen.toUs) },
    environment: options.environment === ALL_ENVIRONMENTS ? null : (options.environment ?? null),
    environments: [...seen.environments].sort(),
    traceCount: seen.traceCount,
    spanCount: seen.spanCount,
    incompleteTraceCount: seen.incompleteTraceCount,
    services,
    dependencies,
    cycles: cycleReport.cycles,
    ...(options.elementaryCircleLimit === undefined
      ? {}
      : { elementaryCycles: elementaryCircles(graph, seen, policy, options.elementaryCircleLimit) }),
    entryPoints: entries.entries.map((entry) => analyzedEntryPoint(entry, seen)),
    findings,
    problems: problems.sort((one, two) => byText(one.kind, two.kind) || byText(one.message, two.message)),
    coverage: coverageOf({ ...seen, services, dependencies }),
    parameters: { ...PARAMETERS, minTraces: policy.minTraces },
  };
}
