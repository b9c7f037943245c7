import { DirectedGraph } from 'graphology';
import { stronglyConnectedComponents } from 'graphology-cycles';
import type { Policy } from '../model/policy.ts';
import type { CallSiteRollup, Rollup } from '../rollup/rollup.ts';
import { mayBeInCycle, type DependencyGraph } from './dependency-graph.ts';

/** Services only, joined by the calls and events that can close a circle. */
export type CycleGraph = DirectedGraph<object, CycleArc>;

export interface CycleArc {
  readonly mode: 'sync' | 'async';
  callCount: number;
  /** Smallest first, at most three. */
  readonly traceIds: readonly string[];
  readonly callSites: readonly CallSiteRollup[];
  /** Time on the critical path of any entry, in microseconds. */
  readonly criticalUs: number;
  /** The topics and queues it passes; empty for a call. */
  readonly destinations: string[];
}

/**
 * The part of the dependency graph that circles are looked for in. A topic or queue is contracted to the pairs of producer and
 * consumer that are known to have exchanged a message: two services do not form a circle because they share a topic. Arcs
 * seen in fewer traces than the policy asks for are left out.
 */
export function cycleGraph(graph: DependencyGraph, rollup: Rollup, { minTraces }: Policy): CycleGraph {
  const cyclic: CycleGraph = new DirectedGraph({ allowSelfLoops: true });
  graph.forEachNode((id, node) => {
    if (mayBeInCycle(node)) cyclic.addNode(id);
  });
  graph.forEachDirectedEdge((_key, { seen }, caller, callee) => {
    if (!cyclic.hasNode(caller) || !cyclic.hasNode(callee)) return;
    // Sorted: sync before async.
    const strongest = seen.find(({ mode, traceCount }) => mode !== 'data' && traceCount >= minTraces);
    if (strongest === undefined) return;
    cyclic.addDirectedEdge(caller, callee, {
      mode: strongest.mode === 'sync' ? 'sync' : 'async',
      callCount: strongest.callCount,
      traceIds: strongest.traceIds,
      callSites: [...strongest.callSites.values()],
      criticalUs: strongest.criticalUs,
      destinations: [],
    });
  });
  for (const key of [...rollup.viaDestinations.keys()].sort()) {
    const { producer, consumer, destination, callCount, traceCount, traceIds } = rollup.viaDestinations.get(key)!;
    if (traceCount < minTraces || !cyclic.hasNode(producer) || !cyclic.hasNode(consumer)) continue;
    const arc = cyclic.directedEdge(producer, consumer);
    if (arc === undefined) {
      const destinations = [destination];
      const none = { callSites: [], criticalUs: 0 };
      cyclic.addDirectedEdge(producer, consumer, { mode: 'async', callCount, traceIds, destinations, ...none });
      continue;
    }
    const known = cyclic.getEdgeAttributes(arc);
    if (known.mode === 'async') known.callCount += callCount;
    known.destinations.push(destination);
  }
  return cyclic;
}

/** The same without events: what is left is a circle in which everyone waits. */
export function onlySync(graph: CycleGraph): CycleGraph {
  const sync: CycleGraph = new DirectedGraph({ allowSelfLoops: true });
  graph.forEachNode((id) => sync.addNode(id));
  graph.forEachDirectedEdge((_key, arc, caller, callee) => {
    if (arc.mode === 'sync') sync.addDirectedEdge(caller, callee, arc);
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
