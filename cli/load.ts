import { setFlagsFromString } from 'node:v8';

import type { Problem } from '../analyzer/model/analysis.ts';
import { ALL_ENVIRONMENTS, askForEnvironment } from '../analyzer/model/environments.ts';
import type { Policy } from '../analyzer/model/policy.ts';
import { SpanTable } from '../analyzer/model/span-table.ts';
import { mergeRollups } from '../analyzer/rollup/merge-rollups.ts';
import type { Rollup } from '../analyzer/rollup/rollup.ts';
import { rollupOfDependencies } from '../analyzer/rollup/rollup-of-dependencies.ts';
import { RollupBuilder } from '../analyzer/rollup/rollup-builder.ts';
import { traceEnvironment } from '../analyzer/trace/environment.ts';
import { TraceGroups } from '../analyzer/trace/group-traces.ts';
import { TracePartitions } from '../collector/assemble/trace-partitions.ts';
import { fetchRollup, isRingfenceUrl } from '../collector/running-ringfence.ts';
import { readDependencyList } from '../collector/source/dependency-list.ts';
import { readSource, withoutCredentials } from '../collector/source/index.ts';
import { UsageError } from './exit.ts';
import { Progress } from './progress.ts';

export interface Loaded {
  readonly rollup: Rollup;
  readonly problems: readonly Problem[];
}

/**
 * What all the sources showed together; the whole input is one window. Only traces of the environment, if one is named; where
 * traces are of several, one has to be, or `*` for all.
 */
export async function loadRollup(
  sources: readonly string[],
  policy: Policy,
  environment: string | undefined,
): Promise<Loaded> {
  const running = sources.filter(isRingfenceUrl);
  const parts = await Promise.all(running.map((source) => readRunning(source, environment)));
  const others: string[] = [];
  for (const source of sources.filter((each) => !isRingfenceUrl(each))) {
    const list = await readDependencyList(source);
    if (list === undefined) others.push(source);
    else parts.push(rollupOfDependencies(list));
  }
  if (others.length === 0) return { rollup: mergeRollups(parts), problems: [] };
  const { rollup, problems } = await withTraces(others, everything, (traces) => rollUp(traces, policy, environment));
  return { rollup: parts.length === 0 ? rollup : mergeRollups([...parts, rollup]), problems };
}

/** What traces showed together, those of the environment if one is named: then there has to be one. */
export async function rollUp(
  { partitions, problems, progress }: ReadTraces,
  policy: Policy,
  asked: string | undefined,
): Promise<Loaded> {
  const environment = asked === ALL_ENVIRONMENTS ? undefined : asked;
  const found = new Set<string>();
  const parts: Rollup[] = [];
  const builder = new RollupBuilder(partitions.dictionary, { proxies: policy.proxies });
  let analyzedCount = 0;
  let chosenCount = 0;
  for await (const table of partitions.tables()) {
    if (table.dictionary !== builder.dictionary) parts.push(builder.moveTo(table.dictionary));
    const spans = environment === undefined ? table : spansOfEnvironment(table, environment);
    if (asked === undefined) addEnvironments(table, found);
    builder.observe(spans);
    chosenCount += spans.count;
    analyzedCount += table.count;
    progress?.analyzed(analyzedCount, partitions.spanCount);
  }
  if (environment !== undefined && chosenCount === 0)
    throw new UsageError(noEnvironment(environment, partitions.environments));
  if (found.size > 1) throw new UsageError(askForEnvironment(found));
  const last = builder.finish();
  const rollup = parts.length === 0 ? last : mergeRollups([...parts, last]);
  // One environment was asked for; the others are still there to choose.
  for (const name of partitions.environments) rollup.environments.add(name);
  return { rollup, problems };
}

/** What another ringfence has seen. */
async function readRunning(source: string, environment: string | undefined): Promise<Rollup> {
  const rollup = await fetchRollup(source, environment);
  if (rollup.spanCount > 0) return rollup;
  const label = withoutCredentials(source);
  if (environment === undefined)
    throw new UsageError(`${label}: it has seen no span in this window: nothing can be said about no traffic`);
  throw new UsageError(`${label}: ${noEnvironment(environment, rollup.environments)}`);
}

export function noEnvironment(environment: string, environments: Iterable<string>): string {
  const names = [...environments].sort();
  const choice = names.length === 0 ? 'its spans name none' : `there is: ${names.join(', ')}`;
  return `no trace of the environment ${environment}; ${choice}`;
}

interface ReadTraces {
  readonly partitions: TracePartitions;
  readonly problems: readonly Problem[];
  readonly progress?: Progress;
}

/** What of a batch is kept: the batch itself, or a table of some of its rows. */
export type Choice = (batch: SpanTable) => SpanTable;

export const everything: Choice = (batch) => batch;

/**
 * Reads sources to the end and has `use` look at what was chosen, by whole traces, in memory that does not grow with the
 * input. A source without a single span is an error: an empty input proves nothing.
 */
export async function withTraces<T>(
  sources: readonly string[],
  choose: Choice,
  use: (traces: ReadTraces) => Promise<T>,
): Promise<T> {
  // What decoding leaves behind dies young. Left to itself, V8 makes room for 100 MiB of it, and is no faster for that.
  setFlagsFromString('--semi-space-growth-factor=1');
  const partitions = new TracePartitions();
  const progress = new Progress(process.stderr);
  try {
    const problems = await readInto(partitions, sources, choose, progress);
    return await use({ partitions, problems, progress });
  } finally {
    progress.done();
    await partitions.close();
  }
}

async function readInto(
  partitions: TracePartitions,
  sources: readonly string[],
  choose: Choice,
  progress: Progress,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  let bytesBefore = 0;
  let spanCount = 0;
  for (const source of sources) {
    let bytesRead = 0;
    const report = await readSource(source, {
      // A new one now and then.
      get dictionary() {
        return partitions.dictionary;
      },
      onBatch: (batch) => partitions.add(choose(batch)),
      onProgress: (step) => {
        ({ bytesRead } = step);
        const totalBytes = step.totalBytes === undefined ? undefined : bytesBefore + step.totalBytes;
        progress.read(bytesBefore + bytesRead, totalBytes, spanCount + step.spanCount);
      },
    });
    bytesBefore += bytesRead;
    spanCount += report.spanCount;
    problems.push(...report.problems);
  }
  if (spanCount === 0) {
    const reason = problems[0] === undefined ? '' : ` (${problems[0].message})`;
    throw new UsageError(
      `${sources.map(withoutCredentials).join(', ')}: not a single span in it${reason}: nothing can be said about no traffic`,
    );
  }
  return problems;
}

/** The environments that traces of a table are of. A trace that names none is of no other. */
function addEnvironments(table: SpanTable, environments: Set<string>): void {
  const { resources } = table.dictionary;
  const named = new Set(Array.from({ length: resources.size }, (_, id) => resources.get(id).environment ?? ''));
  named.delete('');
  if (named.size < 2) {
    for (const environment of named) environments.add(environment);
    return;
  }
  const groups = new TraceGroups();
  groups.group(table, 0, table.count);
  for (let trace = 0; trace < groups.count; trace++) {
    const environment = traceEnvironment(table, groups.rows, groups.starts[trace]!, groups.starts[trace + 1]!);
    if (environment !== '') environments.add(environment);
  }
}

function spansOfEnvironment(table: SpanTable, environment: string): SpanTable {
  const groups = new TraceGroups();
  groups.group(table, 0, table.count);
  const chosen = new SpanTable(table.dictionary);
  for (let trace = 0; trace < groups.count; trace++) {
    const [from, to] = [groups.starts[trace]!, groups.starts[trace + 1]!];
    if (traceEnvironment(table, groups.rows, from, to) !== environment) continue;
    for (let at = from; at < to; at++) chosen.appendRow(table, groups.rows[at]!);
  }
  return chosen;
}
