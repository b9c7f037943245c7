import { conclude } from '../analyzer/analyze.ts';
import { checkOf } from '../analyzer/baseline/index.ts';
import { CHECK_REPORTS, type CheckFormat } from '../analyzer/report/check.ts';
import { html as mapOf } from '../analyzer/report/html.ts';
import { mergeRollups } from '../analyzer/rollup/merge-rollups.ts';
import { readBaseline } from './baseline-file.ts';
import { DEFAULT_BASELINE_FILE } from './default-files.ts';
import { EXIT, explain, UsageError } from './exit.ts';
import type { Target } from './formats.ts';
import { type Loaded, loadRollup } from './load.ts';
import { writeReports } from './output.ts';
import { NOT_A_SPAN } from './not-a-span.ts';
import { loadPolicy, policyFile } from './policy.ts';
import { reportShell } from './report-shell.ts';

export interface CheckOptions {
  readonly baseline?: string;
  readonly format?: readonly Target<CheckFormat | 'html'>[];
  readonly output?: string;
  readonly policy?: string;
  readonly environment?: string;
  readonly strict?: boolean;
  /** ISO date that acceptances are held against. */
  readonly today?: string;
  /** A module that the command's Node processes load first. */
  readonly import?: string;
  /** Seconds to wait for late spans of a command. */
  readonly wait: number;
}

/**
 * `ringfence check`: fails if the sources show something new that the policy calls an error. With a command, what it sends
 * while it runs is a source too, and its own exit code wins where it is not 0.
 */
export async function check(
  sources: readonly string[],
  options: CheckOptions,
  command: readonly string[] = [],
): Promise<number> {
  const policy = await loadPolicy(options.policy);
  const baselineFile = options.baseline ?? DEFAULT_BASELINE_FILE;
  const known = await readBaseline(baselineFile);
  if (known === undefined && (options.baseline !== undefined || options.strict === true)) {
    throw new UsageError(
      `there is no baseline ${baselineFile}: write it with ringfence baseline SOURCE… --baseline ${baselineFile}`,
    );
  }
  const judge = async ({ rollup, problems }: Loaded): Promise<number> => {
    const analysis = conclude(rollup, policy, { problems, environment: options.environment ?? null });
    const result = checkOf(analysis, known, policy, {
      baselineFile,
      policyFile: policyFile(options.policy),
      today: options.today ?? new Date().toISOString().slice(0, 10),
      strict: options.strict ?? false,
    });
    const html = () => mapOf(analysis, reportShell());
    await writeReports(result, { ...CHECK_REPORTS, html }, options.format, options.output);
    return result.fails ? EXIT.newFindings : EXIT.ok;
  };
  if (command.length === 0) return judge(await loadRollup(sources, policy, options.environment));

  const { exitCode, seen } = await (
    await import('./watched-command.ts')
  ).watchCommand(command, {
    policy,
    environment: options.environment,
    quietMs: options.wait * 1000,
    preload: options.import,
  });
  try {
    if (seen === undefined) throw new UsageError(`${command[0]!}: ${NOT_A_SPAN}`);
    const others = sources.length === 0 ? undefined : await loadRollup(sources, policy, options.environment);
    const rollup = others === undefined ? seen.rollup : mergeRollups([seen.rollup, others.rollup]);
    const verdict = await judge({ rollup, problems: [...seen.problems, ...(others?.problems ?? [])] });
    return exitCode === 0 ? verdict : exitCode;
  } catch (error) {
    if (exitCode === 0) throw error;
    // The command has failed: that is what whoever called has to hear.
    process.stderr.write(`ringfence: ${explain(error)}\n`);
    return exitCode;
  }
}
