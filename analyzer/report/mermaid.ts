import type { AnalyzedDependency, NodeKind } from '../model/analysis.ts';
import type { Report } from './report.ts';
import { printable } from './text.ts';

/** Mermaid draws at most 500 edges by default (mermaid-js/mermaid#5086). */
const MOST_EDGES = 500;

/** The map as a Mermaid flowchart: circles, the PCI fence and asynchronous calls marked. */
export const mermaid: Report = ({ services, dependencies }) => {
  const drawn = [...dependencies].sort(byWeight).slice(0, MOST_EDGES).sort(byNames);
  const named = new Set(drawn.flatMap(({ caller, callee }) => [caller, callee]));
  const shown = services.filter(({ id }) => named.has(id) || drawn.length === dependencies.length);
  const ids = new Map(shown.map(({ id }, at) => [id, `n${at}`]));
  const lines = ['flowchart TD'];
  if (drawn.length < dependencies.length) {
    lines.push(`  %% drawn ${drawn.length} of ${dependencies.length} dependencies: cyclic and most called first`);
  }
  const cde = shown.filter(({ pci }) => pci.class === 'cde');
  for (const { id, kind, pci } of shown) if (pci.class !== 'cde') lines.push(`  ${node(ids.get(id)!, id, kind)}`);
  if (cde.length > 0) {
    lines.push('  subgraph CDE');
    for (const { id, kind } of cde) lines.push(`    ${node(ids.get(id)!, id, kind)}`);
    lines.push('  end');
  }
  const cyclic: number[] = [];
  for (const [at, { caller, callee, mode, inCycle }] of drawn.entries()) {
    if (inCycle) cyclic.push(at);
    lines.push(`  ${ids.get(caller)!} ${mode === 'async' ? '-.->' : '-->'} ${ids.get(callee)!}`);
  }
  if (cyclic.length > 0) lines.push(`  linkStyle ${cyclic.join(',')} stroke:#B0457B,stroke-width:3px`);
  return `${lines.join('\n')}\n`;
};

export function node(shortId: string, id: string, kind: NodeKind): string {
  const [open, close] = SHAPES[kind];
  return `${shortId}${open}"${label(id)}"${close}`;
}

const SHAPES: Readonly<Record<NodeKind, readonly [open: string, close: string]>> = {
  service: ['[', ']'],
  database: ['[(', ')]'],
  destination: ['([', '])'],
  external: ['{{', '}}'],
  'unknown-caller': ['((', '))'],
};

/**
 * Mermaid reads entity codes inside quotes; everything that is markup to it or to HTML becomes one. Directives (`%%{init…}%%`)
 * count even inside quotes, and so do formulas (`$$`).
 */
export function label(text: string): string {
  return printable(text).replace(/["&<>#;`\\%{}$]/g, (character) => `#${character.charCodeAt(0)};`);
}

function byWeight(a: AnalyzedDependency, b: AnalyzedDependency): number {
  return Number(b.inCycle) - Number(a.inCycle) || b.callCount - a.callCount || byNames(a, b);
}

function byNames(a: AnalyzedDependency, b: AnalyzedDependency): number {
  const [one, other] = [`${a.caller}\u0000${a.callee}\u0000${a.mode}`, `${b.caller}\u0000${b.callee}\u0000${b.mode}`];
  return one < other ? -1 : one > other ? 1 : 0;
}
