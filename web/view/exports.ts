import type { Analysis } from '../../analyzer/model/analysis.ts';
import { plainName } from './format.ts';
import type { Scene } from './scene.ts';

/** The visible part of the map, and its tables, as text for other tools. Pure; names are escaped for each of them. */

/** Mermaid draws no more than this by default (mermaid-js/mermaid#5086). */
const mermaidLinks = 500;
const mermaidCharacters = 50_000;

/** The boxes and links that are drawn, as a Mermaid flowchart; what does not fit its limits is counted in a comment. */
export function mermaidOf(scene: Scene): string {
  const { nodes, links } = graphOf(scene);
  const numbers = new Map(nodes.map(({ id }, place) => [id, `n${place}`]));
  const lines = nodes.map(({ id, name }) => `  ${numbers.get(id)!}["${mermaidLabel(name)}"]`);
  let characters = lines.join('\n').length + 200;
  let drawnCount = 0;
  for (const { caller, callee, isAsync } of links.slice(0, mermaidLinks)) {
    const line = `  ${numbers.get(caller)!} ${isAsync ? '-.->' : '-->'} ${numbers.get(callee)!}`;
    if (characters + line.length > mermaidCharacters) break;
    characters += line.length + 1;
    lines.push(line);
    drawnCount++;
  }
  return ['flowchart TD', `  %% drawn ${drawnCount} of ${scene.linkTotal} links`, ...lines, ''].join('\n');
}

/** The same for Graphviz. */
export function dotOf(scene: Scene): string {
  const { nodes, links } = graphOf(scene);
  return [
    'digraph ringfence {',
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    ...nodes.map(({ id, name }) => `  ${quoted(id)} [label=${quoted(name)}];`),
    ...links.map(
      ({ caller, callee, isAsync }) => `  ${quoted(caller)} -> ${quoted(callee)}${isAsync ? ' [style=dashed]' : ''};`,
    ),
    '}',
    '',
  ].join('\n');
}

export function linksCsv({ dependencies }: Analysis): string {
  return csvOf(
    [
      'caller',
      'callee',
      'mode',
      'calls',
      'errors',
      'p50_us',
      'p95_us',
      'p99_us',
      'first_seen',
      'last_seen',
      'in_circle',
      'crosses_cde',
    ],
    dependencies.map((each) => [
      each.caller,
      each.callee,
      each.mode,
      each.callCount,
      each.errorCount,
      each.p50Us,
      each.p95Us,
      each.p99Us,
      each.firstSeen,
      each.lastSeen,
      each.inCycle,
      each.crossesCde,
    ]),
  );
}

export function servicesCsv({ services }: Analysis): string {
  return csvOf(
    ['id', 'namespace', 'kind', 'calls', 'errors', 'critical_path', 'critical_share', 'pci_class', 'pci_basis'],
    services.map((each) => [
      each.id,
      each.namespace ?? '',
      each.kind,
      each.callCount,
      each.errorCount,
      each.criticalPath.verdict,
      each.criticalPath.share ?? '',
      each.pci.class,
      each.pci.basis,
    ]),
  );
}

export function findingsCsv({ findings }: Analysis): string {
  return csvOf(
    ['severity', 'kind', 'id', 'title', 'message', 'services'],
    findings.map(({ severity, kind, id, title, message, services }) => [
      severity,
      kind,
      id,
      title,
      message,
      services.join(' '),
    ]),
  );
}

interface DrawnGraph {
  readonly nodes: readonly { readonly id: string; readonly name: string }[];
  readonly links: readonly { readonly caller: string; readonly callee: string; readonly isAsync: boolean }[];
}

function graphOf(scene: Scene): DrawnGraph {
  const nodes = [
    ...scene.groups.map(({ key, name, memberCount }) => ({ id: `group:${key}`, name: `${name} (${memberCount})` })),
    ...scene.boxes.map(({ id }) => ({ id, name: plainName(id) })),
  ];
  return {
    nodes,
    links: scene.links.map(({ caller, callee, mode }) => ({ caller, callee, isAsync: mode === 'async' })),
  };
}

/** RFC 4180, and nothing a spreadsheet would take for a formula (OWASP, CSV injection). */
function csvOf(head: readonly string[], rows: readonly (readonly (string | number | boolean)[])[]): string {
  const cell = (value: string | number | boolean): string => {
    if (typeof value !== 'string') return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function mermaidLabel(words: string): string {
  return words.replaceAll(/["&<>#;`\\%{}\r\n]/g, (character) => `#${character.charCodeAt(0)};`);
}

function quoted(words: string): string {
  return `"${words.replaceAll(/[\\"]/g, (character) => `\\${character}`).replaceAll(/[\r\n]/g, ' ')}"`;
}
