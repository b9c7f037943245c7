import { rotateToSmallest, shortestCycles } from 'graphology-cycles';
import type { CycleClass } from '../model/analysis.ts';
import { byText } from '../model/wording.ts';
import { joinKey, type Rollup } from '../rollup/rollup.ts';
import { edgesOf } from './break-proposal.ts';
import { arcBetween, componentsByNode, type CycleGraph } from './cycle-graph.ts';
import { hasOperationCycle } from './operation-cycle.ts';

/** Circles of one family listed for one component, and in all: more than anybody reads. */
export const COMPONENT_CYCLE_LIMIT = 100;
export const CYCLE_LIMIT = 1000;

/** Looks at an edge that the search for circles may take: a fraction of a second, and enough for components of some thousand services. */
const SEARCH_BUDGET = 50_000_000;

/** What a circle stays through: it is still the same when a request is seen to go round it, not when an event closes it. */
export type CycleFamily = 'hard' | 'soft' | 'self-call';

export const FAMILY: Readonly<Record<CycleClass, CycleFamily>> = {
  're-entrant': 'hard',
  operation: 'hard',
  structural: 'hard',
  soft: 'soft',
  'self-call': 'self-call',
};

const CLASS_RANK: Readonly<Record<CycleClass, number>> = {
  're-entrant': 0,
  operation: 1,
  structural: 2,
  soft: 3,
  'self-call': 4,
};

/** A strongly connected component. */
export interface CycleComponent {
  /**
   * The same for equal components, whether found with the events or without. Components without events lie within those with
   * them, so two of one size that share a service are the same: no need to join the names of all.
   */
  readonly key: string;
  /** Sorted. */
  readonly services: readonly string[];
}

/** A circle that was found, before it is looked at closely. */
export interface FoundCircle {
  readonly family: CycleFamily;
  readonly services: readonly string[];
  readonly component: CycleComponent;
  /** A trace that shows it whole. */
  readonly witnessTraceId: string | null;
}

export interface KeptCircle extends FoundCircle {
  readonly class: CycleClass;
}

/** Every circle to choose from: those in which everyone waits, those that only events close, and services that call themselves. */
export function findCircles(full: CycleGraph, sync: CycleGraph, rollup: Rollup): FoundCircle[] {
  return [...hardCircles(sync, rollup), ...softCircles(full, sync)];
}

/**
 * The most severe and shortest: of each component and family first what one request was seen to go round, then the shortest.
 * Those that stay are told apart by class; looking at the operations of all would cost more than finding them.
 */
export function keepMostSevere(found: readonly FoundCircle[], sync: CycleGraph): KeptCircle[] {
  const sorted = found
    .map((circle) => ({ circle, text: joinKey(...circle.services), rank: CLASS_RANK[worstClass(circle)] }))
    .sort(
      (one, two) =>
        one.rank - two.rank || one.circle.services.length - two.circle.services.length || byText(one.text, two.text),
    );
  const keptCounts: Readonly<Record<CycleFamily, Map<CycleComponent, number>>> = {
    hard: new Map(),
    soft: new Map(),
    'self-call': new Map(),
  };
  const kept: KeptCircle[] = [];
  for (const { circle } of sorted) {
    const counts = keptCounts[circle.family];
    const count = counts.get(circle.component) ?? 0;
    if (count === COMPONENT_CYCLE_LIMIT) continue;
    counts.set(circle.component, count + 1);
    kept.push({ ...circle, class: classOf(circle, sync) });
    if (kept.length === CYCLE_LIMIT) break;
  }
  // Stable: within a class the shortest stay first.
  return kept.sort((one, two) => CLASS_RANK[one.class] - CLASS_RANK[two.class]);
}

/** What it may be at worst, known without a look at its operations. */
function worstClass({ family, witnessTraceId }: FoundCircle): CycleClass {
  if (family !== 'hard') return family;
  return witnessTraceId === null ? 'operation' : 're-entrant';
}

function classOf(circle: FoundCircle, sync: CycleGraph): CycleClass {
  const worst = worstClass(circle);
  return worst === 'operation' && !hasOperationCycle(sync, circle.services) ? 'structural' : worst;
}

/** Circles in which everyone waits for the next, and services that call themselves. */
function hardCircles(sync: CycleGraph, rollup: Rollup): FoundCircle[] {
  const componentOf = namedComponents(sync);
  const circles = new Map<string, readonly string[]>();
  for (const services of shortestCycles(sync, { searchBudget: SEARCH_BUDGET })) {
    circles.set(joinKey(...services), services);
  }
  for (const [key, { members }] of rollup.reentries) {
    if (members.length > 1 && isCircleOf(sync, members)) circles.set(key, members);
  }
  return [...circles].map(([key, services]): FoundCircle => {
    const component = componentOf.get(services[0]!)!;
    if (services.length > 1) {
      const witnessTraceId = rollup.reentries.get(key)?.traceIds[0] ?? null;
      return { family: 'hard', services, component, witnessTraceId };
    }
    const [witnessTraceId = null] = arcBetween(sync, services[0]!, services[0]!).traceIds;
    return { family: 'self-call', services, component, witnessTraceId };
  });
}

/** Circles that only events close: their services are not one component without the events. */
function softCircles(full: CycleGraph, sync: CycleGraph): FoundCircle[] {
  if (full.size === sync.size) return [];
  const componentOf = namedComponents(full);
  const syncComponentOf = componentsByNode(sync);
  return shortestCycles(full, { searchBudget: SEARCH_BUDGET })
    .filter((services) => services.some((each) => syncComponentOf.get(each) !== syncComponentOf.get(services[0]!)))
    .map((services) => {
      const component = componentOf.get(services[0]!)!;
      return { family: 'soft', services, component, witnessTraceId: null };
    });
}

function namedComponents(graph: CycleGraph): Map<string, CycleComponent> {
  const named = new Map<readonly string[], CycleComponent>();
  const componentOf = new Map<string, CycleComponent>();
  for (const [service, services] of componentsByNode(graph)) {
    const component = named.get(services) ?? { key: `${services.length} ${services[0]!}`, services };
    named.set(services, component);
    componentOf.set(service, component);
  }
  return componentOf;
}

function isCircleOf(graph: CycleGraph, members: readonly string[]): boolean {
  return (
    new Set(members).size === members.length &&
    joinKey(...rotateToSmallest(members)) === joinKey(...members) &&
    edgesOf(members).every(([caller, callee]) => graph.hasDirectedEdge(caller, callee))
  );
}
