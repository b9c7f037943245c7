import type { Analysis, AnalyzedEntryPoint, SlicePart, TrafficSlice } from '../model/analysis.ts';
import { cell, code, table } from './markdown-text.ts';
import type { Style } from './style.ts';
import { duration, grouped, percent, plural, printable, wrapped } from './text.ts';

const MOST_ENTRIES = 4;
const MOST_PARTS = 3;

/** What requests spend their time on, the busiest entry points first: for a terminal. Empty where no request was whole. */
export function entryTime(analysis: Analysis, style: Style, width: number): string {
  const entries = entriesOf(analysis);
  if (entries.length === 0) return '';
  const lines = [style.bold('Where the time goes')];
  for (const entry of entries.slice(0, MOST_ENTRIES)) {
    lines.push(
      `  ${printable(entry.service)} ${printable(entry.operation)}${style.dim(`  p95 ${duration(entry.p95Us)}`)}`,
    );
    for (const slice of entry.traffic.filter(({ isSufficient }) => isSufficient)) {
      const text = `${rangeText(slice)}: ${partsText(slice)}`;
      lines.push(`    ${SLICES[slice.slice].padEnd(8)}${wrapped(text, width - 12, ' '.repeat(12))}`);
    }
    const few = tooFew(entry);
    if (few !== undefined) lines.push(style.dim(`    ${few}`));
    const waste = wasteText(entry);
    if (waste !== undefined) lines.push(`    ${'retries'.padEnd(8)}${wrapped(waste, width - 12, ' '.repeat(12))}`);
  }
  if (entries.length > MOST_ENTRIES)
    lines.push(style.dim(`  ${entries.length - MOST_ENTRIES} more: --format json has all`));
  return lines.join('\n');
}

/** The same as a Markdown table. */
export function entryTimeTable(analysis: Analysis): string {
  const rows = entriesOf(analysis).flatMap((entry) =>
    slicesOf(entry).map((slice) => [
      code(`${entry.service} ${entry.operation}`),
      SLICES[slice.slice],
      grouped(slice.traceCount),
      rangeText(slice, false),
      slice.isSufficient ? cell(partsText(slice)) : `insufficient (n=${slice.traceCount})`,
    ]),
  );
  return rows.length === 0
    ? ''
    : table(['Entry point', 'Traffic', 'Traces', 'Durations', 'On the critical path'], rows);
}

const SLICES = { all: 'all', middle: 'middle', tail: 'slowest' } as const;

function entriesOf({ entryPoints }: Analysis): readonly AnalyzedEntryPoint[] {
  return entryPoints.filter(({ traffic }) => traffic.length > 0);
}

/** Below enough traces for all of them, there is nothing to say about some. */
function slicesOf({ traffic }: AnalyzedEntryPoint): readonly TrafficSlice[] {
  return traffic[0]?.isSufficient === true ? traffic : traffic.slice(0, 1);
}

/** `insufficient: middle (n=19), slowest (n=6)` */
function tooFew(entry: AnalyzedEntryPoint): string | undefined {
  const few = slicesOf(entry).filter(({ isSufficient }) => !isSufficient);
  if (few.length === 0) return undefined;
  return `insufficient: ${few.map(({ slice, traceCount }) => `${SLICES[slice]} (n=${traceCount})`).join(', ')}`;
}

function rangeText({ traceCount, fromUs, toUs }: TrafficSlice, withCount = true): string {
  const range = `${duration(fromUs)} to ${duration(toUs)}`;
  return withCount ? `${plural(traceCount, 'trace')} of ${range}` : range;
}

/** `payments 45 % (in 93-99 % of traces), …`: share of the time, and 95 % interval of how often it holds up the answer. */
function partsText({ parts }: TrafficSlice): string {
  const texts = parts.slice(0, MOST_PARTS).map(({ part, category, share, interval }) => {
    const often = `${Math.floor(interval[0] * 100)}-${Math.ceil(interval[1] * 100)} % of traces`;
    return `${nameOf(part, category)} ${percent(share)} (in ${often})`;
  });
  const rest = parts.slice(MOST_PARTS).reduce((sum, { share }) => sum + share, 0);
  return [...texts, ...(rest > 0 ? [`${parts.length - MOST_PARTS} more ${percent(rest)}`] : [])].join(', ');
}

function nameOf(part: string, category: SlicePart['category']): string {
  if (category === 'transport') return `on the way ${wayOf(part)}`;
  return category === 'backoff' ? `pause before a retry ${wayOf(part)}` : printable(part);
}

function wayOf(part: string): string {
  return printable(part.slice(part.indexOf(':') + 1).replace('->', ' → '));
}

function wasteText({ retryWaste }: AnalyzedEntryPoint): string | undefined {
  if (retryWaste === null || retryWaste.share === 0) return undefined;
  return `${percent(retryWaste.share)} of the time went into tries that were made again and the pauses between them, in ${percent(retryWaste.frequency)} of traces`;
}
