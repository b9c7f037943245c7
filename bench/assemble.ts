import { createDictionary, type SpanDictionary, SpanTable } from '../analyzer/model/span-table.ts';
import { attributeKey } from '../analyzer/model/attribute-keys.ts';
import { SPAN_KIND } from '../analyzer/model/span.ts';
import { Assembler } from '../collector/assemble/assembler.ts';
import type { BenchResult } from './bench.ts';

const SPANS_PER_TRACE = 50;
const OPEN_TRACE_COUNT = 20_000;
const BATCH_ROW_COUNT = 512;
const SERVICE_COUNT = 40;

/** Bytes that a million open spans hold, and what a span costs from arriving to being handed over. */
export function benchAssemble(): Promise<BenchResult[]> {
  const dictionary = createDictionary();
  const batches = interleavedBatches(dictionary);
  const spanCount = OPEN_TRACE_COUNT * SPANS_PER_TRACE;

  const before = heldBytes();
  let assembler: Assembler | undefined = new Assembler(dictionary, { maxOpenSpanCount: spanCount });
  const startedMs = performance.now();
  for (const batch of batches) assembler.add(batch, 0, batch.count, 0);
  const addedMs = performance.now();
  const bytesPerSpan = (heldBytes() - before) / spanCount;
  if (assembler.openSpanCount !== spanCount) throw new Error('the assembler does not hold what it was given');
  const closingMs = performance.now();
  let handedOverCount = 0;
  assembler.closeAll((trace) => {
    handedOverCount += trace.count;
  });
  const closedMs = performance.now();
  if (handedOverCount !== spanCount) throw new Error('the assembler lost spans');
  assembler = undefined;

  const nsPerSpan = ((addedMs - startedMs + closedMs - closingMs) * 1e6) / spanCount;
  return Promise.resolve([
    {
      figure: 'bytes held per open span, 1 M spans open',
      value: bytesPerSpan,
      unit: 'bytes',
      atLeast: 160,
      aim: 128,
      better: 'lower',
      detail: `${OPEN_TRACE_COUNT} interleaved traces of ${SPANS_PER_TRACE} spans, 4 kept attributes each; ${nsPerSpan.toFixed(0)} ns per span in and out`,
    },
  ]);
}

/**
 * Traces of 50 spans from 40 services, as a collector sees them: each batch comes from one service and carries spans of
 * many traces. Values repeat as they do in real traces, but for paths, of which there are 10,000.
 */
function interleavedBatches(dictionary: SpanDictionary): SpanTable[] {
  const { strings, resources } = dictionary;
  const random = randomWords(1);
  const keys = (['http.request.method', 'http.response.status_code', 'url.path', 'server.address'] as const).map(
    attributeKey,
  );
  const methods = ['GET', 'POST'].map((method) => strings.intern(method));
  const statuses = ['200', '201', '404'].map((status) => strings.intern(status));
  const paths = Array.from({ length: 10_000 }, (_, path) => strings.intern(`/v2/droplets/${path}/actions`));
  const hosts = Array.from({ length: SERVICE_COUNT }, (_, service) => strings.intern(`service-${service}.internal`));
  const names = Array.from({ length: 400 }, (_, name) => strings.intern(`operation-${name}`));
  const owners = hosts.map((_, service) => resources.intern({ service: `service-${service}`, environment: 'live' }));
  const traceIds = Uint32Array.from({ length: OPEN_TRACE_COUNT * 4 }, random);

  const batches: SpanTable[] = [];
  const open = owners.map(() => new SpanTable(dictionary, BATCH_ROW_COUNT));
  for (let round = 0; round < SPANS_PER_TRACE; round++) {
    for (let trace = 0; trace < OPEN_TRACE_COUNT; trace++) {
      const service = random() % SERVICE_COUNT;
      const table = open[service]!;
      const row = table.addRow();
      table.traceIds.set(traceIds.subarray(trace * 4, trace * 4 + 4), row * 4);
      table.spanIds[row * 2] = random();
      table.spanIds[row * 2 + 1] = random();
      table.parentIds[row * 2] = round === 0 ? 0 : random();
      const startUs = 1.79e15 + trace * 100 + round;
      table.startUs[row] = startUs;
      table.endUs[row] = startUs + (random() % 100_000);
      table.names[row] = names[service * 10 + (random() % 10)]!;
      table.resources[row] = owners[service]!;
      table.kinds[row] = round % 2 === 0 ? SPAN_KIND.server : SPAN_KIND.client;
      table.addAttribute(keys[0]!, methods[random() % 2]!);
      table.addAttribute(keys[1]!, statuses[random() % 3]!);
      table.addAttribute(keys[2]!, paths[random() % paths.length]!);
      table.addAttribute(keys[3]!, hosts[random() % SERVICE_COUNT]!);
      if (table.count < BATCH_ROW_COUNT) continue;
      batches.push(table);
      open[service] = new SpanTable(dictionary, BATCH_ROW_COUNT);
    }
  }
  return [...batches, ...open];
}

/** xorshift32: the same bytes on every run. */
function randomWords(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}

function heldBytes(): number {
  // Twice: the first round only finds out which array buffers are dead.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
