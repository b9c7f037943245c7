import { rotateToSmallest } from 'graphology-cycles';
import type { Analysis } from '../model/analysis.ts';
import type { Baseline, BaselineCall, BaselineDependency, BaselineScope } from '../model/baseline.ts';
import type { Policy } from '../model/policy.ts';
import { byText } from '../model/wording.ts';
import { serviceDependencies } from './hard-graph.ts';

interface BaselineOptions {
  /** The baseline so far: what it holds stays, since traces are a sample and what is unseen today is not gone. */
  readonly previous?: Baseline;
}

/** What is known before anything was seen. */
export const EMPTY_BASELINE: Baseline = {
  schema: 'ringfence.baseline/1',
  tracesAtLeast: 0,
  dependencies: [],
  cycles: [],
  accepted: [],
  criticalServices: [],
  pciScope: [],
  cdeDependencies: [],
  externalPeers: [],
};

/** The baseline that accepts everything seen. A check of the same traces against it finds nothing new. */
export function baselineOf(analysis: Analysis, policy: Policy, { previous }: BaselineOptions = {}): Baseline {
  const known = previous === undefined ? undefined : renamedBaseline(previous, policy.aliases);
  const seen: Baseline = {
    schema: 'ringfence.baseline/1',
    tracesAtLeast: roughly(analysis.traceCount),
    dependencies: serviceDependencies(analysis, policy),
    cycles: hardCycles(analysis),
    accepted: [],
    criticalServices: criticalServices(analysis),
    pciScope: scopeOf(analysis),
    cdeDependencies: cdeDependencies(analysis),
    externalPeers: externalPeers(analysis),
  };
  // The class of today wins over the class of before.
  return known === undefined ? canonical(seen) : bothBaselines(known, seen);
}

/** What two baselines know together. Where they contradict each other in an acceptance or a class, the second wins. */
export function bothBaselines(one: Baseline, other: Baseline): Baseline {
  return canonical({
    schema: one.schema,
    tracesAtLeast: Math.max(one.tracesAtLeast, other.tracesAtLeast),
    dependencies: [...one.dependencies, ...other.dependencies],
    cycles: [...one.cycles, ...other.cycles],
    accepted: [...one.accepted, ...other.accepted],
    criticalServices: [...one.criticalServices, ...other.criticalServices],
    pciScope: [...one.pciScope, ...other.pciScope],
    cdeDependencies: [...one.cdeDependencies, ...other.cdeDependencies],
    externalPeers: [...one.externalPeers, ...other.externalPeers],
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
    cdeDependencies: baseline.cdeDependencies.map(renamedEdge),
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

/** Sorted, every fact once, whatever two baselines were put together. Of two that contradict each other sync wins over async, and else the later one. */
export function canonical(baseline: Baseline): Baseline {
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
    cdeDependencies: sortedValues(new Map(baseline.cdeDependencies.map((call) => [edgeKey(call), call]))),
    externalPeers: [...new Set(baseline.externalPeers)].sort(),
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

/** Who reaches from outside into the cardholder data environment. */
export function cdeDependencies(analysis: Analysis): BaselineCall[] {
  const isCde = new Set(analysis.services.filter(({ pci }) => pci.class === 'cde').map(({ id }) => id));
  const calls = analysis.dependencies
    .filter(({ caller, callee }) => isCde.has(callee) && !isCde.has(caller))
    .map(({ caller, callee }) => ({ caller, callee }));
  return [...new Map(calls.map((call) => [edgeKey(call), call])).values()];
}

export function externalPeers(analysis: Analysis): string[] {
  return analysis.services.filter(({ kind }) => kind === 'external').map(({ id }) => id);
}

/** The next lower of 1, 2, 5, 10, 20, 50, ... */
function roughly(count: number): number {
  if (count < 1) return 0;
  const power = 10 ** (String(Math.floor(count)).length - 1);
  return [5, 2, 1].map((step) => step * power).find((rough) => rough <= count)!;
}
