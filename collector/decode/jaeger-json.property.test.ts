import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { encodeUtf8 } from '../../analyzer/model/string-table.ts';
import { decodedSpans } from '../../fixtures/decoded-spans.ts';
import { mutated } from '../../fixtures/fuzz.ts';
import { objectOf, ODD_TEXTS, ODD_VALUES, ORDINARY_TEXTS, writeJson } from '../../fixtures/odd-json.ts';
import { seededRandom } from '../../fixtures/seeded.ts';
import { jaegerRecordsOf } from './jaeger-records.ts';
import { readJaegerSpans } from './jaeger-spans.ts';
import { decodeJaeger } from './jaeger.ts';
import { parseJsonDocument } from './json-document.ts';

/** A value mostly of the kind that belongs there, and now and then of any. */
function mostly(usual: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const odd = fc.oneof(fc.constantFrom(...ODD_VALUES), fc.jsonValue({ maxDepth: 2 }));
  return fc.oneof({ weight: 80, arbitrary: usual }, { weight: 1, arbitrary: odd });
}
/** Any of these members, in any order. */
function members(values: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<[string, unknown][]> {
  return fc
    .record(values, { requiredKeys: [] })
    .chain((record) => fc.shuffledSubarray(Object.entries(record), { minLength: Object.keys(record).length }));
}
const text = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(...ORDINARY_TEXTS) },
  { weight: 3, arbitrary: fc.constantFrom(...ODD_TEXTS) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
);

const id = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('1', '2', 'a', '0000000000000003', 'ABCDEF') },
  { weight: 9, arbitrary: fc.stringMatching(/^[0-9a-f]{1,16}$/) },
  { weight: 1, arbitrary: fc.constantFrom('0', '00000000000000000000000000000001', 'x', '') },
);
const traceId = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom('1', '00000000000000000000000000000001', '0123456789abcdef') },
  { weight: 1, arbitrary: fc.constantFrom('0', 'x', '', null) },
);
const time = fc.oneof(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1e15, max: Number.MAX_SAFE_INTEGER }));
const tagKey = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom(
      ...['http.method', 'http.request.method', 'peer.service', 'http.status_code', 'span.kind', 'error'],
      ...['otel.status_code', 'event', 'some.note', 'sampler.param', 'message'],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('w3c.tracestate', 'cvv', 'card.number', '', 'k'.repeat(300), 'key 4111111111111111'),
  },
  { weight: 1, arbitrary: text },
);
const tagValue = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 4, arbitrary: fc.constantFrom('client', 'SERVER', 'internal', 'false', 'ERROR', 'OK', 'ot=th:8', '200') },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(0, 200, 404, 123, 4111111111111111, true, false) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(-1, 0.5, 1e21, 1e400, 9007199254740992, -4111111111111111, null) },
);
const tag = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(tagKey, fc.constantFrom('string', 'int64'), mostly(tagValue)).map(([key, type, value]) => ({
      key,
      object: objectOf([
        ['key', key],
        ['type', type],
        ['value', value],
      ]),
    })),
  },
  {
    weight: 1,
    arbitrary: members({ key: mostly(tagKey), type: fc.constant('string'), value: mostly(tagValue) }).map(
      (entries) => ({
        key: entries,
        object: objectOf(entries),
      }),
    ),
  },
);
const tags = fc.oneof(
  { weight: 9, arbitrary: fc.uniqueArray(tag, { maxLength: 7, selector: ({ key }) => key }) },
  { weight: 1, arbitrary: fc.array(tag, { maxLength: 7 }) },
);
const tagList = tags.map((list) => list.map(({ object }) => object));
const reference = fc
  .tuple(
    mostly(fc.constantFrom('CHILD_OF', 'FOLLOWS_FROM', 'FOLLOWS_FROM', 'OTHER')),
    mostly(traceId),
    mostly(id),
    fc.boolean(),
  )
  .map(([refType, traceID, spanID, isTurned]) => {
    const entries: [string, unknown][] = [
      ['refType', refType],
      ['traceID', traceID],
      ['spanID', spanID],
    ];
    return objectOf(isTurned ? entries.reverse() : entries);
  });
const log = members({ timestamp: time, fields: mostly(tagList) }).map(objectOf);
const processId = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom('p1', 'p2') },
  { weight: 1, arbitrary: fc.constantFrom<unknown>('p3', '__proto__', 'p\n', 1, null) },
);
const span = fc
  .tuple(
    mostly(traceId),
    mostly(id),
    processId,
    members({
      parentSpanID: mostly(id),
      operationName: mostly(text),
      references: mostly(fc.array(mostly(reference), { maxLength: 3 })),
      startTime: mostly(time),
      duration: mostly(time),
      tags: mostly(tagList),
      logs: mostly(fc.array(mostly(log), { maxLength: 2 })),
      warnings: mostly(fc.array(mostly(text), { maxLength: 2 })),
      flags: fc.constant(1),
    }),
    fc.constantFrom<unknown>(...new Array<undefined>(60), ['process', { serviceName: 'own' }], ['spanID', '7']),
    fc.nat(12),
  )
  .map(([traceID, spanID, processID, rest, odd, at]) => {
    const entries = [['spanID', spanID], ...rest, ...(odd === undefined ? [] : [odd])] as [string, unknown][];
    entries.splice(at % (entries.length + 1), 0, ['traceID', traceID], ['processID', processID]);
    return objectOf(entries);
  });
const process = members({ serviceName: mostly(text), tags: mostly(tagList) }).map(objectOf);
const processes = fc
  .tuple(mostly(process), mostly(process), fc.nat(20))
  .map(([p1, p2, odd]) => objectOf([['p1', p1], ['p2', p2], ...(odd === 0 ? ([['p1', p2]] as const) : [])]));
const trace = fc
  .tuple(
    members({ traceID: traceId, warnings: fc.constant(null) }),
    mostly(fc.array(mostly(span), { maxLength: 4 })),
    mostly(processes),
    fc.boolean(),
  )
  .map(([rest, spans, described, isFirst]) =>
    objectOf(
      isFirst
        ? [['processes', described], ...rest, ['spans', spans]]
        : [...rest, ['spans', spans], ['processes', described]],
    ),
  );
const traces = fc.array(mostly(trace), { maxLength: 3 });
const document = fc.oneof(
  {
    weight: 6,
    arbitrary: mostly(traces).map((data) =>
      objectOf([
        ['total', 0],
        ['data', data],
        ['errors', null],
      ]),
    ),
  },
  { weight: 1, arbitrary: trace.map((data) => objectOf([['data', data]])) },
  {
    weight: 1,
    arbitrary: fc.tuple(traces, traces).map(([a, b]) =>
      objectOf([
        ['data', a],
        ['data', b],
      ]),
    ),
  },
  { weight: 1, arbitrary: mostly(traces) },
  { weight: 1, arbitrary: mostly(trace) },
  { weight: 1, arbitrary: fc.array(span, { maxLength: 2 }) },
);

/** The records way, which says what spans mean. */
function decodeRecords(bytes: Uint8Array, table: SpanTable) {
  return readJaegerSpans(jaegerRecordsOf(parseJsonDocument(bytes)), table);
}

function expectSame(bytes: Uint8Array): void {
  expect(decodedSpans(decodeJaeger, bytes)).toEqual(decodedSpans(decodeRecords, bytes));
}

describe('Jaeger JSON straight from the bytes is what the records are', () => {
  it('for any traces, members in any order, in any white space', () => {
    fc.assert(
      fc.property(document, fc.constantFrom('', ' ', '\n\t'), (value, space) => {
        expectSame(encodeUtf8(writeJson(value, space)));
      }),
      { numRuns: 400 },
    );
  });

  it('for documents that were mutated', () => {
    fc.assert(
      fc.property(document, document, fc.nat(), (value, other, seed) => {
        expectSame(mutated(encodeUtf8(writeJson(value, '')), encodeUtf8(writeJson(other, ' ')), seededRandom(seed)));
      }),
      { numRuns: 300 },
    );
  });
});
