import type { NewCycle } from '../model/baseline-comparison.ts';
import type { Check, CheckFinding } from '../model/check.ts';
import type { CheckReport } from './check-report.ts';
import { CAUSES, othersOf } from './check-terminal.ts';
import { cell, code } from './markdown-text.ts';
import { label } from './mermaid.ts';
import { plural } from './text.ts';

/** A comment on GitHub has at most 65,536 characters. */
const MOST_CHARACTERS = 60_000;
const MOST_CYCLES = 5;
const MOST_FINDINGS = 50;

/** For a comment on a pull request or the summary of a job: what is new, with a picture of the change. */
export const checkMarkdown: CheckReport = (check) => {
  const { fails, findings, comparison, analysis, baselineFile, hasBaseline } = check;
  const parts = [
    fails
      ? `### ✗ ringfence: ${plural(findings.filter(({ severity }) => severity === 'error').length, 'error')}`
      : `### ✓ ringfence: nothing ${findings.length === 0 ? 'new' : 'that fails the check'}`,
  ];
  const cycles = new Map(comparison.newCycles.map((cycle) => [`${cycle.caller}\u0000${cycle.callee}`, cycle]));
  const shown = new Set<string>();
  for (const finding of findings.slice(0, MOST_FINDINGS)) {
    const { call, rule, severity, title, message } = finding;
    const cycle = rule === 'newCycle' && call !== null ? cycles.get(`${call.caller}\u0000${call.callee}`) : undefined;
    if (cycle !== undefined && shown.has(cycle.id)) continue;
    if (cycle !== undefined && shown.size < MOST_CYCLES) {
      shown.add(cycle.id);
      parts.push(cyclePart(cycle, othersOf(cycle, comparison)));
    } else {
      parts.push(`- ${SIGNS[severity]} **${cell(title)}**: ${cell(message)}`);
    }
  }
  if (findings.length > MOST_FINDINGS) parts.push(`${findings.length - MOST_FINDINGS} more.`);
  const base = hasBaseline ? `baseline ${code(baselineFile)}` : `no baseline yet (${code(baselineFile)})`;
  parts.push(`${plural(analysis.traceCount, 'trace')} against ${base}${growth(check)}.`);
  return fitting(parts);
};

const SIGNS: Readonly<Record<CheckFinding['severity'], string>> = { error: '✗', warning: '⚠', note: '·' };

function cyclePart(cycle: NewCycle, others: readonly NewCycle[]): string {
  const { services, caller, callee, callSites, edges, breakAt, cause, firstSeen } = cycle;
  const closing = edges.find((edge) => edge.caller === caller && edge.callee === callee);
  const [site] = callSites;
  const [proposal] = breakAt;
  const lines = [
    `**New circle** ${[...services, services[0]!].map(code).join(' → ')}`,
    '',
    ...picture(cycle),
    '',
    `- closed by ${code(caller)} → ${code(callee)}, ${CAUSES[cause]}`,
    ...others.map((other) => `- and by ${code(other.caller)} → ${code(other.callee)}, ${CAUSES[other.cause]}`),
  ];
  if (site !== undefined) lines.push(`- call ${code(site.callerOperation)} → ${code(site.calleeOperation)}`);
  if (closing !== undefined) {
    const [example] = closing.traceIds;
    const trace = example === undefined ? '' : `, for example trace ${code(example)}`;
    lines.push(`- ${plural(closing.callCount, 'call')} since ${firstSeen}${trace}`);
  }
  if (cycle.witnessTraceId !== null)
    lines.push(`- one request runs all the way round: trace ${code(cycle.witnessTraceId)}`);
  if (proposal !== undefined) {
    const why = proposal.reasons.map(cell).join('; ');
    lines.push(`- break at ${code(proposal.caller)} → ${code(proposal.callee)}: ${why}`);
  }
  lines.push(`- or accept it: ${code(`ringfence baseline SOURCE… --accept ${cycle.id} --reason "…"`)}`);
  return lines.join('\n');
}

/** The circle alone, the call that closes it in red. */
function picture({ services, caller, callee }: NewCycle): string[] {
  const ids = new Map(services.map((service, index) => [service, `n${index}`]));
  const ends = services.map((from, index) => [from, services[(index + 1) % services.length]!] as const);
  const closing = ends.findIndex(([from, to]) => from === caller && to === callee);
  return [
    '```mermaid',
    'flowchart LR',
    ...services.map((service) => `  ${ids.get(service)!}["${label(service)}"]`),
    ...ends.map(([from, to], index) => `  ${ids.get(from)!} ${index === closing ? '-->|new|' : '-->'} ${ids.get(to)!}`),
    `  linkStyle ${closing} stroke:#C0392B,stroke-width:3px`,
    '```',
  ];
}

function growth({ hasBaseline, comparison: { newDependencies } }: Check): string {
  if (!hasBaseline || newDependencies.length === 0) return '';
  return `, which does not know ${plural(newDependencies.length, 'dependency', 'dependencies')}`;
}

function fitting(parts: readonly string[]): string {
  const whole: string[] = [];
  let length = 0;
  for (const part of parts) {
    length += part.length + 2;
    if (length > MOST_CHARACTERS) return `${[...whole, 'Cut here: there is more than fits.'].join('\n\n')}\n`;
    whole.push(part);
  }
  return `${whole.join('\n\n')}\n`;
}
