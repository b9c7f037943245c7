import { readFile, stat } from 'node:fs/promises';

import { conclude } from '../analyzer/analyze.ts';
import { differenceOf, type Look, parseBaseline } from '../analyzer/baseline/index.ts';
import type { Policy } from '../analyzer/model/policy.ts';
import { DIFFERENCE_REPORTS } from '../analyzer/report/difference.ts';
import { withoutCredentials } from '../collector/source/index.ts';
import { EXIT, UsageError } from './exit.ts';
import type { Target } from './formats.ts';
import { loadRollup } from './load.ts';
import { writeReports } from './output.ts';
import { loadPolicy } from './policy.ts';

export interface DiffOptions {
  readonly format?: readonly Target<keyof typeof DIFFERENCE_REPORTS>[];
  readonly output?: string;
  readonly policy?: string;
  readonly environment?: string;
  /** Exit code 1 where there is a difference. */
  readonly exitCode?: boolean;
}

/** A baseline of a large system has a few hundred kilobytes; what is larger are traces. */
const MOST_BASELINE_BYTES = 64 * 2 ** 20;

/** `ringfence diff`: what came, went or changed between two sources, windows or baselines. */
export async function diff(before: string, after: string, options: DiffOptions): Promise<number> {
  const policy = await loadPolicy(options.policy);
  const [one, two] = [await look(before, policy, options), await look(after, policy, options)];
  const difference = differenceOf(one, two, policy);
  await writeReports(difference, DIFFERENCE_REPORTS, options.format, options.output);
  return options.exitCode === true && !difference.isSame ? EXIT.newFindings : EXIT.ok;
}

async function look(source: string, policy: Policy, { environment }: DiffOptions): Promise<Look> {
  const label = withoutCredentials(source);
  const text = await baselineText(source);
  if (text !== undefined) {
    const parsed = parseBaseline(text);
    if ('problem' in parsed) throw new UsageError(`${label}: ${parsed.problem}`);
    return { label, baseline: parsed.baseline };
  }
  const { rollup, problems } = await loadRollup([source], policy, environment);
  return { label, analysis: conclude(rollup, policy, { problems, environment: environment ?? null }) };
}

/** The text of a file that says it is a baseline, at its beginning as we write it. */
async function baselineText(source: string): Promise<string | undefined> {
  try {
    const { size } = await stat(source);
    if (size > MOST_BASELINE_BYTES) return undefined;
    const text = await readFile(source, 'utf8');
    return /^\s*\{\s*"schema":\s*"ringfence\.baseline\//.test(text) || /^<{7}/m.test(text.slice(0, 65_536))
      ? text
      : undefined;
  } catch {
    // A folder, a glob, a URL: what it is will be seen.
    return undefined;
  }
}
