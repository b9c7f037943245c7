import type { AnalyzedCycle, AnalyzedService, Analysis, FindingKind } from '../model/analysis.ts';
import { entryTime } from './entry-time.ts';
import type { Report } from './report.ts';
import { type Style, styleOf } from './style.ts';
import { countBySeverity, CYCLE_CLASSES } from './wording.ts';
import { beside, duration, grouped, percent, plural, printable, wrapped } from './text.ts';

/** How many lines each list shows before it says how many it left out. */
const MOST_CYCLES = 10;
const MOST_SERVICES = 12;
const MOST_FINDINGS = 20;

/** For people: the circles first, then what is critical, then what is in scope, then what to do. */
export const terminal: Report = (analysis, { color, width }) => {
  const style = styleOf(color);
  const sections = [
    headline(analysis, style, width),
    circles(analysis, style, width),
    criticalPath(analysis, style, width),
    entryTime(analysis, style, width),
    pciScope(analysis, style, width),
    findings(analysis, style, width),
    problems(analysis, style, width),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
};

function headline(analysis: Analysis, style: Style, width: number): string {
  const { window, services, dependencies } = analysis;
  const facts = [
    plural(analysis.traceCount, 'trace'),
    plural(analysis.spanCount, 'span'),
    plural(services.filter(({ kind }) => kind === 'service').length, 'service'),
    plural(dependencies.length, 'dependency', 'dependencies'),
  ];
  if (analysis.incompleteTraceCount > 0) facts.push(`${grouped(analysis.incompleteTraceCount)} incomplete`);
  const when = window.from === null || window.to === null ? '' : `\n${timeRange(window.from, window.to)}`;
  return `${style.bold('ringfence')}  ${wrapped(facts.join(' · '), width - 11, '           ')}${style.dim(when)}`;
}

function circles({ cycles }: Analysis, style: Style, width: number): string {
  if (cycles.length === 0) return `${style.bold('Circles')}  ${style.good('none seen')}`;
  const lines = [style.bold('Circles')];
  for (const cycle of cycles.slice(0, MOST_CYCLES)) lines.push(...circle(cycle, style, width));
  if (cycles.length > MOST_CYCLES)
    lines.push(style.dim(`  ${cycles.length - MOST_CYCLES} more: --format json has all`));
  return lines.join('\n');
}

function circle(cycle: AnalyzedCycle, style: Style, width: number): string[] {
  const lines = [
    `  ${style.cycle(printable(cycle.component))}  ${style.bold(cyclePath(cycle.services))}`,
    `     ${wrapped(CYCLE_CLASSES[cycle.class], width - 5, '     ')}`,
  ];
  if (cycle.witnessTraceId !== null) lines.push(`     for example trace ${printable(cycle.witnessTraceId)}`);
  const [proposal] = cycle.breakAt;
  if (proposal !== undefined) {
    lines.push(`     break at ${style.cycle(`${printable(proposal.caller)} → ${printable(proposal.callee)}`)}`);
    for (const reason of proposal.reasons) lines.push(`       ${wrapped(printable(reason), width - 7, '       ')}`);
  }
  return lines;
}

/** `a → b → a`: the members in call direction, back to the first. */
export function cyclePath(services: readonly string[]): string {
  return [...services, services[0]!].map(printable).join(' → ');
}

function criticalPath({ services }: Analysis, style: Style, width: number): string {
  const rows = services
    .filter(({ criticalPath: { verdict } }) => verdict === 'critical-path' || verdict === 'presumed')
    .sort(byShare);
  const title = style.bold('Critical path');
  if (rows.length === 0) return `${title}  ${style.dim('undetermined: no service could be told (see --format json)')}`;
  const names = columnWidth(rows);
  const lines = [title];
  for (const service of rows.slice(0, MOST_SERVICES)) {
    const { verdict, share, reasons } = service.criticalPath;
    const left = `  ${printable(service.id).padEnd(names)}  ${(share === null ? '' : percent(share)).padStart(6)}  `;
    const word = verdict === 'presumed' ? 'presumed' : 'critical';
    const why = printable(reasons[0]?.message ?? '');
    lines.push(beside(`${left}${style.critical(word.padEnd(8))}  `, left.length + 10, why, width));
  }
  if (rows.length > MOST_SERVICES) lines.push(style.dim(`  ${rows.length - MOST_SERVICES} more`));
  return lines.join('\n');
}

function pciScope({ services }: Analysis, style: Style, width: number): string {
  const inScope = services.filter(({ pci }) => pci.class !== 'not-observed' && pci.class !== 'indirect');
  const title = style.bold('PCI scope');
  if (inScope.length === 0)
    return `${title}  ${style.dim('nothing observed in scope (which is no proof that nothing is)')}`;
  const order = ['cde', 'security-impacting', 'connected-to'];
  inScope.sort((a, b) => order.indexOf(a.pci.class) - order.indexOf(b.pci.class) || compare(a.id, b.id));
  const names = columnWidth(inScope);
  const lines = [title];
  for (const service of inScope.slice(0, 2 * MOST_SERVICES)) {
    const left = `  ${printable(service.id).padEnd(names)}  `;
    const why = printable(service.pci.reasons[0]?.message ?? '');
    const word = style.scope(service.pci.class.padEnd(18));
    lines.push(beside(`${left}${word}  `, left.length + 20, why, width));
  }
  if (inScope.length > 2 * MOST_SERVICES) lines.push(style.dim(`  ${inScope.length - 2 * MOST_SERVICES} more`));
  return lines.join('\n');
}

/** What the sections above do not say already: their notes are counted, their circles named. */
function findings({ findings: all }: Analysis, style: Style, width: number): string {
  if (all.length === 0) return '';
  const lines = [`${style.bold('Findings')}  ${countBySeverity(all)}`];
  const told = all.filter(({ severity, kind }) => severity !== 'note' || !ABOVE.has(kind));
  for (const { kind, severity, title, message } of told.slice(0, MOST_FINDINGS)) {
    const mark = severity === 'error' ? style.error('✗') : severity === 'warning' ? style.warning('!') : style.dim('·');
    lines.push(`  ${mark} ${style.bold(printable(title))}`);
    if (kind !== 'cycle') lines.push(`    ${wrapped(printable(message), width - 4, '    ')}`);
  }
  if (told.length > MOST_FINDINGS) lines.push(style.dim(`  ${grouped(told.length - MOST_FINDINGS)} more`));
  const rest = all.length - told.length;
  if (rest > 0) lines.push(style.dim(`  ${plural(rest, 'note')} on what stands above (--format json has the words)`));
  return lines.join('\n');
}

const ABOVE: ReadonlySet<FindingKind> = new Set(['cycle', 'critical-service', 'pci-scope']);

function problems({ problems: all }: Analysis, style: Style, width: number): string {
  if (all.length === 0) return '';
  const lines = [style.bold('What the input lacked')];
  for (const { message, count } of all) {
    lines.push(`  ${grouped(count).padStart(7)}  ${wrapped(printable(message), width - 11, ' '.repeat(11))}`);
  }
  return lines.join('\n');
}

function timeRange(from: string, to: string): string {
  const us = (Date.parse(to) - Date.parse(from)) * 1000;
  return `${minuteOf(from)} to ${minuteOf(to)} UTC (${duration(us)})`;
}

function minuteOf(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}

function byShare(a: AnalyzedService, b: AnalyzedService): number {
  return (b.criticalPath.share ?? 0) - (a.criticalPath.share ?? 0) || compare(a.id, b.id);
}

function columnWidth(services: readonly AnalyzedService[]): number {
  return Math.min(40, Math.max(...services.map(({ id }) => printable(id).length)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
