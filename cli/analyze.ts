import { conclude } from '../analyzer/analyze.ts';
import { type ReportName, REPORTS } from '../analyzer/report/index.ts';
import { EXIT } from './exit.ts';
import { loadRollup } from './load.ts';
import { reportOptions, writeOutput } from './output.ts';
import { loadPolicy } from './policy.ts';

export interface AnalyzeOptions {
  readonly format: ReportName;
  readonly output?: string;
  readonly policy?: string;
  readonly environment?: string;
}

/** `ringfence analyze`: one report over everything in the sources. */
export async function analyze(
  sources: readonly string[],
  { format, output, policy: policyFile, environment }: AnalyzeOptions,
): Promise<number> {
  const policy = await loadPolicy(policyFile);
  const { rollup, problems } = await loadRollup(sources, policy, environment);
  const analysis = conclude(rollup, policy, { problems, environment: environment ?? null });
  await writeOutput(REPORTS[format](analysis, reportOptions(output)), output);
  return EXIT.ok;
}
