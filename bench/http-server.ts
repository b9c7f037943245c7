import { EMPTY_POLICY } from '../analyzer/model/policy.ts';
import { decodeOtlpJson } from '../collector/decode/otlp-json.ts';
import { decodeOtlpProtobuf } from '../collector/decode/otlp-protobuf.ts';
import { LiveAnalysis, type LiveDelta } from '../collector/live.ts';
import { Pipeline } from '../collector/pipeline.ts';
import { createOtlpHttpReceiver } from '../collector/receiver/otlp-http.ts';
import { STORES } from '../collector/store/index.ts';
import { millisecondsOf } from './measure.ts';

/** What the process says when asked: how much it has worked since it began, and what it still has to do. */
export interface ServerReport {
  /** On all its threads. */
  readonly cpuMs: number;
  readonly port: number;
  /** Spans of traces that were observed. */
  readonly spanCount: number;
  readonly openTraceCount: number;
}

/** Traces count as whole after a shorter silence than usual, so that rounds do not wait long for each other. */
const IDLE_MS = 3_000;

// All that `ringfence serve` runs but for the web server, on a data directory of its own; any message is answered by a report.
const directory = process.argv[2]!;
const store = STORES.sqlite(directory);
const live = new LiveAnalysis({ store, policy: EMPTY_POLICY, nowUs: () => Date.now() * 1000 });
const pipeline = new Pipeline<LiveDelta>({
  dataDirectory: directory,
  store: live,
  onTrace: live.onTrace,
  takeDelta: live.takeDelta,
  onError: fail,
  assembler: { idleLimitMs: IDLE_MS },
});
live.watch(() => pipeline.status);
await pipeline.start();
const receiver = createOtlpHttpReceiver(pipeline, {
  decoders: { protobuf: decodeOtlpProtobuf, json: decodeOtlpJson },
  hosts: ['127.0.0.1'],
  port: 0,
  onError: fail,
});
const port = await receiver.listen();

process.on('message', report);
process.once('disconnect', () => void stop());
report();

function report(): void {
  const counters = live.counters();
  const status: ServerReport = {
    cpuMs: millisecondsOf(process.cpuUsage()),
    port,
    spanCount: counters['spans_total']!,
    openTraceCount: counters['open_traces']!,
  };
  process.send!(status);
}

async function stop(): Promise<void> {
  await receiver.close();
  await pipeline.stop();
  store.close();
}

function fail(error: unknown): void {
  process.stderr.write(`bench server: ${String(error)}\n`);
  process.exit(1);
}
