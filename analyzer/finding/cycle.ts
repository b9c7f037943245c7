import { rotateToSmallest, shortestCycles } from 'graphology-cycles';
import type { AnalyzedCycle, BreakProposal, CycleClass } from '../model/analysis.ts';
import type { Policy } from '../model/policy.ts';
import { joinKey, type Rollup } from '../rollup/rollup.ts';
import { breakPlan, edgesOf, proposalsFor, type ProposalContext } from './break-proposal.ts';
import { componentsByNode, cycleGraph, onlySync, type CycleArc, type CycleGraph } from './cycle-graph.ts';
import type { DependencyGraph } from './dependency-graph.ts';
import { fingerprint } from '../model/fingerprint.ts';
import { hasOperationCycle } from './operation-cycle.ts';
import { byText, counted } from '../model/wording.ts';

export interface CycleReport {
  /** By component, worst class first, then shortest. */
  readonly cycles: readonly AnalyzedCycle[];
  /** `joinKey(caller, callee)` of every edge inside a component, destinations on the way included. */
  readonly cyclicPairs: ReadonlySet<string>;
  /** True where there are more circles than `CYCLE_LIMIT`; those left out are the least severe and the longest. */
  readonly isCutOff: boolean;
}

export const CYCLE_LIMIT = 1000;

/**
 * The circles among services: for each edge inside a strongly connected component the shortest circle through it, which covers
 * every edge that is on any circle; and each chain that one request was seen to go round, however long.
 */
export function findCycles(graph: DependencyGraph, rollup: Rollup, policy: Policy, requestUs: number): CycleReport {
  const full = cycleGraph(graph, rollup, policy);
  const sync = onlySync(full);
  const found = [...hardCycles(sync, rollup), ...softCycles(full, sync)];
  if (found.length === 0) return { cycles: [], cyclicPairs: new Set(), isCutOff: false };

  found.sort(
    (one, two) => CLASS_RANK[one.class] - CLASS_RANK[two.class] || byLengthThenText(one.services, two.services),
  );
  const kept = found.slice(0, CYCLE_LIMIT);
  const letters = lettersOfComponents(kept.map(({ component }) => component));
  const plan = breakPlan(sync, policy);
  const cyclesThrough = countByEdge(kept);
  const cycleCounts = countByComponent(kept);
  const cycles = kept
    .map((cycle) => ({ ...cycle, letter: letters.get(componentKey(cycle.component))! }))
    .sort((one, two) => one.letter.length - two.letter.length || byText(one.letter, two.letter))
    .map(({ class: cycleClass, services, component, letter, witnessTraceId }): AnalyzedCycle => ({
      id: cycleId(cycleClass, services),
      class: cycleClass,
      services,
      component: letter,
      witnessTraceId,
      edges: edgesOf(services).map(([caller, callee]) => {
        const { mode, callCount, traceIds } = arcBetween(full, caller, callee);
        return { caller, callee, mode, callCount, traceIds: [...traceIds] };
      }),
      breakAt: breakAt(cycleClass, services, {
        graph: full,
        plan,
        cyclesThrough,
        cycleCount: cycleCounts.get(componentKey(component))!,
        requestUs,
      }),
    }));
  return { cycles, cyclicPairs: cyclicPairs(full), isCutOff: found.length > kept.length };
}

/** Stable over time: a circle that is seen to recurse tomorrow is still the same circle, one whose event became a call is not. */
export function cycleId(cycleClass: CycleClass, services: readonly string[]): string {
  return fingerprint('cycle', 'service', FAMILY[cycleClass], ...services);
}

const FAMILY: Readonly<Record<CycleClass, string>> = {
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

interface FoundCycle {
  readonly class: CycleClass;
  readonly services: readonly string[];
  /** The services of its strongly connected component, sorted. */
  readonly component: readonly string[];
  readonly witnessTraceId: string | null;
}

/** Circles in which everyone waits for the next, and services that call themselves. */
function hardCycles(sync: CycleGraph, rollup: Rollup): FoundCycle[] {
  const componentOf = componentsByNode(sync);
  const cycles = new Map<string, readonly string[]>();
  for (const cycle of shortestCycles(sync)) cycles.set(joinKey(...cycle), cycle);
  for (const [key, { members }] of rollup.reentries) {
    if (members.length > 1 && isCycleOf(sync, members)) cycles.set(key, members);
  }
  return [...cycles.values()].map((services): FoundCycle => {
    const component = componentOf.get(services[0]!)!;
    if (services.length === 1) {
      const [witnessTraceId = null] = arcBetween(sync, services[0]!, services[0]!).traceIds;
      return { class: 'self-call', services, component, witnessTraceId };
    }
    const witness = rollup.reentries.get(joinKey(...services))?.traceIds[0];
    if (witness !== undefined) return { class: 're-entrant', services, component, witnessTraceId: witness };
    const cycleClass = hasOperationCycle(sync, services) ? 'operation' : 'structural';
    return { class: cycleClass, services, component, witnessTraceId: null };
  });
}

/** Circles that only events close: their services are not one component without the events. */
function softCycles(full: CycleGraph, sync: CycleGraph): FoundCycle[] {
  if (full.size === sync.size) return [];
  const componentOf = componentsByNode(full);
  const syncComponentOf = componentsByNode(sync);
  return shortestCycles(full)
    .filter((services) => new Set(services.map((service) => syncComponentOf.get(service))).size > 1)
    .map((services) => {
      const component = componentOf.get(services[0]!)!;
      return { class: 'soft', services, component, witnessTraceId: null };
    });
}

function breakAt(
  cycleClass: CycleClass,
  services: readonly string[],
  context: ProposalContext,
): readonly BreakProposal[] {
  if (cycleClass === 'self-call') return [];
  if (cycleClass === 'soft') return alreadyFireAndForget(services, context.graph);
  return proposalsFor(services, context);
}

/** In a soft circle nobody waits all the way round. What is left to do is to turn calls nobody waits for into real events. */
function alreadyFireAndForget(services: readonly string[], graph: CycleGraph): readonly BreakProposal[] {
  return edgesOf(services).flatMap(([caller, callee]): BreakProposal[] => {
    const { mode, destinations, callSites } = arcBetween(graph, caller, callee);
    const unjoinedCount = callSites.reduce((sum, site) => sum + site.unjoinedCount, 0);
    if (mode !== 'async' || destinations.length > 0 || unjoinedCount === 0) return [];
    const reason =
      `${caller} → ${callee} is fire-and-forget already: in ${counted(unjoinedCount, 'call')} the caller did not wait. ` +
      'As an event it no longer needs the other side to be up';
    return [{ caller, callee, reasons: [reason] }];
  });
}

function isCycleOf(graph: CycleGraph, members: readonly string[]): boolean {
  return (
    new Set(members).size === members.length &&
    joinKey(...rotateToSmallest(members)) === joinKey(...members) &&
    edgesOf(members).every(([caller, callee]) => graph.hasDirectedEdge(caller, callee))
  );
}

function arcBetween(graph: CycleGraph, caller: string, callee: string): CycleArc {
  return graph.getEdgeAttributes(graph.edge(caller, callee)!);
}

/** `A`, `B`, ... `Z`, `AA`, ...: largest component first, then by name. */
function lettersOfComponents(components: readonly (readonly string[])[]): Map<string, string> {
  const distinct = new Map(components.map((component) => [componentKey(component), component]));
  const sorted = [...distinct].sort(
    ([, one], [, two]) => two.length - one.length || byText(joinKey(...one), joinKey(...two)),
  );
  return new Map(sorted.map(([key], index) => [key, letters(index)]));
}

/**
 * One key for equal components, whether found with the events or without. Components without events lie within those with
 * them, so two of one size that share a service are the same: a key of all services would be made anew for each circle.
 */
function componentKey(component: readonly string[]): string {
  return `${component.length} ${component[0]!}`;
}

function letters(index: number): string {
  let text = '';
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    text = String.fromCharCode(65 + ((rest - 1) % 26)) + text;
  }
  return text;
}

function countByEdge(cycles: readonly FoundCycle[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { class: cycleClass, services } of cycles) {
    if (FAMILY[cycleClass] !== 'hard') continue;
    for (const edge of edgesOf(services)) {
      const key = joinKey(...edge);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

function countByComponent(cycles: readonly FoundCycle[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { class: cycleClass, component } of cycles) {
    const key = componentKey(component);
    counts.set(key, (counts.get(key) ?? 0) + (FAMILY[cycleClass] === 'hard' ? 1 : 0));
  }
  return counts;
}

function cyclicPairs(full: CycleGraph): Set<string> {
  const componentOf = componentsByNode(full);
  const pairs = new Set<string>();
  full.forEachDirectedEdge((_key, { destinations }, caller, callee) => {
    if (caller === callee || componentOf.get(caller) !== componentOf.get(callee)) return;
    pairs.add(joinKey(caller, callee));
    for (const destination of destinations) {
      pairs.add(joinKey(caller, destination));
      pairs.add(joinKey(destination, callee));
    }
  });
  return pairs;
}

function byLengthThenText(one: readonly string[], two: readonly string[]): number {
  return one.length - two.length || byText(joinKey(...one), joinKey(...two));
}
