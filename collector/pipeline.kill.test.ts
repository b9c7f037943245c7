import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const KILL_COUNT = 20;
const CLIENT_COUNT = 4;
const PROGRAM = new URL('pipeline-under-test.ts', import.meta.url).pathname;

let directory: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringfence-kill-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

interface Collector {
  readonly process: ReturnType<typeof spawnCollector>;
  readonly port: number;
  readonly lostRecordCount: number;
}

async function startCollector(): Promise<Collector> {
  const collector = spawnCollector();
  child = collector;
  const [line] = (await Promise.race([
    once(collector.stdout, 'data'),
    once(collector, 'exit').then(([code]) => Promise.reject(new Error(`the collector ended with ${String(code)}`))),
  ])) as [Buffer];
  return { process: collector, ...(JSON.parse(line.toString()) as { port: number; lostRecordCount: number }) };
}

function spawnCollector() {
  return spawn(process.execPath, [PROGRAM, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Posts numbered spans, one request after the other, until the collector is gone. */
async function sendUntilKilled(port: number, nextNumber: () => number, acknowledged: Set<number>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (;;) {
    const numbers = Array.from({ length: 1 + (nextNumber() % 20) }, nextNumber);
    try {
      if ((await post(port, agent, numbers)) === 200) for (const number of numbers) acknowledged.add(number);
    } catch {
      break;
    }
  }
  agent.destroy();
}

function post(port: number, agent: Agent, numbers: readonly number[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const outgoing = request({ host: '127.0.0.1', port, agent, method: 'POST', path: '/v1/traces', headers });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode!));
      response.on('error', reject);
    });
    outgoing.end(JSON.stringify(numbers));
  });
}

function countsInStore(): Map<number, number> {
  const counts = new Map<number, number>();
  for (const line of readFileSync(join(directory, 'store.jsonl'), 'utf8').trim().split('\n')) {
    for (const number of (JSON.parse(line) as { numbers: number[] }).numbers) {
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
  }
  return counts;
}

it(`${KILL_COUNT} kills under load: every acknowledged span is in the store once, every other at most once`, async () => {
  let number = 0;
  const nextNumber = () => number++;
  const acknowledged = new Set<number>();
  for (let kill = 0; kill < KILL_COUNT; kill++) {
    const { process: collector, port, lostRecordCount } = await startCollector();
    expect(lostRecordCount).toBe(0);
    const clients = Array.from({ length: CLIENT_COUNT }, () => sendUntilKilled(port, nextNumber, acknowledged));
    // From within replay's first requests to well into closing, committing and deleting segments.
    await new Promise((resolve) => setTimeout(resolve, 20 + ((kill * 137) % 500)));
    collector.kill('SIGKILL');
    await once(collector, 'exit');
    await Promise.all(clients);
  }
  const last = await startCollector();
  last.process.stdin.write('stop');
  await once(last.process, 'exit');

  const counts = countsInStore();
  const lost = [...acknowledged].filter((each) => !counts.has(each));
  const doubled = [...counts].filter(([, count]) => count > 1);
  expect({ lost, doubled }).toEqual({ lost: [], doubled: [] });
  expect(acknowledged.size).toBeGreaterThan(1_000);
}, 90_000);
