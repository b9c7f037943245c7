import type { BaselineComparison, KnownCycle, NewCycle } from '../model/baseline-comparison.ts';
import type { Check, CheckFinding } from '../model/check.ts';
import type { CheckReport } from './check-report.ts';
import { type Style, styleOf } from './style.ts';
import { cyclePath } from './terminal.ts';
import { plural, printable, wrapped } from './text.ts';

/** Findings printed in full; of notes, only titles. The rest is counted. */
const MOST_FINDINGS = 12;
const MOST_NOTES = 5;

/** For the person who reads a failing build: what is new, the proof, and the ways out, in one screen. */
export const checkTerminal: CheckReport = (check, { color, width }) => {
  const style = styleOf(color);
  const { comparison, findings } = check;
  const loud = findings.filter(({ severity }) => severity !== 'note');
  const notes = findings.filter(({ severity }) => severity === 'note');
  const cycles = new Map(comparison.newCycles.map((cycle) => [callKey(cycle), cycle]));
  const shown = new Set<string>();
  const sections: string[] = [];
  let leftCount = 0;
  for (const finding of loud) {
    const cycle = finding.rule === 'newCycle' && finding.call !== null ? cycles.get(callKey(finding.call)) : undefined;
    // Of a circle with several new calls one section tells all.
    if (cycle !== undefined && shown.has(cycle.id)) continue;
    if (sections.length >= MOST_FINDINGS) leftCount++;
    else if (cycle === undefined) sections.push(findingSection(finding, style, width));
    else sections.push(newCycleSection(cycle, othersOf(cycle, comparison), finding.severity, style, width));
    if (cycle !== undefined) shown.add(cycle.id);
  }
  if (leftCount > 0) sections.push(style.dim(`${leftCount} more: --format json has all`));
  if (notes.length > 0) sections.push(notesSection(notes, style, width));
  for (const { message } of comparison.problems)
    sections.push(`${style.warning('!')} ${wrapped(printable(message), width - 2, '  ')}`);
  sections.push([verdict(check, style, width), ...standOfBaseline(check, style, width)].join('\n'));
  return `${sections.join('\n\n')}\n`;
};

function callKey({ caller, callee }: { readonly caller: string; readonly callee: string }): string {
  return `${caller}\u0000${callee}`;
}

/** New calls for which the same circle is the shortest. */
export function othersOf(cycle: NewCycle, { newCycles }: BaselineComparison): NewCycle[] {
  return newCycles.filter((other) => other.id === cycle.id && callKey(other) !== callKey(cycle));
}

function findingSection({ severity, title, message }: CheckFinding, style: Style, width: number): string {
  return `${mark(severity, style)} ${style.bold(printable(title))}\n  ${wrapped(printable(message), width - 2, '  ')}`;
}

function notesSection(notes: readonly CheckFinding[], style: Style, width: number): string {
  const lines = notes
    .slice(0, MOST_NOTES)
    .map(({ title }) => `${style.dim('·')} ${wrapped(printable(title), width - 2, '  ')}`);
  if (notes.length > MOST_NOTES)
    lines.push(style.dim(`· ${plural(notes.length - MOST_NOTES, 'more note')} (--format json has the words)`));
  return lines.join('\n');
}

function newCycleSection(
  cycle: NewCycle,
  others: readonly NewCycle[],
  severity: CheckFinding['severity'],
  style: Style,
  width: number,
): string {
  const { caller, callee, callSites, edges, breakAt } = cycle;
  const lines = [`${mark(severity, style)} ${style.bold('New circle:')} ${style.cycle(cyclePath(cycle.services))}`];
  const add = (label: string, text: string): void => {
    lines.push(`  ${label.padEnd(10)} ${wrapped(text, width - 13, ' '.repeat(13))}`);
  };
  lines.push(`  ${wrapped(WHAT_IT_MEANS, width - 2, '  ')}`);
  add('closed by', `${printable(caller)} → ${printable(callee)}, ${CAUSES[cycle.cause]}`);
  for (const other of others) {
    add('and by', `${printable(other.caller)} → ${printable(other.callee)}, ${CAUSES[other.cause]}`);
  }
  if (cycle.expired !== null) {
    const { reason, owner, expires } = cycle.expired;
    const by = owner === undefined ? '' : ` by ${owner}`;
    add('', printable(`accepted${by} until ${expires ?? ''}: ${reason}`));
  }
  const [site] = callSites;
  if (site !== undefined) {
    const more = callSites.length > 1 ? ` and ${callSites.length - 1} more` : '';
    add('call', `${printable(site.callerOperation)} → ${printable(site.calleeOperation)}${more}`);
  }
  const closing = edges.find((edge) => edge.caller === caller && edge.callee === callee);
  if (closing !== undefined) {
    const example = closing.traceIds[0] === undefined ? '' : `, for example trace ${printable(closing.traceIds[0])}`;
    add('seen', `${plural(closing.callCount, 'call')} since ${cycle.firstSeen}${example}`);
  }
  if (cycle.witnessTraceId !== null)
    add('witness', `one request runs all the way round: trace ${printable(cycle.witnessTraceId)}`);
  for (const edge of cycle.nowCyclic) {
    add('also', `${printable(edge.caller)} → ${printable(edge.callee)} was there before and is on a circle now`);
  }
  const [proposal] = breakAt;
  if (proposal !== undefined) {
    add('break at', style.bold(`${printable(proposal.caller)} → ${printable(proposal.callee)}`));
    for (const reason of proposal.reasons) add('', printable(reason));
  }
  return lines.join('\n');
}

const WHAT_IT_MEANS =
  'Each waits for the next and the last for the first: none can be deployed, or fail, without the others.';

export const CAUSES: Readonly<Record<NewCycle['cause'], string>> = {
  unknown: 'a call that the baseline does not know',
  'was-async': 'an event in the baseline, a waiting call now',
  'acceptance-expired': 'whose acceptance has expired',
};

function verdict(check: Check, style: Style, width: number): string {
  const { fails, findings, analysis, baselineFile, hasBaseline, comparison } = check;
  const base = hasBaseline ? `baseline ${printable(baselineFile)}` : `no baseline yet (${printable(baselineFile)})`;
  const scope = `${plural(analysis.traceCount, 'trace')} against ${base}`;
  if (!fails) {
    const isQuiet = findings.length === 0;
    return `${style.good('✓')} ${style.bold(isQuiet ? 'Nothing new' : 'Nothing that fails the check')}  ${style.dim(scope)}`;
  }
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const lines = [`${style.error('✗')} ${style.bold(plural(errors, 'error'))}  ${style.dim(scope)}`];
  const [cycle] = comparison.newCycles;
  if (cycle !== undefined) {
    lines.push(
      `  ${wrapped('Break the circle; or accept it with a reason, from the same sources:', width - 2, '  ')}`,
      `    ringfence baseline SOURCE… --accept ${cycle.id} --reason "…" --baseline ${printable(baselineFile)}`,
    );
    if (!hasBaseline) {
      lines.push('  Or take all there is today as known, once:');
      lines.push(`    ringfence baseline SOURCE… --baseline ${printable(baselineFile)}`);
    }
  }
  return lines.join('\n');
}

/** What the baseline accepts, and how much it would grow: a green build hides neither. */
function standOfBaseline({ comparison, hasBaseline }: Check, style: Style, width: number): string[] {
  if (!hasBaseline) return [];
  const { knownCycles, newDependencies, acceptances } = comparison;
  const lines: string[] = [];
  const add = (text: string) => lines.push(style.dim(`  ${wrapped(text, width - 2, '  ')}`));
  if (knownCycles.length > 0) {
    const unseen = count(knownCycles, 'unseen');
    const resolved = count(knownCycles, 'resolved');
    const parts = [plural(knownCycles.length, 'accepted circle')];
    if (unseen > 0) parts.push(`${unseen} not seen this time (traces are a sample: that is no proof it is gone)`);
    if (resolved > 0) parts.push(`${resolved} gone: ringfence baseline SOURCE… --prune`);
    add(parts.join(', '));
  }
  const idle = acceptances.filter(({ state, isExpired }) => isExpired && state !== 'present').length;
  if (idle > 0) add(`${plural(idle, 'acceptance')} expired and not needed: ringfence baseline SOURCE… --prune`);
  if (newDependencies.length > 0) {
    add(
      `${plural(newDependencies.length, 'dependency', 'dependencies')} not in the baseline: ringfence baseline SOURCE… adds`,
    );
  }
  return lines;
}

function count(cycles: readonly KnownCycle[], state: KnownCycle['state']): number {
  return cycles.filter((cycle) => cycle.state === state).length;
}

function mark(severity: CheckFinding['severity'], style: Style): string {
  return severity === 'error' ? style.error('✗') : severity === 'warning' ? style.warning('!') : style.dim('·');
}
