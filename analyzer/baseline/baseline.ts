import { rotateToSmallest } from 'graphology-cycles';
import type { Analysis } from '../model/analysis.ts';
import type { AcceptedEdge, Baseline, BaselineDependency, BaselineScope } from '../model/baseline.ts';
import type { Policy } from '../model/policy.ts';
import { byText } from '../model/wording.ts';
import { serviceDependencies } from './hard-graph.ts';

export interface BaselineOptions {
  /** The baseline so far: what it holds stays, since traces are a sample and what is unseen today is not gone. */
  readonly previous?: Baseline;
  /** Drops what was not seen this time. Acceptances stay while their call does. */
  readonly prune?: boolean;
}

/** The baseline that accepts everything seen. A check of the same traces against it finds nothing new. */
export function baselineOf(
  analysis: Analysis,
  policy: Policy,
  { previous, prune = false }: BaselineOptions = {},
): Baseline {
  const known = previous === undefined ? undefined : renamedBaseline(previous, policy.aliases);
  const kept = prune ? undefined : known;
  const seen: Baseline = {
    schema: 'ringfence.baseline/1',
    tracesAtLeast: roughly(analysis.traceCount),
    dependencies: serviceDependencies(analysis, policy),
    cycles: hardCycles(analysis),
    accepted: [],
    criticalServices: criticalServices(analysis),
    pciScope: scopeOf(analysis),
  };
  const dependencies = [...(kept?.dependencies ?? []), ...seen.dependencies];
  const present = new Set(dependencies.map(edgeKey));
  return canonical({
    ...seen,
    tracesAtLeast: Math.max(seen.tracesAtLeast, kept?.tracesAtLeast ?? 0),
    dependencies,
    cycles: [...(kept?.cycles ?? []), ...seen.cycles],
    accepted: (known?.accepted ?? []).filter((edge) => !prune || present.has(edgeKey(edge))),
    criticalServices: [...(kept?.criticalServices ?? []), ...seen.criticalServices],
    // The class of today wins over the class of before.
    pciScope: [...(kept?.pciScope ?? []), ...seen.pciScope],
  });
}

/** The baseline with every call of a circle accepted by name. */
export function acceptCycle(
  baseline: Baseline,
  services: readonly string[],
  acceptance: Omit<AcceptedEdge, 'caller' | 'callee'>,
): Baseline {
  const edges = services.map((caller, index) => ({
    caller,
    callee: services[(index + 1) % services.length]!,
    ...acceptance,
  }));
  return canonical({
    ...baseline,
    cycles: [...baseline.cycles, rotateToSmallest(services)],
    accepted: [...baseline.accepted, ...edges],
  });
}

/** The baseline under the new names of the policy. */
export function renamedBaseline(baseline: Baseline, aliases: ReadonlyMap<string, string>): Baseline {
  if (aliases.size === 0) return baseline;
  const nameOf = (id: string): string => newName(id, aliases);
  const renamedEdge = <T extends { readonly caller: string; readonly callee: string }>(edge: T): T => ({
    ...edge,
    caller: nameOf(edge.caller),
    callee: nameOf(edge.callee),
  });
  return canonical({
    ...baseline,
    dependencies: baseline.dependencies.map(renamedEdge),
    // Two names of one service on one circle: the circle was shorter than it looked.
    cycles: baseline.cycles
      .map((services) => services.map(nameOf))
      .filter((services) => new Set(services).size === services.length)
      .map((services) => rotateToSmallest(services)),
    accepted: baseline.accepted.map(renamedEdge),
    criticalServices: baseline.criticalServices.map(nameOf),
    pciScope: baseline.pciScope.map((scope) => ({ ...scope, service: nameOf(scope.service) })),
  });
}

/** By id, or by plain name with the namespace left as it is. */
function newName(id: string, aliases: ReadonlyMap<string, string>): string {
  const byId = aliases.get(id);
  if (byId !== undefined) return byId;
  const nameAt = id.lastIndexOf('/') + 1;
  const byName = aliases.get(id.slice(nameAt));
  return byName === undefined ? id : id.slice(0, nameAt) + byName;
}

/** Sorted, every fact once. Of two that contradict each other sync wins over async, and else the later one. */
function canonical(baseline: Baseline): Baseline {
  const dependencies = new Map<string, BaselineDependency>();
  for (const edge of baseline.dependencies) {
    if (edge.mode === 'sync' || !dependencies.has(edgeKey(edge))) dependencies.set(edgeKey(edge), edge);
  }
  const cycles = new Map(baseline.cycles.map((services) => [services.join('\u0000'), services]));
  const accepted = new Map(baseline.accepted.map((edge) => [edgeKey(edge), edge]));
  const pciScope = new Map(baseline.pciScope.map((scope) => [scope.service, scope]));
  return {
    ...baseline,
    dependencies: sortedValues(dependencies),
    cycles: sortedValues(cycles),
    accepted: sortedValues(accepted),
    criticalServices: [...new Set(baseline.criticalServices)].sort(),
    pciScope: sortedValues(pciScope),
  };
}

function sortedValues<T>(map: ReadonlyMap<string, T>): T[] {
  return [...map].sort(([one], [two]) => byText(one, two)).map(([, value]) => value);
}

export function edgeKey({ caller, callee }: { readonly caller: string; readonly callee: string }): string {
  return `${caller}\u0000${callee}`;
}

function hardCycles(analysis: Analysis): (readonly string[])[] {
  return analysis.cycles
    .filter((cycle) => cycle.class !== 'soft' && cycle.class !== 'self-call')
    .map(({ services }) => services);
}

/** Services on the critical path of some entry point, presumed ones included. */
export function criticalServices(analysis: Analysis): string[] {
  return analysis.services
    .filter(
      ({ kind, criticalPath: { verdict } }) =>
        kind === 'service' && (verdict === 'critical-path' || verdict === 'presumed'),
    )
    .map(({ id }) => id);
}

/** Whatever is in PCI scope, with its class. */
export function scopeOf(analysis: Analysis): BaselineScope[] {
  return analysis.services.flatMap(({ id, pci }): BaselineScope[] =>
    pci.class === 'indirect' || pci.class === 'not-observed' ? [] : [{ service: id, class: pci.class }],
  );
}

/** The next lower of 1, 2, 5, 10, 20, 50, ... */
function roughly(count: number): number {
  if (count < 1) return 0;
  const power = 10 ** (String(Math.floor(count)).length - 1);
  return [5, 2, 1].map((step) => step * power).find((rough) => rough <= count)!;
}
