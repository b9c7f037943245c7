import { DirectedGraph } from 'graphology';
import { stronglyConnectedComponents } from 'graphology-cycles';
import type { Analysis } from '../model/analysis.ts';
import type { BaselineDependency } from '../model/baseline.ts';
import type { Policy } from '../model/policy.ts';

/** Who waits for whom, among services. */
export type HardGraph = DirectedGraph;

/**
 * The calls and events between services that a circle may be made of: the same that the analysis looks for circles in. Calls
 * seen in fewer traces than the policy asks for are not among them, so a circle is judged new when it first counts.
 */
export function serviceDependencies(analysis: Analysis, { minTraces }: Policy): BaselineDependency[] {
  const services = new Set(
    analysis.services
      .filter(({ kind, name }) => kind === 'service' && !name.startsWith('unknown_service'))
      .map(({ id }) => id),
  );
  const kept: BaselineDependency[] = [];
  // Sorted by caller, callee and mode: of a pair with both modes, sync is the later and stays.
  for (const { caller, callee, mode, traceCount } of analysis.dependencies) {
    if (mode === 'data' || traceCount < minTraces || !services.has(caller) || !services.has(callee)) continue;
    const last = kept.at(-1);
    if (last?.caller === caller && last.callee === callee) kept.pop();
    kept.push({ caller, callee, mode });
  }
  return kept;
}

export function hardGraph(dependencies: Iterable<BaselineDependency>): HardGraph {
  const graph: HardGraph = new DirectedGraph();
  for (const { caller, callee, mode } of dependencies) {
    // A service that calls itself is listed by the analysis, but it is no circle of services.
    if (mode === 'sync' && caller !== callee) graph.mergeDirectedEdge(caller, callee);
  }
  return graph;
}

/** The component of each service that is in one with others. */
export function componentsOf(graph: HardGraph): Map<string, readonly string[]> {
  const componentOf = new Map<string, readonly string[]>();
  for (const component of stronglyConnectedComponents(graph)) {
    if (component.length > 1) for (const service of component) componentOf.set(service, component);
  }
  return componentOf;
}
