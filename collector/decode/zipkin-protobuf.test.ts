import { describe, expect, it } from 'vitest';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { SPAN_FLAG } from '../../analyzer/model/span.ts';
import { encodeZipkinProtobuf, type ZipkinSpan } from '../../fixtures/zipkin.ts';
import { MalformedInputError } from './contract.ts';
import type { ZipkinOptions } from './zipkin-records.ts';
import { decodeZipkinProtobuf } from './zipkin-protobuf.ts';

const SPAN: ZipkinSpan = { traceId: '463ac35c9f6413ad48485a3953bb6124', id: 'a2fb4a1d1a96d312' };

function read(bytes: Uint8Array, options?: ZipkinOptions) {
  const table = new SpanTable(createDictionary());
  const decoded = decodeZipkinProtobuf(bytes, table, options);
  return { decoded, table, spans: Array.from({ length: table.count }, (_, row) => table.span(row)) };
}

const field = (tag: number, ...content: readonly number[]) => [tag, content.length, ...content];
const TRACE_ID = field(0x0a, ...new Array<number>(7).fill(0), 1);
const ID = field(0x1a, ...new Array<number>(7).fill(0), 2);
const span = (...content: readonly number[]) => Uint8Array.from(field(0x0a, ...TRACE_ID, ...ID, ...content));

describe('decodeZipkinProtobuf', () => {
  it('reads a span with everything in it', () => {
    const { spans, decoded } = read(
      encodeZipkinProtobuf([
        {
          ...SPAN,
          parentId: '6b221d5bc9e6496c',
          kind: 'CLIENT',
          name: 'Get /Pay',
          timestamp: 1_472_470_996_199_000,
          duration: 207_000,
          localEndpoint: { serviceName: 'Shop', ipv4: '10.0.0.1', ipv6: '0:0:0:0:0:0:0:1', port: 80 },
          remoteEndpoint: { serviceName: 'Payments', ipv6: '2001:db8:0:0:0:0:0:c001', port: 9000 },
          tags: { 'http.method': 'GET', 'service.namespace': 'eu', __proto__: 'x' },
          annotations: [{ timestamp: 1_472_470_996_238_000, value: 'foo' }],
          debug: true,
          shared: true,
        },
      ]),
    );
    expect(decoded).toEqual({ spanCount: 1, rejectedCount: 0, problems: [] });
    expect(spans).toMatchObject([
      {
        traceId: SPAN.traceId,
        parentSpanId: '6b221d5bc9e6496c',
        spanId: SPAN.id,
        kind: 'client',
        name: 'get /pay',
        startUs: 1_472_470_996_199_000,
        endUs: 1_472_470_996_406_000,
        resource: { service: 'shop', host: '10.0.0.1', namespace: 'eu' },
        flags: SPAN_FLAG.shared,
        attributes: {
          'http.request.method': 'GET',
          'peer.service': 'payments',
          'network.peer.address': '2001:db8::c001',
          'server.port': '9000',
        },
      },
    ]);
  });

  it.each<[string, readonly number[], object]>([
    ['no parent in no bytes', field(0x12), { flags: SPAN_FLAG.noTime }],
    ['a kind of a later version', [0x20, 99], { kind: 'unspecified' }],
    [
      'an endpoint in two parts',
      [...field(0x42, ...field(0x0a, 0x61)), ...field(0x42, ...field(0x12, 10, 0, 0, 9))],
      { resource: { service: 'a', host: '10.0.0.9' } },
    ],
    ['the last of two names', [...field(0x2a, 0x61), ...field(0x2a, 0x62)], { name: 'b' }],
    [
      'fields it does not know',
      [0xfa, 1, 1, 0, 0x78, 1, 0x7d, 1, 2, 3, 4, 0x7b, 0x7b, 0x08, 1, 0x7c, 0x7c, ...field(0x2a, 0x63)],
      { name: 'c' },
    ],
    ['what is no UTF-8', field(0x2a, 0x61, 0xff), { name: 'a\ufffd' }],
    [
      'an IPv4 address in IPv6 clothes',
      field(0x42, ...field(0x1a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7)),
      { resource: { host: '10.0.0.7' } },
    ],
    [
      'an address of another length as none',
      field(0x42, ...field(0x12, 1, 2)),
      { resource: { service: 'unknown_service' } },
    ],
  ])('reads %s', (_, content, expected) => {
    expect(read(span(...content)).spans).toMatchObject([expected]);
  });

  it('names the spans it cannot use, or refuses them all if it is strict', () => {
    const bytes = encodeZipkinProtobuf([SPAN, { ...SPAN, id: '' }, { ...SPAN, traceId: '00' }, { ...SPAN, id: '01' }]);
    const { decoded, spans } = read(bytes);
    expect(decoded).toEqual({
      spanCount: 2,
      rejectedCount: 2,
      problems: [
        { kind: 'rejected-span', message: '[1]: id is not 1 to 16 lower-case hex digits, not all zero', count: 1 },
        { kind: 'rejected-span', message: '[2]: traceId is not 1 to 32 lower-case hex digits, not all zero', count: 1 },
      ],
    });
    expect(spans.map(({ spanId }) => spanId)).toEqual([SPAN.id, '01'.padStart(16, '0')]);
    expect(() => read(bytes, { strict: true })).toThrow(/^\[1\]: id is not/);
    expect(() => read(span(...field(0x0a, ...new Array<number>(17).fill(1))), { strict: true })).toThrow(/traceId/);
  });

  it.each<[string, readonly number[], string]>([
    ['a truncated number', [0x0a], 'Zipkin protobuf: a truncated number at byte 1'],
    ['a length beyond the end', [0x0a, 5, 0], 'Zipkin protobuf: a length beyond the end at byte 2'],
    ['field 0', [0x02, 0], 'Zipkin protobuf: an impossible field number at byte 1'],
    ['a wrong wire type', [...span(0x2d, 0, 0, 0, 0)], 'Zipkin protobuf, spans[0]: a wrong wire type at byte 23'],
    ['a message as a number', [0x08, 0], 'Zipkin protobuf: a wrong wire type at byte 1'],
    [
      'a number of eleven bytes',
      [...span(0x38, ...new Array<number>(10).fill(0x80), 0)],
      'Zipkin protobuf, spans[0]: a number of more than ten bytes at byte 33',
    ],
    ['a wire type that is none', [...span(0x7e)], 'Zipkin protobuf, spans[0]: an unknown wire type at byte 23'],
    ['a group that does not end', [...span(0x7b)], 'Zipkin protobuf, spans[0]: a truncated number at byte 23'],
    [
      'the end of another group',
      [...span(0x7b, 0x74)],
      'Zipkin protobuf, spans[0]: the end of a group that was not begun at byte 24',
    ],
    ['a time cut off', [...span(0x31, 1, 2)], 'Zipkin protobuf, spans[0]: a value beyond the end at byte 23'],
    [
      'an endpoint beyond its span',
      [...span(0x42, 9, 0)],
      'Zipkin protobuf, spans[0]: a length beyond the end at byte 24',
    ],
  ])('refuses %s after good spans, and leaves the table alone', (_, bytes, message) => {
    expect(() => read(Uint8Array.from(bytes))).toThrow(new MalformedInputError(message));
    const table = new SpanTable(createDictionary());
    expect(() => decodeZipkinProtobuf(Uint8Array.from([...span(), ...bytes]), table)).toThrow(MalformedInputError);
    expect(table.count).toBe(0);
  });

  it('passes over a hundred thousand groups in each other', () => {
    const groups = [...new Array<number>(100_000).fill(0x7b), ...new Array<number>(100_000).fill(0x7c)];
    const bytes = Uint8Array.from([...groups, ...span()]);
    expect(read(bytes).decoded.spanCount).toBe(1);
  });
});
