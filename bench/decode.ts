import { createDictionary, SpanTable } from '../analyzer/model/span-table.ts';
import { decodeOtlpJson } from '../collector/decode/otlp-json.ts';
import { decodeOtlpProtobuf } from '../collector/decode/otlp-protobuf.ts';
import { encodeOtlpJson, encodeOtlpProtobuf, EXPORT_TRACE_SERVICE_REQUEST } from '../fixtures/otlp.ts';
import { generateBatches } from '../fixtures/otlp-traffic.ts';
import type { BenchResult } from './bench.ts';
import { measureInTurns, rateText, ratioOf } from './measure.ts';

/**
 * Our decoders against protobufjs (reflection, everything decoded) and `JSON.parse`, on the same bytes, in turns. Ours looks
 * for card numbers in every value; the baselines do not.
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
  const tookMs = measureInTurns(runs);
  const size = (batches: readonly Uint8Array[]): string =>
    `${(batches.reduce((sum, { length }) => sum + length, 0) / spanCount).toFixed(0)} B/span`;
  return Promise.resolve([
    {
      figure: 'OTLP protobuf decode, against protobufjs',
      ratio: ratioOf(tookMs.ourProtobuf, tookMs.protobufjs),
      unit: 'x',
      atLeast: 6,
      aim: 8,
      better: 'higher',
      detail: `${rateText(spanCount, tookMs.ourProtobuf)} against ${rateText(spanCount, tookMs.protobufjs)}, ${size(protobuf)}, card detection included`,
    },
    {
      figure: 'OTLP JSON decode, against JSON.parse',
      ratio: ratioOf(tookMs.ourJson, tookMs.jsonParse),
      unit: 'x',
      atLeast: 2,
      aim: 2.5,
      better: 'higher',
      detail: `${rateText(spanCount, tookMs.ourJson)} against ${rateText(spanCount, tookMs.jsonParse)}, ${size(json)}, card detection included`,
    },
  ]);
}
