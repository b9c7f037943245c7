import type {
  AnalyzedCycle,
  AnalyzedDependency,
  AnalyzedService,
  Analysis,
  Finding,
} from '../../analyzer/model/analysis.ts';
import type { TerritoryLink, TerritoryNode } from '../layout/arrangement.ts';
import { plainName } from './format.ts';
import { groupsOf } from './groups.ts';

/** Everything the views ask of an analysis again and again, looked up once. */
export interface Lookup {
  readonly analysis: Analysis;
  readonly services: ReadonlyMap<string, AnalyzedService>;
  /** By caller, strongest first. */
  readonly callees: ReadonlyMap<string, readonly AnalyzedDependency[]>;
  /** By callee, strongest first. */
  readonly callers: ReadonlyMap<string, readonly AnalyzedDependency[]>;
  readonly cycles: ReadonlyMap<string, readonly AnalyzedCycle[]>;
  /** Letters of the components a service is in: `A`. */
  readonly letters: ReadonlyMap<string, string>;
  /** `caller\ncallee` of the first proposal of every circle that blocks: where to cut. */
  readonly cuts: ReadonlySet<string>;
  /** The same of every circle, soft ones too: these calls may point up. */
  readonly backward: ReadonlySet<string>;
  readonly cycleLinks: ReadonlySet<string>;
  /** Services on any circle, listed or not. */
  readonly inCircle: ReadonlySet<string>;
  /** Services along the heaviest way from the busiest entry point, numbered from 1. */
  readonly steps: ReadonlyMap<string, number>;
  /** The dependencies between those. */
  readonly stepLinks: ReadonlySet<string>;
  /** Dependencies between the CDE and the rest, numbered from 1. */
  readonly crossings: ReadonlyMap<string, number>;
  readonly findings: ReadonlyMap<string, Finding>;
  /** Name of the group each service stands in. */
  readonly groups: ReadonlyMap<string, string>;
}

/** One line of the map: all modes between two services together. */
export interface Link {
  readonly key: string;
  readonly caller: string;
  readonly callee: string;
  readonly mode: AnalyzedDependency['mode'];
  readonly callCount: number;
  readonly criticalShare: number;
  readonly crossesCde: boolean;
}

export function linkKey(caller: string, callee: string): string {
  return `${caller}\n${callee}`;
}

export function lookupOf(seen: Analysis): Lookup {
  const analysis = seen.spanCount === 0 ? withoutPeers(seen) : seen;
  const callees = new Map<string, AnalyzedDependency[]>();
  const callers = new Map<string, AnalyzedDependency[]>();
  for (const dependency of analysis.dependencies) {
    push(callees, dependency.caller, dependency);
    push(callers, dependency.callee, dependency);
  }
  for (const list of [...callees.values(), ...callers.values()])
    list.sort(
      (a, b) => b.callCount - a.callCount || (linkKey(a.caller, a.callee) < linkKey(b.caller, b.callee) ? -1 : 1),
    );
  const cycles = new Map<string, AnalyzedCycle[]>();
  const letters = new Map<string, string>();
  const cuts = new Set<string>();
  const backward = new Set<string>();
  const cycleLinks = new Set<string>();
  for (const cycle of analysis.cycles) {
    for (const id of cycle.services) {
      push(cycles, id, cycle);
      letters.set(id, cycle.component);
    }
    for (const edge of cycle.edges) cycleLinks.add(linkKey(edge.caller, edge.callee));
    const cut = cycle.breakAt[0];
    if (cut !== undefined) backward.add(linkKey(cut.caller, cut.callee));
    // A soft circle has a queue in it already: nothing to cut.
    if (cut !== undefined && cycle.class !== 'soft') cuts.add(linkKey(cut.caller, cut.callee));
  }
  const crossings = new Map<string, number>();
  for (const dependency of analysis.dependencies) {
    const key = linkKey(dependency.caller, dependency.callee);
    if (dependency.crossesCde && !crossings.has(key)) crossings.set(key, crossings.size + 1);
  }
  const steps = stepsOf(analysis, callees);
  const way = [...steps.keys()];
  return {
    analysis,
    services: new Map(analysis.services.map((service) => [service.id, service])),
    callees,
    callers,
    cycles,
    letters,
    cuts,
    backward,
    cycleLinks,
    inCircle: new Set(analysis.dependencies.flatMap((each) => (each.inCycle ? [each.caller, each.callee] : []))),
    steps,
    stepLinks: new Set(way.slice(1).map((id, place) => linkKey(way[place]!, id))),
    crossings,
    findings: new Map(analysis.findings.map((finding) => [finding.id, finding])),
    groups: groupsOf(analysis, isPeerOnly),
  };
}

/** Lines to draw: one per pair, its modes joined (sync wins over data over async), sorted by key. */
export function linksOf(analysis: Analysis): Link[] {
  const byKey = new Map<string, Link>();
  for (const dependency of analysis.dependencies) {
    if (dependency.caller === dependency.callee) continue;
    const key = linkKey(dependency.caller, dependency.callee);
    const known = byKey.get(key);
    byKey.set(key, {
      key,
      caller: dependency.caller,
      callee: dependency.callee,
      mode: known === undefined ? dependency.mode : strongerMode(known.mode, dependency.mode),
      callCount: (known?.callCount ?? 0) + dependency.callCount,
      criticalShare: Math.max(known?.criticalShare ?? 0, dependency.criticalShare ?? 0),
      crossesCde: (known?.crossesCde ?? false) || dependency.crossesCde,
    });
  }
  return [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** A list of dependencies has no spans at all: there nobody is told from those that send none. */
function withoutPeers(analysis: Analysis): Analysis {
  return {
    ...analysis,
    services: analysis.services.map((service) => ({ ...service, spanCount: Math.max(1, service.callCount) })),
  };
}

/** Seen only as somebody's peer: it sends no spans of its own. */
export function isPeerOnly(service: AnalyzedService): boolean {
  return service.kind !== 'service' || service.spanCount === 0;
}

/** What the territory layout wants to know; `labelWidth` measures what a box has to say. */
export function territoryInput(
  lookup: Lookup,
  labelWidth: (service: AnalyzedService) => number = ({ id }) => 24 + plainName(id).length * 8,
): { nodes: TerritoryNode[]; links: TerritoryLink[] } {
  return {
    nodes: lookup.analysis.services.map((service) => ({
      id: service.id,
      group: lookup.groups.get(service.id)!,
      isSink: service.kind !== 'unknown-caller' && isPeerOnly(service),
      labelWidth: labelWidth(service),
    })),
    links: linksOf(lookup.analysis).map((link) => ({
      caller: link.caller,
      callee: link.callee,
      isBackward: lookup.backward.has(link.key),
      isEvent: link.mode === 'async',
    })),
  };
}

/** From the busiest entry point always along the call with the largest critical share, until it comes back or ends. */
function stepsOf(analysis: Analysis, callees: ReadonlyMap<string, readonly AnalyzedDependency[]>): Map<string, number> {
  const steps = new Map<string, number>();
  const entry = [...analysis.entryPoints].sort(
    (a, b) => b.traceCount * b.p50Us - a.traceCount * a.p50Us || (a.service < b.service ? -1 : 1),
  )[0];
  if (entry === undefined || entry.criticalShare.length === 0) return steps;
  let at: string | undefined = entry.service;
  while (at !== undefined && !steps.has(at)) {
    steps.set(at, steps.size + 1);
    let next: AnalyzedDependency | undefined;
    for (const dependency of callees.get(at) ?? []) {
      if ((dependency.criticalShare ?? 0) <= 0 || steps.has(dependency.callee)) continue;
      if (next === undefined || dependency.criticalShare! > next.criticalShare!) next = dependency;
    }
    at = next?.callee;
  }
  return steps.size > 1 ? steps : new Map<string, number>();
}

function strongerMode(a: Link['mode'], b: Link['mode']): Link['mode'] {
  const rank = { sync: 0, data: 1, async: 2 };
  return rank[a] <= rank[b] ? a : b;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else if (list.at(-1) !== value) list.push(value);
}
