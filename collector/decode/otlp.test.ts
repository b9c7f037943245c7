import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SPAN_FLAG } from '../../analyzer/model/span.ts';
import type { Span } from '../../analyzer/model/span.ts';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import {
  encodeOtlpJson,
  encodeOtlpProtobuf,
  type OtlpAttribute,
  type OtlpRequest,
  type OtlpSpan,
  type OtlpValue,
} from '../../fixtures/otlp.ts';
import { generateBatches } from '../../fixtures/otlp-traffic.ts';
import { decodeOtlpJson } from './otlp-json.ts';
import { decodeOtlpProtobuf } from './otlp-protobuf.ts';

const CARD = '4539148803436467';
const TRACE_ID = '5b8efff798038103d269b633813fc60c';
const SPAN_ID = 'eee19b7ec3c1b174';

describe('both encodings of one request', () => {
  it('give the same spans for realistic traffic', () => {
    for (const request of generateBatches({ seed: 7, traceCount: 20, spansPerTrace: 30, spansPerBatch: 64 })) {
      expect(decodedBothWays(request).length).toBeGreaterThan(0);
    }
  });

  it('give the same spans, evidence and problems for anything', () => {
    fc.assert(
      fc.property(arbitraryRequest(), (request) => {
        decodedBothWays(request);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what a span keeps', () => {
  it.each<[string, Partial<OtlpSpan>, Partial<Span>]>([
    ['microseconds, floored', { startTimeUnixNano: 1_544_712_660_000_000_999n }, { startUs: 1_544_712_660_000_000 }],
    [
      'times exact up to 2255',
      { startTimeUnixNano: 8_999_999_999_999_999_999n, endTimeUnixNano: 9_007_199_254_740_991_999n },
      { startUs: 8_999_999_999_999_999, endUs: 9_007_199_254_740_991 },
    ],
    [
      'an end before the start',
      { startTimeUnixNano: 2_000_000n, endTimeUnixNano: 1_000_000n },
      { startUs: 2000, endUs: 2000, flags: SPAN_FLAG.endBeforeStart },
    ],
    ['no start', { startTimeUnixNano: 0n }, { startUs: 0, endUs: 0, flags: SPAN_FLAG.noTime }],
    ['a kind of the future', { kind: 99 }, { kind: 'unspecified' }],
    ['a status of the future', { status: { code: 9 } }, { status: 0 }],
    ['an error', { status: { code: 2, message: 'no' } }, { status: 2 }],
    [
      'the newer key, whatever the order',
      { attributes: [text('http.method', 'POST'), text('http.request.method', 'GET'), text('http.method', 'PUT')] },
      { attributes: { 'http.request.method': 'GET' } },
    ],
    [
      'the last of two equal keys',
      { attributes: [text('http.route', '/a'), text('http.route', '/b')] },
      { attributes: { 'http.route': '/b' } },
    ],
    [
      'numbers as text',
      {
        attributes: [
          { key: 'server.port', value: { intValue: 8080n } },
          { key: 'error', value: { boolValue: true } },
          { key: 'sampler.param', value: { doubleValue: 0.25 } },
        ],
      },
      { attributes: { 'server.port': '8080', error: 'true', 'sampler.param': '0.25' } },
    ],
    [
      'the sampling threshold',
      { traceState: 'vendor=1,ot=rv:8;th:fd70a4' },
      { attributes: { 'sampling.threshold': 'fd70a4' } },
    ],
    ['no threshold of another member', { traceState: 'notot=th:8' }, { attributes: {} }],
    ['names without NUL', { name: 'a\0b' }, { name: 'a\ufffdb' }],
    ['names in any script', { name: 'größe 漢字 🎉' }, { name: 'größe 漢字 🎉' }],
    ['a parent that is itself', { parentSpanId: SPAN_ID }, { flags: SPAN_FLAG.selfParent }],
    ['a parent of zeros', { parentSpanId: '0000000000000000' }, { flags: 0 }],
    [
      'a link that does not wait',
      {
        parentSpanId: '00000000000000aa',
        links: [
          { traceId: TRACE_ID, spanId: '00000000000000aa', attributes: [text('opentracing.ref_type', 'follows_from')] },
        ],
      },
      { parentSpanId: '00000000000000aa', flags: SPAN_FLAG.hasLinks | SPAN_FLAG.followsFrom },
    ],
  ])('%s', (_, given, expected) => {
    expect(decodedBothWays(requestOf(given))[0]).toMatchObject(expected);
  });

  it.each<[string, Partial<OtlpSpan>]>([
    ['a trace id of zeros', { traceId: '00000000000000000000000000000000' }],
    ['a short trace id', { traceId: '5b8efff79803810' }],
    ['a span id of zeros', { spanId: '0000000000000000' }],
    ['a long span id', { spanId: 'eee19b7ec3c1b17400' }],
    ['a long parent id', { parentSpanId: 'eee19b7ec3c1b17400' }],
  ])('rejects %s and keeps the rest', (_, bad) => {
    const request = requestOf(bad, {}, bad, {});
    for (const [bytes, decode] of encodings(request)) {
      const table = new SpanTable(createDictionary());
      const decoded = decode(bytes, table);
      expect(decoded).toMatchObject({ spanCount: 2, rejectedCount: 2, problems: [{ kind: 'invalid-id', count: 2 }] });
      expect(table.count).toBe(2);
    }
  });
});

describe('a card number', () => {
  const planted: [string, OtlpRequest][] = [
    ['span name', requestOf({ name: `pay ${CARD}` })],
    ['status message', requestOf({ status: { code: 2, message: `card ${CARD} declined` } })],
    ['note', requestOf({ attributes: [text('note', `x ${CARD}`)] })],
    ['url.full', requestOf({ attributes: [text('url.full', `http://a/b?c=${CARD}&d=1`)] })],
    ['http.route', requestOf({ attributes: [text('http.route', CARD)] })],
    ['n', requestOf({ attributes: [{ key: 'n', value: { intValue: BigInt(CARD) } }] })],
    ['server.port', requestOf({ attributes: [{ key: 'server.port', value: { intValue: BigInt(CARD) } }] })],
    ['d', requestOf({ attributes: [{ key: 'd', value: { doubleValue: Number(CARD) } }] })],
    ['b', requestOf({ attributes: [{ key: 'b', value: { bytesValue: new TextEncoder().encode(`.${CARD}.`) } }] })],
    [
      'list',
      requestOf({
        attributes: [{ key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: CARD }] } } }],
      }),
    ],
    [
      'tree',
      requestOf({
        attributes: [
          {
            key: 'tree',
            value: {
              kvlistValue: { values: [{ key: 'k', value: { arrayValue: { values: [{ intValue: BigInt(CARD) }] } } }] },
            },
          },
        ],
      }),
    ],
    ['attribute key', requestOf({ attributes: [text(`card.${CARD}`, 'x')] })],
    ['e', requestOf({ events: [{ timeUnixNano: 1n, name: 'x', attributes: [text('e', CARD)] }] })],
    ['event name', requestOf({ events: [{ timeUnixNano: 1n, name: CARD }] })],
    ['l', requestOf({ links: [{ traceId: TRACE_ID, spanId: SPAN_ID, attributes: [text('l', CARD)] }] })],
    ['tracestate', requestOf({ traceState: `a=${CARD}` })],
    [
      'r',
      {
        resourceSpans: [
          {
            resource: { attributes: [text('service.name', 's'), text('r', CARD)] },
            scopeSpans: [{ spans: [span(), span()] }],
          },
        ],
      },
    ],
    [
      'service.name',
      {
        resourceSpans: [
          { resource: { attributes: [text('service.name', `s-${CARD}`)] }, scopeSpans: [{ spans: [span()] }] },
        ],
      },
    ],
    ['scope name', { resourceSpans: [{ scopeSpans: [{ scope: { name: CARD }, spans: [span()] }] }] }],
    ['s', { resourceSpans: [{ scopeSpans: [{ scope: { attributes: [text('s', CARD)] }, spans: [span()] }] }] }],
    ['schema url', { resourceSpans: [{ schemaUrl: `http://x/${CARD}`, scopeSpans: [{ spans: [span()] }] }] }],
  ];

  it.each(planted)('in %s is found, and is nowhere in the table', (place, request) => {
    for (const [bytes, decode] of encodings(request)) {
      const table = new SpanTable(createDictionary());
      decode(bytes, table);
      expect(table.cardEvidence(0)).toEqual([expect.objectContaining({ place, brand: 'visa' })]);
      for (let row = 1; row < table.count; row++) expect(table.cardEvidence(row)).toEqual([]);
      expect(JSON.stringify(allTexts(table))).not.toMatch(/\d{12}/);
    }
  });

  it('verification code under its key is found', () => {
    const request = requestOf({ attributes: [text('cvv', '123'), { key: 'card.cvc', value: { intValue: 7777n } }] });
    expect(decodedBothWays(request)[0]!.cardEvidence).toEqual([
      { place: 'cvv', brand: 'unknown', strength: 'authentication' },
      { place: 'card.cvc', brand: 'unknown', strength: 'authentication' },
    ]);
  });

  it('in a resource after its spans is evidence on the first of them', () => {
    const spans = [span({ spanId: '0000000000000001' }), span({ spanId: '0000000000000002', name: CARD })];
    const block = encodeOtlpProtobuf({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const resource = encodeOtlpProtobuf({
      resourceSpans: [{ resource: { attributes: [text('service.name', 'late'), text('r', CARD)] }, scopeSpans: [] }],
    });
    // One ResourceSpans of both: its fields in this order.
    const inner = [...block.subarray(headerLength(block)), ...resource.subarray(headerLength(resource))];
    const table = new SpanTable(createDictionary());
    decodeOtlpProtobuf(Uint8Array.from([0x0a, ...varint(inner.length), ...inner]), table);
    expect(table.resource(0).service).toBe('late');
    expect(table.resource(1).service).toBe('late');
    expect(table.cardEvidence(0)).toEqual([{ place: 'r', brand: 'visa', strength: 'medium' }]);
    expect(table.cardEvidence(1)).toEqual([{ place: 'span name', brand: 'visa', strength: 'medium' }]);
  });
});

function encodings(request: OtlpRequest): [Uint8Array, typeof decodeOtlpProtobuf][] {
  return [
    [encodeOtlpProtobuf(request), decodeOtlpProtobuf],
    [encodeOtlpJson(request), (bytes, table) => decodeOtlpJson(bytes, table, { strict: true })],
  ];
}

/** The spans, after making sure that both encodings give the same. */
function decodedBothWays(request: OtlpRequest): Span[] {
  const [fromProtobuf, fromJson] = encodings(request).map(([bytes, decode]) => {
    const table = new SpanTable(createDictionary());
    const decoded = decode(bytes, table);
    return { ...decoded, spans: Array.from({ length: table.count }, (_, row) => table.span(row)) };
  });
  expect(fromJson).toEqual(fromProtobuf);
  return fromProtobuf!.spans;
}

function allTexts(table: SpanTable): string[] {
  const { strings, resources } = table.dictionary;
  return [
    ...Array.from({ length: strings.size }, (_, id) => strings.text(id)),
    ...Array.from({ length: resources.size }, (_, id) => JSON.stringify(resources.get(id))),
  ];
}

function text(key: string, stringValue: string): OtlpAttribute {
  return { key, value: { stringValue } };
}

function span(given: Partial<OtlpSpan> = {}): OtlpSpan {
  return {
    traceId: TRACE_ID,
    spanId: SPAN_ID,
    name: 'x',
    startTimeUnixNano: 1_000_000n,
    endTimeUnixNano: 2_000_000n,
    ...given,
  };
}

function requestOf(...spans: Partial<OtlpSpan>[]): OtlpRequest {
  return {
    resourceSpans: [
      { resource: { attributes: [text('service.name', 'svc')] }, scopeSpans: [{ spans: spans.map(span) }] },
    ],
  };
}

function varint(value: number): number[] {
  const bytes = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

function headerLength(message: Uint8Array): number {
  let at = 1;
  while (message[at]! >= 0x80) at++;
  return at + 1;
}

function arbitraryRequest(): fc.Arbitrary<OtlpRequest> {
  const content = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom(
      CARD,
      `a "${CARD}"\n`,
      '4111-1111-1111-1111',
      '\\ / \u2028 \t',
      'x'.repeat(300),
      '123',
      'follows_from',
    ),
  );
  const key = fc.oneof(
    fc.constantFrom(
      'http.method',
      'http.request.method',
      'url.full',
      'http.url',
      'server.port',
      'net.peer.port',
      'cvv',
    ),
    fc.constantFrom('service.name', 'host.id', 'host.name', 'card_number', 'opentracing.ref_type', 'db.name', 'span'),
    fc.string({ unit: 'grapheme', maxLength: 10 }),
  );
  const { value } = fc.letrec<{ value: OtlpValue; attribute: OtlpAttribute }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.record({ stringValue: content }),
      fc.record({ intValue: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
      fc.record({ intValue: fc.bigInt({ min: -300n, max: 70_000n }) }),
      fc.record({ boolValue: fc.boolean() }),
      fc.record({
        doubleValue: fc.oneof(
          fc.double({ min: -1e15, max: 1e15 }),
          fc.double({ min: 1e-3, max: 1 }),
          fc.constantFrom(NaN, Infinity, -Infinity, 42),
        ),
      }),
      fc.record({ bytesValue: fc.uint8Array({ maxLength: 9 }) }),
      fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 3 }) }) }),
      fc.record({ kvlistValue: fc.record({ values: fc.array(tie('attribute'), { maxLength: 3 }) }) }),
    ),
    attribute: fc.record({ key, value: tie('value') }),
  }));
  const attributes = fc.array(fc.record({ key, value }), { maxLength: 5 });
  const id = (length: number) => fc.oneof(hex(length), hex(2), fc.constantFrom('', '0'.repeat(length)));
  const nanoseconds = fc.bigInt({ min: 0n, max: 9_007_199_254_740_991_999n });
  const arbitrarySpan = fc.record(
    {
      traceId: fc.oneof({ weight: 9, arbitrary: hex(32) }, id(32)),
      spanId: fc.oneof({ weight: 9, arbitrary: hex(16) }, id(16)),
      parentSpanId: id(16),
      traceState: content,
      name: content,
      kind: fc.nat(7),
      startTimeUnixNano: nanoseconds,
      endTimeUnixNano: nanoseconds,
      attributes,
      events: fc.array(fc.record({ timeUnixNano: nanoseconds, name: content, attributes }), { maxLength: 2 }),
      links: fc.array(fc.record({ traceId: id(32), spanId: id(16), traceState: content, attributes }), {
        maxLength: 2,
      }),
      status: fc.record({ message: content, code: fc.nat(4) }, { requiredKeys: [] }),
      flags: fc.nat(),
    },
    { requiredKeys: ['traceId', 'spanId', 'name', 'startTimeUnixNano', 'endTimeUnixNano'] },
  );
  const scopeSpans = fc.record(
    {
      scope: fc.record({ name: content, version: content, attributes }),
      spans: fc.array(arbitrarySpan, { maxLength: 3 }),
      schemaUrl: content,
    },
    { requiredKeys: ['spans'] },
  );
  const block = fc.record(
    { resource: fc.record({ attributes }), scopeSpans: fc.array(scopeSpans, { maxLength: 2 }), schemaUrl: content },
    { requiredKeys: ['scopeSpans'] },
  );
  return fc.record({ resourceSpans: fc.array(block, { maxLength: 3 }) });
}

function hex(length: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: length, maxLength: length });
}

describe('files from elsewhere', () => {
  it.each([
    ['otlp-tempo-bookinfo', 8, ['productpage.bookinfo', 'reviews.bookinfo']],
    ['otlp-specification', 1, ['my.service']],
    ['otlp-links-and-kinds', 4, ['service-x']],
    ['otlp-old-and-new-scopes', 3, ['analytics-service']],
    ['otlp-odd-ids', 4, ['analytics-service1']],
  ])('%s: every span, none rejected', (name, spanCount, services) => {
    const bytes = readFileSync(new URL(`../../fixtures/cases/${name}/traces.json`, import.meta.url));
    const table = new SpanTable(createDictionary());
    expect(decodeOtlpJson(bytes, table)).toMatchObject({ spanCount, rejectedCount: 0 });
    const names = Array.from({ length: table.count }, (_, row) => table.resource(row).service);
    expect(names).toEqual(expect.arrayContaining(services));
  });
});
