import type { Analysis } from '../model/analysis.ts';
import { entryTimeTable } from './entry-time.ts';
import { cell, code, table } from './markdown-text.ts';
import { mermaid } from './mermaid.ts';
import type { Report } from './report.ts';
import { boundaryNotes, couplingTable, prerequisiteTable } from './review-tables.ts';
import { duration, grouped, percent, plural } from './text.ts';
import { countBySeverity, CYCLE_CLASSES } from './wording.ts';

/** For a pull-request comment or a wiki page: the same story as in the terminal, with the map as a Mermaid diagram. */
export const markdown: Report = (analysis, options) => {
  const { services, dependencies, window } = analysis;
  const parts = [
    '# Service dependencies',
    `${plural(analysis.traceCount, 'trace')}, ${plural(analysis.spanCount, 'span')}, ` +
      `${plural(services.filter(({ kind }) => kind === 'service').length, 'service')}, ` +
      plural(dependencies.length, 'dependency', 'dependencies') +
      (window.from === null ? '.' : `, ${window.from} to ${window.to ?? ''}.`),
    ['```mermaid', mermaid(analysis, options).trimEnd(), '```'].join('\n'),
    '## Circles',
    circles(analysis),
    elementary(analysis),
    '## Critical path',
    criticalPath(analysis),
    entryTimeTable(analysis),
    '## PCI scope',
    pciScope(analysis),
    ...section('## Prerequisites', prerequisiteTable(analysis)),
    ...section('## What should be a service', couplingTable(analysis), boundaryNotes(analysis)),
    '## Findings',
    analysis.findings.length === 0 ? 'None.' : `${countBySeverity(analysis.findings)}.`,
    analysis.findings
      .map(({ severity, title, message }) => `- **${severity}** ${cell(title)}: ${cell(message)}`)
      .join('\n'),
    '## Dependencies',
    table(
      ['Caller', 'Callee', 'Mode', 'Calls', 'Errors', 'p95'],
      dependencies.map(({ caller, callee, mode, callCount, errorCount, p95Us }) => [
        code(caller),
        code(callee),
        mode,
        grouped(callCount),
        grouped(errorCount),
        duration(p95Us),
      ]),
    ),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
};

/** Nothing at all where there is nothing to say. */
function section(title: string, ...parts: readonly string[]): readonly string[] {
  return parts.every((part) => part === '') ? [] : [title, ...parts];
}

function circles({ cycles }: Analysis): string {
  if (cycles.length === 0) return 'None seen.';
  return cycles
    .map(({ component, services, class: cycleClass, witnessTraceId, breakAt }) => {
      const [proposal] = breakAt;
      const lines = [
        `- **${cell(component)}** ${[...services, services[0]!].map(code).join(' → ')}`,
        `  ${CYCLE_CLASSES[cycleClass]}${witnessTraceId === null ? '' : `, trace ${code(witnessTraceId)}`}.`,
      ];
      if (proposal !== undefined) {
        lines.push(
          `  Break at ${code(proposal.caller)} → ${code(proposal.callee)}: ${proposal.reasons.map(cell).join('; ')}`,
        );
      }
      return lines.join('  \n');
    })
    .join('\n');
}

function elementary({ elementaryCycles }: Analysis): string {
  if (elementaryCycles === undefined) return '';
  const { circles: all, isTruncated, maxLength } = elementaryCycles;
  const found = `${plural(all.length, 'circle')} without a repeated service, of at most ${maxLength} services`;
  const lines = all.map(
    ({ services, isSoft }) => `- ${[...services, services[0]!].map(code).join(' → ')}${isSoft ? ' (soft)' : ''}`,
  );
  return [`${found}${isTruncated ? '; there are more' : ''}.`, lines.join('\n')].join('\n\n').trimEnd();
}

function criticalPath({ services }: Analysis): string {
  const rows = services.filter(
    ({ kind, criticalPath }) => kind === 'service' && criticalPath.verdict !== 'undetermined',
  );
  if (rows.length === 0) return 'Undetermined.';
  return table(
    ['Service', 'Verdict', 'Share', 'On the path', 'Why'],
    rows.map(({ id, criticalPath: { verdict, share, frequency, reasons } }) => [
      code(id),
      verdict,
      share === null ? '' : percent(share),
      frequency === null ? '' : percent(frequency),
      cell(reasons[0]?.message ?? ''),
    ]),
  );
}

function pciScope({ services }: Analysis): string {
  const rows = services.filter(({ pci }) => pci.class !== 'not-observed');
  if (rows.length === 0) return 'Nothing observed in scope. That is no proof that nothing is.';
  return table(
    ['Service', 'Class', 'Basis', 'Why'],
    rows.map(({ id, pci }) => [code(id), pci.class, pci.basis, cell(pci.reasons[0]?.message ?? '')]),
  );
}
