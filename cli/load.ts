import type { Problem } from '../analyzer/model/analysis.ts';
import type { Policy } from '../analyzer/model/policy.ts';
import { createDictionary, SpanTable } from '../analyzer/model/span-table.ts';
import type { Rollup } from '../analyzer/rollup/rollup.ts';
import { RollupBuilder } from '../analyzer/rollup/rollup-builder.ts';
import { traceEnvironment } from '../analyzer/trace/environment.ts';
import { TraceGroups } from '../analyzer/trace/group-traces.ts';
import { readSource } from '../collector/source/index.ts';
import { UsageError } from './exit.ts';
import { ReadingProgress } from './progress.ts';

export interface Loaded {
  readonly table: SpanTable;
  readonly problems: readonly Problem[];
}

/** All spans of some sources in one table. A source without a single span is an error: an empty input proves nothing. */
export async function loadSpans(sources: readonly string[]): Promise<Loaded> {
  const table = new SpanTable(createDictionary());
  const problems: Problem[] = [];
  const progress = new ReadingProgress(process.stderr);
  let bytesBefore = 0;
  try {
    for (const source of sources) {
      if (/^[a-z+]+:\/\//.test(source)) {
        throw new UsageError(
          `${source}: pulling from a URL is not supported yet: export the traces to a file and name that`,
        );
      }
      let bytesRead = 0;
      const report = await readSource(source, {
        table,
        onProgress: (step) => {
          ({ bytesRead } = step);
          const totalBytes = step.totalBytes === undefined ? undefined : bytesBefore + step.totalBytes;
          progress.update({ ...step, bytesRead: bytesBefore + bytesRead, totalBytes });
        },
      });
      bytesBefore += bytesRead;
      problems.push(...report.problems);
    }
  } finally {
    progress.done();
  }
  if (table.count === 0) {
    const reason = problems[0] === undefined ? '' : ` (${problems[0].message})`;
    throw new UsageError(
      `${sources.join(', ')}: not a single span in it${reason}: nothing can be said about no traffic`,
    );
  }
  return { table, problems };
}

/** What the spans of a table showed; the whole input is one window. */
export function rollUp(table: SpanTable, policy: Policy, environment?: string): Rollup {
  const spans = environment === undefined ? table : spansOfEnvironment(table, environment);
  const builder = new RollupBuilder(table.dictionary, { proxies: policy.proxies });
  builder.observe(spans);
  const rollup = builder.finish();
  // One environment was asked for; the others are still there to choose.
  for (const name of environmentNames(table)) rollup.environments.add(name);
  return rollup;
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
  if (chosen.count === 0) {
    const names = environmentNames(table);
    const choice = names.length === 0 ? 'its spans name none' : `there is: ${names.join(', ')}`;
    throw new UsageError(`no trace of the environment ${environment}; ${choice}`);
  }
  return chosen;
}

function environmentNames({ dictionary: { resources } }: SpanTable): string[] {
  const names = new Set<string>();
  for (let id = 0; id < resources.size; id++) {
    const { environment } = resources.get(id);
    if (environment !== undefined) names.add(environment);
  }
  return [...names].sort();
}
