import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { CHECKOUT } from '../../fixtures/checkout.ts';
import { EVERY_FORMAT, tempoJson } from '../../fixtures/every-format.ts';
import { mutated } from '../../fixtures/fuzz.ts';
import { generateBatches } from '../../fixtures/otlp-traffic.ts';
import { seededRandom } from '../../fixtures/seeded.ts';
import type { Decoder } from './contract.ts';
import { decode, DECODERS, MalformedInputError, type TraceFormat } from './index.ts';
import { decodeOtlpJson } from './otlp-json.ts';
import { decodeZipkinProtobuf } from './zipkin-protobuf.ts';
import { decodeZipkinThrift } from './zipkin-thrift.ts';
import { decodeZipkin, decodeZipkinV1 } from './zipkin.ts';

/** RINGFENCE_FUZZ_COUNT=1000000 for a full run; another RINGFENCE_FUZZ_SEED for other inputs. */
const COUNT = Number(process.env['RINGFENCE_FUZZ_COUNT'] ?? 10_000);
const SEED = Number(process.env['RINGFENCE_FUZZ_SEED'] ?? 1);

const FORMATS = Object.keys(DECODERS) as TraceFormat[];
const INPUTS_PER_FORMAT = Math.ceil(COUNT / FORMATS.length);
/** A table that many inputs share: long enough for one to see what another left, short enough not to grow. */
const INPUTS_PER_DICTIONARY = 500;

/** How else a decoder is called. */
const STRICT: Readonly<Partial<Record<TraceFormat, Decoder>>> = {
  'otlp-json': (bytes, table) => decodeOtlpJson(bytes, table, { strict: true }),
  'zipkin-json': (bytes, table) => decodeZipkin(bytes, table, { strict: true }),
  'zipkin-v1-json': (bytes, table) => decodeZipkinV1(bytes, table, { strict: true }),
  'zipkin-protobuf': (bytes, table) => decodeZipkinProtobuf(bytes, table, { strict: true }),
  'zipkin-thrift': (bytes, table) => decodeZipkinThrift(bytes, table, { strict: true }),
};

const traffic = [...generateBatches({ seed: 3, traceCount: 2, spansPerTrace: 12 })];
const CASES = new URL('../../fixtures/cases/', import.meta.url);
const cases = readdirSync(CASES)
  .map((name) => new URL(`${name}/traces.json`, CASES))
  .filter((file) => existsSync(file))
  .map((file) => new Uint8Array(readFileSync(file)))
  .filter(({ length }) => length < 40_000);
const corpus = new Map(
  FORMATS.map((format) => [
    format,
    [
      ...EVERY_FORMAT[format](CHECKOUT),
      ...EVERY_FORMAT[format](traffic[0]!),
      ...(format === 'otlp-json' ? [tempoJson(CHECKOUT)] : []),
      ...cases.filter((bytes) => decode(bytes, newTable()).format === format),
    ],
  ]),
);
const all = [...corpus.values()].flat();

describe(`${COUNT} mutated documents (seed ${SEED})`, () => {
  it.each(FORMATS)(
    '%s: spans or MalformedInputError, which names no card number and leaves the table alone',
    { timeout: 30_000 + INPUTS_PER_FORMAT * 5 },
    (format) => {
      const random = seededRandom(SEED * 1_000 + FORMATS.indexOf(format));
      const documents = corpus.get(format)!;
      const decoders = [DECODERS[format], DECODERS[format], STRICT[format] ?? DECODERS[format], decode];
      const [first] = documents;
      const goodCount = DECODERS[format](first!, newTable()).spanCount;
      let table = newTable();
      let takenCount = 0;
      let refusedCount = 0;
      for (let input = 0; input < INPUTS_PER_FORMAT; input++) {
        if (input % INPUTS_PER_DICTIONARY === 0) table = newTable();
        const document = documents[Math.floor(random() * documents.length)]!;
        const bytes = mutated(document, all[Math.floor(random() * all.length)]!, random);
        const decoder = decoders[Math.floor(random() * decoders.length)]!;
        const fault = faultOf(decoder, bytes, table);
        if (fault !== undefined) {
          const shown = bytes.length <= 4096 ? Buffer.from(bytes).toString('base64') : `${bytes.length} bytes`;
          throw new Error(`input ${input}: ${fault.what}\n${shown}`, { cause: fault.cause });
        }
        if (table.count > 1) takenCount++;
        else refusedCount++;
        table.truncate(1);
        if (input % 64 === 0) expect(DECODERS[format](first!, newTable()).spanCount).toBe(goodCount);
      }
      // Neither all good nor all broken: the mutations reach what is behind the first byte.
      expect(Math.min(takenCount, refusedCount)).toBeGreaterThan(INPUTS_PER_FORMAT / 50);
    },
  );
});

it('names of object members changed nothing', () => {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as { readonly x?: unknown }).x).toBeUndefined();
});

interface Fault {
  readonly what: string;
  readonly cause?: unknown;
}

/** Decodes to the end of a table of one row; says what should not have happened. */
function faultOf(decoder: Decoder, bytes: Uint8Array, table: SpanTable): Fault | undefined {
  const before = new Uint8Array(bytes);
  let messages: readonly string[];
  try {
    const { spanCount, rejectedCount, problems } = decoder(bytes, table);
    if (table.count !== 1 + spanCount) return { what: `${spanCount} spans, but ${table.count - 1} rows` };
    if (rejectedCount > 0 && problems.length === 0) return { what: 'spans were rejected without a word' };
    for (let row = 1; row < table.count; row++) {
      if (!(table.endUs[row]! >= table.startUs[row]!)) return { what: `row ${row} ends before it starts` };
      if (/^0+$/.test(table.traceId(row)) || /^0+$/.test(table.spanId(row))) return { what: `row ${row} without ids` };
    }
    messages = problems.map(({ message }) => message);
  } catch (error) {
    if (!(error instanceof MalformedInputError))
      return { what: 'another error than MalformedInputError', cause: error };
    if (table.count !== 1 || table.linkCount !== 0 || table.evidenceCount !== 0) {
      return { what: `${error.message}, but it left something in the table` };
    }
    messages = [error.message];
  }
  if (table.span(0).name !== 'first') return { what: 'the row before was changed' };
  if (Buffer.compare(before, bytes) !== 0) return { what: 'the input was changed' };
  const telltale = messages.find((message) => /\d{12}/.test(message) || message === '');
  return telltale === undefined ? undefined : { what: `a message that quotes the input, or is none: ${telltale}` };
}

function newTable(): SpanTable {
  const table = new SpanTable(createDictionary());
  table.addSpan({ traceId: '1', spanId: '2', name: 'first', resource: { service: 'first' } });
  return table;
}
