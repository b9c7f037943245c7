import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { encodeUtf8 } from '../../analyzer/model/string-table.ts';
import { decodedSpans } from '../../fixtures/decoded-spans.ts';
import { mutated } from '../../fixtures/fuzz.ts';
import { objectOf, ODD_TEXTS, ODD_VALUES, ORDINARY_TEXTS, writeJson } from '../../fixtures/odd-json.ts';
import { seededRandom } from '../../fixtures/seeded.ts';
import { MalformedInputError } from './contract.ts';
import { isJsonList, isJsonObject, parseJsonDocument } from './json-document.ts';
import { readZipkinRecords, type ZipkinOptions, type ZipkinRecord } from './zipkin-records.ts';
import { decodeZipkin } from './zipkin.ts';

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
const hexDigits = (most: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{1,${most}}$`));
const id = (most: number) =>
  fc.oneof(
    { weight: 60, arbitrary: hexDigits(most) },
    { weight: 1, arbitrary: fc.constantFrom('ABC', '0', 'x', '00') },
  );
const time = fc.oneof(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1e15, max: Number.MAX_SAFE_INTEGER }));
const endpoint = members({
  serviceName: mostly(text),
  ipv4: mostly(fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', '')),
  ipv6: mostly(fc.constantFrom(...new Array<string>(9).fill('2001:db8::c001'), '2001:DB8::1')),
  port: mostly(fc.constantFrom(0, 80, 65_535, 65_536)),
  other: fc.constantFrom(1, 'x'),
});
const tagKey = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom(
      ...['http.method', 'http.request.method', 'http.url', 'peer.service', 'server.port', 'network.peer.address'],
      ...[
        'span.kind',
        'error',
        'otel.status_code',
        'w3c.tracestate',
        'service.namespace',
        'host.name',
        'host.id',
        'ip',
      ],
      ...[
        'service.name',
        'pci.scope',
        'card.number',
        'cvv',
        'some.note',
        '__proto__',
        '',
        '1',
        'a\tb',
        'k'.repeat(300),
      ],
      'key 4111111111111111',
    ),
  },
  { weight: 1, arbitrary: text },
);
const tagValue = fc.oneof(
  { weight: 3, arbitrary: text },
  {
    weight: 2,
    arbitrary: fc.constantFrom('client', 'SERVER', 'false', 'False', 'error', 'OK', 'ot=th:8;rv:1,x=y', '123', '8080'),
  },
);
const tags = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.uniqueArray(fc.tuple(tagKey, mostly(tagValue)), { maxLength: 10, selector: ([key]) => key }),
  },
  { weight: 1, arbitrary: fc.array(fc.tuple(tagKey, mostly(tagValue)), { maxLength: 10 }) },
);
const annotation = members({ timestamp: mostly(time), value: mostly(text), other: fc.constant([{}]) });
const span = fc
  .tuple(
    fc.tuple(mostly(id(32)), mostly(id(16))),
    members({
      parentId: mostly(id(16)),
      kind: mostly(fc.constantFrom('CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER')),
      name: mostly(text),
      timestamp: mostly(time),
      duration: mostly(time),
      localEndpoint: mostly(endpoint.map(objectOf)),
      remoteEndpoint: mostly(endpoint.map(objectOf)),
      annotations: mostly(fc.array(mostly(annotation.map(objectOf)), { maxLength: 2 })),
      tags: mostly(tags.map(objectOf)),
      shared: mostly(fc.boolean()),
      debug: fc.boolean(),
    }),
    fc.constantFrom<unknown>(
      ...new Array<undefined>(60),
      ['binaryAnnotations', null],
      ['annotations', [{ endpoint: {} }]],
    ),
    fc.nat(12),
  )
  .map(([[traceId, spanId], rest, odd, at]) => {
    const entries = [['id', spanId], ...rest, ...(odd === undefined ? [] : [odd])] as [string, unknown][];
    entries.splice(at % (entries.length + 1), 0, ['traceId', traceId]);
    return objectOf(entries);
  });
const document = fc.oneof(
  { weight: 8, arbitrary: fc.array(mostly(span), { maxLength: 6 }) },
  { weight: 1, arbitrary: fc.array(mostly(fc.array(mostly(span), { maxLength: 3 })), { maxLength: 3 }) },
  { weight: 1, arbitrary: mostly(span) },
);

/** The records way, which says what spans mean. */
function decodeRecords(bytes: Uint8Array, table: Parameters<typeof decodeZipkin>[1], options?: ZipkinOptions) {
  const isStrict = options?.strict === true;
  return readZipkinRecords(2, recordsOf(parseJsonDocument(bytes), isStrict), table, options);
}

function* recordsOf(value: unknown, isStrict: boolean): Iterable<ZipkinRecord> {
  if (isJsonObject(value) && !isStrict) yield ['', value];
  else if (!isJsonList(value)) throw new MalformedInputError('no list');
  else {
    for (const [index, entry] of value.entries()) {
      if (!isJsonList(entry) || isStrict) yield [index, entry];
      else for (const [inner, record] of entry.entries()) yield [`${index}][${inner}`, record];
    }
  }
}

function expectSame(bytes: Uint8Array, options: ZipkinOptions): void {
  const ours = decodedSpans((input, table) => decodeZipkin(input, table, options), bytes);
  expect(ours).toEqual(decodedSpans((input, table) => decodeRecords(input, table, options), bytes));
}

describe('Zipkin v2 JSON straight from the bytes is what the records are', () => {
  it('for any spans, members in any order, in any white space', () => {
    fc.assert(
      fc.property(document, fc.constantFrom('', ' ', '\n\t'), fc.boolean(), (value, space, strict) => {
        expectSame(encodeUtf8(writeJson(value, space)), { strict });
      }),
      { numRuns: 400 },
    );
  });

  it('for documents that were mutated', () => {
    fc.assert(
      fc.property(document, document, fc.nat(), (value, other, seed) => {
        const random = seededRandom(seed);
        const bytes = mutated(encodeUtf8(writeJson(value, '')), encodeUtf8(writeJson(other, ' ')), random);
        expectSame(bytes, { strict: false });
      }),
      { numRuns: 300 },
    );
  });
});
