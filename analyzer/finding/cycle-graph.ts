import { DirectedGraph } from 'graphology';
import { compressEdges, stronglyConnectedComponents } from 'graphology-cycles';
import type { Policy } from '../model/policy.ts';
import { joinKey, type CallSiteRollup, type DependencyRollup, type Rollup } from '../rollup/rollup.ts';
import { mayBeInCycle, type DependencyGraph } from './dependency-graph.ts';
import { ownOffPath } from './own-off-path.ts';

/** Services that lie on circles, joined by the calls and events that those circles are made of. */
export type CycleGraph = DirectedGraph<object, CycleArc>;

export interface CycleArc {
  readonly mode: 'sync' | 'async';
  callCount: number;
  /** Smallest first, at most three. */
  readonly traceIds: readonly string[];
  readonly callSites: readonly CycleSite[];
  /** Time on the critical path of any entry, in microseconds. */
  readonly criticalUs: number;
  /** The topics and queues it passes; empty for a call. */
  readonly destinations: string[];
}

export interface CycleSite extends CallSiteRollup {
  /** Counts only what is off the path by itself: see `ownOffPath`. */
  readonly offPathCount: number;
  /** The operation was never seen to call another service: what it answers is the callee's own. */
  readonly answersAlone: boolean;
}

interface CandidateArc extends Omit<CycleArc, 'callSites'> {
  readonly caller: string;
  readonly callee: string;
  readonly callSites: readonly CallSiteRollup[];
}

/**
 * The part of the dependency graph that lies on circles: what runs inside a strongly connected component, and services that call
 * themselves. A topic or queue is contracted to the pairs of producer and consumer that are known to have exchanged a message:
 * two services do not form a circle because they share a topic. Arcs seen in fewer traces than the policy asks for are left out.
 */
export function cycleGraph(graph: DependencyGraph, rollup: Rollup, policy: Policy): CycleGraph {
  const arcs = candidateArcs(graph, rollup, policy);
  const componentOf = componentsOfArcs(arcs);
  const cyclic: CycleGraph = new DirectedGraph({ allowSelfLoops: true });
  const inside = [...arcs].filter(([, { caller, callee }]) => componentOf.get(caller) === componentOf.get(callee));
  const offPathOf = ownOffPath(rollup, new Set(inside.map(([, { caller }]) => caller)));
  const calling = callingOperations(rollup, new Set(inside.map(([, { callee }]) => callee)));
  for (const [key, { caller, callee, ...arc }] of inside) {
    const callSites = arc.callSites.map((site) => ({
      ...site,
      offPathCount: offPathOf(caller, site),
      answersAlone: !calling.has(joinKey(callee, site.calleeOperation)),
    }));
    cyclic.mergeNode(caller);
    cyclic.mergeNode(callee);
    cyclic.addDirectedEdgeWithKey(key, caller, callee, { ...arc, callSites });
  }
  return cyclic;
}

/** `joinKey(service, operation)` of the operations that call other services. */
function callingOperations({ nodes, dependencies }: Rollup, services: ReadonlySet<string>): Set<string> {
  const calling = new Set<string>();
  for (const { caller, callee, mode, callSites } of dependencies.values()) {
    if (mode !== 'sync' || !services.has(caller) || nodes.get(callee)?.kind !== 'service') continue;
    for (const { callerOperation } of callSites.values()) calling.add(joinKey(caller, callerOperation));
  }
  return calling;
}

/** Every arc that might lie on a circle, by `joinKey(caller, callee)`. */
function candidateArcs(graph: DependencyGraph, rollup: Rollup, { minTraces }: Policy): Map<string, CandidateArc> {
  const mayBe = new Set(graph.filterNodes((_id, node) => mayBeInCycle(node)));
  const arcs = new Map<string, CandidateArc>();
  graph.forEachDirectedEdge((key, { seen }, caller, callee) => {
    if (!mayBe.has(caller) || !mayBe.has(callee)) return;
    // Sorted: sync before async.
    const strongest = seen.find(({ mode, traceCount }) => mode !== 'data' && traceCount >= minTraces);
    if (strongest !== undefined) arcs.set(key, arcOf(strongest));
  });
  for (const via of [...rollup.viaDestinations.keys()].sort()) {
    const { producer, consumer, destination, callCount, traceCount, traceIds } = rollup.viaDestinations.get(via)!;
    if (traceCount < minTraces || !mayBe.has(producer) || !mayBe.has(consumer)) continue;
    const key = joinKey(producer, consumer);
    const known = arcs.get(key);
    if (known === undefined) {
      const ends = { caller: producer, callee: consumer };
      const none = { callSites: [], criticalUs: 0 };
      arcs.set(key, { ...ends, mode: 'async', callCount, traceIds, destinations: [destination], ...none });
      continue;
    }
    if (known.mode === 'async') known.callCount += callCount;
    known.destinations.push(destination);
  }
  return arcs;
}

function arcOf({ caller, callee, mode, callCount, traceIds, callSites, criticalUs }: DependencyRollup): CandidateArc {
  const sites = [...callSites.values()];
  const arcMode = mode === 'sync' ? 'sync' : 'async';
  return { caller, callee, mode: arcMode, callCount, traceIds, callSites: sites, criticalUs, destinations: [] };
}

/** A number for each service, the same for those of one component. */
function componentsOfArcs(arcs: ReadonlyMap<string, CandidateArc>): Map<string, number> {
  const numberOf = new Map<string, number>();
  const numbered = (service: string): number => {
    const known = numberOf.get(service);
    if (known !== undefined) return known;
    numberOf.set(service, numberOf.size);
    return numberOf.size - 1;
  };
  const callers: number[] = [];
  const callees: number[] = [];
  for (const { caller, callee } of arcs.values()) {
    callers.push(numbered(caller));
    callees.push(numbered(callee));
  }
  const componentOf = new Map<string, number>();
  const keys = [...numberOf.keys()];
  stronglyConnectedComponents(compressEdges(callers, callees, keys.length, keys)).forEach((component, index) => {
    for (const service of component) componentOf.set(service, index);
  });
  return componentOf;
}

/** The same without events: what is left is a circle in which everyone waits. */
export function onlySync(graph: CycleGraph): CycleGraph {
  const sync: CycleGraph = new DirectedGraph({ allowSelfLoops: true });
  graph.forEachNode((id) => sync.addNode(id));
  graph.forEachDirectedEdge((key, arc, caller, callee) => {
    if (arc.mode === 'sync') sync.addDirectedEdgeWithKey(key, caller, callee, arc);
  });
  return sync;
}

/** The strongly connected component of each service, sorted; a service on no circle is one of its own. */
export function componentsByNode(graph: CycleGraph): Map<string, readonly string[]> {
  const componentOf = new Map<string, readonly string[]>();
  for (const component of stronglyConnectedComponents(graph)) {
    for (const service of component) componentOf.set(service, component);
  }
  return componentOf;
}

export function arcBetween(graph: CycleGraph, caller: string, callee: string): CycleArc {
  return graph.getEdgeAttributes(graph.edge(caller, callee)!);
}
