import { InvalidArgumentError, Option } from 'commander';

import type { CheckFormat } from '../analyzer/report/check.ts';
import type { DIFFERENCE_REPORTS } from '../analyzer/report/difference.ts';
import type { ReportName } from '../analyzer/report/index.ts';

// The names alone, so that `--help` answers without loading what writes them.

export const ANALYZE_FORMATS = [
  'terminal',
  'json',
  'markdown',
  'mermaid',
  'dot',
  'csv',
  'assessor',
  'sarif',
  'junit',
  'html',
] as const;
export type AnalyzeFormat = (typeof ANALYZE_FORMATS)[number];
export const CHECK_FORMATS = ['terminal', 'json', 'markdown', 'sarif', 'junit', 'github', 'gitlab', 'html'] as const;
export const DIFF_FORMATS = ['terminal', 'json', 'markdown'] as const;

/** One form of an answer and where it goes: to a file, or to standard output. */
export interface Target<Format extends string> {
  readonly format: Format;
  readonly file?: string;
}

/** `--format terminal --format sarif=out.sarif`: several answers in one run, at most one of them to standard output. */
export function formatOption(formats: readonly string[], description: string): Option {
  return new Option(
    '--format <format>',
    `${description}: ${formats.join(', ')}; format=file writes it there; repeat for more`,
  ).argParser((text, known: readonly Target<string>[] | undefined) => {
    const [format = '', ...rest] = text.split('=');
    const file = rest.join('=');
    if (!formats.includes(format)) throw new InvalidArgumentError(`Allowed choices are ${formats.join(', ')}.`);
    if (rest.length > 0 && file === '') throw new InvalidArgumentError('name the file after the =.');
    const targets = [...(known ?? []), rest.length === 0 ? { format } : { format, file }];
    if (targets.filter((target) => !('file' in target)).length > 1)
      throw new InvalidArgumentError(`only one can go to standard output: write ${format}=FILE.`);
    return targets;
  });
}

/** Every name has its report, and every report its name: what is missing does not compile. */
type Same<One, Other> = [One, Other] extends [Other, One] ? true : never;
// The file that opens by itself needs the built map, which is not for pure code to find.
true satisfies Same<AnalyzeFormat, ReportName | 'html'>;
true satisfies Same<(typeof CHECK_FORMATS)[number], CheckFormat | 'html'>;
true satisfies Same<(typeof DIFF_FORMATS)[number], keyof typeof DIFFERENCE_REPORTS>;
