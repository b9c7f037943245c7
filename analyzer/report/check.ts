import type { NewCycle } from '../model/baseline-comparison.ts';
import type { Check } from '../model/check.ts';
import type { ReportOptions } from './report.ts';
import { type Style, styleOf } from './style.ts';
import { cyclePath } from './terminal.ts';
import { plural, printable, printableJson, wrapped } from './text.ts';

/** A check as text. */
export type CheckReport = (check: Check, options: ReportOptions) => string;

/** For the person who reads a failing build: what is new, the proof, and the ways out, in one screen. */
const checkTerminal: CheckReport = (check, { color, width }) => {
  const style = styleOf(color);
  const { comparison, standing } = check;
  const sections = comparison.newCycles.map((cycle) => newCycleSection(cycle, style, width));
  const others = [...comparison.findings.filter(({ kind }) => kind !== 'cycle'), ...standing];
  for (const { severity, title, message } of others) {
    sections.push(
      `${mark(severity, style)} ${style.bold(printable(title))}\n  ${wrapped(printable(message), width - 2, '  ')}`,
    );
  }
  for (const { message } of comparison.problems)
    sections.push(`${style.warning('!')} ${wrapped(printable(message), width - 2, '  ')}`);
  const unseen = comparison.unseenCycles.length;
  if (unseen > 0) {
    sections.push(
      style.dim(
        `· ${plural(unseen, 'known circle')} not seen this time (traces are a sample: that is no proof it is gone)`,
      ),
    );
  }
  sections.push(verdict(check, style));
  return `${sections.join('\n\n')}\n`;
};

/** The check as it is; the schema is `Check`. */
const checkJson: CheckReport = (check) => `${printableJson(check)}\n`;

/** For a pull-request comment. */
const checkMarkdown: CheckReport = (check, options) => {
  const plain = checkTerminal(check, { ...options, color: false });
  const title = check.fails
    ? '**ringfence: this change brings something new that fails the check**'
    : '**ringfence: nothing new**';
  // Indented code: whatever a name holds, it cannot end the block.
  return `${title}\n\n${plain.trimEnd().replace(/^/gm, '    ')}\n`;
};

/** The forms a check can take, by the name that `--format` knows it by. */
export const CHECK_REPORTS = {
  terminal: checkTerminal,
  json: checkJson,
  markdown: checkMarkdown,
} as const satisfies Record<string, CheckReport>;

function newCycleSection(cycle: NewCycle, style: Style, width: number): string {
  const { caller, callee, callSites, edges, breakAt } = cycle;
  const lines = [`${style.error('✗')} ${style.bold('New circle:')} ${style.cycle(cyclePath(cycle.services))}`];
  const add = (label: string, text: string): void => {
    lines.push(`  ${label.padEnd(10)} ${wrapped(text, width - 13, ' '.repeat(13))}`);
  };
  add('closed by', `${printable(caller)} → ${printable(callee)}, ${CAUSES[cycle.cause]}`);
  const [site] = callSites;
  if (site !== undefined) {
    const more = callSites.length > 1 ? ` and ${callSites.length - 1} more` : '';
    add('call', `${printable(site.callerOperation)} → ${printable(site.calleeOperation)}${more}`);
  }
  const closing = edges.find((edge) => edge.caller === caller && edge.callee === callee);
  if (closing !== undefined) {
    const example = closing.traceIds[0] === undefined ? '' : `, for example trace ${closing.traceIds[0]}`;
    add('seen', `${plural(closing.callCount, 'call')} since ${cycle.firstSeen}${example}`);
  }
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

const CAUSES: Readonly<Record<NewCycle['cause'], string>> = {
  unknown: 'a call that the baseline does not know',
  'was-async': 'an event in the baseline, a waiting call now',
  'acceptance-expired': 'whose acceptance has expired',
};

function verdict({ fails, comparison, standing, analysis, baselineFile, hasBaseline }: Check, style: Style): string {
  const base = hasBaseline ? `baseline ${printable(baselineFile)}` : `no baseline yet (${printable(baselineFile)})`;
  const scope = `${plural(analysis.traceCount, 'trace')} against ${base}`;
  if (!fails) {
    const isQuiet = comparison.findings.length + standing.length === 0;
    return `${style.good('✓')} ${style.bold(isQuiet ? 'Nothing new' : 'Nothing that fails the check')}  ${style.dim(scope)}`;
  }
  const errors = [...comparison.findings, ...standing].filter(({ severity }) => severity === 'error').length;
  const lines = [`${style.error('✗')} ${style.bold(plural(errors, 'new error'))}  ${style.dim(scope)}`];
  if (comparison.newCycles.length > 0) {
    lines.push('  Break the circle, or accept what there is with the same sources:');
    lines.push(`    ringfence baseline SOURCE… --baseline ${printable(baselineFile)}`);
  }
  return lines.join('\n');
}

function mark(severity: 'error' | 'warning' | 'note', style: Style): string {
  return severity === 'error' ? style.error('✗') : severity === 'warning' ? style.warning('!') : style.dim('·');
}
