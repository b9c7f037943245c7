import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Span } from '../../analyzer/model/span.ts';
import { type Answer, JSON_TYPE, PROTOBUF_TYPE, readMessage, send } from '../../fixtures/otlp-client.ts';
import { spanKeeper } from '../../fixtures/span-keeper.ts';
import type { Receiver } from './contract.ts';
import { RECEIVERS } from './index.ts';

/** What protobuf allows and what it does not, over the wire, byte by byte (protobuf.dev, "Encoding"). */

let spans: Span[];
let receiver: Receiver;
let port: number;
beforeEach(async () => {
  const sink = spanKeeper();
  ({ spans } = sink);
  receiver = RECEIVERS['otlp-http'](sink, { port: 0 });
  port = await receiver.listen();
});
afterEach(() => receiver.close());

function post(body: Uint8Array): Promise<Answer> {
  return send(port, { headers: PROTOBUF_TYPE, body });
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80);
  return Buffer.from([...bytes, value]);
}

/** A field of bytes. */
function field(number: number, ...content: readonly (Uint8Array | string)[]): Buffer {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part)));
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

const TRACE_ID = field(1, Buffer.alloc(16, 0xab));
const SPAN_ID = field(2, Buffer.alloc(8, 0xcd));
const IDS = Buffer.concat([TRACE_ID, SPAN_ID]);
const NAME = field(5, 'resize');
const SERVER = Buffer.from([6 << 3, 2]);

/** ExportTraceServiceRequest { resource_spans = 1 { scope_spans = 2 { spans = 2 } } } */
function requestOf(...spanFields: readonly Uint8Array[]): Buffer {
  return field(1, field(2, field(2, ...spanFields)));
}

function time(number: number, nanoseconds: bigint): Buffer {
  const bytes = Buffer.alloc(9, number * 8 + 1);
  bytes.writeBigUInt64LE(nanoseconds, 1);
  return bytes;
}

/** KeyValue { key = 1, value = 2 } as an attribute of a span. */
function attribute(key: string, value: Uint8Array): Buffer {
  return field(9, field(1, key), field(2, value));
}

async function expectTaken(body: Uint8Array, count = 1): Promise<void> {
  const { status } = await post(body);
  expect([status, spans.length]).toEqual([200, count]);
}

describe('37: what is skipped', () => {
  it.each([
    ['a varint', Buffer.concat([varint(100 * 8), varint(7)])],
    ['64 bits', Buffer.concat([varint(100 * 8 + 1), Buffer.alloc(8)])],
    ['bytes', field(100, 'whatever')],
    ['a group', Buffer.concat([varint(100 * 8 + 3), varint(8), varint(7), varint(100 * 8 + 4)])],
    ['32 bits', Buffer.concat([varint(100 * 8 + 5), Buffer.alloc(4)])],
  ])('37: an unknown field, %s, at every level', async (_, unknown) => {
    const span = field(2, unknown, IDS, unknown, NAME);
    const scopeSpans = field(2, unknown, span, unknown);
    const resource = field(1, unknown, field(1, field(1, 'service.name'), field(2, unknown, field(1, 'a'))));
    await expectTaken(Buffer.concat([unknown, field(1, unknown, resource, scopeSpans), unknown]));
    expect([spans[0]!.resource.service, spans[0]!.name]).toEqual(['a', 'resize']);
  });

  it('37: groups in groups, a hundred thousand deep', async () => {
    const depth = 100_000;
    const open = Buffer.alloc(depth * 2, varint(100 * 8 + 3));
    const close = Buffer.alloc(depth * 2, varint(100 * 8 + 4));
    await expectTaken(Buffer.concat([open, close, requestOf(IDS, NAME)]));
  });
});

it('37: fields in any order, the last of a singular one wins, messages merge', async () => {
  await expectTaken(requestOf(NAME, field(5, 'last'), SERVER, SPAN_ID, TRACE_ID));
  expect(spans[0]).toMatchObject({ name: 'last', kind: 'server' });
  const attributeOf = (key: string, value: string) => field(1, field(1, key), field(2, field(1, value)));
  const halves = [field(1, attributeOf('service.name', 'a')), field(1, attributeOf('service.namespace', 'n'))];
  spans.length = 0;
  await expectTaken(field(1, ...halves, field(2, field(2, IDS, NAME))));
  expect(spans[0]!.resource).toMatchObject({ service: 'a', namespace: 'n' });
});

it.each([
  ['a varint cut off', Buffer.concat([SERVER.subarray(0, 1), Buffer.from([0x80])])],
  ['a varint of eleven bytes', Buffer.concat([SERVER.subarray(0, 1), Buffer.alloc(10, 0x80), Buffer.from([1])])],
  ['a length beyond the end', Buffer.concat([varint(5 * 8 + 2), varint(1_000)])],
  ['wire type 6', Buffer.from([(5 << 3) | 6, 0])],
  ['wire type 7', Buffer.from([(5 << 3) | 7, 0])],
  ['field 0', Buffer.from([2, 0])],
  ['a known field of another type', Buffer.from([5 << 3, 1])],
  ['a group that does not end', varint(100 * 8 + 3)],
  ['an end without a group', varint(100 * 8 + 4)],
])('38: %s is a 400, and nothing before it is kept', async (_, fault) => {
  const answer = await post(Buffer.concat([requestOf(IDS, NAME), requestOf(IDS, fault)]));
  expect(answer.status).toBe(400);
  expect(readMessage('Status', answer.body)).toMatchObject({ code: 3, details: [{}] });
  expect(spans).toEqual([]);
});

it('39: values that are empty, bytes, lists of this and that, maps in maps, indexes into no table', async () => {
  const text = field(1, 'x');
  const integer = Buffer.from([3 << 3, 7]);
  const map = (value: Uint8Array) => field(6, field(1, field(1, 'k'), field(2, value)));
  const values = [
    Buffer.alloc(0),
    field(7, Buffer.from([0xff, 0])),
    field(5, field(1, text), field(1, integer), field(1, map(text)), field(1)),
    map(map(map(integer))),
    // AnyValue { string_value_strindex = 8 }, KeyValue { key_strindex = 3 }
    Buffer.from([8 << 3, 1]),
  ];
  const attributes = values.map((value, at) => attribute(`v${at}`, value));
  await expectTaken(requestOf(IDS, NAME, ...attributes, field(9, Buffer.from([3 << 3, 1]), field(2, text))));
});

it('40: values a hundred and more deep are taken in both encodings, with a warning', async () => {
  let value: Buffer = field(1, 'x');
  for (let depth = 0; depth < 200; depth++) value = field(5, field(1, value));
  const answer = await post(requestOf(IDS, NAME, attribute('deep', value)));
  expect([answer.status, spans.length]).toEqual([200, 1]);
  expect(readMessage('Response', answer.body)).toMatchObject({
    partialSuccess: { errorMessage: expect.stringMatching(/deep/) as string },
  });

  const json = `${'{"arrayValue":{"values":['.repeat(200)}{"stringValue":"x"}${']}}'.repeat(200)}`;
  const span = `{"traceId":"${'ab'.repeat(16)}","spanId":"${'cd'.repeat(8)}","attributes":[{"key":"deep","value":${json}}]}`;
  const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`;
  const fromJson = await send(port, { headers: JSON_TYPE, body });
  expect([fromJson.status, spans.length]).toEqual([200, 2]);
  expect(fromJson.body.toString()).toMatch(/deep/);
});

describe('41: what a span means', () => {
  it.each([
    ['zeros', field(4, Buffer.alloc(8))],
    ['nothing', field(4)],
  ])('41: a parent of %s is none', async (_, parent) => {
    await expectTaken(requestOf(IDS, NAME, parent));
    expect(spans[0]).not.toHaveProperty('parentSpanId');
  });

  it('41: an end before the start is the start, and the sender is told of it', async () => {
    const answer = await post(requestOf(IDS, NAME, time(7, 5_000_000n), time(8, 3_000_000n)));
    expect(readMessage('Response', answer.body)).toMatchObject({
      partialSuccess: { errorMessage: expect.stringMatching(/end before they start/) as string },
    });
    expect(spans[0]).toMatchObject({ startUs: 5_000, endUs: 5_000 });
  });

  it('41: no service.name is unknown_service; flags may have any bit', async () => {
    const flags = Buffer.concat([varint(16 * 8 + 5), Buffer.from([0xff, 0xff, 0xff, 0xff])]);
    await expectTaken(requestOf(IDS, flags));
    expect(spans[0]!.resource.service).toMatch(/^unknown_service/);
  });
});

it('36: bytes that are no UTF-8 become U+FFFD', async () => {
  await expectTaken(requestOf(IDS, field(5, Buffer.from([0x61, 0xff, 0x62]))));
  expect(spans[0]!.name).toBe('a\uFFFDb');
});
