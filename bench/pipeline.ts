import { createDictionary, SpanTable } from '../analyzer/model/span-table.ts';
import { RollupBuilder } from '../analyzer/rollup/rollup-builder.ts';
import { decodeOtlpProtobuf } from '../collector/decode/otlp-protobuf.ts';
import { encodeOtlpProtobuf, EXPORT_TRACE_SERVICE_REQUEST } from '../fixtures/otlp.ts';
import { generateBatches } from '../fixtures/otlp-traffic.ts';
import type { BenchResult } from './bench.ts';
import { measureInTurns, rateText, ratioOf } from './measure.ts';

const TRACE_COUNT = 2_000;
const SPANS_PER_TRACE = 50;

/**
 * From bytes to dependencies and critical paths on one thread, against a decoder that only makes objects of the same bytes.
 * Ours is warm as in a service: one dictionary and one builder for all rounds, so the rounds after the first meet no new
 * names. Each round ends with a rollup of its own.
 */
export function benchPipeline(): Promise<BenchResult[]> {
  const options = { seed: 2, traceCount: TRACE_COUNT, spansPerTrace: SPANS_PER_TRACE };
  const batches = Array.from(generateBatches(options), encodeOtlpProtobuf);
  const spanCount = TRACE_COUNT * SPANS_PER_TRACE;
  let dependencyCount = 0;
  const dictionary = createDictionary();
  const table = new SpanTable(dictionary);
  const builder = new RollupBuilder(dictionary);

  const { ours, protobufjs } = measureInTurns({
    ours: () => {
      table.truncate(0);
      for (const bytes of batches) decodeOtlpProtobuf(bytes, table);
      builder.observe(table);
      const rollup = builder.finish();
      if (rollup.traceCount !== TRACE_COUNT || rollup.spanCount !== spanCount) throw new Error('spans were lost');
      if (rollup.incompleteTraceCount > 0) throw new Error('a trace has no critical path');
      dependencyCount = rollup.dependencies.size;
    },
    protobufjs: () => {
      for (const bytes of batches) EXPORT_TRACE_SERVICE_REQUEST.decode(bytes);
    },
  });

  return Promise.resolve([
    {
      figure: 'bytes to dependencies and critical path, against protobufjs decoding',
      ratio: ratioOf(ours, protobufjs),
      unit: 'x',
      ours: rateText(spanCount, ours),
      baseline: rateText(spanCount, protobufjs),
      atLeast: 4,
      aim: 6,
      better: 'higher',
      detail: `${TRACE_COUNT} traces of ${SPANS_PER_TRACE} spans from 40 services, interleaved; ${dependencyCount} dependencies, a rollup each time, names known from earlier rounds, card detection included`,
    },
  ]);
}
