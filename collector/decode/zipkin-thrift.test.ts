import { describe, expect, it } from 'vitest';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { SPAN_FLAG } from '../../analyzer/model/span.ts';
import {
  thriftBytes,
  thriftDouble,
  thriftI32,
  thriftI64,
  thriftList,
  thriftStruct,
  thriftText,
} from '../../fixtures/thrift-writer.ts';
import { encodeZipkinThrift, type ZipkinV1Record } from '../../fixtures/zipkin.ts';
import { MalformedInputError } from './contract.ts';
import { decodeZipkinThrift } from './zipkin-thrift.ts';

const IDS = { traceId: '48485a3953bb6124', id: 'a2fb4a1d1a96d312' };
const WEB = { serviceName: 'web', ipv4: '127.0.0.1', port: 8080 };
const QUERY = { serviceName: 'query', ipv4: '172.18.0.4', port: 9411 };

function read(bytes: Uint8Array) {
  const table = new SpanTable(createDictionary());
  const decoded = decodeZipkinThrift(bytes, table);
  return { decoded, table, spans: Array.from({ length: table.count }, (_, row) => table.span(row)) };
}

function record(fields: Partial<ZipkinV1Record>): ZipkinV1Record {
  return { ...IDS, annotations: [], binaryAnnotations: [], ...fields };
}

describe('decodeZipkinThrift', () => {
  it('reads the bytes that Finagle sends', () => {
    // A list (struct, 1), trace_id 1, name "get", id 2, annotations: cs at 5 by "web" at 10.0.0.1.
    const bytes = [
      [0x0c, 0, 0, 0, 1],
      [0x0a, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1],
      [0x0b, 0, 3, 0, 0, 0, 3, 0x67, 0x65, 0x74],
      [0x0a, 0, 4, 0, 0, 0, 0, 0, 0, 0, 2],
      [0x0f, 0, 6, 0x0c, 0, 0, 0, 1],
      [0x0a, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5],
      [0x0b, 0, 2, 0, 0, 0, 2, 0x63, 0x73],
      [0x0c, 0, 3, 0x08, 0, 1, 10, 0, 0, 1, 0x06, 0, 2, 0, 80, 0x0b, 0, 3, 0, 0, 0, 3, 0x77, 0x65, 0x62, 0],
      [0],
      [0x0f, 0, 8, 0x0c, 0, 0, 0, 0],
      [0x02, 0, 9, 0],
      [0],
    ].flat();
    expect(read(Uint8Array.from(bytes)).spans).toMatchObject([
      {
        traceId: '1'.padStart(32, '0'),
        spanId: '2'.padStart(16, '0'),
        kind: 'client',
        name: 'get',
        startUs: 5,
        resource: { service: 'web', host: '10.0.0.1' },
      },
    ]);
  });

  it('makes two spans of a record with both halves', () => {
    const { spans } = read(
      encodeZipkinThrift([
        record({
          timestamp: 10,
          duration: 90,
          annotations: [
            { timestamp: 10, value: 'cs', endpoint: WEB },
            { timestamp: 20, value: 'sr', endpoint: QUERY },
            { timestamp: 80, value: 'ss', endpoint: QUERY },
            { timestamp: 100, value: 'cr', endpoint: WEB },
          ],
          binaryAnnotations: [
            { key: 'sa', value: true, endpoint: QUERY },
            { key: 'http.path', value: '/api', endpoint: QUERY },
          ],
        }),
      ]),
    );
    expect(spans).toMatchObject([
      { kind: 'client', startUs: 10, endUs: 100, flags: 0, attributes: { 'peer.service': 'query' } },
      { kind: 'server', startUs: 20, endUs: 80, flags: SPAN_FLAG.shared, attributes: { 'url.path': '/api' } },
    ]);
  });

  it('reads typed values, and does not keep bytes', () => {
    const annotation = (key: string, type: number, bytes: readonly number[]) =>
      thriftStruct([1, thriftText(key)], [2, thriftBytes(bytes)], [3, thriftI32(type)]);
    const binaryAnnotations = thriftList([
      annotation('http.status_code', 2, [1, 0xf4]),
      annotation('net.peer.port', 3, thriftI32(5432).bytes),
      annotation('db.instance', 4, thriftI64(2n ** 63n - 1n).bytes),
      annotation('sampler.param', 5, thriftDouble(0.25).bytes),
      annotation('error', 0, [1]),
      annotation('http.route', 1, [...Buffer.from('card 4111111111111111')]),
      annotation('component', 3, [1, 2]),
      annotation('peer.service', 6, [...Buffer.from('db')]),
    ]);
    const span = thriftStruct([1, thriftI64(1)], [4, thriftI64(2)], [8, binaryAnnotations]);
    const { spans } = read(Uint8Array.from(thriftList([span]).bytes));
    expect(spans[0]?.attributes).toEqual({
      'http.response.status_code': '500',
      'server.port': '5432',
      'db.namespace': '9223372036854775807',
      'sampler.param': '0.25',
      error: 'true',
      'peer.service': 'db',
    });
    expect(spans[0]?.cardEvidence).toMatchObject([{ place: 'http.route', brand: 'visa' }]);
  });

  it('reads ids of 128 bits, and addresses of 128', () => {
    const { spans } = read(
      encodeZipkinThrift([
        record({
          traceId: '463ac35c9f6413ad48485a3953bb6124',
          parentId: '6b221d5bc9e6496c',
          annotations: [{ timestamp: 5, value: 'sr', endpoint: { serviceName: 'a', ipv6: 'fe80:0:0:1:0:0:0:1' } }],
        }),
      ]),
    );
    expect(spans).toMatchObject([
      {
        traceId: '463ac35c9f6413ad48485a3953bb6124',
        parentSpanId: '6b221d5bc9e6496c',
        resource: { service: 'a', host: 'fe80:0:0:1::1' },
      },
    ]);
  });

  it('takes a time of 0 for none', () => {
    const annotations = [
      { timestamp: 20, value: 'sr', endpoint: QUERY },
      { timestamp: 80, value: 'ss', endpoint: QUERY },
    ];
    const { spans } = read(encodeZipkinThrift([record({ timestamp: 0, duration: 0, annotations })]));
    expect(spans).toMatchObject([{ startUs: 20, endUs: 80, flags: SPAN_FLAG.shared }]);
  });

  it('names what it cannot use, or refuses it all if it is strict', () => {
    const bytes = encodeZipkinThrift([record({}), record({ id: '0' }), record({ id: '3' })]);
    expect(read(bytes).decoded).toMatchObject({ spanCount: 2, rejectedCount: 1 });
    const table = new SpanTable(createDictionary());
    expect(() => decodeZipkinThrift(bytes, table, { strict: true })).toThrow(
      '[1]: id is not 1 to 16 lower-case hex digits, not all zero',
    );
    expect(table.count).toBe(0);
  });

  it.each([
    [
      'cut off',
      (bytes: Uint8Array) => bytes.subarray(0, -1),
      /^Zipkin thrift, \[1\]: a value beyond the end at byte \d+$/,
    ],
    ['too long', (bytes: Uint8Array) => Uint8Array.from([...bytes, 0]), /something after the end at byte \d+$/],
    ['a count that lies', (bytes: Uint8Array) => bytes.with(1, 0x7f), /^Zipkin thrift, \[0\]: a count beyond the end/],
    ['of something else', (bytes: Uint8Array) => bytes.with(0, 3), /a list of something else than structs/],
  ])('refuses a list %s, and leaves the table alone', (_, broken, message) => {
    const table = new SpanTable(createDictionary());
    const run = () => decodeZipkinThrift(broken(encodeZipkinThrift([record({}), record({ id: '3' })])), table);
    expect(run).toThrow(MalformedInputError);
    expect(run).toThrow(message);
    expect(table.count).toBe(0);
  });
});
