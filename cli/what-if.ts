import { existsSync } from 'node:fs';

import { MIN_COMPLETE_TRACES } from '../analyzer/finding/entry-point.ts';
import { ALL_ENVIRONMENTS, askForEnvironment } from '../analyzer/model/environments.ts';
import { nearestName } from '../analyzer/model/nearest-name.ts';
import type { ReportOptions } from '../analyzer/report/report.ts';
import { styleOf } from '../analyzer/report/style.ts';
import { duration, grouped, plural, printable, printableJson } from '../analyzer/report/text.ts';
import type { Histogram } from '../analyzer/rollup/histogram.ts';
import { type Change, type ChangedEntryPoint, WhatIf } from '../analyzer/rollup/what-if.ts';
import { isRingfenceUrl } from '../collector/running-ringfence.ts';
import { withoutCredentials } from '../collector/source/index.ts';
import { EXIT, UsageError } from './exit.ts';
import { everything, noEnvironment, withTraces } from './load.ts';
import { reportOptions, writeOutput } from './output.ts';
import { loadPolicy } from './policy.ts';

export interface WhatIfCommandOptions {
  readonly format: 'terminal' | 'json';
  readonly policy?: string;
  readonly environment?: string;
}

/** What `--format json` prints. */
interface WhatIfReport {
  readonly changes: readonly Change[];
  readonly incompleteTraceCount: number;
  /** Most traffic first. */
  readonly entryPoints: readonly RetimedEntryPoint[];
}

interface RetimedEntryPoint {
  readonly service: string;
  readonly operation: string;
  /** Complete requests, and those of them that would have taken another time. */
  readonly traceCount: number;
  readonly changedTraceCount: number;
  /** Null below 30 complete requests. */
  readonly before: Quantiles | null;
  readonly after: Quantiles | null;
}

interface Quantiles {
  readonly p50Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
}

/** `ringfence what-if`: how long requests would have taken had services been faster or slower, by entry point. */
export async function whatIf(args: readonly string[], options: WhatIfCommandOptions): Promise<number> {
  const { changes, sources } = changesAndSources(args);
  const { format, policy: policyFile, environment: asked } = options;
  const policy = await loadPolicy(policyFile);
  const environment = asked === ALL_ENVIRONMENTS ? undefined : asked;
  const result = await withTraces(sources, everything, async ({ partitions, progress }) => {
    const retimed = new WhatIf(partitions.dictionary, changes, {
      proxies: policy.proxies,
      ...(environment === undefined ? {} : { environment }),
    });
    let doneCount = 0;
    for await (const table of partitions.tables()) {
      retimed.observe(table);
      doneCount += table.count;
      progress?.analyzed(doneCount, partitions.spanCount);
    }
    return retimed;
  });
  const { environments } = result;
  if (environment !== undefined && !environments.has(environment))
    throw new UsageError(noEnvironment(environment, environments));
  if (asked === undefined && environments.size > 1) throw new UsageError(askForEnvironment(environments));
  for (const name of result.unseen) throw new UsageError(notSeen(name, result.nodeIds));
  const report: WhatIfReport = {
    changes,
    incompleteTraceCount: result.incompleteTraceCount,
    entryPoints: result.entryPoints().map(retimedEntryPoint),
  };
  const text = format === 'json' ? `${printableJson(report)}\n` : terminal(report, reportOptions(undefined));
  await writeOutput(text, undefined);
  return EXIT.ok;
}

/** `payments=0.5`, as long as it is no file: what comes first is changed, all else is read. */
const CHANGE = /^(.+)=(\d+(?:\.\d+)?|\.\d+)$/;

function changesAndSources(args: readonly string[]): {
  readonly changes: readonly Change[];
  readonly sources: string[];
} {
  const changes: Change[] = [];
  const sources = [...args];
  for (let match = CHANGE.exec(args[0] ?? ''); match !== null; match = CHANGE.exec(sources[0] ?? '')) {
    if (changes.length > 0 && existsSync(sources[0]!)) break;
    changes.push({ service: match[1]!, factor: Number(match[2]) });
    sources.shift();
  }
  if (changes.length === 0)
    throw new UsageError(`${args[0] ?? 'nothing'}: say what is changed first, such as payments=0.5 for twice as fast`);
  if (sources.length === 0) throw new UsageError('name a source of traces after what is changed');
  const running = sources.find(isRingfenceUrl);
  if (running !== undefined)
    throw new UsageError(
      `${withoutCredentials(running)}: a running ringfence keeps sums, and requests are timed anew one by one: name traces`,
    );
  return { changes, sources };
}

function notSeen(name: string, ids: ReadonlySet<string>): string {
  const nearest = nearestName(name, [...ids, ...[...ids].map((id) => id.slice(id.lastIndexOf('/') + 1))]);
  return `no trace has a service ${name}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
}

function retimedEntryPoint({ before, after, ...entry }: ChangedEntryPoint): RetimedEntryPoint {
  const isEnough = entry.traceCount >= MIN_COMPLETE_TRACES;
  return { ...entry, before: isEnough ? quantiles(before) : null, after: isEnough ? quantiles(after) : null };
}

function quantiles(durations: Histogram): Quantiles {
  const at = (q: number) => durations.quantile(q) ?? 0;
  return { p50Us: at(0.5), p95Us: at(0.95), p99Us: at(0.99) };
}

function terminal({ changes, incompleteTraceCount, entryPoints }: WhatIfReport, { color }: ReportOptions): string {
  const style = styleOf(color);
  const told = entryPoints.filter(({ before, changedTraceCount }) => before !== null && changedTraceCount > 0);
  const fewCount = entryPoints.filter(({ before }) => before === null).length;
  const lines = [style.bold(changes.map(({ service, factor }) => `${printable(service)} ${speed(factor)}`).join(', '))];
  for (const { service, operation, traceCount, changedTraceCount, before, after } of told) {
    lines.push(
      `  ${printable(service)} ${printable(operation)}`,
      `    p50 ${fromTo(before!.p50Us, after!.p50Us)}   p95 ${fromTo(before!.p95Us, after!.p95Us)}   ` +
        style.dim(`n=${grouped(traceCount)}, ${grouped(changedTraceCount)} of them changed`),
    );
  }
  if (told.length === 0) lines.push('  no entry point with enough requests would have answered at another time');
  const sameCount = entryPoints.length - told.length - fewCount;
  if (sameCount > 0) lines.push(style.dim(`  ${plural(sameCount, 'entry point')} would not have changed`));
  if (fewCount > 0) {
    const most = Math.max(...entryPoints.filter(({ before }) => before === null).map(({ traceCount }) => traceCount));
    lines.push(
      style.dim(`  ${plural(fewCount, 'entry point')} insufficient (n up to ${most}, ${MIN_COMPLETE_TRACES} needed)`),
    );
  }
  if (incompleteTraceCount > 0) lines.push(style.dim(`  ${plural(incompleteTraceCount, 'incomplete trace')} left out`));
  lines.push(
    style.dim(
      '  Pauses that were seen stay, and whoever waited for somebody still does; load and queues are not in it.',
    ),
  );
  return `${lines.join('\n')}\n`;
}

function speed(factor: number): string {
  if (factor === 0) return 'taking no time';
  if (factor === 1) return 'as it is';
  const times = factor < 1 ? 1 / factor : factor;
  const rounded = Number(times.toFixed(2));
  return `${rounded === 2 ? 'twice' : `${rounded} times`} as ${factor < 1 ? 'fast' : 'slow'}`;
}

function fromTo(beforeUs: number, afterUs: number): string {
  return beforeUs === afterUs ? `stays ${duration(beforeUs)}` : `from ${duration(beforeUs)} to ${duration(afterUs)}`;
}
