import { rotateToSmallest } from 'graphology-cycles';
import type { Analysis, AnalyzedDependency, CycleEdge } from '../model/analysis.ts';
import type { NewCycle } from '../model/baseline-comparison.ts';
import type { AcceptedEdge, Baseline } from '../model/baseline.ts';
import { fingerprint } from '../model/fingerprint.ts';
import type { Policy } from '../model/policy.ts';
import { byText } from '../model/wording.ts';
import { edgeKey } from './baseline.ts';
import { cycleLengths } from './cycle-length.ts';
import { componentsOf, hardCalls, hardGraph, serviceDependencies } from './hard-graph.ts';
import { callsOf } from './seen-state.ts';
import { breakProposals } from './new-cycle-break.ts';
import { nowCyclic } from './now-cyclic.ts';
import { shortestNewCycle } from './shortest-new-cycle.ts';

/** New circles listed for one component, and in all: more than anybody reads. One alone fails the check. */
export const COMPONENT_NEW_CYCLE_LIMIT = 100;
export const NEW_CYCLE_LIMIT = 1000;

export interface NewCycleReport {
  /** By component, then caller and callee. */
  readonly newCycles: readonly NewCycle[];
  /** New calls on circles that are not listed: those with the longer circles. */
  readonly unlistedCount: number;
}

type Call = Pick<CycleEdge, 'caller' | 'callee'>;

/** One circle for each new call that lies on one: the shortest. */
export function findNewCycles(
  analysis: Analysis,
  known: Baseline,
  policy: Policy,
  today: string | undefined,
): NewCycleReport {
  const knownModes = new Map(known.dependencies.map((edge) => [edgeKey(edge), edge.mode]));
  const acceptances = new Map(known.accepted.map((edge) => [edgeKey(edge), edge]));
  const expiredOf = (edge: Call): AcceptedEdge | undefined => {
    const acceptance = acceptances.get(edgeKey(edge));
    const isExpired = today !== undefined && acceptance?.expires !== undefined && acceptance.expires < today;
    return isExpired ? acceptance : undefined;
  };
  const isKnown = (edge: Call) =>
    expiredOf(edge) === undefined && (acceptances.has(edgeKey(edge)) || knownModes.get(edgeKey(edge)) === 'sync');

  const now = hardCalls(serviceDependencies(analysis, policy));
  const componentOf = componentsOf(now);
  // Only calls inside a component of today can lie on a circle.
  const inside = now.filter((edge) => isInside(componentOf, edge));
  const fresh = inside.filter((edge) => !isKnown(edge));
  if (fresh.length === 0) return { newCycles: [], unlistedCount: 0 };

  const graph = hardGraph(inside);
  const listed = shortest(fresh, cycleLengths(graph, fresh), componentOf);
  const old = inside.filter(isKnown);
  const componentBefore = componentsOf(old);
  const nowCyclicWith = nowCyclic(old, hardGraph(old), (edge) => isInside(componentBefore, edge));
  const seen = new Map(
    analysis.dependencies.filter(({ mode }) => mode === 'sync').map((edge) => [edgeKey(edge), edge]),
  );
  const listedCycles = new Map(analysis.cycles.map((cycle) => [cycle.services.join('\u0000'), cycle]));
  const proposalsFor = breakProposals(analysis, policy);

  const placeOf = new Map([...new Set(componentOf.values())].map((component, place) => [component, place]));
  const newCycles = listed
    .map(({ caller, callee }): NewCycle => {
      const numbers = shortestNewCycle(
        graph,
        graph.numberOf.get(caller)!,
        graph.numberOf.get(callee)!,
        (from, to) => !isKnown({ caller: graph.services[from]!, callee: graph.services[to]! }),
      );
      const services = rotateToSmallest(numbers.map((number) => graph.services[number]!));
      const dependency = seen.get(edgeKey({ caller, callee }))!;
      const expired = expiredOf({ caller, callee }) ?? null;
      const wasAsync = knownModes.get(edgeKey({ caller, callee })) === 'async';
      const cause = expired !== null ? 'acceptance-expired' : wasAsync ? 'was-async' : 'unknown';
      const isAllNew = !callsOf(services).some(isKnown);
      const inAnalysis = listedCycles.get(services.join('\u0000'));
      return {
        id: inAnalysis?.id ?? fingerprint('cycle', 'service', 'hard', ...services),
        caller,
        callee,
        services,
        component: componentOf.get(caller)!,
        edges: cycleEdges(services, seen),
        cause,
        expired,
        witnessTraceId: inAnalysis?.witnessTraceId ?? null,
        firstSeen: dependency.firstSeen,
        callSites: dependency.callSites.map(({ callerOperation, calleeOperation }) => ({
          callerOperation,
          calleeOperation,
        })),
        nowCyclic: nowCyclicWith(services),
        breakAt: proposalsFor({ caller, callee, cause }, services, inAnalysis?.breakAt, isAllNew),
      };
    })
    .sort(
      (one, two) => placeOf.get(one.component)! - placeOf.get(two.component)! || byText(edgeKey(one), edgeKey(two)),
    );
  return { newCycles, unlistedCount: fresh.length - listed.length };
}

function isInside(componentOf: ReadonlyMap<string, readonly string[]>, { caller, callee }: Call): boolean {
  const component = componentOf.get(caller);
  return component !== undefined && component === componentOf.get(callee);
}

/** The calls with the shortest circles of each component. */
function shortest<T extends Call>(
  calls: readonly T[],
  lengths: readonly number[],
  componentOf: ReadonlyMap<string, readonly string[]>,
): T[] {
  const counts = new Map<readonly string[], number>();
  return calls
    .map((call, place) => ({ call, length: lengths[place]! }))
    .sort((one, two) => one.length - two.length || byText(edgeKey(one.call), edgeKey(two.call)))
    .map(({ call }) => call)
    .filter(({ caller }) => {
      const component = componentOf.get(caller)!;
      const count = (counts.get(component) ?? 0) + 1;
      counts.set(component, count);
      return count <= COMPONENT_NEW_CYCLE_LIMIT;
    })
    .slice(0, NEW_CYCLE_LIMIT);
}

function cycleEdges(services: readonly string[], seen: ReadonlyMap<string, AnalyzedDependency>): CycleEdge[] {
  return services.map((caller, index) => {
    const callee = services[(index + 1) % services.length]!;
    const { callCount, traceIds } = seen.get(edgeKey({ caller, callee }))!;
    return { caller, callee, mode: 'sync', callCount, traceIds };
  });
}
