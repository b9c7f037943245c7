import { conclude } from '../analyzer/analyze.ts';
import { baselineOf } from '../analyzer/baseline/index.ts';
import { cyclePath } from '../analyzer/report/terminal.ts';
import { plural } from '../analyzer/report/text.ts';
import { readBaseline, writeBaseline } from './baseline-file.ts';
import { EXIT } from './exit.ts';
import { loadRollup } from './load.ts';
import { writeOutput } from './output.ts';
import { loadPolicy } from './policy.ts';

export interface BaselineOptions {
  readonly baseline: string;
  readonly policy?: string;
  readonly environment?: string;
  readonly prune?: boolean;
}

/** `ringfence baseline`: takes what the sources show as known and accepted. */
export async function baseline(
  sources: readonly string[],
  { baseline: file, policy: policyFile, prune, environment }: BaselineOptions,
): Promise<number> {
  const policy = await loadPolicy(policyFile);
  const previous = await readBaseline(file);
  const { rollup } = await loadRollup(sources, policy, environment);
  const analysis = conclude(rollup, policy);
  const next = baselineOf(analysis, policy, {
    ...(previous === undefined ? {} : { previous }),
    ...(prune === undefined ? {} : { prune }),
  });
  await writeBaseline(file, next);
  const lines = [
    `${file}: ${plural(next.dependencies.length, 'dependency', 'dependencies')} known` +
      (previous === undefined ? '' : ` (${previous.dependencies.length} before)`) +
      `, ${plural(next.cycles.length, 'circle')} accepted` +
      (previous === undefined ? '' : ` (${previous.cycles.length} before)`),
    ...next.cycles.map((cycle) => `  ${cyclePath(cycle)}`),
    'Commit the file; `ringfence check` fails on what is not in it.',
  ];
  await writeOutput(`${lines.join('\n')}\n`, undefined);
  return EXIT.ok;
}
