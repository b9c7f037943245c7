import { conclude } from '../analyzer/analyze.ts';
import { baselineOf, compareWithBaseline } from '../analyzer/baseline/index.ts';
import type { Check } from '../analyzer/model/check.ts';
import { EMPTY_POLICY } from '../analyzer/model/policy.ts';
import { CHECK_REPORTS } from '../analyzer/report/check.ts';
import { emptyRollup } from '../analyzer/rollup/merge-rollups.ts';
import { DEFAULT_BASELINE_FILE, readBaseline } from './baseline-file.ts';
import { EXIT, UsageError } from './exit.ts';
import { loadRollup } from './load.ts';
import { reportOptions, writeOutput } from './output.ts';
import { loadPolicy } from './policy.ts';

export interface CheckOptions {
  readonly baseline?: string;
  readonly format: keyof typeof CHECK_REPORTS;
  readonly output?: string;
  readonly policy?: string;
  readonly environment?: string;
}

/** `ringfence check`: fails if the sources show something new that the policy calls an error. */
export async function check(sources: readonly string[], options: CheckOptions): Promise<number> {
  const policy = await loadPolicy(options.policy);
  const baselineFile = options.baseline ?? DEFAULT_BASELINE_FILE;
  const known = await readBaseline(baselineFile);
  if (known === undefined && options.baseline !== undefined) {
    throw new UsageError(
      `there is no baseline ${baselineFile}: write it with ringfence baseline SOURCE… --baseline ${baselineFile}`,
    );
  }
  const { rollup, problems } = await loadRollup(sources, policy, options.environment);
  const analysis = conclude(rollup, policy, {
    problems,
    environment: options.environment ?? null,
  });
  const baseline = known ?? baselineOf(conclude(emptyRollup(), EMPTY_POLICY), EMPTY_POLICY);
  const today = new Date().toISOString().slice(0, 10);
  const comparison = compareWithBaseline(analysis, baseline, policy, { today });
  const standing = analysis.findings.filter(({ kind }) => kind === 'card-data' || kind === 'scope-conflict');
  const result: Check = {
    schema: 'ringfence.check/1',
    fails: comparison.fails || standing.some(({ severity }) => severity === 'error'),
    baselineFile,
    hasBaseline: known !== undefined,
    comparison,
    standing,
    analysis,
  };
  await writeOutput(CHECK_REPORTS[options.format](result, reportOptions(options.output)), options.output);
  return result.fails ? EXIT.newFindings : EXIT.ok;
}
