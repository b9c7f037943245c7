import { createDictionary, SpanTable } from '../analyzer/model/span-table.ts';
import { DECODERS, type TraceFormat } from '../collector/decode/index.ts';
import { jaegerOf } from '../fixtures/jaeger-of-otlp.ts';
import { encodeOtlpJson, encodeOtlpProtobuf } from '../fixtures/otlp.ts';
import { generateBatches } from '../fixtures/otlp-traffic.ts';
import { zipkinOf } from '../fixtures/zipkin-of-otlp.ts';
import type { BenchResult } from './bench.ts';
import { measureInTurns, rateText, ratioOf } from './measure.ts';

/**
 * Every text format against `JSON.parse` of the same bytes, which is what reading it costs at least for whoever wants the
 * values as objects. Ours also looks for card numbers in all of them, interns what is kept, and fills columns.
 */
export function benchFormats(): Promise<BenchResult[]> {
  const requests = [...generateBatches({ seed: 1, traceCount: 200, spansPerTrace: 50 })];
  const asJson = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
  const documents: Partial<Record<TraceFormat, readonly Uint8Array[]>> = {
    'otlp-json': requests.map(encodeOtlpJson),
    'zipkin-json': requests.map((request) => asJson(zipkinOf(request))),
    'jaeger-json': requests.map((request) => asJson({ data: jaegerOf(request) })),
  };
  const table = new SpanTable(createDictionary(), 512);
  let spanCount = 0;
  for (const request of requests) {
    table.truncate(0);
    spanCount += DECODERS['otlp-protobuf'](encodeOtlpProtobuf(request), table).spanCount;
  }
  return Promise.resolve(
    Object.entries(documents).map(([format, pieces]): BenchResult => {
      const decode = DECODERS[format as TraceFormat];
      const { ours, jsonParse } = measureInTurns({
        ours: () => {
          for (const bytes of pieces) {
            table.truncate(0);
            decode(bytes, table);
          }
        },
        jsonParse: () => {
          for (const bytes of pieces)
            JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
        },
      });
      const byteCount = pieces.reduce((sum, { length }) => sum + length, 0);
      return {
        figure: `${format} decode, against JSON.parse`,
        ratio: ratioOf(ours, jsonParse),
        unit: 'x',
        ...FLOORS[format as keyof typeof FLOORS],
        better: 'higher',
        detail: `${rateText(spanCount, ours)} against ${rateText(spanCount, jsonParse)}, ${(byteCount / spanCount).toFixed(0)} B/span, card detection included`,
      };
    }),
  );
}

const FLOORS = {
  'otlp-json': { atLeast: 2, aim: 2.5 },
  'zipkin-json': { atLeast: 0.9, aim: 2 },
  'jaeger-json': { atLeast: 1.2, aim: 2 },
};
