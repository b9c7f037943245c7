import { readFileSync } from 'node:fs';

import { Command, CommanderError, Option } from 'commander';

import type { ServeOptions } from './serve.ts';
import type { DemoOptions } from './demo.ts';
import type { AnalyzeOptions } from './analyze.ts';
import type { TraceOptions } from './trace.ts';
import type { WhyOptions } from './why.ts';
import type { WhatIfCommandOptions } from './what-if.ts';
import { EXIT, explain } from './exit.ts';
import { type DoorFlags, doorOptions, doorPorts, doorSettings, portOption, wholeNumberIn } from './doors.ts';
import { ANALYZE_FORMATS, formatOption } from './formats.ts';
import { addGateCommands } from './gate-commands.ts';
import { DEFAULT_POLICY_FILE } from './default-files.ts';

// Each command is loaded when it runs: `--version` and `--help` answer at once.

const SOURCES =
  'a file, a folder, a glob, or - for standard input: OTLP (JSON, JSON lines, protobuf), Zipkin or Jaeger JSON, plain, gzip or zstd';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('ringfence')
  .description(
    'Service dependencies from real traces: which run in a circle, which services are on the critical path, and which are in PCI scope.',
  )
  .version(version)
  .showHelpAfterError('(ringfence --help lists the commands)')
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples
  ringfence demo                               see it at work on a small cloud
  ringfence serve                              receive OTLP and Zipkin, show the map on 4320
  ringfence analyze traces/ --format markdown  one report over a folder of traces
  ringfence baseline traces/                   take today's dependencies as known
  ringfence check traces/                      fail on a new circle

Exit codes
  0  nothing new    1  new findings    2  could not run`,
  );

// Everything after -- is a command to watch; commander would take it for more sources.
const dashes = process.argv.indexOf('--', 2);
const watched = dashes === -1 ? [] : process.argv.slice(dashes + 1);

const policyOption = new Option(
  '--policy <file>',
  `what the team declares (default: ${DEFAULT_POLICY_FILE}, if there is one)`,
);

const environmentOption = new Option(
  '--environment <name>',
  'only traces of this deployment.environment.name; * for all together (needed where there are several)',
);

const serveCommand = program
  .command('serve')
  .description('receive traces, keep what they show, and serve the map')
  .option('--data <dir>', 'where to keep it', 'ringfence-data')
  .option('--listen <host>', 'address to listen on', '127.0.0.1')
  .addOption(portOption('--port <port>', 'web map and API', 4320))
  .addOption(policyOption)
  .addHelpText(
    'after',
    `
Point any OpenTelemetry SDK or Collector at it:
  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318                                     HTTP, protobuf or JSON
  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317 OTEL_EXPORTER_OTLP_PROTOCOL=grpc    gRPC

A sender is told that all went well only when its spans survive a crash. Card numbers are removed before anything is written.`,
  )
  .action(async (options: Omit<ServeOptions, 'doorPorts' | 'doorSettings'> & DoorFlags) => {
    const { serve } = await import('./serve.ts');
    process.exitCode = await serve({
      ...options,
      doorPorts: doorPorts({ ...options }),
      doorSettings: doorSettings(options),
    });
  });
for (const option of doorOptions()) serveCommand.addOption(option);

program
  .command('demo')
  .description('serve, with a small instrumented cloud under traffic')
  .option('--events', 'the version in which an event breaks the circle')
  .option('--data <dir>', 'keep the data (default: a temporary folder, removed at the end)')
  .option('--listen <host>', 'address to listen on', '127.0.0.1')
  .addOption(portOption('--port <port>', 'web map and API', 4320))
  .addOption(portOption('--otlp-port <port>', 'OTLP/HTTP', 4318))
  .addOption(
    new Option('--requests-per-second <n>', 'how much traffic')
      .default(8)
      .argParser((text) => wholeNumberIn(text, 1, 200)),
  )
  .action(async (options: DemoOptions) => {
    const { demo } = await import('./demo.ts');
    process.exitCode = await demo(options);
  });

addGateCommands(program, { sources: SOURCES, policyOption, environmentOption, watched });

program
  .command('analyze')
  .description('one report over everything in the sources')
  .argument('<source...>', SOURCES)
  .addOption(formatOption(ANALYZE_FORMATS, 'form of the report'))
  .option('--output <file>', 'write the report there')
  .option('--baseline <file>', 'what was confirmed last: the assessor’s report says what changed since')
  .addOption(
    new Option(
      '--elementary-circles <n>',
      'also list every circle without a repeated service, at most so many (json, markdown)',
    ).argParser((text) => wholeNumberIn(text, 1, 100_000)),
  )
  .addOption(environmentOption)
  .addOption(policyOption)
  .action(async (sources: string[], options: AnalyzeOptions) => {
    const { analyze } = await import('./analyze.ts');
    process.exitCode = await analyze(sources, options);
  });

program
  .command('trace')
  .description('one trace and its critical path, section by section')
  .argument('<source>', SOURCES)
  .option('--trace <id>', 'which one (default: the one with the most spans)')
  .addOption(new Option('--format <format>', 'form of the answer').choices(['terminal', 'json']).default('terminal'))
  .action(async (source: string, options: TraceOptions) => {
    const { trace } = await import('./trace.ts');
    process.exitCode = await trace(source, options);
  });

program
  .command('what-if')
  .description('how long requests would have taken had a service been faster or slower')
  .argument('<service=factor...>', 'whose own time is scaled, then where the traces are: payments=0.5 traces/')
  .addOption(new Option('--format <format>', 'form of the answer').choices(['terminal', 'json']).default('terminal'))
  .addOption(environmentOption)
  .addOption(policyOption)
  .addHelpText(
    'after',
    `
Each request is timed anew, by what waited for what in it; quantiles are of the outcome.

  ringfence what-if payments=0.5 traces/               payments twice as fast
  ringfence what-if payments=0.5 ledger=0 traces/      and ledger taking no time at all`,
  )
  .action(async (args: string[], options: WhatIfCommandOptions) => {
    const { whatIf } = await import('./what-if.ts');
    process.exitCode = await whatIf(args, options);
  });

program
  .command('why')
  .description('why there is an edge from one service to another, or why none was seen')
  .argument('<caller>', 'service that calls, by id or plain name')
  .argument('<callee>', 'service that is called')
  .argument('<source...>', SOURCES)
  .addOption(new Option('--format <format>', 'form of the answer').choices(['terminal', 'json']).default('terminal'))
  .addOption(environmentOption)
  .addOption(policyOption)
  .addHelpText(
    'after',
    `
Traces show calls that happened, never that none did. This says what was looked at, what was found, and
what a call would have left behind: a client span, a passed-on trace context, a parent that came.

  ringfence why checkout payments traces/`,
  )
  .action(async (caller: string, callee: string, sources: string[], options: WhyOptions) => {
    const { why } = await import('./why.ts');
    process.exitCode = await why(caller, callee, sources, options);
  });

for (const command of program.commands)
  command.exitOverride().showHelpAfterError(`(ringfence ${command.name()} --help says more)`);

try {
  await program.parseAsync(dashes === -1 ? process.argv : process.argv.slice(0, dashes));
} catch (error) {
  // Commander has printed its own word already, and ends with 0 after --help and --version.
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.couldNotRun;
  } else {
    process.stderr.write(`ringfence: ${explain(error)}\n`);
    process.exitCode = EXIT.couldNotRun;
  }
}
