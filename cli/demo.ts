import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startCloud, startTraffic } from '../fixtures/cloud/index.ts';
import { EXIT } from './exit.ts';
import { loadPolicy } from './policy.ts';
import { interrupted, print, startService } from './serve.ts';

export interface DemoOptions {
  readonly events?: boolean;
  readonly data?: string;
  readonly listen: string;
  readonly port: number;
  readonly otlpPort: number;
  readonly requestsPerSecond: number;
}

/** So that the map fills in while the reader is still curious; the demo's traces end within a second or two. */
const IDLE_MS = 2_000;

/** `ringfence demo`: the service, and beside it an instrumented cloud of thirteen services under traffic. */
export async function demo(options: DemoOptions): Promise<number> {
  const temporary = options.data === undefined ? await mkdtemp(join(tmpdir(), 'ringfence-demo-')) : undefined;
  const stopping = new AbortController();
  const end = interrupted().then(() => stopping.abort());
  const policy = await loadPolicy(undefined);
  const service = await startService({
    ...options,
    // The cloud speaks OTLP/HTTP only.
    doorPorts: { 'otlp-http': options.otlpPort },
    data: options.data ?? temporary!,
    policy,
    idleMs: IDLE_MS,
  });
  try {
    print(`\n  ringfence demo   ${service.webUrl}\n`);
    print('  Thirteen instrumented services are starting; the map fills in within half a minute.');
    const cloud = await startCloud({
      otlpEndpoint: service.doors[0]!.url,
      events: options.events ?? false,
      signal: stopping.signal,
    }).catch((error: unknown) => {
      if (stopping.signal.aborted) return undefined;
      throw error;
    });
    if (cloud !== undefined) {
      print(`  They serve at ${cloud.url}; ask for something yourself:`);
      print(`    curl -i ${cloud.url}/v2/droplets/1/actions -H 'content-type: application/json' \\`);
      print(`      -d '{"type":"resize","disk":true,"size":"1gb"}'`);
      print('  Stop with Ctrl+C.\n');
      const traffic = startTraffic({ ...cloud, requestsPerSecond: options.requestsPerSecond, seed: 1 });
      await end;
      await traffic.stop();
      await cloud.stop();
    }
    return EXIT.ok;
  } finally {
    await service.close();
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}
