import { conclude } from '../analyzer/analyze.ts';
import { explainEdge } from '../analyzer/coverage/why.ts';
import type { EdgeExplanation } from '../analyzer/model/coverage.ts';
import type { ReportOptions } from '../analyzer/report/report.ts';
import { styleOf } from '../analyzer/report/style.ts';
import { printable, printableJson, wrapped } from '../analyzer/report/text.ts';
import { EXIT } from './exit.ts';
import { loadRollup } from './load.ts';
import { reportOptions, writeOutput } from './output.ts';
import { loadPolicy } from './policy.ts';

export interface WhyOptions {
  readonly format: 'terminal' | 'json';
  readonly policy?: string;
  readonly environment?: string;
}

/** `ringfence why`: why there is an edge from one service to another, or why none was seen. */
export async function why(
  caller: string,
  callee: string,
  sources: readonly string[],
  { format, policy: policyFile, environment }: WhyOptions,
): Promise<number> {
  const policy = await loadPolicy(policyFile);
  const { rollup, problems } = await loadRollup(sources, policy, environment);
  const analysis = conclude(rollup, policy, { problems, environment: environment ?? null });
  const answer = explainEdge(analysis, caller, callee);
  const text = format === 'json' ? `${printableJson(answer)}\n` : terminal(answer, reportOptions(undefined));
  await writeOutput(text, undefined);
  return EXIT.ok;
}

function terminal({ summary, found, missing, next }: EdgeExplanation, { color, width }: ReportOptions): string {
  const style = styleOf(color);
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0
      ? []
      : ['', style.bold(title), ...lines.map((line) => `  · ${wrapped(printable(line), width - 4, '    ')}`)];
  return `${[
    wrapped(printable(summary), width, ''),
    ...list('Found', found),
    ...list('Missing, or hidden', missing),
    ...list('What to do', next),
  ].join('\n')}\n`;
}
