import { describe, expect, it } from 'vitest';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { SPAN_FLAG, SPAN_STATUS } from '../../analyzer/model/span.ts';
import { encodeJaegerThrift, type JaegerReference, type JaegerSpan, type JaegerTag } from '../../fixtures/jaeger.ts';
import {
  thriftI32,
  thriftI64,
  thriftList,
  thriftStruct,
  thriftText,
  type ThriftValue,
} from '../../fixtures/thrift-writer.ts';
import { MalformedInputError } from './contract.ts';
import { decodeJaegerThrift } from './jaeger-thrift.ts';

const TRACE_ID = '463ac35c9f6413ad48485a3953bb6124';
const SPAN: JaegerSpan = {
  traceID: TRACE_ID,
  spanID: 'a2fb4a1d1a96d312',
  operationName: 'HTTP GET /Pay',
  references: [],
  startTime: 1_472_470_996_199_000,
  duration: 207_000,
  tags: [],
  processID: 'p',
};

function batch(spans: readonly Partial<JaegerSpan>[], tags: readonly JaegerTag[] = []): Uint8Array {
  const trace = {
    traceID: TRACE_ID,
    spans: spans.map((span) => ({ ...SPAN, ...span })),
    processes: { p: { serviceName: 'shop', tags } },
  };
  return encodeJaegerThrift(trace)[0]!;
}

function read(bytes: Uint8Array) {
  const table = new SpanTable(createDictionary());
  const decoded = decodeJaegerThrift(bytes, table);
  return { decoded, table, spans: Array.from({ length: table.count }, (_, row) => table.span(row)) };
}

const reference = (refType: JaegerReference['refType'], spanID: string, traceID = TRACE_ID): JaegerReference => ({
  refType,
  traceID,
  spanID,
});

describe('decodeJaegerThrift', () => {
  it('reads a span with everything in it', () => {
    const { spans, decoded } = read(
      batch(
        [
          {
            references: [reference('CHILD_OF', '6b221d5bc9e6496c')],
            flags: 3,
            tags: [
              { key: 'span.kind', value: 'client' },
              { key: 'http.status_code', type: 'int64', value: 500 },
              { key: 'error', type: 'bool', value: true },
              { key: 'sampler.param', type: 'float64', value: 0.5 },
              { key: 'http.route', type: 'binary', value: 'kept by nobody' },
              { key: 'peer.service', value: 'payments' },
            ],
            logs: [{ timestamp: 5, fields: [{ key: 'event', value: 'card 4111111111111111' }] }],
          },
        ],
        [
          { key: 'hostname', value: 'node-1' },
          { key: 'service.version', value: '1.2' },
        ],
      ),
    );
    expect(decoded).toEqual({ spanCount: 1, rejectedCount: 0, problems: [] });
    expect(spans).toEqual([
      {
        traceId: TRACE_ID,
        spanId: 'a2fb4a1d1a96d312',
        parentSpanId: '6b221d5bc9e6496c',
        kind: 'client',
        name: 'HTTP GET /Pay',
        startUs: 1_472_470_996_199_000,
        endUs: 1_472_470_996_406_000,
        resource: { service: 'shop', host: 'node-1', version: '1.2' },
        status: SPAN_STATUS.error,
        flags: SPAN_FLAG.hasCardEvidence,
        attributes: {
          'http.response.status_code': '500',
          error: 'true',
          'sampler.param': '0.5',
          'peer.service': 'payments',
        },
        links: [],
        cardEvidence: [{ place: 'event', brand: 'visa', strength: 'test' }],
      },
    ]);
  });

  it.each<[string, readonly JaegerReference[], string | undefined, number, number]>([
    ['none', [], undefined, 0, 0],
    ['one parent', [reference('CHILD_OF', 'a')], 'a', 0, 0],
    ['a parent it does not wait for', [reference('FOLLOWS_FROM', 'a')], 'a', SPAN_FLAG.followsFrom, 0],
    ['a link to another trace', [reference('CHILD_OF', 'a', 'ff')], undefined, SPAN_FLAG.hasLinks, 1],
    [
      'a parent among links',
      [reference('FOLLOWS_FROM', 'a'), reference('CHILD_OF', 'b'), reference('CHILD_OF', 'c')],
      'b',
      SPAN_FLAG.hasLinks,
      2,
    ],
  ])('references: %s', (_, references, parent, flags, linkCount) => {
    const [span] = read(batch([{ references }])).spans;
    expect(span?.parentSpanId).toBe(parent?.padStart(16, '0'));
    expect([span?.flags, span?.links.length]).toEqual([flags, linkCount]);
  });

  it('takes the parent in its own field before all references, as Jaeger does', () => {
    const ids = (spanId: number) =>
      thriftStruct([1, thriftI32(0)], [2, thriftI64(1)], [3, thriftI64(0)], [4, thriftI64(spanId)]);
    const span = thriftStruct(
      [1, thriftI64(1)],
      [2, thriftI64(0)],
      [3, thriftI64(2)],
      [4, thriftI64(7)],
      [6, thriftList([ids(8)])],
    );
    const bytes = thriftStruct([1, thriftStruct([1, thriftText('a')])], [2, thriftList([span])]).bytes;
    const [read1] = read(Uint8Array.from(bytes)).spans;
    expect(read1?.parentSpanId).toBe('7'.padStart(16, '0'));
    expect(read1?.links.map(({ spanId }) => spanId)).toEqual(['8'.padStart(16, '0')]);
  });

  it('reads a process that comes after its spans', () => {
    const span = thriftStruct([1, thriftI64(1)], [2, thriftI64(0)], [3, thriftI64(2)], [4, thriftI64(0)]);
    const process = thriftStruct([1, thriftText('late')]);
    const bytes = thriftStruct([99, thriftText('?')], [2, thriftList([span])], [1, process]).bytes;
    expect(read(Uint8Array.from(bytes)).spans).toMatchObject([
      { traceId: '1'.padStart(32, '0'), resource: { service: 'late' }, flags: SPAN_FLAG.noTime },
    ]);
  });

  it('names the spans it cannot use', () => {
    const { decoded, spans } = read(batch([{}, { spanID: '0' }, { traceID: '0' }, { spanID: '3' }]));
    expect(decoded.rejectedCount).toBe(2);
    expect(decoded.problems.map(({ message }) => message)).toEqual([
      'spans[1]: spanID is not 1 to 16 hex digits, not all zero',
      'spans[2]: traceID is not 1 to 32 hex digits, not all zero',
    ]);
    expect(spans).toHaveLength(2);
  });

  const process: ThriftValue = thriftStruct([1, thriftText('shop')]);
  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /^Jaeger thrift, batch: a value beyond the end at byte 0$/],
    ['no process', Uint8Array.from(thriftStruct([2, thriftList([])]).bytes), /a struct without its process/],
    ['no spans', Uint8Array.from(thriftStruct([1, process]).bytes), /a struct without its spans /],
    [
      'a span without ids',
      Uint8Array.from(thriftStruct([1, process], [2, thriftList([thriftStruct()])]).bytes),
      /^Jaeger thrift, spans\[0\]: a struct without its traceIdLow/,
    ],
    ['what comes after', Uint8Array.from([...batch([{}]), 0]), /something after the end/],
    ['a batch cut off', batch([{}, {}]).subarray(0, 190), /beyond the end/],
  ])('refuses %s, and leaves the table alone', (_, bytes, message) => {
    const table = new SpanTable(createDictionary());
    expect(() => decodeJaegerThrift(bytes, table)).toThrow(MalformedInputError);
    expect(() => decodeJaegerThrift(bytes, table)).toThrow(message);
    expect(table.count).toBe(0);
  });
});
