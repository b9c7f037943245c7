import type { AnalyzedDependency, AnalyzedService, Analysis, PciClass } from '../model/analysis.ts';
import { node } from './mermaid.ts';

/** A connection in the data-flow diagram, by the number it has there and in the table beside it. */
export interface ScopeFlow {
  readonly number: number;
  readonly dependency: AnalyzedDependency;
}

export interface ScopeFlows {
  /** Every node of the diagram, by id. */
  readonly nodes: readonly AnalyzedService[];
  readonly flows: readonly ScopeFlow[];
  /** Connections that do not fit into one diagram; they are in the table of no report, so the count is stated. */
  readonly leftOutCount: number;
}

/** Mermaid draws at most 500 edges by default (mermaid-js/mermaid#5086). */
const MOST_FLOWS = 500;

export const IN_SCOPE: ReadonlySet<PciClass> = new Set<PciClass>(['cde', 'connected-to', 'security-impacting']);

/** A peer that sends no spans: somebody else's system, or one of ours that is not instrumented. */
export function isOutside(service: AnalyzedService | undefined): boolean {
  return service?.kind === 'external' || (service?.kind === 'service' && service.spanCount === 0);
}

/**
 * The part of the system that an assessor looks at: what is in scope, third parties that it calls, and callers without spans
 * that reach into the CDE. Connections of the CDE come first, so those are the ones that are never left out.
 */
export function scopeFlows({ services, dependencies }: Analysis): ScopeFlows {
  const byId = new Map(services.map((service) => [service.id, service]));
  const isInScope = (id: string) => IN_SCOPE.has(byId.get(id)?.pci.class ?? 'not-observed');
  const isInCde = (id: string) => byId.get(id)?.pci.class === 'cde';
  const belongs = ({ caller, callee }: AnalyzedDependency) => {
    if (isInScope(caller)) return isInScope(callee) || isOutside(byId.get(callee));
    return isInCde(callee) && byId.get(caller)?.kind === 'unknown-caller';
  };
  const touchesCde = ({ caller, callee }: AnalyzedDependency) => isInCde(caller) || isInCde(callee);
  const all = dependencies.filter(belongs);
  // Stable: by caller, callee and mode within each half.
  const ordered = [...all.filter(touchesCde), ...all.filter((edge) => !touchesCde(edge))];
  const flows = ordered.slice(0, MOST_FLOWS).map((dependency, at) => ({ number: at + 1, dependency }));
  const drawn = new Set(flows.flatMap(({ dependency: { caller, callee } }) => [caller, callee]));
  return {
    nodes: services.filter(({ id }) => drawn.has(id) || isInScope(id)),
    flows,
    leftOutCount: ordered.length - flows.length,
  };
}

/** The data-flow diagram as Mermaid: the CDE fenced, connections numbered, those that carried card data drawn thick. */
export function flowDiagram({ nodes, flows }: ScopeFlows): string {
  const ids = new Map(nodes.map(({ id }, at) => [id, `n${at}`]));
  const lines = ['flowchart LR'];
  for (const [title, belongs] of DIAGRAM_PARTS) {
    const members = nodes.filter(belongs);
    if (members.length === 0) continue;
    lines.push(`  subgraph ${title}`);
    for (const { id, kind } of members) lines.push(`    ${node(ids.get(id)!, id, kind)}`);
    lines.push('  end');
  }
  for (const { number, dependency } of flows) {
    const { caller, callee, mode, cardEvidenceCount } = dependency;
    const arrow = cardEvidenceCount > 0 ? '==>' : mode === 'async' ? '-.->' : '-->';
    lines.push(`  ${ids.get(caller)!} ${arrow}|${number}| ${ids.get(callee)!}`);
  }
  return lines.join('\n');
}

/** In the order of the diagram; each node is in the first part that takes it. */
const DIAGRAM_PARTS: readonly (readonly [title: string, belongs: (service: AnalyzedService) => boolean])[] = [
  ['outside["outside, no spans"]', ({ kind }) => kind === 'unknown-caller'],
  ['cde["cardholder data environment"]', ({ kind, pci }) => kind !== 'unknown-caller' && pci.class === 'cde'],
  ['third["third parties, or without spans"]', (service) => isOutside(service) && service.pci.class !== 'cde'],
  ['impacting["security-impacting"]', (service) => !isOutside(service) && service.pci.class === 'security-impacting'],
  ['connected["connected to it"]', (service) => !isOutside(service) && service.pci.class === 'connected-to'],
];
