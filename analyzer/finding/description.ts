import type {
  AnalyzedCallSite,
  AnalyzedDependency,
  AnalyzedOperation,
  AnalyzedService,
  DeclaredService,
  SeenDimension,
} from '../model/analysis.ts';
import type { ServicePolicy } from '../model/policy.ts';
import { byText } from '../model/wording.ts';
import { joinKey, type DependencyRollup, type NodeRollup, type Rollup } from '../rollup/rollup.ts';
import { estimate } from './estimate.ts';
import { dependencyHardness } from './hardness.ts';
import type { OnlyThrough } from './only-through.ts';
import type { DependencyGraph } from './dependency-graph.ts';
import { timeWriter } from './time.ts';
import { waitingAt } from './call-site-waiting.ts';

/** Call sites listed for one dependency. */
const CALL_SITE_LIMIT = 20;

const EPOCH = '1970-01-01T00:00:00.000Z';

/** Every node with its figures and its verdicts, by id. */
export function analyzedServices(
  graph: DependencyGraph,
  verdicts: ReadonlyMap<string, AnalyzedService['criticalPath']>,
  scopes: ReadonlyMap<string, AnalyzedService['pci']>,
  learnedAddresses: ReadonlyMap<string, readonly string[]>,
  onlyThrough: ReadonlyMap<string, OnlyThrough>,
): Omit<AnalyzedService, 'scorecard'>[] {
  const timeOf = timeWriter();
  return graph.mapNodes((id, { seen, policy }) => {
    const { callCount, errorCount } = callsAnswered(id, seen, graph);
    return {
      id,
      name: seen.name,
      namespace: seen.namespace ?? null,
      kind: seen.kind,
      system: seen.system ?? null,
      declared: declaredOf(policy),
      firstSeen: timeOf(seen.firstSeenUs),
      lastSeen: timeOf(seen.lastSeenUs),
      spanCount: seen.spanCount,
      orphanCount: seen.orphanCount,
      unknownKindCount: seen.unknownKindCount,
      callCount,
      errorCount,
      versions: versionsOf(seen),
      dimensions: seenDimensions(seen, timeOf),
      learnedAddresses: learnedAddresses.get(id) ?? [],
      operations: analyzedOperations(seen),
      criticalPath: verdicts.get(id)!,
      ...neighborCounts(id, graph),
      onlyWayTo: onlyThrough.get(id) ?? null,
      pci: scopes.get(id)!,
    };
  });
}

function declaredOf(policy: ServicePolicy): DeclaredService | null {
  if (Object.keys(policy).length === 0) return null;
  return {
    owner: policy.owner ?? null,
    function: policy.function ?? null,
    role: policy.role ?? null,
    confirmedBy: policy.confirmedBy ?? null,
    confirmedOn: policy.confirmedOn ?? null,
    expires: policy.expires ?? null,
  };
}

function versionsOf({ seenValues }: NodeRollup): string[] {
  const versions = [...seenValues.values()].filter(({ dimension }) => dimension === 'version');
  return versions.map(({ value }) => value).sort();
}

function seenDimensions({ seenValues }: NodeRollup, timeOf: (us: number) => string | null): SeenDimension[] {
  return [...seenValues.values()]
    .sort((one, two) => byText(one.dimension, two.dimension) || byText(one.value, two.value))
    .map(({ dimension, value, spanCount, firstSeenUs, lastSeenUs }) => ({
      dimension,
      value,
      spanCount,
      firstSeen: timeOf(firstSeenUs),
      lastSeen: timeOf(lastSeenUs),
    }));
}

/** Services beside it in the graph, by direction. */
function neighborCounts(id: string, graph: DependencyGraph): Pick<AnalyzedService, 'callerCount' | 'calleeCount'> {
  const counts = { callerCount: 0, calleeCount: 0 };
  graph.forEachInNeighbor(id, (caller, { kind }) => {
    if (caller !== id && kind === 'service') counts.callerCount++;
  });
  graph.forEachOutNeighbor(id, (callee, { kind }) => {
    if (callee !== id && kind === 'service') counts.calleeCount++;
  });
  return counts;
}

/** A node that makes no spans, such as a database, answered what its callers say it answered. */
function callsAnswered(id: string, seen: NodeRollup, graph: DependencyGraph) {
  let callCount = 0;
  let errorCount = 0;
  if (seen.operations.size > 0) {
    for (const operation of seen.operations.values()) {
      callCount += operation.callCount;
      errorCount += operation.errorCount;
    }
  } else {
    graph.forEachInboundEdge(id, (_key, edge) => {
      for (const dependency of edge.seen) {
        callCount += dependency.callCount;
        errorCount += dependency.errorCount;
      }
    });
  }
  return { callCount, errorCount };
}

function analyzedOperations({ operations }: NodeRollup): AnalyzedOperation[] {
  return [...operations.keys()].sort().map((name) => {
    const { callCount, errorCount, latency } = operations.get(name)!;
    return {
      name,
      callCount,
      errorCount,
      p50Us: latency.quantile(0.5) ?? 0,
      p95Us: latency.quantile(0.95) ?? 0,
    };
  });
}

/** Every dependency, by caller, callee and mode. `requestUs` is undefined where too few requests were seen to state a share. */
export function analyzedDependencies(
  rollup: Rollup,
  cyclicPairs: ReadonlySet<string>,
  scopes: ReadonlyMap<string, AnalyzedService['pci']>,
  requestUs: number | undefined,
): AnalyzedDependency[] {
  const timeOf = timeWriter();
  const isInCde = (node: string) => scopes.get(node)?.class === 'cde';
  const describe = (seen: DependencyRollup): AnalyzedDependency => ({
    caller: seen.caller,
    callee: seen.callee,
    mode: seen.mode,
    callCount: seen.callCount,
    errorCount: seen.errorCount,
    estimatedCallCount: estimate(rollup, seen.callWeight),
    clientOnlyCallCount: seen.clientOnlyCount,
    serverOnlyCallCount: seen.serverOnlyCount,
    crossRegionCallCount: seen.crossRegionCount,
    traceCount: seen.traceCount,
    p50Us: seen.latency.quantile(0.5) ?? 0,
    p95Us: seen.latency.quantile(0.95) ?? 0,
    p99Us: seen.latency.quantile(0.99) ?? 0,
    firstSeen: timeOf(seen.firstSeenUs) ?? EPOCH,
    lastSeen: timeOf(seen.lastSeenUs) ?? EPOCH,
    traceIds: [...seen.traceIds],
    callSites: analyzedCallSites(seen, rollup),
    cardEvidenceCount: seen.cardEvidenceCount,
    hardness: dependencyHardness(seen.mode, seen.callSites.values()),
    inCycle: cyclicPairs.has(joinKey(seen.caller, seen.callee)),
    crossesCde: isInCde(seen.caller) !== isInCde(seen.callee),
    criticalShare: requestUs === undefined || requestUs === 0 ? null : seen.criticalUs / requestUs,
  });
  // A key is caller, callee and mode in this order, so sorting the keys sorts the dependencies.
  return [...rollup.dependencies.keys()].sort().map((key) => describe(rollup.dependencies.get(key)!));
}

function analyzedCallSites(dependency: DependencyRollup, rollup: Rollup): AnalyzedCallSite[] {
  return [...dependency.callSites.values()]
    .sort(
      (one, two) =>
        two.callCount - one.callCount ||
        byText(one.callerOperation, two.callerOperation) ||
        byText(one.calleeOperation, two.calleeOperation),
    )
    .slice(0, CALL_SITE_LIMIT)
    .map((site) => ({
      callerOperation: site.callerOperation,
      calleeOperation: site.calleeOperation,
      callCount: site.callCount,
      errorCount: site.errorCount,
      waiting: waitingAt(rollup, dependency, site),
    }));
}
