import { compressEdges, stronglyConnectedComponents, type CompressedGraph } from 'graphology-cycles';
import type { Analysis } from '../model/analysis.ts';
import type { BaselineDependency } from '../model/baseline.ts';
import type { Policy } from '../model/policy.ts';

/**
 * Who waits for whom, among services, for looking from a service both ways. Services are numbered in the order of their names,
 * so the smaller number is the first by name.
 */
export interface HardGraph {
  readonly services: readonly string[];
  readonly numberOf: ReadonlyMap<string, number>;
  readonly calls: CompressedGraph;
  /** The same edges from callee to caller. */
  readonly callers: CompressedGraph;
}

type Call = Pick<BaselineDependency, 'caller' | 'callee'>;

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

/** The calls that somebody waits for. A service that calls itself is listed by the analysis, but it is no circle of services. */
export function hardCalls(dependencies: readonly BaselineDependency[]): BaselineDependency[] {
  return dependencies.filter(({ caller, callee, mode }) => mode === 'sync' && caller !== callee);
}

export function hardGraph(calls: readonly Call[]): HardGraph {
  const services = [...new Set(calls.flatMap(({ caller, callee }) => [caller, callee]))].sort();
  const numberOf = new Map(services.map((service, number) => [service, number]));
  const from = calls.map(({ caller }) => numberOf.get(caller)!);
  const to = calls.map(({ callee }) => numberOf.get(callee)!);
  return {
    services,
    numberOf,
    calls: compressEdges(from, to, services.length, services),
    callers: compressEdges(to, from, services.length, services),
  };
}

/** The component of each service that is in one with others. */
export function componentsOf(calls: readonly Call[]): Map<string, readonly string[]> {
  const componentOf = new Map<string, readonly string[]>();
  for (const component of stronglyConnectedComponents(hardGraph(calls).calls)) {
    if (component.length > 1) for (const service of component) componentOf.set(service, component);
  }
  return componentOf;
}
