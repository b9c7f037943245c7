import type { Changes, DifferentCycle, DifferentDependency, SystemDifference } from '../model/difference.ts';
import { cell, code } from './markdown-text.ts';
import { label } from './mermaid.ts';
import type { ReportOptions } from './report.ts';
import { type Style, styleOf } from './style.ts';
import { cyclePath } from './terminal.ts';
import { plural, printable, printableJson } from './text.ts';

type DifferenceReport = (difference: SystemDifference, options: ReportOptions) => string;

/** Lines of one kind before the rest is counted. */
const MOST_LINES = 30;
/** Dependencies drawn: a picture with more shows nothing. */
const MOST_EDGES = 60;

const terminal: DifferenceReport = (difference, { color }) => {
  const style = styleOf(color);
  const { before, after, isSame } = difference;
  const head = `${style.bold(printable(before.label))} → ${style.bold(printable(after.label))}  ${style.dim(scopeOf(difference))}`;
  if (isSame) return `${head}\n${style.good('✓')} no difference\n`;
  const parts = [head, ...sections(difference).map((section) => sectionText(section, style))];
  if (hasGone(difference))
    parts.push(style.dim('What went was not seen: traces are a sample, so that is no proof that it is gone.'));
  return `${parts.join('\n\n')}\n`;
};

const json: DifferenceReport = (difference) => `${printableJson(difference)}\n`;

const markdown: DifferenceReport = (difference) => {
  const { before, after, isSame } = difference;
  const parts = [`### ${code(before.label)} → ${code(after.label)}`, `${scopeOf(difference)}.`];
  if (isSame) return `${[...parts, 'No difference.'].join('\n\n')}\n`;
  if (difference.dependencies.came.length + difference.dependencies.went.length > 0) parts.push(picture(difference));
  for (const { title, lines } of sections(difference)) {
    const shown = lines
      .slice(0, MOST_LINES)
      .map(({ sign, text }) => `- ${sign === '~' ? 'changed' : sign === '+' ? 'came' : 'went'}: ${cell(text)}`);
    if (lines.length > MOST_LINES) shown.push(`- ${lines.length - MOST_LINES} more`);
    parts.push(`**${title}**\n\n${shown.join('\n')}`);
  }
  if (hasGone(difference))
    parts.push('What went was not seen: traces are a sample, so that is no proof that it is gone.');
  return `${parts.join('\n\n')}\n`;
};

/** The forms a difference can take, by the name that `--format` knows it by. */
export const DIFFERENCE_REPORTS = { terminal, json, markdown } as const satisfies Record<string, DifferenceReport>;

interface Section {
  readonly title: string;
  readonly lines: readonly { readonly sign: '+' | '-' | '~'; readonly text: string }[];
}

function sections(difference: SystemDifference): Section[] {
  const edge = ({ caller, callee }: { caller: string; callee: string }) => `${caller} → ${callee}`;
  const moded = (one: DifferentDependency) => `${edge(one)} (${one.modes.join(', ')})`;
  const cycle = (one: DifferentCycle) => `${cyclePath(one.services)}${one.class === null ? '' : ` (${one.class})`}`;
  return [
    section('Circles', difference.cycles, cycle, (one) => one.class ?? ''),
    section(
      'Services',
      difference.services,
      ({ id, kind }) => `${id} (${kind})`,
      ({ kind }) => kind,
    ),
    section('Dependencies', difference.dependencies, moded, ({ modes }) => modes.join(', ')),
    section('Critical path', difference.criticalServices, (id) => id),
    section(
      'PCI scope',
      difference.pciScope,
      (one) => `${one.service} (${one.class})`,
      (one) => one.class,
    ),
    section('Into the CDE', difference.cdeDependencies, edge),
    section('Peers outside', difference.externalPeers, (id) => id),
  ].filter(({ lines }) => lines.length > 0);
}

function section<Fact>(
  title: string,
  { came, went, changed }: Changes<Fact>,
  textOf: (fact: Fact) => string,
  valueOf: (fact: Fact) => string = textOf,
): Section {
  return {
    title,
    lines: [
      ...came.map((fact) => ({ sign: '+' as const, text: textOf(fact) })),
      ...went.map((fact) => ({ sign: '-' as const, text: textOf(fact) })),
      ...changed.map(({ before, after }) => ({ sign: '~' as const, text: `${textOf(after)}, was ${valueOf(before)}` })),
    ],
  };
}

function sectionText({ title, lines }: Section, style: Style): string {
  const paint = { '+': style.good, '-': style.error, '~': style.warning };
  const shown = lines.slice(0, MOST_LINES).map(({ sign, text }) => `  ${paint[sign](sign)} ${printable(text)}`);
  if (lines.length > MOST_LINES) shown.push(style.dim(`  ${lines.length - MOST_LINES} more: --format json has all`));
  return [style.bold(title), ...shown].join('\n');
}

function scopeOf({ before, after }: SystemDifference): string {
  const side = ({ kind, traceCount }: SystemDifference['before']) =>
    kind === 'baseline' ? `a baseline of about ${plural(traceCount, 'trace')}` : plural(traceCount, 'trace');
  return `${side(before)} against ${side(after)}`;
}

function hasGone(difference: SystemDifference): boolean {
  return (
    difference.after.kind === 'analysis' &&
    sections(difference).some(({ lines }) => lines.some(({ sign }) => sign === '-'))
  );
}

/** What came in green, what went dashed and in red. */
function picture({ dependencies: { came, went } }: SystemDifference): string {
  const edges = [...came.map((edge) => ({ edge, isNew: true })), ...went.map((edge) => ({ edge, isNew: false }))];
  const drawn = edges.slice(0, MOST_EDGES);
  const names = [...new Set(drawn.flatMap(({ edge }) => [edge.caller, edge.callee]))].sort();
  const ids = new Map(names.map((name, index) => [name, `n${index}`]));
  const lines = ['```mermaid', 'flowchart LR', ...names.map((name) => `  ${ids.get(name)!}["${label(name)}"]`)];
  for (const { edge, isNew } of drawn)
    lines.push(`  ${ids.get(edge.caller)!} ${isNew ? '-->' : '-.->'} ${ids.get(edge.callee)!}`);
  drawn.forEach(({ isNew }, index) => {
    lines.push(`  linkStyle ${index} stroke:${isNew ? '#2E8B57' : '#C0392B'},stroke-width:2px`);
  });
  if (edges.length > drawn.length)
    lines.push(`  %% drawn ${drawn.length} of ${edges.length} dependencies that came or went`);
  return [...lines, '```'].join('\n');
}
