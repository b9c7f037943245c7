import { conclude } from '../analyzer/analyze.ts';
import { renamedBaseline } from '../analyzer/baseline/baseline.ts';
import { html } from '../analyzer/report/html.ts';
import { REPORTS } from '../analyzer/report/index.ts';
import type { Analysis } from '../analyzer/model/analysis.ts';
import type { Report } from '../analyzer/report/report.ts';
import { readBaseline } from './baseline-file.ts';
import { EXIT, UsageError } from './exit.ts';
import type { AnalyzeFormat, Target } from './formats.ts';
import { loadRollup } from './load.ts';
import { writeReports } from './output.ts';
import { loadPolicy } from './policy.ts';
import { reportShell } from './report-shell.ts';

export interface AnalyzeOptions {
  readonly format?: readonly Target<AnalyzeFormat>[];
  readonly output?: string;
  readonly policy?: string;
  readonly environment?: string;
  /** What was confirmed last, for the assessor's report. */
  readonly baseline?: string;
  readonly elementaryCircles?: number;
}

/** `ringfence analyze`: one report over everything in the sources. */
export async function analyze(
  sources: readonly string[],
  { format, output, policy: policyFile, environment, baseline: baselineFile, elementaryCircles }: AnalyzeOptions,
): Promise<number> {
  const policy = await loadPolicy(policyFile);
  const confirmed = baselineFile === undefined ? undefined : await readBaseline(baselineFile);
  if (baselineFile !== undefined && confirmed === undefined)
    throw new UsageError(`there is no baseline ${baselineFile}`);
  const { rollup, problems } = await loadRollup(sources, policy, environment);
  const analysis = conclude(rollup, policy, {
    problems,
    environment: environment ?? null,
    ...(elementaryCircles === undefined ? {} : { elementaryCircleLimit: elementaryCircles }),
  });
  const assessor: Report = (seen, options) =>
    REPORTS.assessor(
      seen,
      confirmed === undefined ? options : { ...options, lastConfirmed: renamedBaseline(confirmed, policy.aliases) },
    );
  await writeReports(
    analysis,
    { ...REPORTS, assessor, html: (seen: Analysis) => html(seen, reportShell()) },
    format,
    output,
  );
  return EXIT.ok;
}
