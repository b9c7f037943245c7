import { Client, credentials, Metadata, type ServiceError, status as Status } from '@grpc/grpc-js';
import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { readMessage, writeMessage } from '../../fixtures/otlp-client.ts';
import { type Decoder, MalformedInputError } from '../decode/contract.ts';
import type { Receiver } from './contract.ts';
import { createOtlpGrpcReceiver, type OtlpGrpcOptions } from './otlp-grpc.ts';

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const CHECK = '/grpc.health.v1.Health/Check';

/** A wire format of our own, since this is not about decoding: `accepted rejected`, padded with spaces. */
const decode: Decoder = (bytes, table) => {
  const [accepted = 0, rejected = 0] = Buffer.from(bytes).toString().trim().split(' ').map(Number);
  if (Number.isNaN(accepted)) throw new MalformedInputError('resource_spans: expected a message');
  for (let span = 0; span < accepted; span++) {
    table.addSpan({ traceId: '1', spanId: (span + 1).toString(16), resource: { service: 'droplets' } });
  }
  const problems = rejected > 0 ? [{ kind: 'id', message: 'bad ids', count: rejected }] : [];
  return { spanCount: accepted, rejectedCount: rejected, problems };
};

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(options: Partial<OtlpGrpcOptions> = {}) {
  const sink = { spanCount: 0, keep: () => Promise.resolve() };
  const receiver: Receiver = createOtlpGrpcReceiver(
    {
      createTable: () => new SpanTable(createDictionary()),
      ingest: async (table) => {
        await sink.keep();
        sink.spanCount += table.count;
      },
    },
    { decoder: decode, port: 0, closeTimeoutMs: 2_000, ...options },
  );
  const port = await receiver.listen();
  closers.push(() => receiver.close());
  const client = clientOf(port);
  return { sink, receiver, port, client, send: (text: string) => call(client, EXPORT, Buffer.from(text)) };
}

function clientOf(port: number, host = '127.0.0.1', options = {}): Client {
  const client = new Client(`${host}:${port}`, credentials.createInsecure(), options);
  closers.push(() => client.close());
  return client;
}

type Outcome = Buffer | ServiceError;

function call(client: Client, path: string, bytes: Buffer): Promise<Outcome> {
  const asIs = (buffer: Buffer) => buffer;
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, asIs, asIs, bytes, new Metadata(), (error, value) => resolve(error ?? value!));
  });
}

function statusOf(outcome: Outcome): Record<string, unknown> {
  if (Buffer.isBuffer(outcome)) throw new Error('expected a refusal');
  const [bytes] = outcome.metadata.get('grpc-status-details-bin') as [Buffer];
  const status = readMessage('Status', bytes) as {
    code: number;
    message: string;
    details?: { typeUrl: string; value: Uint8Array }[];
  };
  expect([status.code, status.message]).toEqual([outcome.code, outcome.details]);
  const details = (status.details ?? []).map(({ typeUrl, value }) => {
    const type = typeUrl.replace('type.googleapis.com/google.rpc.', '');
    return { type, ...readMessage(type, value) };
  });
  return { code: outcome.code, details };
}

/** A message in its frame: packed or not, its length as given or its own. */
function framed(message: Uint8Array, isPacked = false, length = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(isPacked ? 1 : 0);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

/** A call frame by frame, for what no client library would send; resolves to its trailers. */
async function sendFrames(
  port: number,
  headers: object,
  frames: Buffer,
  isEnd = true,
): Promise<Record<string, unknown>> {
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': EXPORT,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const trailers: Record<string, unknown> = {};
  stream.on('response', (more) => void Object.assign(trailers, more));
  stream.on('trailers', (more) => void Object.assign(trailers, more));
  stream.resume();
  if (isEnd) stream.end(frames);
  else stream.write(frames);
  await once(stream, 'end');
  stream.close(constants.NGHTTP2_CANCEL);
  session.destroy();
  return trailers;
}

function holdUp(sink: { keep: () => Promise<void> }) {
  const gate = Promise.withResolvers<undefined>();
  const asked = Promise.withResolvers<undefined>();
  sink.keep = () => {
    asked.resolve(undefined);
    return gate.promise;
  };
  return { go: () => gate.resolve(undefined), underWay: asked.promise };
}

describe('a call that is taken', () => {
  it('1: over both loopbacks; 18: the response is empty, the spans are safe', async () => {
    const { sink, port, send } = await start();
    expect(await send('3')).toEqual(Buffer.alloc(0));
    expect(await call(clientOf(port, '[::1]'), EXPORT, Buffer.from('2'))).toEqual(Buffer.alloc(0));
    expect(sink.spanCount).toBe(5);
  });

  it('20: an empty message is a success', async () => {
    const { send } = await start();
    expect(await send('')).toEqual(Buffer.alloc(0));
  });

  it('21: bad spans are counted, the good ones are stored', async () => {
    const { sink, send } = await start();
    const partialSuccess = { rejectedSpans: '300', errorMessage: 'bad ids (300)' };
    expect(readMessage('Response', (await send('2 300')) as Buffer)).toEqual({ partialSuccess });
    expect(sink.spanCount).toBe(2);
  });

  it('9: gzip, by a real client', async () => {
    const { sink, port } = await start();
    const client = clientOf(port, '127.0.0.1', { 'grpc.default_compression_algorithm': 2 });
    expect(await call(client, EXPORT, Buffer.from('3'.padEnd(100_000)))).toEqual(Buffer.alloc(0));
    expect(sink.spanCount).toBe(3);
  });

  it('10: deflate, and zstd where it is switched on', async () => {
    const { port } = await start({ compressions: ['zstd'] });
    const deflate = await sendFrames(port, { 'grpc-encoding': 'deflate' }, framed(deflateSync('1'), true));
    const zstd = await sendFrames(port, { 'grpc-encoding': 'zstd' }, framed(zstdCompressSync('1'), true));
    expect([deflate['grpc-status'], zstd['grpc-status']]).toEqual(['0', '0']);
  });

  it('42: a thousand on one connection, more than may run at once', async () => {
    const { sink, send } = await start({ maxConcurrentStreams: 50 });
    const outcomes = await Promise.all(Array.from({ length: 1_000 }, () => send('2')));
    expect(outcomes.filter((outcome) => !Buffer.isBuffer(outcome))).toEqual([]);
    expect(sink.spanCount).toBe(2_000);
  });

  it('42: the number of streams is announced', async () => {
    const { port } = await start({ maxConcurrentStreams: 7 });
    const session = connect(`http://127.0.0.1:${port}`);
    const [settings] = (await once(session, 'remoteSettings')) as [{ maxConcurrentStreams: number }];
    session.destroy();
    expect(settings.maxConcurrentStreams).toBe(7);
  });
});

describe('a call that is refused', () => {
  it('26: bad data with INVALID_ARGUMENT and what is wrong with it', async () => {
    const { send } = await start();
    const fieldViolations = [{ field: 'body', description: 'resource_spans: expected a message' }];
    expect(statusOf(await send('x'))).toEqual({ code: 3, details: [{ type: 'BadRequest', fieldViolations }] });
    expect(statusOf(await send('0 7'))).toMatchObject({ code: 3 });
  });

  it('26: the journal refuses: UNAVAILABLE with a delay, and taken when it no longer does', async () => {
    const errors: unknown[] = [];
    const { sink, send } = await start({ onError: (error) => errors.push(error) });
    sink.keep = () => Promise.reject(new Error('ENOSPC'));
    const details = [{ type: 'RetryInfo', retryDelay: { seconds: '1' } }];
    expect(statusOf(await send('1'))).toEqual({ code: 14, details });
    expect(errors).toHaveLength(1);
    sink.keep = () => Promise.resolve();
    expect(await send('1')).toEqual(Buffer.alloc(0));
  });

  it('26: too much under way: UNAVAILABLE with a delay, on the length alone', async () => {
    const { sink, port, send } = await start({ underWayByteLimit: 1_000 });
    const { go, underWay } = holdUp(sink);
    const first = send('1'.padEnd(800));
    await underWay;
    expect(statusOf(await send('1'.padEnd(300)))).toMatchObject({ code: 14, details: [{ type: 'RetryInfo' }] });
    const announced = await sendFrames(port, {}, framed(Buffer.from('1'), false, 300), false);
    expect(announced['grpc-status']).toBe('14');
    const packed = await sendFrames(port, { 'grpc-encoding': 'gzip' }, framed(gzipSync('1'.padEnd(300)), true));
    expect(packed['grpc-status']).toBe('14');
    go();
    expect(await first).toEqual(Buffer.alloc(0));
    expect(await send('1'.padEnd(900))).toEqual(Buffer.alloc(0));
  });

  it('26: unknown services and methods, and other signals: UNIMPLEMENTED', async () => {
    const { client } = await start();
    for (const path of ['/x.Y/Z', EXPORT.replace('/Export', '/Import')]) {
      expect(await call(client, path, Buffer.alloc(0))).toMatchObject({ code: Status.UNIMPLEMENTED });
    }
    for (const signal of ['metrics.v1.Metrics', 'logs.v1.Logs', 'profiles.v1development.Profiles']) {
      const outcome = await call(client, `/opentelemetry.proto.collector.${signal}Service/Export`, Buffer.from('x'));
      expect(outcome).toMatchObject({ code: Status.UNIMPLEMENTED });
      expect((outcome as ServiceError).details).toContain('traces only');
    }
  });

  it('15: at the limit taken, one byte more RESOURCE_EXHAUSTED without RetryInfo, before and after unpacking', async () => {
    const { sink, port, send } = await start({ messageByteLimit: 100_000 });
    expect(await send('1'.padEnd(100_000))).toEqual(Buffer.alloc(0));
    expect(statusOf(await send('1'.padEnd(100_001)))).toEqual({ code: 8, details: [] });
    const client = clientOf(port, '127.0.0.1', { 'grpc.default_compression_algorithm': 2 });
    expect(await call(client, EXPORT, Buffer.from('1'.padEnd(100_000)))).toEqual(Buffer.alloc(0));
    const bomb = Buffer.from('1'.padEnd(100_001));
    expect(statusOf(await call(client, EXPORT, bomb))).toEqual({ code: 8, details: [] });
    expect(sink.spanCount).toBe(2);
  });

  it('15: on the length prefix of 64 MiB and a byte, no more of it sent', async () => {
    const { port } = await start();
    const answer = await sendFrames(port, {}, framed(Buffer.alloc(0), false, (64 << 20) + 1), false);
    expect(answer['grpc-status']).toBe('8');
  });

  it.each([
    ['corrupt gzip', 'gzip', Buffer.from('no gzip'), '3'],
    ['truncated gzip', 'gzip', gzipSync('1').subarray(0, 12), '3'],
    ['packed, no encoding named', 'identity', gzipSync('1'), '3'],
    ['an encoding that is not switched on', 'zstd', zstdCompressSync('1'), '12'],
    ['an unknown encoding', 'snappy', gzipSync('1'), '12'],
  ])('12: %s', async (_, encoding, bytes, status) => {
    const { sink, port } = await start();
    const answer = await sendFrames(port, { 'grpc-encoding': encoding }, framed(bytes, true));
    expect(answer['grpc-status']).toBe(status);
    expect(sink.spanCount).toBe(0);
  });

  it('17: when its message does not come', async () => {
    const { sink, port } = await start({ requestTimeoutMs: 200 });
    const answer = await sendFrames(port, {}, framed(Buffer.from('1'), false, 9), false);
    expect(answer['grpc-status']).toBe(String(Status.DEADLINE_EXCEEDED));
    expect(sink.spanCount).toBe(0);
  });

  it('44: when its sender goes away in the middle, and its room is given back', async () => {
    const { sink, port, send } = await start({ underWayByteLimit: 1_000 });
    for (let time = 0; time < 3; time++) {
      const session = connect(`http://127.0.0.1:${port}`);
      const stream = session.request({ ':method': 'POST', ':path': EXPORT, 'content-type': 'application/grpc' });
      stream.on('error', () => undefined);
      stream.write(framed(Buffer.from('1'), false, 900));
      await new Promise((resolve) => setTimeout(resolve, 30));
      session.destroy();
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(await send('1'.padEnd(900))).toEqual(Buffer.alloc(0));
    expect(sink.spanCount).toBe(1);
  });

  it('15: thirty bombs at once are survived', async () => {
    const { sink, port, send } = await start();
    const bomb = gzipSync(Buffer.alloc(80 << 20, ' '));
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => sendFrames(port, { 'grpc-encoding': 'gzip' }, framed(bomb, true))),
    );
    const statuses = new Set(answers.map((answer) => answer['grpc-status']));
    statuses.delete('14');
    expect([...statuses]).toEqual(['8']);
    expect(await send('1')).toEqual(Buffer.alloc(0));
    expect(sink.spanCount).toBe(1);
  });
});

describe('45: its health', () => {
  it('is SERVING as a whole and by service, NOT_FOUND for others', async () => {
    const { client } = await start();
    for (const service of ['', 'opentelemetry.proto.collector.trace.v1.TraceService']) {
      const answer = await call(client, CHECK, writeMessage('HealthCheckRequest', { service }));
      expect(readMessage('HealthCheckResponse', answer as Buffer)).toEqual({ status: 1 });
    }
    const other = await call(client, CHECK, writeMessage('HealthCheckRequest', { service: 'x' }));
    expect(other).toMatchObject({ code: Status.NOT_FOUND });
    expect(await call(client, CHECK, Buffer.from('x'))).toMatchObject({ code: Status.INVALID_ARGUMENT });
  });

  it.each([
    ['', [1, 2]],
    ['x', [3]],
  ])('is watched, %j', async (service, expected) => {
    const { client, receiver } = await start();
    const asIs = (buffer: Buffer) => buffer;
    const request = writeMessage('HealthCheckRequest', { service });
    const watching = client.makeServerStreamRequest(
      '/grpc.health.v1.Health/Watch',
      asIs,
      asIs,
      request,
      new Metadata(),
    );
    const seen: unknown[] = [];
    const first = Promise.withResolvers<undefined>();
    watching.on('data', (bytes: Buffer) => {
      seen.push(readMessage('HealthCheckResponse', bytes)['status']);
      first.resolve(undefined);
    });
    await first.promise;
    const ended = once(watching, 'end');
    await receiver.close();
    await ended;
    expect(seen).toEqual(expected);
  });
});

it('45: closes when the calls under way are answered', async () => {
  const { sink, receiver, port, send } = await start();
  const { go, underWay } = holdUp(sink);
  const answer = send('1');
  await underWay;
  const closed = receiver.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await call(clientOf(port), EXPORT, Buffer.from('1'))).toMatchObject({ code: Status.UNAVAILABLE });
  go();
  expect(await answer).toEqual(Buffer.alloc(0));
  await closed;
  expect(sink.spanCount).toBe(1);
});

it('56: says which port is taken', async () => {
  const { port } = await start();
  await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
