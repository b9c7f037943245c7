import { type Command, InvalidArgumentError, Option } from 'commander';

import type { BaselineOptions } from './baseline.ts';
import { DEFAULT_BASELINE_FILE } from './default-files.ts';
import type { CheckOptions } from './check.ts';
import type { DiffOptions } from './diff.ts';
import { CHECK_FORMATS, DIFF_FORMATS, formatOption } from './formats.ts';

interface Shared {
  /** What a source may be, for `--help`. */
  readonly sources: string;
  readonly policyOption: Option;
  readonly environmentOption: Option;
  /** What stands after `--`: a command and its arguments. */
  readonly watched: readonly string[];
}

/** `check`, `baseline` and `diff`: what stands in builds. */
export function addGateCommands(
  program: Command,
  { sources: sourceHelp, policyOption, environmentOption, watched }: Shared,
): void {
  program
    .command('check')
    .description('fail if traces show something new: a circle, card data, a conflict of PCI scope')
    .argument(watched.length > 0 ? '[source...]' : '<source...>', sourceHelp)
    .usage('[options] <source...>\n       ringfence check [options] -- <command>')
    .option(
      '--baseline <file>',
      `what is known and accepted (default: ${DEFAULT_BASELINE_FILE}; none means all is new)`,
    )
    .addOption(formatOption(CHECK_FORMATS, 'form of the answer'))
    .option('--output <file>', 'write the answer there')
    .option('--strict', 'also fail on accepted circles that are gone, and without a baseline')
    .addOption(importOption())
    .addOption(waitOption())
    .addOption(new Option('--today <date>', 'hold acceptances against this day (default: today)').argParser(dateIn))
    .addOption(environmentOption)
    .addOption(policyOption)
    .addHelpText(
      'after',
      `
A circle is new if one of its calls is not in the baseline. Circles that an event breaks, and circles
made of accepted calls, pass. An empty or unreadable source is no success: exit code 2.

  ringfence baseline traces/            once, and whenever you accept what there is
  ringfence check traces/               in every build
  ringfence check -- npm test           what the tests send; their own exit code wins
  ringfence check http://127.0.0.1:4320?from=2026-11-22T00:00:00Z    what a running ringfence has seen
  ringfence check traces/ --format terminal --format sarif=out.sarif`,
    )
    .action(async (sources: string[], options: CheckOptions) => {
      const { check } = await import('./check.ts');
      process.exitCode = await check(sources, options, watched);
    });

  program
    .command('baseline')
    .description('take what the sources show as known and accepted')
    .argument('[source...]', sourceHelp)
    .option('--baseline <file>', 'the file to write or update', DEFAULT_BASELINE_FILE)
    .option('--accept <circle>', 'accept one circle by name and nothing else: its id, or "a -> b -> a"')
    .option('--reason <text>', 'why it may stay')
    .option('--owner <name>', 'who answers for it')
    .addOption(new Option('--expires <date>', 'the last day it may stay, such as 2027-01-31').argParser(dateIn))
    .addOption(importOption())
    .addOption(waitOption())
    .option('--prune', 'take out what is gone for sure: calls that their callers had 300 requests to make and did not')
    .option(
      '--prune-unseen',
      'take out all that was not seen this time (traces are a sample: see that they cover everything)',
    )
    .addOption(environmentOption)
    .addOption(policyOption)
    .addHelpText(
      'after',
      `
  ringfence baseline traces/
  ringfence baseline -- npm test        what the tests send

The file is made for reading in a diff: sorted, a fact a line, no clock, no counts. After a merge conflict
run this again: what either side knows is known.`,
    )
    .action(async (sources: string[], options: BaselineOptions) => {
      const { baseline } = await import('./baseline.ts');
      process.exitCode = await baseline(sources, options, watched);
    });

  program
    .command('diff')
    .description('what came, went or changed: services, dependencies, circles, critical path, PCI scope')
    .argument('<before>', 'a source as above, or a baseline')
    .argument('<after>', 'another')
    .addOption(formatOption(DIFF_FORMATS, 'form of the answer'))
    .option('--output <file>', 'write the answer there')
    .option('--exit-code', 'end with 1 where there is a difference')
    .addOption(environmentOption)
    .addOption(policyOption)
    .addHelpText(
      'after',
      `
  ringfence diff before/ after/
  ringfence diff ringfence.baseline.json traces/
  ringfence diff 'http://127.0.0.1:4320?to=2026-11-22T12:00:00Z' 'http://127.0.0.1:4320?from=2026-11-22T12:00:00Z'`,
    )
    .action(async (before: string, after: string, options: DiffOptions) => {
      const { diff } = await import('./diff.ts');
      process.exitCode = await diff(before, after, options);
    });
}

function importOption(): Option {
  return new Option(
    '--import <module>',
    'with a command: what its Node processes load first, such as an instrumentation',
  );
}

function waitOption(): Option {
  return new Option('--wait <seconds>', 'with a command: how long it has to be silent after its end')
    .default(2)
    .argParser(secondsIn);
}

function dateIn(text: string): string {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // 30 February is read as a day of March.
  if (!Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError('give a date such as 2027-01-31.');
}

function secondsIn(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= 3600) return seconds;
  throw new InvalidArgumentError('give a number of seconds, at most 3600.');
}
