import { conclude } from '../../analyzer/analyze.ts';
import type { Analysis, Problem, TraceDetail } from '../../analyzer/model/analysis.ts';
import { EMPTY_POLICY } from '../../analyzer/model/policy.ts';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { mergeRollups } from '../../analyzer/rollup/merge-rollups.ts';
import type { Rollup } from '../../analyzer/rollup/rollup.ts';
import { RollupBuilder } from '../../analyzer/rollup/rollup-builder.ts';
import { rollupOfDependencies } from '../../analyzer/rollup/rollup-of-dependencies.ts';
import { TraceGroups } from '../../analyzer/trace/group-traces.ts';
import { traceDetail } from '../../analyzer/trace/trace-detail.ts';
import { decodeDependencyList, isDependencyList } from '../../collector/decode/dependency-list.ts';
import { decode, MalformedInputError } from '../../collector/decode/index.ts';

export interface ReadFile {
  readonly name: string;
  /** Unpacked. */
  readonly bytes: Uint8Array;
}

/** Files taken apart in the browser, by the code that does it on the server. */
export interface ReadTraces {
  readonly analysis: Analysis;
  trace(traceId: string): TraceDetail | undefined;
}

/**
 * Traces in any format that is known, and dependency lists, all as one window and without a policy. A file that cannot be
 * read is a problem among others; throws `MalformedInputError` where nothing at all could be read.
 */
export function readTraces(files: readonly ReadFile[]): ReadTraces {
  const table = new SpanTable(createDictionary());
  const lists: Rollup[] = [];
  const problems: Problem[] = [];
  let failure: string | undefined;
  for (const { name, bytes } of files) {
    try {
      if (isDependencyList(bytes)) lists.push(rollupOfDependencies(decodeDependencyList(bytes)));
      else problems.push(...decode(bytes, table).problems);
    } catch (error) {
      if (!(error instanceof MalformedInputError)) throw error;
      failure ??= `${name}: ${error.message}`;
      problems.push({ kind: 'unreadable-file', message: `${name}: left out: ${error.message}`, count: 1 });
    }
  }
  if (table.count === 0 && lists.length === 0)
    throw new MalformedInputError(failure ?? `${files.map(({ name }) => name).join(', ')}: no span in it`);
  const builder = new RollupBuilder(table.dictionary);
  builder.observe(table);
  const rollup = mergeRollups([...lists, builder.finish()]);
  return {
    analysis: conclude(rollup, EMPTY_POLICY, { problems }),
    trace: (traceId) => detailOf(table, traceId),
  };
}

function detailOf(table: SpanTable, traceId: string): TraceDetail | undefined {
  const groups = new TraceGroups();
  groups.group(table, 0, table.count);
  for (let trace = 0; trace < groups.count; trace++) {
    if (table.traceId(groups.idRows[trace]!) !== traceId) continue;
    const chosen = new SpanTable(table.dictionary);
    for (let at = groups.starts[trace]!; at < groups.starts[trace + 1]!; at++)
      chosen.appendRow(table, groups.rows[at]!);
    return traceDetail(chosen);
  }
  return undefined;
}
