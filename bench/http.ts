import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { encodeOtlpProtobuf, EXPORT_TRACE_SERVICE_REQUEST, type OtlpRequest } from '../fixtures/otlp.ts';
import { generateBatches } from '../fixtures/otlp-traffic.ts';
import { type BenchResult, median } from './bench.ts';
import type { ServerReport } from './http-server.ts';
import { millisecondsOf, rateText, ratioOf } from './measure.ts';

/** Enough for several commits: once a second, what a commit costs at least is shared by all that came in it. */
const TRACES_PER_ROUND = 3_000;
const SPANS_PER_TRACE = 50;
const WARM_UP_ROUNDS = 2;
const MEASURED_ROUNDS = 5;
/** As many as there are agents in the generated traffic; each sends its next request when the last was answered. */
const CONNECTION_COUNT = 8;
/** After the last trace was observed, the store's commit is still to come: once a second at most. */
const COMMIT_MS = 1_500;
const LONGEST_WAIT_MS = 60_000;

/**
 * The whole live way over loopback: HTTP, decoding, journal with fsync, assembly, observation, store. Counted is the work of
 * the server's process, so neither the client nor waiting for the disk is in it.
 */
export async function benchHttp(): Promise<BenchResult[]> {
  const directory = mkdtempSync(join(tmpdir(), 'ringfence-bench-'));
  const server = fork(new URL('http-server.ts', import.meta.url), [directory], { execArgv: [] });
  try {
    return [await measure(server)];
  } finally {
    const exited = server.exitCode === null ? once(server, 'exit') : undefined;
    if (server.connected) server.disconnect();
    await exited;
    rmSync(directory, { recursive: true });
  }
}

async function measure(server: ChildProcess): Promise<BenchResult> {
  const { port } = await nextReport(server);
  const options = { seed: 3, traceCount: TRACES_PER_ROUND, spansPerTrace: SPANS_PER_TRACE };
  const batches = Array.from(generateBatches(options), batchOf);
  const spanCount = TRACES_PER_ROUND * SPANS_PER_TRACE;
  const oursMs: number[] = [];
  const protobufjsMs: number[] = [];
  const wallMs: number[] = [];
  let sentSpanCount = 0;
  for (let round = 0; round < WARM_UP_ROUNDS + MEASURED_ROUNDS; round++) {
    for (const batch of batches) renumberTraces(batch);
    const before = await reportOf(server);
    const startedMs = performance.now();
    await postAll(batches, port);
    const postedMs = performance.now() - startedMs;
    sentSpanCount += spanCount;
    const after = await reportWhenObserved(server, sentSpanCount);

    globalThis.gc?.();
    const usageBefore = process.cpuUsage();
    for (const { bytes } of batches) EXPORT_TRACE_SERVICE_REQUEST.decode(bytes);
    const baselineMs = millisecondsOf(process.cpuUsage(usageBefore));
    if (round < WARM_UP_ROUNDS) continue;
    oursMs.push(after.cpuMs - before.cpuMs);
    protobufjsMs.push(baselineMs);
    wallMs.push(postedMs);
  }
  const bytesPerSpan = batches.reduce((sum, { bytes }) => sum + bytes.length, 0) / spanCount;
  return {
    figure: 'OTLP/HTTP to store with journal and fsync, by server CPU, against protobufjs decoding',
    ratio: ratioOf(oursMs, protobufjsMs),
    unit: 'x',
    ours: rateText(spanCount, oursMs),
    baseline: rateText(spanCount, protobufjsMs),
    atLeast: 2,
    aim: 3,
    better: 'higher',
    detail: `protobuf in requests of 512 spans, ${bytesPerSpan.toFixed(0)} B/span, ${CONNECTION_COUNT} connections; all threads of either process; acknowledged at ${(spanCount / median(wallMs) / 1000).toFixed(2)} M spans/s on the clock`,
  };
}

interface Batch {
  readonly bytes: Uint8Array;
  /** Where the trace ids stand. */
  readonly traceIdPlaces: readonly number[];
}

function batchOf(request: OtlpRequest): Batch {
  const bytes = Buffer.from(encodeOtlpProtobuf(request));
  const traceIdPlaces: number[] = [];
  let from = 0;
  for (const { scopeSpans } of request.resourceSpans) {
    for (const { traceId } of scopeSpans.flatMap(({ spans }) => spans)) {
      const place = bytes.indexOf(traceId, from, 'hex');
      traceIdPlaces.push(place);
      from = place + 16;
    }
  }
  return { bytes, traceIdPlaces };
}

/** The same spans as other traces: sent again as they were, they would be late fragments of traces that are over. */
function renumberTraces({ bytes, traceIdPlaces }: Batch): void {
  // Odd steps in the first bytes come back to the same id after 65,536 rounds, and change which ids are the smallest.
  for (const place of traceIdPlaces) {
    const number = ((bytes[place]! << 8) | bytes[place + 1]!) + 0x9e37;
    bytes[place] = number >> 8;
    bytes[place + 1] = number;
  }
}

/** Every batch once, over a few connections that each wait for the answer. */
async function postAll(batches: readonly Batch[], port: number): Promise<void> {
  // New ones for each round: the server hangs up on those that are silent for long.
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTION_COUNT });
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < batches.length) await post(batches[next++]!.bytes, port, agent);
  };
  await Promise.all(Array.from({ length: CONNECTION_COUNT }, sender));
  agent.destroy();
}

function post(bytes: Uint8Array, port: number, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const sending = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: '/v1/traces',
        headers: { 'content-type': 'application/x-protobuf', 'content-length': bytes.length },
      },
      (response) => {
        response.resume();
        response.once('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`the server answered ${String(response.statusCode)}`));
        });
      },
    );
    sending.once('error', reject);
    sending.end(bytes);
  });
}

async function reportWhenObserved(server: ChildProcess, spanCount: number): Promise<ServerReport> {
  const deadlineMs = performance.now() + LONGEST_WAIT_MS;
  while (performance.now() < deadlineMs) {
    const report = await reportOf(server);
    if (report.openTraceCount > 0) {
      await delay(100);
      continue;
    }
    if (report.spanCount !== spanCount) {
      throw new Error(`${report.spanCount} spans were observed, ${spanCount} were sent`);
    }
    await delay(COMMIT_MS);
    return reportOf(server);
  }
  throw new Error('the server does not come to an end');
}

function reportOf(server: ChildProcess): Promise<ServerReport> {
  server.send('report');
  return nextReport(server);
}

async function nextReport(server: ChildProcess): Promise<ServerReport> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const exited = once(server, 'exit', { signal }).then(() => {
    throw new Error('the server ended');
  });
  const [report] = (await Promise.race([once(server, 'message', { signal }), exited])) as [ServerReport];
  exited.catch(() => undefined);
  waiting.abort();
  return report;
}
