import { once } from 'node:events';

import type { Policy } from '../analyzer/model/policy.ts';
import { plural } from '../analyzer/report/text.ts';
import { LiveAnalysis, type LiveDelta } from '../collector/live.ts';
import { Pipeline } from '../collector/pipeline.ts';
import { RECEIVERS } from '../collector/receiver/index.ts';
import { startWebServer } from '../collector/server/index.ts';
import { STORES } from '../collector/store/index.ts';
import { EXIT, explain } from './exit.ts';
import { loadPolicy } from './policy.ts';
import { WEB_ROOT } from './web-root.ts';

export interface ServeOptions {
  readonly data: string;
  readonly listen: string;
  readonly port: number;
  readonly otlpPort: number;
  readonly policy?: string;
}

/** Everything that `serve` runs, until `close`. */
export interface Service {
  readonly webUrl: string;
  readonly otlpUrl: string;
  /** Resolves with the reason if spans can no longer be kept, such as a disk that fails: only a new start can help then. */
  readonly failed: Promise<string>;
  /** Takes no more spans, finishes what is under way, and leaves the data directory unlocked. */
  close(): Promise<void>;
}

export const DEFAULT_PORTS = { web: 4320, otlpHttp: 4318 } as const;

/** How long a trace may be silent before it counts as whole; the demo shortens it to show something soon. */
const IDLE_MS = 10_000;

const FAILURE_CHECK_MS = 1000;

/** `ringfence serve`: receive, keep, show, until interrupted. */
export async function serve(options: ServeOptions): Promise<number> {
  const service = await startService({ ...options, policy: await loadPolicy(options.policy) });
  print(`ringfence   ${service.webUrl}`);
  print(`OTLP/HTTP   ${service.otlpUrl}/v1/traces   (OTEL_EXPORTER_OTLP_ENDPOINT=${service.otlpUrl})`);
  print(`data        ${options.data}`);
  if (isOpenToAll(options.listen)) {
    print(
      `warning     listening on ${options.listen}: whoever reaches this machine can send and read; there is no login`,
    );
  }
  const failure = await Promise.race([interrupted(), service.failed]);
  await service.close();
  if (failure === undefined) return EXIT.ok;
  warn(`${failure}: stopped; what was acknowledged is in the journal and counted at the next start`);
  return EXIT.couldNotRun;
}

/** Starts the store, the pipeline, the receiver and the web server, in this order; what started is stopped if one cannot. */
export async function startService(options: {
  readonly data: string;
  readonly listen: string;
  readonly port: number;
  readonly otlpPort: number;
  readonly policy: Policy;
  readonly idleMs?: number;
}): Promise<Service> {
  const { data, listen, port, otlpPort, policy, idleMs = IDLE_MS } = options;
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const store = STORES.sqlite(data);
    closers.push(() => store.close());
    const live = new LiveAnalysis({ store, policy, nowUs: () => Date.now() * 1000 });
    const pipeline = new Pipeline<LiveDelta>({
      dataDirectory: data,
      store: live,
      onTrace: live.onTrace,
      takeDelta: live.takeDelta,
      onError: (error, during) => warn(`${during}: ${explain(error)}`),
      assembler: { idleLimitMs: idleMs },
    });
    live.watch(() => pipeline.status);
    const replay = await pipeline.start();
    closers.push(() => pipeline.stop());
    if (replay.quarantinedFiles.length > 0) {
      const lost = plural(replay.lostRecordCount, 'journal record');
      warn(`${lost} could not be read; copies are in ${replay.quarantinedFiles.join(', ')}; the rest was kept`);
    }
    const receiver = RECEIVERS['otlp-http'](pipeline, {
      port: otlpPort,
      ...(isLoopback(listen) ? {} : { hosts: [listen] }),
      onError: (error) => warn(explain(error)),
    });
    const boundOtlpPort = await receiver.listen();
    closers.push(() => receiver.close());
    const web = await startWebServer({
      state: live,
      webRoot: WEB_ROOT,
      host: listen,
      port,
      onError: (error) => warn(explain(error)),
    });
    closers.push(() => web.close());
    const otlpHost = new URL(web.url).hostname;
    return { webUrl: web.url, otlpUrl: `http://${otlpHost}:${boundOtlpPort}`, failed: failureOf(pipeline), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function failureOf(pipeline: Pipeline<LiveDelta>): Promise<string> {
  for (;;) {
    const { refusal } = pipeline.status;
    if (refusal !== undefined) return refusal;
    await new Promise((resolve) => setTimeout(resolve, FAILURE_CHECK_MS).unref());
  }
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process the hard way. */
export async function interrupted(): Promise<undefined> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  return undefined;
}

function isLoopback(host: string): boolean {
  return host === '127.0.0.1' || host === '::1' || host === 'localhost';
}

function isOpenToAll(host: string): boolean {
  return !isLoopback(host);
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function warn(line: string): void {
  process.stderr.write(`ringfence: ${line}\n`);
}
