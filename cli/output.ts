import { writeFile } from 'node:fs/promises';

import type { ReportOptions } from '../analyzer/report/report.ts';
import { UsageError } from './exit.ts';
import type { Target } from './formats.ts';

/** How reports look here: colour on a terminal unless `NO_COLOR` is set or a file is written; its width, or 100 columns. */
export function reportOptions(outputFile: string | undefined): ReportOptions {
  const { stdout, env } = process;
  const noColor = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  const isTerminal = outputFile === undefined && stdout.isTTY;
  return {
    color: !noColor && (isTerminal || (forced && outputFile === undefined)),
    width: isTerminal ? Math.max(40, Math.min(stdout.columns, 140)) : 100,
  };
}

/** Writes to a file, or to standard output; a reader that has gone away (`| head`) is no error. */
export async function writeOutput(text: string, outputFile: string | undefined): Promise<void> {
  if (outputFile !== undefined) {
    try {
      await writeFile(outputFile, text);
    } catch (error) {
      throw new UsageError(`cannot write ${outputFile}: ${(error as Error).message}`);
    }
    return;
  }
  await new Promise<void>((resolve) => {
    process.stdout.once('error', () => resolve());
    process.stdout.write(text, () => resolve());
  });
}

/** Writes an answer in each form that was asked for; `--output` is for the one that names no file. */
export async function writeReports<Format extends string, Answer>(
  answer: Answer,
  reports: Readonly<Record<Format, (answer: Answer, options: ReportOptions) => string>>,
  targets: readonly Target<Format>[] | undefined,
  output: string | undefined,
): Promise<void> {
  for (const { format, file = output } of targets ?? [{ format: 'terminal' as Format }]) {
    await writeOutput(reports[format](answer, reportOptions(file)), file);
  }
}
