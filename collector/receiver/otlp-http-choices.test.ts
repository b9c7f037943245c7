import { afterEach, describe, expect, it } from 'vitest';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import {
  type Answer,
  JSON_TYPE,
  jsonOf,
  type Message,
  PROTOBUF_TYPE,
  send,
  sendRaw,
} from '../../fixtures/otlp-client.ts';
import type { Receiver } from './contract.ts';
import { RECEIVERS, type ReceiverOptions } from './index.ts';

/** What is off unless someone switches it on, what the specification leaves open, and what comes over two doors alike. */

let receivers: Receiver[] = [];
afterEach(async () => {
  await Promise.all(receivers.map((receiver) => receiver.close()));
  receivers = [];
});

async function start(options: ReceiverOptions = {}) {
  const names: string[] = [];
  const ingest = (table: SpanTable) => {
    for (let row = 0; row < table.count; row++) names.push(table.span(row).name);
    return Promise.resolve();
  };
  const sink = { createTable: () => new SpanTable(createDictionary()), ingest };
  const receiver = RECEIVERS['otlp-http'](sink, { port: 0, ...options });
  receivers.push(receiver);
  const port = await receiver.listen();
  return { names, port, send: (message: Message) => send(port, message) };
}

function spanNamed(name: string): string {
  const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), name };
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

function corsHeaders({ headers }: Answer): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => /^access-control-|^vary$/.test(name)));
}

const packers = [
  ['deflate', deflateSync],
  ['zstd', zstdCompressSync],
] as const;

describe('10: bodies packed with', () => {
  it.each(packers)('%s: refused, with what may be used', async (name, pack) => {
    const answer = await (
      await start()
    ).send({
      headers: { ...JSON_TYPE, 'content-encoding': name },
      body: pack(spanNamed('a')),
    });
    expect([answer.status, answer.headers['accept-encoding']]).toEqual([415, 'gzip']);
  });

  it.each(packers)('%s: taken where it is switched on; corrupt and cut off are 400', async (name, pack) => {
    const { names, send } = await start({ compressions: ['gzip', name] });
    const headers = { ...JSON_TYPE, 'content-encoding': name.toUpperCase() };
    const packed = pack(spanNamed('a'));
    expect((await send({ headers, body: packed })).status).toBe(200);
    for (const body of [packed.subarray(0, packed.length - 6), Buffer.from('nonsense'), Buffer.alloc(0)]) {
      const answer = await send({ headers, body });
      expect([answer.status, jsonOf(answer)]).toEqual([400, expect.objectContaining({ code: 3 })]);
    }
    expect(names).toEqual(['a']);
  });

  it.each(packers)('%s: 413 for what unpacks to 64 MiB and a byte', async (name, pack) => {
    const { send } = await start({ compressions: [name] });
    const headers = { ...JSON_TYPE, 'content-encoding': name };
    expect((await send({ headers, body: pack(Buffer.alloc((64 << 20) + 1, ' ')) })).status).toBe(413);
  });

  it('brotli: never', async () => {
    const { send } = await start({ compressions: ['gzip', 'deflate', 'zstd'] });
    const headers = { ...JSON_TYPE, 'content-encoding': 'br' };
    const answer = await send({ headers, body: brotliCompressSync(spanNamed('a')) });
    expect([answer.status, answer.headers['accept-encoding']]).toEqual([415, 'gzip, deflate, zstd']);
  });
});

it('12: gzip of several members is read whole', async () => {
  const { names, send } = await start();
  const text = spanNamed('a');
  const body = Buffer.concat([gzipSync(text.slice(0, 9)), gzipSync(text.slice(9))]);
  expect((await send({ headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body })).status).toBe(200);
  expect(names).toEqual(['a']);
});

it('13: answers are as they are, whatever the sender could unpack', async () => {
  const { send } = await start();
  const answer = await send({ headers: { ...JSON_TYPE, 'accept-encoding': 'gzip' }, body: '{}' });
  expect([answer.headers['content-encoding'], answer.body.toString()]).toEqual([undefined, '{}']);
});

it('6: requests in a row on one connection are answered in order', async () => {
  const { names, port } = await start();
  const requests = Array.from({ length: 5 }, (_, at) => {
    const body = at === 2 ? 'nonsense' : spanNamed(`span ${at}`);
    const head = `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  });
  const text = await sendRaw(port, requests.join(''), /(?:HTTP\/1\.1[^]*?\r\n\r\n\{[^]*?){4}HTTP\/1\.1[^]*?\r\n\r\n\{/);
  expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual([
    '200',
    '200',
    '400',
    '200',
    '200',
  ]);
  expect(names).toEqual(['span 0', 'span 1', 'span 3', 'span 4']);
});

it('2: protobuf and JSON on one port; 20: empty requests', async () => {
  const { send } = await start();
  for (const [headers, body] of [
    [PROTOBUF_TYPE, ''],
    [PROTOBUF_TYPE, Buffer.from([0x0a, 0])],
    [PROTOBUF_TYPE, Buffer.from([0x0a, 2, 0x12, 0])],
    [JSON_TYPE, '{}'],
    [JSON_TYPE, '{"resourceSpans":[]}'],
    [JSON_TYPE, '{"resourceSpans":[{"scopeSpans":[{"spans":[]}]}]}'],
  ] as const) {
    const answer = await send({ headers, body });
    const expected = [200, headers['content-type'], headers === JSON_TYPE ? '{}' : ''];
    expect([answer.status, answer.headers['content-type'], answer.body.toString()]).toEqual(expected);
  }
});

const SHOP = 'https://shop.example:8443';

describe('pages of other origins', () => {
  it.each([SHOP, 'null', 'http://localhost:3000'])('46: no header for %s, asked or not', async (origin) => {
    const { send } = await start();
    for (const method of ['OPTIONS', 'POST', 'GET']) {
      const asked = { origin, 'access-control-request-method': 'POST' };
      expect(corsHeaders(await send({ method, headers: { ...JSON_TYPE, ...asked }, body: '' }))).toEqual({});
    }
  });

  it('47: the preflight of a configured one is answered with that origin, method and headers', async () => {
    const { send } = await start({ cors: { origins: ['https://other.example', SHOP], headers: ['Authorization'] } });
    const answer = await send({
      method: 'OPTIONS',
      headers: { origin: SHOP, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x' },
    });
    expect([answer.status, answer.body.length]).toEqual([204, 0]);
    expect(corsHeaders(answer)).toEqual({
      vary: 'Origin',
      'access-control-allow-origin': SHOP,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type, content-encoding, authorization',
      'access-control-max-age': '7200',
    });
  });

  it.each(['https://evil.example', `${SHOP}.evil.example`, 'http://shop.example:8443', 'https://shop.example', 'null'])(
    '47: %s gets no header beside it',
    async (origin) => {
      const { names, send } = await start({ cors: { origins: [SHOP] } });
      for (const method of ['OPTIONS', 'POST']) {
        const answer = await send({
          method,
          headers: { ...JSON_TYPE, origin },
          body: method === 'POST' ? spanNamed('a') : '',
        });
        expect([answer.status, corsHeaders(answer)]).toEqual([403, { vary: 'Origin' }]);
      }
      expect(names).toEqual([]);
    },
  );

  it.each(['*', 'https://shop.example/', 'https://shop.example/path', 'shop.example', 'null', ''])(
    '47: %j is no origin to configure',
    (origin) => {
      const sink = { createTable: () => new SpanTable(createDictionary()), ingest: () => Promise.resolve() };
      expect(() => RECEIVERS['otlp-http'](sink, { port: 0, cors: { origins: [origin] } })).toThrow(RangeError);
    },
  );

  it('48: every answer says so, with credentials: success, refusals and what is too large', async () => {
    const { names, send } = await start({ cors: { origins: [SHOP] } });
    const expected = {
      vary: 'Origin',
      'access-control-allow-origin': SHOP,
      'access-control-allow-credentials': 'true',
    };
    for (const [message, status] of [
      [{ body: spanNamed('a') }, 200],
      [{ body: 'nonsense' }, 400],
      [{ path: '/v1/logs' }, 404],
      [{ method: 'PUT' }, 405],
      [{ headers: { 'content-type': 'text/plain' } }, 415],
      [{ headers: { ...JSON_TYPE, 'content-encoding': 'br' } }, 415],
    ] as const satisfies readonly [Message, number][]) {
      const headers = { ...('headers' in message ? message.headers : JSON_TYPE), origin: SHOP };
      const answer = await send({ ...message, headers });
      expect([answer.status, corsHeaders(answer)]).toEqual([status, expected]);
    }
    expect(names).toEqual(['a']);
  });
});
