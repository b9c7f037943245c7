import { createServer, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';

import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { SPAN_FLAG, type Span } from '../../analyzer/model/span.ts';
import { zipkinV1Of } from '../../fixtures/zipkin-v1.ts';
import { encodeZipkinProtobuf, encodeZipkinThrift, type ZipkinSpan } from '../../fixtures/zipkin.ts';
import type { Receiver } from './contract.ts';
import { RECEIVERS } from './index.ts';
import { createZipkinReceiver, type ZipkinOptions } from './zipkin.ts';

const SPAN: ZipkinSpan = {
  traceId: '463ac35c9f6413ad48485a3953bb6124',
  id: 'a2fb4a1d1a96d312',
  kind: 'SERVER',
  name: 'get /pay',
  timestamp: 1_472_470_996_199_000,
  duration: 207_000,
  localEndpoint: { serviceName: 'payments', ipv4: '10.0.0.2' },
};
const V2 = '/api/v2/spans';
const V1 = '/api/v1/spans';
const JSON_TYPE = 'application/json';
const PROTOBUF_TYPE = 'application/x-protobuf';
const THRIFT_TYPE = 'application/x-thrift';

let receivers: Receiver[] = [];
afterEach(async () => {
  await Promise.all(receivers.map((receiver) => receiver.close()));
  receivers = [];
});

/** Starts a receiver with the real decoders; what it took is in `spans`. */
async function start(options: Partial<ZipkinOptions> & { readonly keep?: () => Promise<void> } = {}) {
  const spans: Span[] = [];
  const { keep = () => Promise.resolve(), ...rest } = options;
  const sink = {
    createTable: () => new SpanTable(createDictionary()),
    ingest: async (table: SpanTable) => {
      await keep();
      for (let row = 0; row < table.count; row++) spans.push(table.span(row));
    },
  };
  const receiver = RECEIVERS.zipkin(sink, { port: 0, ...rest });
  receivers.push(receiver);
  const port = await receiver.listen();
  const post = async (path: string, type: string | undefined, body: string | Uint8Array, headers = {}) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      // A body of bytes has no type of its own; a text would be sent as text/plain.
      body: Buffer.from(body),
      headers: { ...(type === undefined ? {} : { 'content-type': type }), ...headers },
    });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  return { spans, post, port };
}

function json(...spans: readonly unknown[]): string {
  return JSON.stringify(spans);
}

describe('item 49: what is taken', () => {
  it.each<[string, string, string | undefined, string | Uint8Array]>([
    ['JSON', V2, JSON_TYPE, json(SPAN)],
    ['JSON with parameters and capitals', V2, 'Application/JSON; charset=utf-8', json(SPAN)],
    ['JSON without a type', V2, undefined, json(SPAN)],
    ['protobuf', V2, PROTOBUF_TYPE, encodeZipkinProtobuf([SPAN])],
    ['version 1 in JSON', V1, JSON_TYPE, json(zipkinV1Of(SPAN))],
    ['version 1 without a type', V1, undefined, json(zipkinV1Of(SPAN))],
    ['version 1 in thrift', V1, THRIFT_TYPE, encodeZipkinThrift([zipkinV1Of(SPAN)])],
    ['a query behind the path', `${V2}?source=brave`, JSON_TYPE, json(SPAN)],
  ])('%s: 202 with an empty body', async (_, path, type, body) => {
    const { post, spans } = await start();
    const answer = await post(path, type, body);
    expect([answer.status, answer.text]).toEqual([202, '']);
    expect(spans).toMatchObject([
      {
        traceId: SPAN.traceId,
        spanId: SPAN.id,
        kind: 'server',
        name: 'get /pay',
        startUs: SPAN.timestamp,
        endUs: 1_472_470_996_406_000,
        resource: { service: 'payments', host: '10.0.0.2' },
      },
    ]);
  });

  it.each([
    [V2, 'text/plain'],
    [V2, 'application/x-www-form-urlencoded'],
    [V2, 'multipart/form-data'],
    [V2, THRIFT_TYPE],
    [V1, PROTOBUF_TYPE],
    [V2, '__proto__'],
  ])('%s as %s: 415, with the types that are', async (path, type) => {
    const { post, spans } = await start();
    const answer = await post(path, type, json(SPAN));
    expect([answer.status, spans]).toEqual([415, []]);
    expect(answer.text).toMatch(/^Content-Type must be absent or one of application\/json, application\/x-/);
  });

  it.each(['/', '/api/v2/traces', '/api/v2/spans/', '/api/v1', '/__proto__', '/constructor'])(
    '%s: 404',
    async (path) => {
      const { post } = await start();
      const { status, text } = await post(path, JSON_TYPE, json(SPAN));
      expect([status, text]).toEqual([404, 'there is nothing here; spans go to /api/v2/spans or /api/v1/spans\n']);
    },
  );

  it('another method: 405', async () => {
    const { port } = await start();
    const answer = await fetch(`http://127.0.0.1:${port}${V2}`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  });
});

describe('item 50: nothing, and packed', () => {
  it.each<[string, string | undefined, string]>([
    [V2, JSON_TYPE, '[]'],
    [V2, JSON_TYPE, ''],
    [V2, undefined, ''],
    [V2, PROTOBUF_TYPE, ''],
    [V1, JSON_TYPE, '[]'],
    [V1, THRIFT_TYPE, ''],
    [V1, THRIFT_TYPE, '\u000c\0\0\0\0'],
  ])('%s %s %j: 202, and the journal is not troubled', async (path, type, body) => {
    const { post } = await start({ keep: () => Promise.reject(new Error('must not be asked')) });
    expect(await post(path, type, body)).toMatchObject({ status: 202, text: '' });
  });

  it('gzip is unpacked', async () => {
    const { post, spans } = await start();
    const headers = { 'content-encoding': 'gzip' };
    expect((await post(V2, JSON_TYPE, gzipSync(json(SPAN)), headers)).status).toBe(202);
    expect((await post(V1, THRIFT_TYPE, gzipSync(encodeZipkinThrift([zipkinV1Of(SPAN)])), headers)).status).toBe(202);
    expect(spans).toHaveLength(2);
  });

  it.each([
    ['no gzip at all', Buffer.from(json(SPAN))],
    ['cut off', gzipSync(json(SPAN)).subarray(0, 30)],
    ['nothing', Buffer.alloc(0)],
  ])('gzip that is %s: 400', async (_, body) => {
    const { post, spans } = await start();
    const { status, text } = await post(V2, JSON_TYPE, body, { 'content-encoding': 'gzip' });
    expect([status, text, spans]).toEqual([400, 'Cannot gunzip spans\n', []]);
  });
});

describe('item 51: a list as a whole', () => {
  const v1 = zipkinV1Of(SPAN);
  it.each<[string, string, string | undefined, string | Uint8Array, string]>([
    ['version 1', V2, JSON_TYPE, json(v1), 'Expected a JSON_V2 encoded list, but received: JSON_V1'],
    ['version 2', V1, JSON_TYPE, json(SPAN), 'Expected a JSON_V1 encoded list, but received: JSON_V2'],
    ['protobuf', V2, undefined, encodeZipkinProtobuf([SPAN]), 'Expected a JSON_V2 encoded list, but received: PROTO3'],
    ['JSON', V2, PROTOBUF_TYPE, json(SPAN), 'Expected a PROTO3 encoded list, but received: JSON_V2'],
    ['thrift', V1, JSON_TYPE, encodeZipkinThrift([v1]), 'Expected a JSON_V1 encoded list, but received: THRIFT'],
    ['JSON', V1, THRIFT_TYPE, json(v1), 'Expected a THRIFT encoded list, but received: JSON_V1'],
    [
      'an object',
      V2,
      JSON_TYPE,
      JSON.stringify(SPAN),
      'Expected a JSON_V2 encoded list: Zipkin JSON is a list of spans',
    ],
    ['a list of traces', V2, JSON_TYPE, json([SPAN]), 'Expected a JSON_V2 encoded list: [0]: not an object'],
    ['no JSON', V2, JSON_TYPE, '[{"card":"4111111111111111"', 'Expected a JSON_V2 encoded list: not valid JSON'],
    ['text', V2, JSON_TYPE, 'spans', 'Expected a JSON_V2 encoded list: not valid JSON'],
    [
      'thrift cut off',
      V1,
      THRIFT_TYPE,
      encodeZipkinThrift([v1]).subarray(0, 60),
      'Expected a THRIFT encoded list: Zipkin thrift, [0]: a value beyond the end at byte 53',
    ],
    [
      'protobuf cut off',
      V2,
      PROTOBUF_TYPE,
      encodeZipkinProtobuf([SPAN]).subarray(0, 40),
      'Expected a PROTO3 encoded list: Zipkin protobuf: a length beyond the end at byte 2',
    ],
  ])('%s on %s as %s: 400 in plain text', async (_, path, type, body, reason) => {
    const { post, spans } = await start();
    const answer = await post(path, type, body);
    expect([answer.status, answer.text]).toEqual([400, `${reason}\n`]);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(spans).toEqual([]);
  });

  it('one bad span: none is kept', async () => {
    const { post, spans } = await start();
    const answer = await post(V2, JSON_TYPE, json(SPAN, { ...SPAN, id: 'x' }, SPAN));
    expect([answer.status, answer.text]).toEqual([
      400,
      'Expected a JSON_V2 encoded list: [1]: id is not 1 to 16 lower-case hex digits, not all zero\n',
    ]);
    expect(spans).toEqual([]);
  });
});

describe('item 52: ids', () => {
  const padded = (digits: string) => digits.padStart(32, '0');
  it.each([
    ['1', padded('1')],
    ['48485a3953bb6124', padded('48485a3953bb6124')],
    [padded('48485a3953bb6124'), padded('48485a3953bb6124')],
    [SPAN.traceId, SPAN.traceId],
  ])('trace id %s is %s', async (traceId, expected) => {
    const { post, spans } = await start();
    expect((await post(V2, JSON_TYPE, json({ ...SPAN, traceId, id: '7' }))).status).toBe(202);
    expect(spans).toMatchObject([{ traceId: expected, spanId: '7'.padStart(16, '0') }]);
  });

  it.each(['0000000000000000', '0', null])('parent id %j is none', async (parentId) => {
    const { post, spans } = await start();
    expect((await post(V2, JSON_TYPE, json({ ...SPAN, parentId }))).status).toBe(202);
    expect(spans[0]).not.toHaveProperty('parentSpanId');
  });

  it.each([
    { traceId: SPAN.traceId.toUpperCase() },
    { traceId: '0x1' },
    { traceId: '' },
    { traceId: padded('0') },
    { traceId: `1${padded('1')}` },
    { traceId: undefined },
    { id: 'A2FB4A1D1A96D312' },
    { id: '0000000000000000' },
    { id: '' },
    { id: '1'.repeat(17) },
    { parentId: 'nobody' },
    { parentId: '1'.repeat(17) },
  ])('%j: 400', async (ids) => {
    const { post, spans } = await start();
    const { status, text } = await post(V2, JSON_TYPE, json({ ...SPAN, ...ids }));
    expect([status, spans]).toEqual([400, []]);
    expect(text).toMatch(/: (traceId|id|parentId) is not 1 to (16|32) lower-case hex digits/);
  });
});

describe('item 53: the rest of a span', () => {
  it.each([
    ['a kind of lower case', { kind: 'client' }, /kind is none of CLIENT, SERVER, PRODUCER and CONSUMER/],
    ['another kind', { kind: 'INTERNAL' }, /kind is none of/],
    ['a tag that is null', { tags: { a: null } }, /a tag is null/],
  ])('%s: 400', async (_, fields, reason) => {
    const { post, spans } = await start();
    const { status, text } = await post(V2, JSON_TYPE, json({ ...SPAN, ...fields }));
    expect([status, spans]).toEqual([400, []]);
    expect(text).toMatch(reason);
  });

  it.each<[string, object, Partial<Span>]>([
    ['names in lower case', { name: 'GET /Pay', localEndpoint: { serviceName: 'Pay' } }, { name: 'get /pay' }],
    ['a shared id', { shared: true }, { flags: SPAN_FLAG.shared }],
    ['no time', { timestamp: undefined }, { flags: SPAN_FLAG.noTime }],
    ['a time before 1970', { timestamp: -1 }, { flags: SPAN_FLAG.noTime }],
    ['unknown fields', { somethingNew: [{ deep: null }], __proto__: {} }, { name: 'get /pay' }],
    ['null where nothing has to be', { kind: null, tags: null, annotations: null, duration: null }, { flags: 0 }],
  ])('%s: 202', async (_, fields, expected) => {
    const { post, spans } = await start();
    expect((await post(V2, JSON_TYPE, json({ ...SPAN, ...fields }))).status).toBe(202);
    expect(spans).toMatchObject([expected]);
  });
});

describe('item 54: better than Zipkin', () => {
  it('202 only when the journal has it; 503 with Retry-After when it refuses', async () => {
    const gate = Promise.withResolvers<undefined>();
    const { post, spans } = await start({ keep: () => gate.promise });
    let isAnswered = false;
    const answer = post(V2, JSON_TYPE, json(SPAN)).finally(() => (isAnswered = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([isAnswered, spans]).toEqual([false, []]);
    gate.resolve(undefined);
    expect((await answer).status).toBe(202);
    expect(spans).toHaveLength(1);

    const errors: unknown[] = [];
    const full = await start({
      keep: () => Promise.reject(new Error('ENOSPC')),
      onError: (error) => errors.push(error),
    });
    const refused = await full.post(V2, JSON_TYPE, json(SPAN));
    expect([refused.status, refused.headers.get('retry-after'), refused.text]).toEqual([
      503,
      '1',
      'the spans cannot be kept at the moment\n',
    ]);
    expect(errors).toHaveLength(1);
  });

  it('413 beyond the limit, before and after unpacking, and 503 while too much is under way', async () => {
    const { post, spans } = await start({ bodyByteLimit: 1_000 });
    const long = json({ ...SPAN, tags: { note: ' '.repeat(1_000) } });
    expect((await post(V2, JSON_TYPE, long)).status).toBe(413);
    const packed = await post(V2, JSON_TYPE, gzipSync(long), { 'content-encoding': 'gzip' });
    expect([packed.status, packed.headers.get('content-type')]).toEqual([413, 'text/plain; charset=utf-8']);
    const narrow = await start({ underWayByteLimit: 100 });
    expect((await narrow.post(V2, JSON_TYPE, json(SPAN))).status).toBe(503);
    expect(spans).toEqual([]);
  });

  it('lets no page of another origin in', async () => {
    const { post, port, spans } = await start();
    expect((await post(V2, JSON_TYPE, json(SPAN), { origin: 'https://shop.example' })).status).toBe(403);
    const preflight = await fetch(`http://127.0.0.1:${port}${V2}`, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect([...preflight.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(spans).toEqual([]);
  });

  it('a fault of ours is not the sender’s', async () => {
    const errors: unknown[] = [];
    const broken = () => {
      throw new Error('a fault of the decoder');
    };
    const receiver = createZipkinReceiver(
      { createTable: () => new SpanTable(createDictionary()), ingest: () => Promise.resolve() },
      {
        port: 0,
        decoders: { JSON_V1: broken, JSON_V2: broken, THRIFT: broken, PROTO3: broken },
        onError: (error) => errors.push(error),
      },
    );
    receivers.push(receiver);
    const url = `http://127.0.0.1:${await receiver.listen()}${V2}`;
    const answer = await fetch(url, { method: 'POST', body: Buffer.from('[]') });
    expect([answer.status, await answer.text()]).toEqual([400, 'the body cannot be read\n']);
    expect(errors).toHaveLength(1);
  });
});

it('item 55: the queries of Zipkin’s API are not here, and say so', async () => {
  const { port } = await start();
  for (const path of ['/api/v2/dependencies', '/api/v2/services']) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/plain; charset=utf-8']);
  }
});

it('item 56: a port that is taken is an error with its name', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await new Promise((resolve) => other.close(resolve));
});

it('is up', async () => {
  const { port } = await start();
  const answer = await fetch(`http://127.0.0.1:${port}/health`);
  expect([answer.status, await answer.json()]).toEqual([200, { status: 'UP' }]);
  expect((await fetch(`http://127.0.0.1:${port}/health`, { method: 'HEAD' })).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${port}/health`, { method: 'DELETE' })).status).toBe(404);
});
