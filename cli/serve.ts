import { once } from 'node:events';

import type { Policy } from '../analyzer/model/policy.ts';
import { plural } from '../analyzer/report/text.ts';
import type { DeclaredSource } from '../collector/config.ts';
import { LiveAnalysis, type LiveDelta } from '../collector/live.ts';
import { Pipeline } from '../collector/pipeline.ts';
import type { Receiver } from '../collector/receiver/contract.ts';
import { type DoorName, DOORS } from '../collector/receiver/doors.ts';
import { RECEIVERS } from '../collector/receiver/index.ts';
import { startWebServer } from '../collector/server/index.ts';
import { SourcePoller, withoutCredentials } from '../collector/source/pull/index.ts';
import { STORES } from '../collector/store/index.ts';
import type { DoorPorts, DoorSettings } from './doors.ts';
import { EXIT, explain, UsageError } from './exit.ts';
import { loadDeclaredSources, loadPolicy } from './policy.ts';
import { WEB_ROOT } from './web-root.ts';

export interface ServeOptions {
  readonly data: string;
  readonly listen: string;
  readonly port: number;
  readonly doorPorts: DoorPorts;
  readonly doorSettings: DoorSettings;
  readonly policy?: string;
}

/** Everything that `serve` runs, until `close`. */
export interface Service {
  readonly webUrl: string;
  readonly doors: readonly OpenDoor[];
  /** Resolves with the reason if spans can no longer be kept, such as a disk that fails: only a new start can help then. */
  readonly failed: Promise<string>;
  /** Takes no more spans, finishes what is under way, and leaves the data directory unlocked. */
  close(): Promise<void>;
}

/** A receiver at work. */
interface OpenDoor {
  readonly name: DoorName;
  /** Without a path: `http://127.0.0.1:4318`. */
  readonly url: string;
}

/** How long a trace may be silent before it counts as whole; the demo shortens it to show something soon. */
const IDLE_MS = 10_000;

const FAILURE_CHECK_MS = 1000;

/** Why a port may not open, and the way out. */
const PORT_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken: stop what listens there, or choose another with $OPTION (0 takes any free one)',
  EACCES: 'is not open to this user: choose one above 1023 with $OPTION',
  EADDRNOTAVAIL: 'cannot be opened: no interface of this machine has the address given with --listen',
  ENOTFOUND: 'cannot be opened: the name given with --listen is unknown',
};

/** `ringfence serve`: receive, keep, show, until interrupted. */
export async function serve(options: ServeOptions): Promise<number> {
  const policy = await loadPolicy(options.policy);
  const sources = await loadDeclaredSources(options.policy);
  const service = await startService({ ...options, policy, sources });
  print(`ringfence   ${service.webUrl}`);
  for (const { name, url } of service.doors) {
    const { title, path, setting } = DOORS[name];
    const hint = setting === undefined ? '' : `   (${setting.replace('$URL', url)})`;
    print(`${title.padEnd(11)} ${url}${path}${hint}`);
  }
  for (const { url, intervalMs } of sources) {
    print(`pulling     ${withoutCredentials(url)}   (every ${intervalMs / 1000} s)`);
  }
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

/** Starts the store, the pipeline, the receivers, the web server and pulling, in this order; what started is stopped if one cannot. */
export async function startService(options: {
  readonly data: string;
  readonly listen: string;
  readonly port: number;
  readonly doorPorts: DoorPorts;
  readonly doorSettings?: DoorSettings;
  readonly policy: Policy;
  readonly sources?: readonly DeclaredSource[];
  readonly idleMs?: number;
}): Promise<Service> {
  const { data, listen, port, doorPorts, doorSettings, policy, sources = [], idleMs = IDLE_MS } = options;
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
    const receivers: Receiver[] = [];
    closers.push(async () => {
      await Promise.all(receivers.map((receiver) => receiver.close()));
    });
    const boundPorts: [DoorName, number][] = [];
    for (const [name, doorPort] of Object.entries(doorPorts) as [DoorName, number][]) {
      const { title, option } = DOORS[name];
      const boundPort = await opened(`${title}: port ${doorPort}`, `--${option}`, async () => {
        const receiver = RECEIVERS[name](pipeline, {
          ...doorSettings,
          port: doorPort,
          ...(isLoopback(listen) ? {} : { hosts: [listen] }),
          onError: (error) => warn(explain(error)),
        });
        receivers.push(receiver);
        return receiver.listen();
      });
      boundPorts.push([name, boundPort]);
    }
    const web = await opened(`web map: port ${port}`, '--port', () =>
      startWebServer({
        state: live,
        webRoot: WEB_ROOT,
        host: listen,
        port,
        onError: (error) => warn(explain(error)),
      }),
    );
    closers.push(() => web.close());
    const pollers = sources.map(
      (source) => new SourcePoller({ source, sink: pipeline, dataDirectory: data, onMessage: warn }),
    );
    closers.push(async () => {
      await Promise.all(pollers.map((poller) => poller.stop()));
    });
    for (const poller of pollers) poller.start();
    const host = new URL(web.url).hostname;
    const doors = boundPorts.map(([name, boundPort]) => ({ name, url: `http://${host}:${boundPort}` }));
    return { webUrl: web.url, doors, failed: failureOf(pipeline), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Waits for a door to open, and puts what may be in the way in terms of the command line. */
async function opened<T>(door: string, option: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`${door} cannot be opened: ${error.message}`);
    const reason = PORT_FAULTS[(error as NodeJS.ErrnoException).code ?? ''];
    if (reason === undefined) throw error;
    throw new UsageError(`${door} ${reason.replace('$OPTION', option)}`);
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
