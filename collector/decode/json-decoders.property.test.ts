import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { SPAN_FLAG, SPAN_STATUS, type Span, type SpanKind } from '../../analyzer/model/span.ts';
import { encodeUtf8 } from '../../analyzer/model/string-table.ts';
import { type Decoder, MalformedInputError } from './contract.ts';
import { decodeJaeger } from './jaeger.ts';
import { decodeZipkin, decodeZipkinV1 } from './zipkin.ts';

const hex = (digits: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((id) => /[1-9a-f]/.test(id));
// Letters only, so that no text looks like a card number; in lower case, as Zipkin has names.
const word = fc.stringMatching(/^[a-zäßж/ .]{1,12}$/);
const link = fc.record({ traceId: hex(32), spanId: hex(16) });

const span = fc
  .record({
    traceId: hex(32),
    spanId: hex(16),
    parentSpanId: fc.option(hex(16), { nil: undefined }),
    name: word,
    kind: fc.constantFrom<SpanKind>('unspecified', 'server', 'client', 'producer', 'consumer'),
    service: word,
    host: fc.option(fc.ipV4(), { nil: undefined }),
    startUs: fc.integer({ min: 1, max: 2 ** 52 }),
    durationUs: fc.integer({ min: 0, max: 2 ** 40 }),
    isError: fc.boolean(),
    isShared: fc.boolean(),
    isFollowing: fc.boolean(),
    route: fc.option(word, { nil: undefined }),
    method: fc.option(word, { nil: undefined }),
    statusCode: fc.option(fc.integer({ min: 100, max: 599 }), { nil: undefined }),
    links: fc.array(link, { maxLength: 3 }),
  })
  .filter(({ spanId, parentSpanId }) => spanId !== parentSpanId);
type RandomSpan = typeof span extends fc.Arbitrary<infer T> ? T : never;

describe('a random span comes out of a decoder as addSpan puts it in', () => {
  it('Zipkin v2', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 8 }), (spans) => {
        const expected = spans.map((random) => ({
          ...spanOf(random),
          flags: random.isShared ? SPAN_FLAG.shared : 0,
          links: [],
        }));
        expect(decoded(decodeZipkin, spans.map(toZipkin))).toEqual(added(expected));
      }),
    );
  });

  it('Jaeger', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 8 }), (spans) => {
        // A link of a span to its own trace would be one more candidate for the parent.
        const free = spans.map((random) => ({
          ...random,
          links: random.links.filter(({ traceId }) => traceId !== random.traceId),
        }));
        const expected = free.map((random) => ({
          ...spanOf(random),
          flags: random.parentSpanId !== undefined && random.isFollowing ? SPAN_FLAG.followsFrom : 0,
        }));
        expect(decoded(decodeJaeger, { data: free.map(toJaegerTrace) })).toEqual(added(expected));
      }),
    );
  });
});

describe('mutated documents', () => {
  const decoders: readonly [string, Decoder, (spans: readonly RandomSpan[]) => unknown][] = [
    ['decodeZipkin', decodeZipkin, (spans) => spans.map(toZipkin)],
    ['decodeZipkin of traces', decodeZipkin, (spans) => [spans.map(toZipkin)]],
    ['decodeZipkinV1', decodeZipkinV1, (spans) => spans.map(toZipkinV1)],
    ['decodeJaeger', decodeJaeger, (spans) => ({ data: spans.map(toJaegerTrace) })],
  ];
  const tokens = ['{', '}', '[', ']', ',', ':', '"', 'null', '1', '-1', '1e400', '"x"', '{}', '[]', '\u0000', '\ud800'];
  const edit = fc.record({ at: fc.nat(), length: fc.nat(6), text: fc.constantFrom('', ...tokens) });

  it.each(decoders)(
    '%s: edits of the text give rows or MalformedInputError, which leaves the table alone',
    (_, decoder, toDocument) => {
      fc.assert(
        fc.property(
          fc.array(span, { minLength: 1, maxLength: 3 }),
          fc.array(edit, { maxLength: 4 }),
          (spans, edits) => {
            let text = JSON.stringify(toDocument(spans));
            for (const { at, length, text: insert } of edits) {
              const from = at % (text.length + 1);
              text = text.slice(0, from) + insert + text.slice(from + length);
            }
            expectWellBehaved(decoder, encodeUtf8(text));
          },
        ),
        { numRuns: 250 },
      );
    },
  );

  it.each(decoders)('%s: values replaced by any other give rows or MalformedInputError', (_, decoder, toDocument) => {
    const anything = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 3 }), fc.nat(), anything, (spans, position, other) => {
        let at = 0;
        const document = JSON.stringify(toDocument(spans));
        const places = [...document.matchAll(/"[^"]*"(?=[,}\]])|\d+(?=[,}\]])|\{\}|\[\]/g)].length;
        const text = document.replace(/"[^"]*"(?=[,}\]])|\d+(?=[,}\]])|\{\}|\[\]/g, (value) =>
          at++ === position % places ? JSON.stringify(other) : value,
        );
        expectWellBehaved(decoder, encodeUtf8(text));
      }),
      { numRuns: 250 },
    );
  });

  it.each(decoders)('%s: any bytes give rows or MalformedInputError', (_, decoder) => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => expectWellBehaved(decoder, bytes)));
  });
});

function expectWellBehaved(decoder: Decoder, bytes: Uint8Array): void {
  const table = new SpanTable(createDictionary());
  table.addSpan({ traceId: '1', spanId: '2', resource: { service: 'first' } });
  const before = JSON.stringify([table.span(0), table.count]);
  try {
    const { spanCount } = decoder(bytes, table);
    expect(table.count).toBe(1 + spanCount);
    for (let row = 0; row < table.count; row++) {
      const view = table.span(row);
      expect(view.endUs).toBeGreaterThanOrEqual(view.startUs);
      expect(view.name).toBeTypeOf('string');
    }
  } catch (error) {
    if (!(error instanceof MalformedInputError)) throw error;
    expect(JSON.stringify([table.span(0), table.count])).toBe(before);
  }
}

function decoded(decoder: Decoder, document: unknown): Span[] {
  const table = new SpanTable(createDictionary());
  expect(decoder(encodeUtf8(JSON.stringify(document)), table).problems).toEqual([]);
  return spansIn(table);
}

function added(spans: readonly Parameters<SpanTable['addSpan']>[0][]): Span[] {
  const table = new SpanTable(createDictionary());
  for (const one of spans) table.addSpan(one);
  return spansIn(table);
}

function spansIn(table: SpanTable): Span[] {
  return Array.from({ length: table.count }, (_, row) => table.span(row));
}

function spanOf(random: RandomSpan) {
  const { traceId, spanId, parentSpanId, name, kind, startUs, links, route, method, statusCode } = random;
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind,
    startUs,
    links,
    endUs: startUs + random.durationUs,
    status: random.isError ? SPAN_STATUS.error : SPAN_STATUS.unset,
    resource: { service: random.service, ...(random.host === undefined ? {} : { host: random.host }) },
    attributes: {
      ...(route === undefined ? {} : { 'http.route': route }),
      ...(method === undefined ? {} : { 'http.request.method': method }),
      ...(statusCode === undefined ? {} : { 'http.response.status_code': String(statusCode) }),
      error: String(random.isError),
    },
  };
}

function toZipkin(random: RandomSpan) {
  const { traceId, spanId, parentSpanId, name, kind, service, host, startUs, durationUs, isShared } = random;
  return {
    traceId,
    id: spanId,
    parentId: parentSpanId,
    name,
    kind: kind === 'unspecified' ? undefined : kind.toUpperCase(),
    timestamp: startUs,
    duration: durationUs,
    shared: isShared,
    localEndpoint: { serviceName: service, ipv4: host },
    tags: Object.fromEntries(tagsOf(random)),
  };
}

function toZipkinV1(random: RandomSpan) {
  const { traceId, spanId: id, parentSpanId: parentId, name, startUs, durationUs, service: serviceName } = random;
  const endpoint = { serviceName };
  return {
    traceId,
    id,
    parentId,
    name,
    timestamp: startUs,
    duration: durationUs,
    annotations: [
      { timestamp: startUs, value: 'cs', endpoint },
      { timestamp: startUs, value: 'ss', endpoint },
    ],
    binaryAnnotations: [
      { key: 'sa', value: true, endpoint },
      ...tagsOf(random).map(([key, value]) => ({ key, value, endpoint })),
    ],
  };
}

function toJaegerTrace(random: RandomSpan) {
  const { traceId, spanId, parentSpanId, name, kind, service, host, startUs, durationUs, links } = random;
  const parent = { refType: random.isFollowing ? 'FOLLOWS_FROM' : 'CHILD_OF', traceID: traceId, spanID: parentSpanId };
  return {
    traceID: traceId,
    spans: [
      {
        traceID: traceId,
        spanID: spanId,
        operationName: name,
        references: [
          ...(parentSpanId === undefined ? [] : [parent]),
          ...links.map((one) => ({ refType: 'CHILD_OF', traceID: one.traceId, spanID: one.spanId })),
        ],
        startTime: startUs,
        duration: durationUs,
        tags: [...tagsOf(random), ['span.kind', kind]].map(([key, value]) => ({ key, type: 'string', value })),
        processID: 'p',
      },
    ],
    processes: { p: { serviceName: service, tags: host === undefined ? [] : [{ key: 'ip', value: host }] } },
  };
}

function tagsOf({ route, method, statusCode, isError }: RandomSpan): (readonly [string, string])[] {
  const tags: (readonly [string, string | undefined])[] = [
    ['http.route', route],
    ['http.method', method],
    ['http.status_code', statusCode?.toString()],
    ['error', isError ? 'true' : 'false'],
  ];
  return tags.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
}
