import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';

import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import {
  jsonOf as json,
  JSON_TYPE,
  type Message,
  PROTOBUF_TYPE,
  readMessage as proto,
  send,
  sendRaw,
} from '../../fixtures/otlp-client.ts';
import { type Decoder, MalformedInputError } from '../decode/contract.ts';
import type { Receiver, SpanSink } from './contract.ts';
import { createOtlpHttpReceiver, type OtlpHttpOptions } from './otlp-http.ts';

/** A wire format of our own, since this is not about decoding: `accepted rejected message`, padded with spaces. */
const decode: Decoder = (bytes, table) => {
  const [accepted, rejected, ...message] = Buffer.from(bytes).toString().trim().split(' ');
  if (accepted === 'boom') throw new Error('a fault of the decoder');
  if (bytes.length > 0 && !/^\d+$/.test(accepted!)) throw new MalformedInputError('resourceSpans: expected a list');
  for (let span = 0; span < Number(accepted); span++) {
    table.addSpan({ traceId: '1', spanId: (span + 1).toString(16), resource: { service: 'droplets' } });
  }
  const rejectedCount = Number(rejected ?? 0);
  const problems =
    rejectedCount > 0 || message.length > 0
      ? [{ kind: 'id', message: message.join(' ') || 'bad ids', count: rejectedCount }]
      : [];
  return { spanCount: Number(accepted), rejectedCount, problems };
};

interface TestSink extends SpanSink {
  spanCount: number;
  /** Called in place of the journal. */
  keep: () => Promise<void>;
}

let receivers: Receiver[] = [];
afterEach(async () => {
  await Promise.all(receivers.map((receiver) => receiver.close()));
  receivers = [];
});

async function start(options: Partial<OtlpHttpOptions> = {}) {
  const sink: TestSink = {
    spanCount: 0,
    keep: () => Promise.resolve(),
    createTable: () => new SpanTable(createDictionary()),
    ingest: async (table) => {
      await sink.keep();
      sink.spanCount += table.count;
    },
  };
  const errors: unknown[] = [];
  const receiver = createOtlpHttpReceiver(sink, {
    decoders: { protobuf: decode, json: decode },
    port: 0,
    closeTimeoutMs: 2_000,
    onError: (error) => errors.push(error),
    ...options,
  });
  receivers.push(receiver);
  const port = await receiver.listen();
  return { sink, receiver, port, errors, send: (message: Message) => send(port, message) };
}

/** From now on the sink keeps nothing before `go`; `underWay` resolves when it was first asked to. */
function holdUp(sink: TestSink): { go: () => void; underWay: Promise<void> } {
  const gate = Promise.withResolvers<undefined>();
  const asked = Promise.withResolvers<undefined>();
  sink.keep = () => {
    asked.resolve(undefined);
    return gate.promise;
  };
  return { go: () => gate.resolve(undefined), underWay: asked.promise };
}

describe('a request that is taken', () => {
  it.each([
    ['JSON', JSON_TYPE, '{}'],
    ['protobuf', PROTOBUF_TYPE, ''],
    ['JSON with parameters and capitals', { 'content-type': 'Application/JSON; charset=utf-8' }, '{}'],
    ['JSON, encoding identity', { ...JSON_TYPE, 'content-encoding': 'Identity' }, '{}'],
  ])('2, 7, 9, 18, 19: %s: 200, nothing else', async (_, headers, expected) => {
    const { sink, send } = await start();
    const answer = await send({ headers, body: '3' });
    expect([answer.status, answer.body.toString()]).toEqual([200, expected]);
    expect(answer.headers['content-type']).toBe(headers['content-type'].split(';')[0]!.toLowerCase());
    expect(sink.spanCount).toBe(3);
  });

  it.each([
    ['one member', gzipSync('3')],
    ['two members', Buffer.concat([gzipSync('3 0 '), gzipSync('a warning')])],
    ['one that unpacks to more than is done at once', gzipSync('3'.padEnd(6 << 20))],
  ])('9, 12: gzip: %s', async (_, body) => {
    const { sink, send } = await start();
    const answer = await send({ headers: { ...JSON_TYPE, 'content-encoding': 'GZIP' }, body });
    expect(answer.status).toBe(200);
    expect(sink.spanCount).toBe(3);
  });

  it('6: chunked, without a length', async () => {
    const { sink, send } = await start();
    expect((await send({ body: '12', isChunked: true })).status).toBe(200);
    expect(sink.spanCount).toBe(12);
  });

  it('20: without spans: 200, and the journal is not troubled', async () => {
    const { sink, send } = await start();
    sink.keep = () => Promise.reject(new Error('must not be asked'));
    expect((await send({ body: '0' })).status).toBe(200);
    const answer = await send({ headers: PROTOBUF_TYPE });
    expect([answer.status, answer.body.length]).toEqual([200, 0]);
  });

  it('21: with spans that cannot be used: their exact number and why', async () => {
    const { sink, send } = await start();
    const partialSuccess = { rejectedSpans: '300', errorMessage: 'traceId is no hex (300)' };
    expect(json(await send({ body: '2 300 traceId is no hex' }))).toEqual({ partialSuccess });
    const answer = await send({ headers: PROTOBUF_TYPE, body: '2 300 traceId is no hex' });
    expect(proto('Response', answer.body)).toEqual({ partialSuccess });
    expect(sink.spanCount).toBe(4);
  });

  it('22: whole but with a warning: no span rejected, the message not empty', async () => {
    const { send } = await start();
    const partialSuccess = { rejectedSpans: '0', errorMessage: 'long values were cut (0)' };
    expect(json(await send({ body: '2 0 long values were cut' }))).toEqual({ partialSuccess });
  });

  it('3: by any name of this machine, on a whole URL, with a query', async () => {
    const { port, send } = await start();
    for (const host of [`localhost:${port}`, 'LOCALHOST', 'localhost.', '127.0.0.1', '[::1]:1']) {
      expect((await send({ headers: { ...JSON_TYPE, host }, body: '1' })).status, host).toBe(200);
    }
    expect((await send({ path: `http://localhost:${port}/v1/traces?x=1`, body: '1' })).status).toBe(200);
    const origin = 'http://localhost:4320';
    expect((await send({ headers: { ...JSON_TYPE, origin }, body: '1' })).headers).not.toHaveProperty(
      'access-control-allow-origin',
    );
  });

  it('1: over IPv6 too, where the machine has it', async () => {
    const { send } = await start();
    try {
      expect((await send({ host: '::1', body: '1' })).status).toBe(200);
    } catch (error) {
      expect(error).toMatchObject({ code: 'EADDRNOTAVAIL' });
    }
  });

  it('is answered only when the spans are safe', async () => {
    const { sink, send } = await start();
    let isSafe = false;
    sink.keep = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      isSafe = true;
    };
    await send({ body: '1' });
    expect(isSafe).toBe(true);
  });

  it('42: in a thousand at a time over a hundred connections', async () => {
    const { sink, send } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 100 });
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => send({ body: '2', agent })));
    agent.destroy();
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(sink.spanCount).toBe(2_000);
  });

  it('6: after 100-continue', async () => {
    const { port, sink } = await start();
    const outgoing = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/v1/traces',
      headers: { ...JSON_TYPE, expect: '100-continue', 'content-length': '1' },
    });
    outgoing.flushHeaders();
    await once(outgoing, 'continue');
    outgoing.end('4');
    const [response] = (await once(outgoing, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect([response.statusCode, sink.spanCount]).toEqual([200, 4]);
  });
});

describe('a request that is refused', () => {
  const cases: [string, Message, status: number, code: number][] = [
    ['4: metrics', { path: '/v1/metrics' }, 404, 12],
    ['4: logs', { path: '/v1/logs' }, 404, 12],
    ['4: profiles', { path: '/v1development/profiles' }, 404, 12],
    ['3: another path', { path: '/' }, 404, 12],
    ['3: a trailing slash', { path: '/v1/traces/' }, 404, 12],
    ['5: GET', { method: 'GET' }, 405, 12],
    ['5: PUT', { method: 'PUT' }, 405, 12],
    ['5: DELETE', { method: 'DELETE' }, 405, 12],
    ['7: no content type', { headers: {} }, 415, 3],
    ['8: text/plain', { headers: { 'content-type': 'text/plain' } }, 415, 3],
    ['8: a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415, 3],
    ['8: multipart', { headers: { 'content-type': 'multipart/form-data; boundary=x' } }, 415, 3],
    ['10, 11: another compression', { headers: { ...JSON_TYPE, 'content-encoding': 'br' } }, 415, 3],
    ['11: gzip twice', { headers: { ...JSON_TYPE, 'content-encoding': 'gzip, gzip' } }, 415, 3],
    ['23: a malformed body', { body: 'x' }, 400, 3],
    ['28: a body that makes the decoder fail', { body: 'boom' }, 400, 3],
    ['23: only unusable spans', { body: '0 7' }, 400, 3],
    ['12: no gzip', { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: '3' }, 400, 3],
    ['12: empty gzip', { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' } }, 400, 3],
    [
      '12: half a gzip',
      { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: gzipSync('3').subarray(0, 12) },
      400,
      3,
    ],
    [
      '12: gzip with garbage behind it',
      { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: Buffer.concat([gzipSync('3'), Buffer.from('x')]) },
      400,
      3,
    ],
    ['14: a body that is too long', { body: '1'.padEnd(1_001) }, 413, 8],
    ['14: a chunked body that is too long', { body: '1'.padEnd(1_001), isChunked: true }, 413, 8],
    [
      '14: gzip that unpacks to too much',
      { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: gzipSync('1'.padEnd(1_001)) },
      413,
      8,
    ],
    ['a foreign name', { headers: { ...JSON_TYPE, host: 'evil.example:4318' } }, 421, 7],
    ['a foreign URL', { path: 'http://evil.example/v1/traces' }, 421, 7],
    ['46: a foreign origin', { headers: { ...JSON_TYPE, origin: 'http://evil.example' } }, 403, 7],
    ['46: an origin like ours', { headers: { ...JSON_TYPE, origin: 'http://localhost.evil.example' } }, 403, 7],
    ['46: no origin to speak of', { headers: { ...JSON_TYPE, origin: 'null' } }, 403, 7],
    ['another expectation', { headers: { ...JSON_TYPE, expect: 'cookies' } }, 417, 3],
  ];

  it.each(cases)('%s', async (_, message, status, code) => {
    const { sink, send } = await start({ bodyByteLimit: 1_000 });
    const answer = await send(message);
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/json']);
    expect(json(answer)).toMatchObject({ code, message: expect.stringMatching(/\w+/) as string });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(sink.spanCount).toBe(0);
  });

  it('24: says so in protobuf to who writes protobuf', async () => {
    const { send } = await start({ bodyByteLimit: 1_000 });
    for (const { message, status, code } of [
      { message: { path: '/v1/logs' }, status: 404, code: 12 },
      { message: { method: 'PUT' }, status: 405, code: 12 },
      { message: { body: '1'.padEnd(1_001) }, status: 413, code: 8 },
    ]) {
      const answer = await send({ ...message, headers: PROTOBUF_TYPE });
      expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/x-protobuf']);
      expect(proto('Status', answer.body)).toMatchObject({ code });
    }
  });

  it('23: names what is wrong with the body, in both encodings', async () => {
    const { send } = await start();
    const description = 'resourceSpans: expected a list';
    expect(json(await send({ body: 'x' }))).toMatchObject({
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [{ field: 'body', description }],
        },
      ],
    });
    const status = proto('Status', (await send({ headers: PROTOBUF_TYPE, body: 'x' })).body);
    const [detail] = status['details'] as { typeUrl: string; value: Uint8Array }[];
    expect(detail!.typeUrl).toBe('type.googleapis.com/google.rpc.BadRequest');
    expect(proto('BadRequest', detail!.value)).toEqual({ fieldViolations: [{ field: 'body', description }] });
  });

  it('with the header that says how to do better', async () => {
    const { send } = await start();
    expect((await send({ method: 'GET' })).headers.allow).toBe('POST, OPTIONS');
    const head = await send({ method: 'HEAD' });
    expect([head.status, head.headers.allow, head.body.length]).toEqual([405, 'POST, OPTIONS', 0]);
    const packed = await send({ headers: { ...JSON_TYPE, 'content-encoding': 'zstd' } });
    expect(packed.headers['accept-encoding']).toBe('gzip');
  });

  it('exactly beyond the limit, not at it', async () => {
    const { send } = await start({ bodyByteLimit: 1_000 });
    const gzip = { ...JSON_TYPE, 'content-encoding': 'gzip' };
    expect((await send({ body: '1'.padEnd(1_000) })).status).toBe(200);
    expect((await send({ body: '1'.padEnd(1_000), isChunked: true })).status).toBe(200);
    expect((await send({ headers: gzip, body: gzipSync('1'.padEnd(1_000)) })).status).toBe(200);
  });

  it('14: for its announced length alone, before any of it was read', async () => {
    const { port } = await start();
    const head = `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    expect(await sendRaw(port, `${head}Content-Length: ${(64 << 20) + 1}\r\n\r\n`, '}')).toMatch(/^HTTP\/1.1 413 /);
    const continued = `${head}Expect: 100-continue\r\nContent-Length: ${(64 << 20) + 1}\r\n\r\n`;
    expect(await sendRaw(port, continued)).toMatch(/^HTTP\/1.1 413 /);
  });

  it('14: leaves the connection usable', async () => {
    const { sink, send } = await start({ bodyByteLimit: 1_000 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await send({ body: '1'.padEnd(500_000), agent })).status).toBe(413);
    expect((await send({ body: '5', agent })).status).toBe(200);
    agent.destroy();
    expect(sink.spanCount).toBe(5);
  });

  it('with two Host headers', async () => {
    const { port } = await start();
    const text = 'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n';
    expect(await sendRaw(port, text, '}')).toMatch(/^HTTP\/1.1 400 [^]*exactly one Host/);
  });

  it.each([
    ['no HTTP at all', 'nonsense\r\n\r\n', 400],
    [
      'two lengths',
      'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
    ],
    ['headers that are too long', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('24: %s, with a Status', async (_, text, status) => {
    const { port } = await start();
    const [head, body] = (await sendRaw(port, text)).split('\r\n\r\n') as [string, string];
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(body)).toMatchObject({ code: 3 });
  });

  it('17: when its headers or its body do not come', async () => {
    const { port, sink } = await start({ headersTimeoutMs: 200, requestTimeoutMs: 300 });
    const head = 'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const answers = await Promise.all([sendRaw(port, head), sendRaw(port, `${head}Content-Length: 9\r\n\r\n1`)]);
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1.1 408 [^]*"code":4/);
    expect(sink.spanCount).toBe(0);
  });
});

describe('what cannot be taken now', () => {
  it('25, 28: is asked to come back when the journal refuses, and taken when it no longer does', async () => {
    const { sink, send, errors } = await start();
    sink.keep = () => Promise.reject(new Error('ENOSPC'));
    for (const headers of [JSON_TYPE, PROTOBUF_TYPE]) {
      const answer = await send({ headers, body: '1' });
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
      if (headers === PROTOBUF_TYPE) expect(proto('Status', answer.body)).toMatchObject({ code: 14 });
      else expect(json(answer)).toMatchObject({ code: 14 });
    }
    expect(errors).toHaveLength(2);
    sink.keep = () => Promise.resolve();
    expect((await send({ body: '1' })).status).toBe(200);
  });

  it('25: is asked to come back while too much is under way', async () => {
    const { sink, send } = await start({ underWayByteLimit: 1_000 });
    const { go, underWay } = holdUp(sink);
    const first = send({ body: '1'.padEnd(800) });
    await underWay;
    const body = '1'.padEnd(300);
    const gzip = { ...JSON_TYPE, 'content-encoding': 'gzip' };
    for (const more of [{ body }, { body, isChunked: true }, { headers: gzip, body: gzipSync(body) }]) {
      const answer = await send(more);
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    }
    go();
    expect((await first).status).toBe(200);
    expect((await send({ body: '1'.padEnd(900) })).status).toBe(200);
  });

  it('44: leaves no trace of a sender that went away in mid-body, and gives its room back', async () => {
    const { port, sink, send } = await start({ underWayByteLimit: 1_000 });
    for (let time = 0; time < 3; time++) {
      const socket = connect(port, '127.0.0.1');
      const head = 'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
      socket.write(`${head}Content-Length: 900\r\n\r\n1`);
      await once(socket, 'connect');
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(sink.spanCount).toBe(0);
    expect((await send({ body: '1'.padEnd(900) })).status).toBe(200);
  });
});

it('46: answers OPTIONS without letting any other origin in', async () => {
  const { send } = await start();
  const answer = await send({ method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' } });
  expect([answer.status, answer.headers.allow]).toEqual([204, 'POST, OPTIONS']);
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
});

it('14: survives a hundred bombs', async () => {
  const { sink, send } = await start();
  const bomb = gzipSync(Buffer.alloc(80 << 20, ' '));
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => send({ headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: bomb })),
  );
  for (const { status } of answers) expect([413, 503]).toContain(status);
  expect(answers.map(({ status }) => status)).toContain(413);
  expect((await send({ body: '1' })).status).toBe(200);
  expect(sink.spanCount).toBe(1);
});

it('45: closes when the requests under way are answered', async () => {
  const { sink, receiver, port, send } = await start();
  const { go, underWay } = holdUp(sink);
  const agent = new Agent({ keepAlive: true });
  const answer = send({ body: '1', agent });
  await underWay;
  const closed = receiver.close();
  await expect(send({ body: '1' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  go();
  expect((await answer).status).toBe(200);
  expect((await answer).headers.connection).toBe('close');
  await closed;
  await expect(send({ body: '1' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(port).toBeGreaterThan(0);
});

it('56: says which port is taken', async () => {
  const { port } = await start();
  await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
