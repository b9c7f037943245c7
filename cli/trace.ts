import type { TraceDetail, TraceSpan } from '../analyzer/model/analysis.ts';
import { SpanTable } from '../analyzer/model/span-table.ts';
import type { ReportOptions } from '../analyzer/report/report.ts';
import { type Style, styleOf } from '../analyzer/report/style.ts';
import { duration, percent, plural, printable } from '../analyzer/report/text.ts';
import { TraceGroups } from '../analyzer/trace/group-traces.ts';
import { traceDetail } from '../analyzer/trace/trace-detail.ts';
import { withoutCredentials } from '../collector/source/index.ts';
import { EXIT, UsageError } from './exit.ts';
import { type Choice, everything, withTraces } from './load.ts';
import { reportOptions, writeOutput } from './output.ts';

export interface TraceOptions {
  readonly trace?: string;
  readonly format: 'terminal' | 'json';
}

/** `ringfence trace`: one trace, its critical path section by section. */
export async function trace(source: string, { trace: wanted, format }: TraceOptions): Promise<number> {
  const detail = traceDetail(wanted === undefined ? await largestTrace(source) : await traceOfId(source, wanted));
  const text =
    format === 'json' ? `${JSON.stringify(detail, undefined, 2)}\n` : terminal(detail, reportOptions(undefined));
  await writeOutput(text, undefined);
  return EXIT.ok;
}

/** The trace with the most spans, of several the one with the smallest id. */
async function largestTrace(source: string): Promise<SpanTable> {
  return withTraces([source], everything, async ({ partitions }) => {
    let largest = new SpanTable(partitions.dictionary, 0);
    let largestId = '';
    for await (const table of partitions.tables()) {
      for (const trace of tracesOf(table)) {
        if (trace.rows.length < largest.count) continue;
        if (trace.rows.length === largest.count && trace.id > largestId) continue;
        largest = rowsOf(table, trace.rows);
        largestId = trace.id;
      }
    }
    return largest;
  });
}

/** Keeps only spans that may be of the trace: those whose id ends like its id, since some tracers cut ids in half. */
async function traceOfId(source: string, wanted: string): Promise<SpanTable> {
  const id = wanted.toLowerCase().padStart(32, '0');
  const ending = id.slice(-16);
  let smallestId: string | undefined;
  const choose: Choice = (batch) => {
    const rows: number[] = [];
    for (let row = 0; row < batch.count; row++) {
      const other = batch.traceId(row);
      if (smallestId === undefined || other < smallestId) smallestId = other;
      if (other.endsWith(ending)) rows.push(row);
    }
    return rowsOf(batch, rows);
  };
  return withTraces([source], choose, async ({ partitions }) => {
    for await (const table of partitions.tables()) {
      for (const trace of tracesOf(table)) if (trace.id === id) return rowsOf(table, trace.rows);
    }
    throw new UsageError(`${withoutCredentials(source)} has no trace ${wanted}; one it has is ${smallestId ?? ''}`);
  });
}

function* tracesOf(table: SpanTable): Iterable<{ readonly id: string; readonly rows: Uint32Array }> {
  const groups = new TraceGroups();
  groups.group(table, 0, table.count);
  for (let group = 0; group < groups.count; group++) {
    const rows = groups.rows.subarray(groups.starts[group], groups.starts[group + 1]);
    yield { id: table.traceId(groups.idRows[group]!), rows };
  }
}

function rowsOf(table: SpanTable, rows: ArrayLike<number>): SpanTable {
  const chosen = new SpanTable(table.dictionary, rows.length);
  for (let at = 0; at < rows.length; at++) chosen.appendRow(table, rows[at]!);
  return chosen;
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
  lines.push(...whatWouldHelp(detail, style));
  for (const { message, count } of detail.problems) lines.push('', style.dim(`${plural(count, 'span')}: ${message}`));
  return `${lines.join('\n')}\n`;
}

/** How many spans each list shows. */
const MOST_SPANS = 5;
/** Two clocks are seldom closer. */
const CLOCK_TOLERANCE_US = 1000;

/** What the answer had come earlier without, what could have been later, and what went on when nobody waited any more. */
function whatWouldHelp({ spans, sections }: TraceDetail, style: Style): string[] {
  const criticalUs = new Map<string, number>();
  for (const { spanId, startUs, endUs } of sections) {
    criticalUs.set(spanId, endUs - startUs + (criticalUs.get(spanId) ?? 0));
  }
  const list = (title: string, chosen: readonly TraceSpan[], figuresOf: (span: TraceSpan) => string) =>
    chosen.length === 0
      ? []
      : [
          '',
          style.dim(title),
          ...chosen
            .slice(0, MOST_SPANS)
            .map((span) => `  ${figuresOf(span)}  ${printable(span.service)}  ${printable(span.operation)}`),
        ];
  const most = (figure: (span: TraceSpan) => number) =>
    spans.filter((span) => figure(span) > 0).sort((a, b) => figure(b) - figure(a) || (a.spanId < b.spanId ? -1 : 1));
  const lengthOf = ({ startUs, endUs, slackUs = 0 }: TraceSpan) => (slackUs > 0 ? endUs - startUs : 0);
  return [
    ...list(
      'would save, had it taken no time of its own',
      most(({ dragUs = 0 }) => dragUs),
      ({ spanId, dragUs = 0 }) => {
        const us = criticalUs.get(spanId) ?? 0;
        return `${duration(dragUs).padStart(9)}${dragUs < us ? style.dim(` of ${duration(us)} on the path`) : ''}`;
      },
    ),
    ...list('could have ended later at no cost, longest first', most(lengthOf), ({ slackUs = 0 }) =>
      duration(slackUs).padStart(9),
    ),
    ...list(
      'went on after its caller was done: a timeout, or clocks apart',
      most(({ abandonedUs = 0 }) => (abandonedUs > CLOCK_TOLERANCE_US ? abandonedUs : 0)),
      ({ abandonedUs = 0 }) => duration(abandonedUs).padStart(9),
    ),
  ];
}
