import { createDictionary, SpanTable } from '../analyzer/model/span-table.ts';
import { decodeOtlpJson } from '../collector/decode/otlp-json.ts';
import { decodeOtlpProtobuf } from '../collector/decode/otlp-protobuf.ts';
import { encodeOtlpJson, encodeOtlpProtobuf, EXPORT_TRACE_SERVICE_REQUEST } from '../fixtures/otlp.ts';
import { generateBatches } from '../fixtures/otlp-traffic.ts';
import { type BenchResult, median } from './bench.ts';

const WARM_UP_ROUNDS = 5;
const MEASURED_ROUNDS = 11;

/**
 * Our decoders against protobufjs (reflection, everything decoded) and `JSON.parse`, on the same bytes, in turns. Ours looks
 * for card numbers in every value; the baselines do not. Time is that of the thread, so a busy machine disturbs less.
 */
export function benchDecode(): Promise<BenchResult[]> {
  const protobuf: Uint8Array[] = [];
  const json: Uint8Array[] = [];
  for (const request of generateBatches({ seed: 1, traceCount: 300, spansPerTrace: 50 })) {
    protobuf.push(encodeOtlpProtobuf(request));
    json.push(encodeOtlpJson(request));
  }
  const table = new SpanTable(createDictionary(), 512);
  let spanCount = 0;
  for (const bytes of protobuf) {
    table.truncate(0);
    spanCount += decodeOtlpProtobuf(bytes, table).spanCount;
  }

  const runs = {
    ourProtobuf: () => {
      for (const bytes of protobuf) {
        table.truncate(0);
        decodeOtlpProtobuf(bytes, table);
      }
    },
    protobufjs: () => {
      for (const bytes of protobuf) EXPORT_TRACE_SERVICE_REQUEST.decode(bytes);
    },
    ourJson: () => {
      for (const bytes of json) {
        table.truncate(0);
        decodeOtlpJson(bytes, table, { strict: true });
      }
    },
    jsonParse: () => {
      for (const bytes of json) JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
    },
  };
  const durationsMs: Record<keyof typeof runs, number[]> = {
    ourProtobuf: [],
    protobufjs: [],
    ourJson: [],
    jsonParse: [],
  };
  for (let round = 0; round < WARM_UP_ROUNDS + MEASURED_ROUNDS; round++) {
    for (const name of Object.keys(runs) as (keyof typeof runs)[]) {
      globalThis.gc?.();
      const durationMs = threadMs(runs[name]);
      if (round >= WARM_UP_ROUNDS) durationsMs[name].push(durationMs);
    }
  }

  const ratio = (ours: keyof typeof runs, baseline: keyof typeof runs): number =>
    median(durationsMs[baseline].map((durationMs, round) => durationMs / durationsMs[ours][round]!));
  const rate = (name: keyof typeof runs): string =>
    `${(spanCount / median(durationsMs[name]) / 1000).toFixed(2)} M spans/s`;
  const size = (batches: readonly Uint8Array[]): string =>
    `${(batches.reduce((sum, { length }) => sum + length, 0) / spanCount).toFixed(0)} B/span`;
  return Promise.resolve([
    {
      figure: 'OTLP protobuf decode, against protobufjs',
      ratio: ratio('ourProtobuf', 'protobufjs'),
      unit: 'x',
      atLeast: 6,
      aim: 8,
      better: 'higher',
      detail: `${rate('ourProtobuf')} against ${rate('protobufjs')}, ${size(protobuf)}, card detection included`,
    },
    {
      figure: 'OTLP JSON decode, against JSON.parse',
      ratio: ratio('ourJson', 'jsonParse'),
      unit: 'x',
      atLeast: 2,
      aim: 2.5,
      better: 'higher',
      detail: `${rate('ourJson')} against ${rate('jsonParse')}, ${size(json)}, card detection included`,
    },
  ]);
}

function threadMs(run: () => void): number {
  const before = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
