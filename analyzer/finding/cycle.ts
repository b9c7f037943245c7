import type { AnalyzedCycle, BreakProposal, CycleClass, Problem } from '../model/analysis.ts';
import { fingerprint } from '../model/fingerprint.ts';
import type { Policy } from '../model/policy.ts';
import { byText, counted } from '../model/wording.ts';
import { joinKey, type Rollup } from '../rollup/rollup.ts';
import { cheapestCuts, edgesOf, proposalFor, proposalsFor, type ProposalContext } from './break-proposal.ts';
import { arcBetween, componentsByNode, cycleGraph, onlySync, type CycleGraph } from './cycle-graph.ts';
import type { DependencyGraph } from './dependency-graph.ts';
import {
  COMPONENT_CYCLE_LIMIT,
  CYCLE_LIMIT,
  FAMILY,
  findCircles,
  keepMostSevere,
  type CycleComponent,
  type KeptCircle,
} from './found-circle.ts';

export interface CycleReport {
  /** By component, worst class first, then shortest. */
  readonly cycles: readonly AnalyzedCycle[];
  /** `joinKey(caller, callee)` of every edge inside a component, destinations on the way included. */
  readonly cyclicPairs: ReadonlySet<string>;
  /** Circles that were found and are not listed. */
  readonly unlistedCycleCount: number;
  /** Edges that lie on a circle, but on none that is listed. */
  readonly unlistedEdgeCount: number;
}

/**
 * The circles among services: for each edge inside a strongly connected component the shortest circle through it, which covers
 * every edge that is on any circle; and each chain that one request was seen to go round, however long. Of a large component
 * the most severe and shortest are listed.
 */
export function findCycles(graph: DependencyGraph, rollup: Rollup, policy: Policy, requestUs: number): CycleReport {
  const full = cycleGraph(graph, rollup, policy);
  if (full.size === 0) return { cycles: [], cyclicPairs: new Set(), unlistedCycleCount: 0, unlistedEdgeCount: 0 };
  const sync = onlySync(full);
  const found = findCircles(full, sync, rollup);
  const kept = keepMostSevere(found, sync);

  const letters = lettersOfComponents(kept.map(({ component }) => component));
  const cuts = cheapestCuts(sync, policy);
  const cyclesThrough = idsByEdge(kept);
  const cycleCounts = countByComponent(kept);
  const cycles = kept
    .map((circle) => ({ ...circle, place: letters.get(circle.component.key)! }))
    .sort((one, two) => one.place - two.place)
    .map(({ class: cycleClass, services, component, place, witnessTraceId }): AnalyzedCycle => ({
      id: cycleId(cycleClass, services),
      class: cycleClass,
      services,
      component: lettersAt(place),
      witnessTraceId,
      edges: edgesOf(services).map(([caller, callee]) => {
        const { mode, callCount, traceIds } = arcBetween(full, caller, callee);
        return { caller, callee, mode, callCount, traceIds: [...traceIds] };
      }),
      breakAt: breakAt(cycleClass, services, {
        graph: full,
        cuts,
        cyclesThrough,
        cycleCount: cycleCounts.get(component.key)!,
        requestUs,
      }),
    }));
  return {
    cycles,
    cyclicPairs: cyclicPairs(full),
    unlistedCycleCount: found.length - kept.length,
    unlistedEdgeCount: countUnlistedEdges(full, sync, kept),
  };
}

/** What is left out, in words. */
export function unlistedCycles({ unlistedCycleCount, unlistedEdgeCount }: CycleReport): Problem[] {
  if (unlistedCycleCount === 0 && unlistedEdgeCount === 0) return [];
  const calls = `${counted(unlistedEdgeCount, 'call')} ${unlistedEdgeCount === 1 ? 'lies' : 'lie'}`;
  const message =
    `There are more circles than are listed: the most severe and shortest are, at most ${COMPONENT_CYCLE_LIMIT} of a ` +
    `component and ${CYCLE_LIMIT} in all. ${calls} on a circle of which none is listed.`;
  return [{ kind: 'cycles-cut-off', message, count: Math.max(unlistedCycleCount, unlistedEdgeCount) }];
}

/** Stable over time: a circle that is seen to recurse tomorrow is still the same circle, one whose event became a call is not. */
export function cycleId(cycleClass: CycleClass, services: readonly string[]): string {
  return fingerprint('cycle', 'service', FAMILY[cycleClass], ...services);
}

function breakAt(
  cycleClass: CycleClass,
  services: readonly string[],
  context: ProposalContext,
): readonly BreakProposal[] {
  if (cycleClass === 'self-call') return [];
  if (cycleClass === 'soft') return alreadyFireAndForget(services, context);
  return proposalsFor(services, context);
}

/** In a soft circle nobody waits all the way round. What is left to do is to turn calls nobody waits for into real events. */
function alreadyFireAndForget(services: readonly string[], context: ProposalContext): readonly BreakProposal[] {
  return edgesOf(services).flatMap(([caller, callee]): BreakProposal[] => {
    const { mode, destinations, callSites } = arcBetween(context.graph, caller, callee);
    const unjoinedCount = callSites.reduce((sum, site) => sum + site.unjoinedCount, 0);
    if (mode !== 'async' || destinations.length > 0 || unjoinedCount === 0) return [];
    const waitless = `fire-and-forget already: the caller did not wait in ${counted(unjoinedCount, 'call')}`;
    const { plan } = proposalFor(caller, callee, { ...context, requestUs: 0 });
    const reasons = [waitless, 'as an event it does not need the other side to be up'];
    return [{ caller, callee, reasons, ...(plan === undefined ? {} : { plan }) }];
  });
}

/** Edges on circles of which none is listed. An event between services that wait for one another anyway closes no circle of its own. */
function countUnlistedEdges(full: CycleGraph, sync: CycleGraph, kept: readonly KeptCircle[]): number {
  const listed = new Set(kept.flatMap(({ services }) => edgesOf(services).map((edge) => joinKey(...edge))));
  const componentOf = componentsByNode(sync);
  return full.reduceDirectedEdges((count, key, { mode }, caller, callee) => {
    const isEventInside = mode === 'async' && componentOf.get(caller) === componentOf.get(callee);
    return isEventInside || listed.has(key) ? count : count + 1;
  }, 0);
}

/** The place of each component: largest first, then by name. */
function lettersOfComponents(components: readonly CycleComponent[]): Map<string, number> {
  const distinct = new Map(components.map((component) => [component.key, component]));
  const sorted = [...distinct.values()].sort(
    (one, two) => two.services.length - one.services.length || byText(one.key, two.key),
  );
  return new Map(sorted.map(({ key }, index) => [key, index]));
}

/** `A`, `B`, ... `Z`, `AA`, ... */
function lettersAt(place: number): string {
  let text = '';
  for (let rest = place + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    text = String.fromCharCode(65 + ((rest - 1) % 26)) + text;
  }
  return text;
}

function idsByEdge(cycles: readonly KeptCircle[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const { class: cycleClass, services } of cycles) {
    if (FAMILY[cycleClass] === 'self-call') continue;
    const id = cycleId(cycleClass, services);
    for (const edge of edgesOf(services)) {
      const key = joinKey(...edge);
      const known = ids.get(key);
      if (known === undefined) ids.set(key, [id]);
      else known.push(id);
    }
  }
  return ids;
}

function countByComponent(cycles: readonly KeptCircle[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { class: cycleClass, component } of cycles) {
    const { key } = component;
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
