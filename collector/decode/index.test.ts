import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { encodeUtf8 } from '../../analyzer/model/string-table.ts';
import { decode, DECODERS, MalformedInputError } from './index.ts';

const CASES = new URL('../../fixtures/cases/', import.meta.url);
const caseNames = readdirSync(CASES, { withFileTypes: true })
  .map(({ name }) => name)
  .filter((name) => existsSync(new URL(`${name}/traces.json`, CASES)));
const documents = caseNames.map((name) => readFileSync(new URL(`${name}/traces.json`, CASES)));

/** Field 1 of an export request: a block with one span of these ids. */
function otlpBlock(traceId: number, spanId: number): number[] {
  const bytesField = (tag: number, bytes: readonly number[]) => [tag, bytes.length, ...bytes];
  const span = [
    ...bytesField(0x0a, [...new Array<number>(15).fill(0), traceId]),
    ...bytesField(0x12, [...new Array<number>(7).fill(0), spanId]),
  ];
  return bytesField(0x0a, bytesField(0x12, bytesField(0x12, span)));
}

function newTable(): SpanTable {
  return new SpanTable(createDictionary());
}

describe('decode', () => {
  it.each(caseNames)('fixtures/cases/%s: spans, none rejected', (name) => {
    const table = newTable();
    const { spanCount, rejectedCount } = decode(readFileSync(new URL(`${name}/traces.json`, CASES)), table);
    expect(spanCount).toBeGreaterThan(0);
    expect(table.count).toBe(spanCount);
    expect(rejectedCount).toBe(0);
  });

  it('reads what editors put a byte order mark in front of', () => {
    const otlp =
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0000000000000000000000000000000a","spanId":"000000000000000b"}]}]}]}';
    expect(decode(encodeUtf8(`\ufeff${otlp}`), newTable())).toMatchObject({ format: 'otlp-json', spanCount: 1 });
    const zipkin = '[{"traceId":"a","id":"b"}]';
    expect(decode(encodeUtf8(`\ufeff${zipkin}`), newTable())).toMatchObject({ format: 'zipkin-json', spanCount: 1 });
  });

  it('reads export requests, bare and behind their lengths, of which a broken one is left out', () => {
    const block = otlpBlock(1, 2);
    expect(decode(Uint8Array.from(block), newTable())).toMatchObject({ format: 'otlp-protobuf', spanCount: 1 });
    const frame = (message: readonly number[]) => [0, 0, 0, message.length, ...message];
    const broken = [0x0a, 3, 0x12, 50, 0];
    const frames = [...frame(block), ...frame(broken), ...frame(otlpBlock(1, 3))];
    const { format, spanCount, problems } = decode(Uint8Array.from(frames), newTable());
    expect([format, spanCount]).toEqual(['otlp-protobuf-frames', 2]);
    expect(problems).toMatchObject([{ kind: 'broken-message', count: 1 }]);
    expect(problems[0]?.message).toMatch(/^message 2: left out: /);
  });

  it('says what an answer without traces is', () => {
    expect(() => decode(encodeUtf8('{"data":null,"errors":[{"code":404}]}'), newTable())).toThrow(
      /a Jaeger answer without traces/,
    );
  });

  const edit = fc.record({ at: fc.nat(), length: fc.nat(40), insert: fc.uint8Array({ maxLength: 4 }) });
  it('of a mutated file throws MalformedInputError or nothing, and leaves the table alone when it throws', () => {
    fc.assert(
      fc.property(fc.constantFrom(...documents), fc.array(edit, { minLength: 1, maxLength: 3 }), (document, edits) => {
        let bytes: Uint8Array = document;
        for (const { at, length, insert } of edits) {
          const from = at % (bytes.length + 1);
          bytes = Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + length)]);
        }
        expectWellBehaved((table) => decode(bytes, table).spanCount);
      }),
      { numRuns: 150 },
    );
  });

  it.each(Object.entries(DECODERS))('%s: any bytes throw MalformedInputError or nothing', (_, decoder) => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => expectWellBehaved((table) => decoder(bytes, table).spanCount)),
      { numRuns: 300 },
    );
  });
});

function expectWellBehaved(run: (table: SpanTable) => number): void {
  const table = newTable();
  table.addSpan({ traceId: '1', spanId: '2', resource: { service: 'first' } });
  const first = table.span(0);
  try {
    const spanCount = run(table);
    expect(table.count).toBe(1 + spanCount);
  } catch (error) {
    if (!(error instanceof MalformedInputError)) throw error;
    expect([table.count, table.linkCount, table.evidenceCount]).toEqual([1, 0, 0]);
  }
  expect(table.span(0)).toEqual(first);
}
