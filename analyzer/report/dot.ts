import type { NodeKind } from '../model/analysis.ts';
import type { Report } from './report.ts';
import { printable } from './text.ts';

/** The map for Graphviz: `ringfence analyze … --format dot | dot -Tsvg`. */
export const dot: Report = ({ services, dependencies }) => {
  const lines = ['digraph ringfence {', '  rankdir=TB;', '  node [fontname="sans-serif", shape=box];'];
  const cde = services.filter(({ pci }) => pci.class === 'cde');
  if (cde.length > 0) {
    lines.push('  subgraph cluster_cde {', '    label="CDE"; color="#0B5FA5"; peripheries=2;');
    for (const { id } of cde) lines.push(`    ${quoted(id)};`);
    lines.push('  }');
  }
  for (const { id, kind, criticalPath } of services) {
    const attributes = [`shape=${SHAPES[kind]}`];
    if (criticalPath.verdict === 'critical-path' || criticalPath.verdict === 'presumed')
      attributes.push('color="#B84A00"');
    lines.push(`  ${quoted(id)} [${attributes.join(', ')}];`);
  }
  for (const { caller, callee, mode, inCycle, callCount } of dependencies) {
    const attributes = [`label="${callCount}"`];
    if (mode === 'async') attributes.push('style=dashed', 'arrowhead=empty');
    if (inCycle) attributes.push('color="#B0457B"', 'penwidth=2');
    lines.push(`  ${quoted(caller)} -> ${quoted(callee)} [${attributes.join(', ')}];`);
  }
  return `${lines.join('\n')}\n}\n`;
};

const SHAPES: Readonly<Record<NodeKind, string>> = {
  service: 'box',
  database: 'cylinder',
  destination: 'cds',
  external: 'component',
  'unknown-caller': 'plain',
};

/** A DOT string: only the quote and the backslash mean anything inside. */
function quoted(text: string): string {
  return `"${printable(text).replace(/["\\]/g, (character) => `\\${character}`)}"`;
}
