import { rotateToSmallest } from 'graphology-cycles';
import type { Analysis, AnalyzedCycle, AnalyzedDependency, CycleEdge } from '../model/analysis.ts';
import type { NewCycle } from '../model/baseline-comparison.ts';
import type { AcceptedEdge, Baseline, BaselineDependency } from '../model/baseline.ts';
import { fingerprint } from '../model/fingerprint.ts';
import type { Policy } from '../model/policy.ts';
import { byText } from '../model/wording.ts';
import { edgeKey } from './baseline.ts';
import { componentsOf, hardGraph, serviceDependencies } from './hard-graph.ts';
import { shortestNewCycle } from './shortest-new-cycle.ts';

/** One circle for each new call that lies on one: the shortest. */
export function findNewCycles(
  analysis: Analysis,
  known: Baseline,
  policy: Policy,
  today: string | undefined,
): NewCycle[] {
  const now = serviceDependencies(analysis, policy);
  const graph = hardGraph(now);
  const componentOf = componentsOf(graph);
  const isOnCircle = ({ caller, callee, mode }: BaselineDependency) =>
    mode === 'sync' &&
    caller !== callee &&
    componentOf.get(caller) !== undefined &&
    componentOf.get(caller) === componentOf.get(callee);

  const knownModes = new Map(known.dependencies.map((edge) => [edgeKey(edge), edge.mode]));
  const acceptances = new Map(known.accepted.map((edge) => [edgeKey(edge), edge]));
  const expiredOf = (edge: { readonly caller: string; readonly callee: string }): AcceptedEdge | undefined => {
    const acceptance = acceptances.get(edgeKey(edge));
    const isExpired = today !== undefined && acceptance?.expires !== undefined && acceptance.expires < today;
    return isExpired ? acceptance : undefined;
  };
  const isKnown = (edge: { readonly caller: string; readonly callee: string }) =>
    expiredOf(edge) === undefined && (acceptances.has(edgeKey(edge)) || knownModes.get(edgeKey(edge)) === 'sync');

  const seen = new Map(
    analysis.dependencies.filter(({ mode }) => mode === 'sync').map((edge) => [edgeKey(edge), edge]),
  );
  const listedCycles = new Map(analysis.cycles.map((cycle) => [cycle.services.join('\u0000'), cycle]));
  // Only calls inside a component of today can lie on a circle.
  const oldInside = now.filter((edge) => isOnCircle(edge) && isKnown(edge));
  const componentBefore = componentsOf(hardGraph(oldInside));
  return now
    .filter((edge) => isOnCircle(edge) && !isKnown(edge))
    .map(({ caller, callee }): NewCycle => {
      const cycle = shortestNewCycle(graph, caller, callee, (from, to) => !isKnown({ caller: from, callee: to }));
      const services = rotateToSmallest(cycle);
      const edges = cycleEdges(services, seen);
      const dependency = seen.get(edgeKey({ caller, callee }))!;
      const expired = expiredOf({ caller, callee }) ?? null;
      const wasAsync = knownModes.get(edgeKey({ caller, callee })) === 'async';
      const inAnalysis = listedCycles.get(services.join('\u0000'));
      return {
        id: inAnalysis?.id ?? fingerprint('cycle', 'service', 'hard', ...services),
        caller,
        callee,
        services,
        component: componentOf.get(caller)!,
        edges,
        cause: expired !== null ? 'acceptance-expired' : wasAsync ? 'was-async' : 'unknown',
        expired,
        firstSeen: dependency.firstSeen,
        callSites: dependency.callSites.map(({ callerOperation, calleeOperation }) => ({
          callerOperation,
          calleeOperation,
        })),
        nowCyclic: nowCyclic(oldInside, componentBefore, edges),
        breakAt: breakAt(inAnalysis, analysis, services),
      };
    })
    .sort(
      (one, two) =>
        byText(one.component.join('\u0000'), two.component.join('\u0000')) || byText(edgeKey(one), edgeKey(two)),
    );
}

function cycleEdges(services: readonly string[], seen: ReadonlyMap<string, AnalyzedDependency>): CycleEdge[] {
  return services.map((caller, index) => {
    const callee = services[(index + 1) % services.length]!;
    const { callCount, traceIds } = seen.get(edgeKey({ caller, callee }))!;
    return { caller, callee, mode: 'sync', callCount, traceIds };
  });
}

/** Accepted calls that lie on no circle of accepted calls, but on one with the calls of the new circle added. */
function nowCyclic(
  old: readonly BaselineDependency[],
  componentBefore: ReadonlyMap<string, readonly string[]>,
  edges: readonly CycleEdge[],
): { caller: string; callee: string }[] {
  const added: BaselineDependency[] = edges.map(({ caller, callee }) => ({ caller, callee, mode: 'sync' }));
  const componentAfter = componentsOf(hardGraph([...old, ...added]));
  const isInside = (components: ReadonlyMap<string, readonly string[]>, { caller, callee }: BaselineDependency) =>
    caller !== callee && components.has(caller) && components.get(caller) === components.get(callee);
  return old
    .filter((edge) => isInside(componentAfter, edge) && !isInside(componentBefore, edge))
    .map(({ caller, callee }) => ({ caller, callee }));
}

/** The proposal of the analysis for this circle; for one that it does not list, whatever it proposes for its calls. */
function breakAt(
  cycle: AnalyzedCycle | undefined,
  analysis: Analysis,
  services: readonly string[],
): NewCycle['breakAt'] {
  if (cycle !== undefined) return cycle.breakAt;
  const edges = new Set(
    services.map((caller, index) => edgeKey({ caller, callee: services[(index + 1) % services.length]! })),
  );
  const proposals = new Map(
    analysis.cycles
      .filter((listedCycle) => listedCycle.class !== 'soft')
      .flatMap((listedCycle) => listedCycle.breakAt)
      .filter((proposal) => edges.has(edgeKey(proposal)))
      .map((proposal) => [edgeKey(proposal), proposal]),
  );
  return [...proposals].sort(([one], [two]) => byText(one, two)).map(([, proposal]) => proposal);
}
