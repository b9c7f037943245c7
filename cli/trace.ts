import type { TraceDetail } from '../analyzer/model/analysis.ts';
import type { SpanTable } from '../analyzer/model/span-table.ts';
import type { ReportOptions } from '../analyzer/report/report.ts';
import { styleOf } from '../analyzer/report/style.ts';
import { duration, percent, plural, printable } from '../analyzer/report/text.ts';
import { TraceGroups } from '../analyzer/trace/group-traces.ts';
import { traceDetail } from '../analyzer/trace/trace-detail.ts';
import { SpanTable as Table } from '../analyzer/model/span-table.ts';
import { EXIT, UsageError } from './exit.ts';
import { loadSpans } from './load.ts';
import { reportOptions, writeOutput } from './output.ts';

export interface TraceOptions {
  readonly trace?: string;
  readonly format: 'terminal' | 'json';
}

/** `ringfence trace`: one trace, its critical path section by section. */
export async function trace(source: string, { trace: wanted, format }: TraceOptions): Promise<number> {
  const { table } = await loadSpans([source]);
  const detail = traceDetail(pickTrace(table, wanted, source));
  const text =
    format === 'json' ? `${JSON.stringify(detail, undefined, 2)}\n` : terminal(detail, reportOptions(undefined));
  await writeOutput(text, undefined);
  return EXIT.ok;
}

/** The trace that was asked for, else the one with the most spans (of several the smallest id). */
function pickTrace(table: SpanTable, wanted: string | undefined, source: string): SpanTable {
  const groups = new TraceGroups();
  groups.group(table, 0, table.count);
  const sizeOf = (group: number): number => groups.starts[group + 1]! - groups.starts[group]!;
  const idOf = (group: number): string => table.traceId(groups.idRows[group]!);
  const ids = Array.from({ length: groups.count }, (_, group) => group);
  const asked = wanted?.toLowerCase().padStart(32, '0');
  const best =
    asked === undefined
      ? ids.reduce((one, other) =>
          (sizeOf(other) - sizeOf(one) || (idOf(one) < idOf(other) ? -1 : 1)) > 0 ? other : one,
        )
      : ids.find((group) => idOf(group) === asked);
  if (best === undefined) {
    throw new UsageError(
      `${source} has no trace ${wanted ?? ''}; it has ${plural(groups.count, 'trace')}, for example ${idOf(0)}`,
    );
  }
  const rows = new Table(table.dictionary, sizeOf(best));
  for (let at = groups.starts[best]!; at < groups.starts[best + 1]!; at++) rows.appendRow(table, groups.rows[at]!);
  return rows;
}

function terminal(detail: TraceDetail, { color }: ReportOptions): string {
  const style = styleOf(color);
  const lines = [
    `${style.bold(`trace ${detail.traceId}`)}  ${duration(detail.durationUs)} · ${plural(detail.spans.length, 'span')}` +
      (detail.isComplete ? '' : style.warning(' · incomplete: a parent never came')),
    '',
    style.dim('critical path, from the start of the request'),
  ];
  const sections = [...detail.sections].reverse();
  const width = Math.min(32, Math.max(0, ...sections.map(({ service }) => printable(service).length)));
  for (const { service, operation, startUs, endUs } of sections) {
    const share = detail.durationUs === 0 ? 0 : (endUs - startUs) / detail.durationUs;
    const bar = style.critical('█'.repeat(Math.max(1, Math.round(share * 20))).padEnd(20));
    const name = `${printable(service).padEnd(width)}  ${printable(operation)}`;
    lines.push(
      `${duration(startUs).padStart(9)}  +${duration(endUs - startUs).padEnd(8)} ${percent(share).padStart(6)}  ${bar}  ${name}`,
    );
  }
  for (const { message, count } of detail.problems) lines.push('', style.dim(`${plural(count, 'span')}: ${message}`));
  return `${lines.join('\n')}\n`;
}
