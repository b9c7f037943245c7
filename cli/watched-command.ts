import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Policy } from '../analyzer/model/policy.ts';
import { SpanTable } from '../analyzer/model/span-table.ts';
import { TracePartitions } from '../collector/assemble/trace-partitions.ts';
import { RECEIVERS } from '../collector/receiver/index.ts';
import { UsageError } from './exit.ts';
import { type Loaded, rollUp } from './load.ts';

export interface WatchedCommand {
  /** Its own, or 128 and the number of the signal that ended it. */
  readonly exitCode: number;
  /** What arrived while it ran and shortly after; undefined if not a span did. */
  readonly seen: Loaded | undefined;
}

export interface WatchOptions {
  readonly policy: Policy;
  readonly environment: string | undefined;
  /** A module that its Node processes load first: a path, or the name of a package. */
  readonly preload: string | undefined;
  /** How long it has to be silent after the end of the command before all late spans have come. */
  readonly quietMs: number;
}

/** Somebody who never stops sending would be waited for without end. */
const MOST_QUIET_SPELLS = 15;

const PASSED_ON: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/**
 * Runs a command with an OTLP receiver of its own, in its environment variables, and gathers what it and all it starts send.
 * Its output and signals pass through. Throws `UsageError` if it cannot be started.
 */
export async function watchCommand(command: readonly string[], options: WatchOptions): Promise<WatchedCommand> {
  const partitions = new TracePartitions();
  let lastMs = performance.now();
  // Batches of many senders come at once; the table takes one after the other.
  let adding = Promise.resolve();
  const receiver = RECEIVERS['otlp-http'](
    {
      createTable: () => new SpanTable(partitions.dictionary),
      ingest: (table) => {
        lastMs = performance.now();
        const added = adding.then(() => partitions.add(table));
        adding = added.catch(() => undefined);
        return added;
      },
    },
    { port: 0 },
  );
  try {
    const port = await receiver.listen();
    const exitCode = await run(command, { ...senderSettings(port), ...preloading(options.preload) });
    const giveUpMs = performance.now() + options.quietMs * MOST_QUIET_SPELLS;
    lastMs = performance.now();
    for (let leftMs = options.quietMs; leftMs > 0; leftMs = lastMs + options.quietMs - performance.now()) {
      if (performance.now() > giveUpMs) break;
      await new Promise((resolve) => setTimeout(resolve, leftMs));
    }
    await receiver.close();
    await adding;
    if (partitions.spanCount === 0) return { exitCode, seen: undefined };
    return { exitCode, seen: await rollUp({ partitions, problems: [] }, options.policy, options.environment) };
  } finally {
    await receiver.close();
    await partitions.close();
  }
}

/** Resolves with the exit code once the command and its output have ended. */
async function run([file = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  // A terminal sends Ctrl-C to the child too: it is the child's to decide what becomes of it.
  const passOn = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of PASSED_ON) process.on(signal, passOn);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        const reason = error.code === 'ENOENT' ? 'no such command' : (error.code ?? error.message);
        reject(new UsageError(`${file}: cannot be started (${reason})`));
      });
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  } finally {
    for (const signal of PASSED_ON) process.off(signal, passOn);
  }
}

/** What every OpenTelemetry SDK reads. */
function senderSettings(port: number): NodeJS.ProcessEnv {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_TRACES_EXPORTER: 'otlp',
    // Those for traces alone go before those for everything; left as they are, spans would go elsewhere.
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: undefined,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: undefined,
    // Soon, since a command that ends may take unsent batches with it. Whoever has set it knows better.
    OTEL_BSP_SCHEDULE_DELAY: process.env['OTEL_BSP_SCHEDULE_DELAY'] ?? '500',
  };
}

function preloading(preload: string | undefined): NodeJS.ProcessEnv {
  if (preload === undefined) return {};
  const isPath = preload.startsWith('.') || isAbsolute(preload);
  const module = isPath ? pathToFileURL(preload).href : preload;
  return { NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${module}`.trim() };
}
