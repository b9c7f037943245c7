import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDictionary, SpanTable } from '../../../analyzer/model/span-table.ts';
import { type Product, recordedTraces } from '../../../fixtures/pull/recorded-traces.ts';
import { startTraceBackend, type TraceBackend } from '../../../fixtures/pull/trace-backend.ts';
import { SourcePoller } from './source-poller.ts';

const NOW_US = 1_700_000_000_000_000;
const SECOND_US = 1_000_000;
const MINUTE_US = 60 * SECOND_US;
const PRODUCTS: readonly Product[] = ['jaeger', 'tempo', 'zipkin'];

let folder: string;
let backend: TraceBackend;
let nowUs: number;
/** How often each span was taken, by trace, span, kind and service. */
let taken: Map<string, number>;
let messages: string[];
let failing: boolean;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringfence-poll-'));
  nowUs = NOW_US;
  taken = new Map();
  messages = [];
  failing = false;
});
afterEach(async () => {
  await backend.close();
  rmSync(folder, { recursive: true });
});

async function start(product: Product, offsetsUs: readonly number[]): Promise<void> {
  backend = await startTraceBackend(product, traces(product, offsetsUs));
}

const traces = (product: Product, offsetsUs: readonly number[]) =>
  recordedTraces(
    product,
    offsetsUs.map((offset) => NOW_US + offset),
  );

/** Every recorded trace of Jaeger has this service: it need not be asked for the others. */
function poller(query = backend.url.startsWith('jaeger') ? '?service=nginx-web-server' : ''): SourcePoller {
  const dictionary = createDictionary();
  return new SourcePoller({
    source: { url: backend.url + query, intervalMs: 1 },
    dataDirectory: folder,
    nowUs: () => nowUs,
    backoffMs: 1,
    onMessage: (message) => messages.push(message),
    sink: {
      createTable: () => new SpanTable(dictionary),
      ingest: (table) => {
        if (failing) return Promise.reject(new Error('disk full'));
        for (let row = 0; row < table.count; row++) {
          const { traceId, spanId, kind, resource } = table.span(row);
          const key = `${traceId} ${spanId} ${kind} ${resource.service}`;
          taken.set(key, (taken.get(key) ?? 0) + 1);
        }
        // As the pipeline does, which uses tables again.
        table.truncate(0);
        return Promise.resolve();
      },
    },
  });
}

const spanCount = () => backend.traces.reduce((sum, trace) => sum + trace.spanCount, 0);
const takenTraceCount = () => new Set([...taken.keys()].map((key) => key.split(' ')[0])).size;
const mostTaken = () => Math.max(0, ...taken.values());

describe.each(PRODUCTS)('polling %s', (product) => {
  it('takes each span once, however windows overlap and processes come and go', async () => {
    await start(product, [-50 * MINUTE_US, -3 * MINUTE_US]);
    expect(await poller().pullOnce()).toBe(false);
    expect(taken.size).toBe(spanCount());
    let next = poller();
    for (let minute = 1; minute <= 8; minute++) {
      nowUs = NOW_US + minute * MINUTE_US;
      // Every second start is of a process of its own.
      if (minute % 2 === 0) next = poller();
      backend.traces.push(
        ...recordedTraces(product, [...Array<number>(minute + 1).fill(0), nowUs - 40 * SECOND_US]).slice(-1),
      );
      await next.pullOnce();
    }
    expect(taken.size).toBe(spanCount());
    expect(mostTaken()).toBe(1);
    expect(messages).toEqual([]);
  });

  it('leaves a trace that is still young as a whole, and takes it with the next pull', async () => {
    // The recorded traces are shorter than a second.
    await start(product, [-30.1 * SECOND_US]);
    const first = poller();
    nowUs = NOW_US;
    await first.pullOnce();
    const before = takenTraceCount();
    nowUs = NOW_US + MINUTE_US;
    await first.pullOnce();
    expect(taken.size).toBe(spanCount());
    expect(mostTaken()).toBe(1);
    expect(before).toBeLessThan(backend.traces.length + 1);
  });

  it('takes what reaches the backend late, but not what is older than the window', async () => {
    await start(product, [-10 * MINUTE_US]);
    const known = spanCount();
    const next = poller();
    await next.pullOnce();
    nowUs += MINUTE_US;
    const [late, tooLate] = [
      traces(product, [0, -80 * SECOND_US]).slice(-1),
      traces(product, [0, 0, -7 * MINUTE_US]).slice(-1),
    ];
    backend.traces.push(...late, ...tooLate);
    await next.pullOnce();
    expect(taken.size).toBe(known + late[0]!.spanCount);
  });

  it('pulls what it missed in a long pause hour by hour', async () => {
    await start(product, [-10 * MINUTE_US, 30 * MINUTE_US, 100 * MINUTE_US, 170 * MINUTE_US]);
    await poller().pullOnce();
    nowUs = NOW_US + 180 * MINUTE_US;
    const next = poller();
    let pullCount = 1;
    while (await next.pullOnce()) pullCount++;
    expect(pullCount).toBe(4);
    expect(taken.size).toBe(spanCount());
    expect(mostTaken()).toBe(1);
  });
});

describe('SourcePoller', () => {
  it('remembers what was safe when the rest failed', async () => {
    await start('zipkin', [-5 * MINUTE_US, -4 * MINUTE_US]);
    failing = true;
    await expect(poller().pullOnce()).rejects.toThrow('disk full');
    failing = false;
    const next = poller('?pageSize=5');
    await next.pullOnce();
    expect([taken.size, mostTaken()]).toEqual([spanCount(), 1]);
  });

  it('after a kill in the middle of its file, and of a first pull', async () => {
    await start('zipkin', [-5 * MINUTE_US]);
    await poller().pullOnce();
    const [name] = readdirSync(join(folder, 'pulled'));
    const path = join(folder, 'pulled', name!);
    appendFileSync(path, Buffer.alloc(13, 7));
    backend.traces.push(...traces('zipkin', [0, 0, 20 * SECOND_US]).slice(-5));
    nowUs += MINUTE_US;
    await poller().pullOnce();
    nowUs += MINUTE_US;
    await poller().pullOnce();
    expect([taken.size, mostTaken()]).toEqual([spanCount(), 1]);
    // Without its first line it is anybody's.
    writeFileSync(path, readFileSync(path).subarray(5));
    expect(() => poller()).toThrow(/not the state of a pulled source.*remove it to pull zipkin\+http/);
  });

  it('takes spans without a time with their trace, once', async () => {
    await start('zipkin', [-90 * MINUTE_US, -20 * MINUTE_US]);
    for (const { body } of backend.traces) {
      for (const span of (body as { timestamp?: number; duration?: number }[]).slice(1)) {
        delete span.timestamp;
        delete span.duration;
      }
    }
    const one = poller('?lookback=2h');
    for (let pull = 0; pull < 6; pull++) {
      await one.pullOnce();
      nowUs += 20 * SECOND_US;
    }
    expect([taken.size, mostTaken()]).toEqual([spanCount(), 1]);
  });

  it('has no credentials in its file or messages', async () => {
    await start('zipkin', [-5 * MINUTE_US]);
    const url = backend.url.replace('//', '//me:hunter2@');
    const options = { dataDirectory: folder, onMessage: (message: string) => messages.push(message), backoffMs: 1 };
    const sink = { createTable: () => new SpanTable(createDictionary()), ingest: () => Promise.resolve() };
    const one = new SourcePoller({ ...options, sink, source: { url, intervalMs: 1 }, nowUs: () => nowUs });
    await one.pullOnce();
    expect(backend.authorizations[0]).toMatch(/^Basic /);
    const [name] = readdirSync(join(folder, 'pulled'));
    expect(readFileSync(join(folder, 'pulled', name!), 'latin1')).not.toMatch(/hunter2|me:/);
  });

  it('says once that the backend is gone, and that it is back', async () => {
    await start('zipkin', [-5 * MINUTE_US]);
    let isGone = true;
    const { url } = backend;
    await backend.close();
    backend = await startTraceBackend('zipkin', traces('zipkin', [-5 * MINUTE_US]), (_, response) => {
      if (isGone) response.writeHead(500).end();
      return isGone;
    });
    expect(backend.url).not.toBe(url);
    const one = poller();
    one.start();
    while (backend.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    isGone = false;
    while (taken.size < spanCount()) await new Promise((resolve) => setTimeout(resolve, 5));
    while (messages.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await one.stop();
    expect(messages).toEqual([expect.stringMatching(/answers 500$/), `${backend.url}: pulled again`]);
  });

  it('refuses a window that does not move', async () => {
    await start('zipkin', []);
    expect(() => poller('?from=2023-11-14')).toThrow(/from= and to= are for one pull/);
  });
});
