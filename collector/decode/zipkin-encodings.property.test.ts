import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { SPAN_FLAG, type Span } from '../../analyzer/model/span.ts';
import { encodeUtf8 } from '../../analyzer/model/string-table.ts';
import { encodeJaegerThrift, type JaegerTrace } from '../../fixtures/jaeger.ts';
import { zipkinV1Of } from '../../fixtures/zipkin-v1.ts';
import { encodeZipkinProtobuf, encodeZipkinThrift, type ZipkinSpan } from '../../fixtures/zipkin.ts';
import type { Decoder } from './contract.ts';
import { decodeJaeger } from './jaeger.ts';
import { decodeJaegerThrift } from './jaeger-thrift.ts';
import { decodeZipkin, decodeZipkinV1 } from './zipkin.ts';
import { decodeZipkinProtobuf } from './zipkin-protobuf.ts';
import { decodeZipkinThrift } from './zipkin-thrift.ts';

const hex = (digits: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((id) => /[1-9a-f]/.test(id));
const name = fc.stringMatching(/^[a-zäßж/ .]{1,12}$/);
const port = fc.integer({ min: 1, max: 65_535 });
const address = fc.ipV4().filter((text) => text !== '0.0.0.0');
const tagKey = fc.constantFrom('http.method', 'http.route', 'db.system', 'some.note', '__proto__', 'constructor');

const span = fc
  .record({
    traceId: fc.oneof(hex(16), hex(32)),
    id: hex(16),
    parentId: fc.option(hex(16), { nil: undefined }),
    kind: fc.constantFrom(undefined, 'CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'),
    name,
    timestamp: fc.integer({ min: 1, max: 2 ** 52 }),
    duration: fc.integer({ min: 1, max: 2 ** 40 }),
    service: name,
    host: fc.option(address, { nil: undefined }),
    peer: fc.option(fc.record({ serviceName: name, ipv4: address, port }), { nil: undefined }),
    tags: fc.array(fc.tuple(tagKey, name), { maxLength: 4 }),
    isError: fc.boolean(),
    isFollowing: fc.boolean(),
  })
  // Without a far side of a kind, every format has another word for who is who; a peer of its own name is a case by itself.
  .filter(
    ({ id, parentId, kind, peer, service }) =>
      id !== parentId && (kind !== undefined || peer === undefined) && peer?.serviceName !== service,
  );
type RandomSpan = typeof span extends fc.Arbitrary<infer T> ? T : never;
const spans = fc.array(span, { maxLength: 6 });

describe('the same spans in every encoding of Zipkin and Jaeger', () => {
  it('are the same rows', () => {
    fc.assert(
      fc.property(spans, (random) => {
        const v2 = random.map(toZipkin);
        const v1 = v2.map(zipkinV1Of);
        const expected = rows(decodeZipkin, json(v2));
        expect(expected).toHaveLength(random.length);
        expect(rows(decodeZipkinProtobuf, encodeZipkinProtobuf(v2))).toEqual(expected);
        expect(rows(decodeZipkinV1, json(v1))).toEqual(expected);
        expect(rows(decodeZipkinThrift, encodeZipkinThrift(v1))).toEqual(expected);
        const traces = random.map(toJaeger);
        expect(rows(decodeJaeger, json({ data: traces }))).toEqual(expected);
        expect(traces.flatMap(encodeJaegerThrift).flatMap((batch) => rows(decodeJaegerThrift, batch))).toEqual(
          expected,
        );
      }),
    );
  });

  it('share an id with the client where a server did not start the span', () => {
    fc.assert(
      fc.property(span, (random) => {
        const shared: ZipkinSpan = { ...toZipkin(random), kind: 'SERVER', shared: true };
        const expected = rows(decodeZipkin, json([shared]));
        expect(expected[0]!.flags & SPAN_FLAG.shared).toBe(SPAN_FLAG.shared);
        expect(rows(decodeZipkinProtobuf, encodeZipkinProtobuf([shared]))).toEqual(expected);
        expect(rows(decodeZipkinV1, json([zipkinV1Of(shared)]))).toEqual(expected);
        expect(rows(decodeZipkinThrift, encodeZipkinThrift([zipkinV1Of(shared)]))).toEqual(expected);
      }),
    );
  });

  it('follow from their parent in both encodings of Jaeger', () => {
    fc.assert(
      fc.property(spans, (random) => {
        const traces = random.map((one) => {
          const {
            spans: [only],
            ...trace
          } = toJaeger(one);
          const references = only!.references.map((reference) => ({
            ...reference,
            refType: one.isFollowing ? ('FOLLOWS_FROM' as const) : ('CHILD_OF' as const),
          }));
          const link = {
            refType: 'CHILD_OF',
            traceID: 'abc'.padStart(32, '0'),
            spanID: 'd'.padStart(16, '0'),
          } as const;
          return { ...trace, spans: [{ ...only!, references: [link, ...references] }] };
        });
        const expected = rows(decodeJaeger, json({ data: traces }));
        expect(traces.flatMap(encodeJaegerThrift).flatMap((batch) => rows(decodeJaegerThrift, batch))).toEqual(
          expected,
        );
        for (const [at, { links, flags }] of expected.entries()) {
          expect(links).toHaveLength(1);
          const isFollowing = random[at]!.isFollowing && random[at]!.parentId !== undefined;
          expect((flags & SPAN_FLAG.followsFrom) !== 0).toBe(isFollowing);
        }
      }),
    );
  });
});

function toZipkin(random: RandomSpan): ZipkinSpan {
  const { traceId, id, parentId, kind, timestamp, duration, service, host, peer, tags, isError } = random;
  return {
    traceId,
    id,
    ...(parentId === undefined ? {} : { parentId }),
    ...(kind === undefined ? {} : { kind }),
    name: random.name,
    timestamp,
    duration,
    localEndpoint: { serviceName: service, ...(host === undefined ? {} : { ipv4: host }) },
    ...(peer === undefined ? {} : { remoteEndpoint: peer }),
    annotations: [{ timestamp, value: 'something else' }],
    tags: Object.fromEntries([...tags, ...(isError ? [['error', 'timeout'] as const] : [])]),
  };
}

function toJaeger(random: RandomSpan): JaegerTrace {
  const { traceId, id, parentId, kind, timestamp, duration, service, host, peer, tags, isError } = random;
  const text = (key: string, value: string) => ({ key, type: 'string' as const, value });
  return {
    traceID: traceId,
    spans: [
      {
        traceID: traceId,
        spanID: id,
        operationName: random.name,
        references: parentId === undefined ? [] : [{ refType: 'CHILD_OF', traceID: traceId, spanID: parentId }],
        startTime: timestamp,
        duration,
        tags: [
          // Zipkin's tags are a map, of which the last of a key remains.
          ...[...new Map(tags)].map(([key, value]) => text(key, value)),
          ...(kind === undefined ? [] : [text('span.kind', kind.toLowerCase())]),
          ...(isError ? [text('error', 'timeout')] : []),
          ...(peer === undefined ? [] : [text('peer.service', peer.serviceName), text('peer.ipv4', peer.ipv4)]),
          ...(peer === undefined || kind === 'SERVER'
            ? []
            : [{ key: 'peer.port', type: 'int64' as const, value: peer.port }]),
        ],
        processID: 'p1',
      },
    ],
    processes: { p1: { serviceName: service, tags: host === undefined ? [] : [text('ip', host)] } },
  };
}

function json(document: unknown): Uint8Array {
  return encodeUtf8(JSON.stringify(document));
}

function rows(decoder: Decoder, bytes: Uint8Array): Span[] {
  const table = new SpanTable(createDictionary());
  const { rejectedCount, problems } = decoder(bytes, table);
  expect([rejectedCount, problems]).toEqual([0, []]);
  return Array.from({ length: table.count }, (_, row) => table.span(row));
}
