import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { AnswerTooLargeError, HttpClient, type HttpClientOptions } from './http-client.ts';
import { parsePullSource } from './pull-source.ts';

type Answering = (response: ServerResponse, count: number, request: IncomingMessage) => void;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A client of a server that answers so; `count` is the number of the request, from 1. */
async function clientOf(
  answering: Answering,
  query = '',
  options: Partial<HttpClientOptions> & { readonly user?: string } = {},
): Promise<{ client: HttpClient; origin: string; requestCount: () => number }> {
  let count = 0;
  const server = createServer((request, response) => {
    answering(response, ++count, request);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const source = parsePullSource(`jaeger+http://${options.user ?? ''}${host}${query}`, {});
  return {
    client: new HttpClient({ source, backoffMs: 1, ...options }),
    origin: `http://${host}`,
    requestCount: () => count,
  };
}

const json = (response: ServerResponse, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);

describe('HttpClient', () => {
  it('asks for what it is told, with its credentials', async () => {
    const seen: (string | undefined)[] = [];
    const answering: Answering = (response, _, { url, headers }) => {
      seen.push(url, headers.authorization, headers.accept);
      json(response, '{}');
    };
    const { client } = await clientOf(answering, '', { user: 'me:pw@' });
    const { bytes, isProtobuf } = await client.get('/api/x', { a: 'b c&d', n: 1 }, 'application/protobuf');
    expect(seen).toEqual(['/api/x?a=b+c%26d&n=1', `Basic ${btoa('me:pw')}`, 'application/protobuf']);
    expect([Buffer.from(bytes).toString(), isProtobuf]).toEqual(['{}', false]);
  });

  it.each([429, 502, 503, 504])('asks again after %i', async (status) => {
    const { client, requestCount } = await clientOf((response, count) =>
      count < 4 ? response.writeHead(status).end() : json(response, '[]'),
    );
    await client.get('/x', {});
    expect(requestCount()).toBe(4);
  });

  it('gives up after four attempts', async () => {
    const { client, requestCount } = await clientOf((response) => response.writeHead(503).end());
    await expect(client.get('/x', {})).rejects.toThrow(/\/x answers 503$/);
    expect(requestCount()).toBe(4);
  });

  it('asks again when the connection breaks', async () => {
    const { client, requestCount } = await clientOf((response, count) => {
      if (count === 1) response.socket?.destroy();
      else if (count === 2) response.writeHead(200, { 'content-length': '9' }).write('half', () => response.destroy());
      else json(response, '[]');
    });
    expect((await client.get('/x', {})).bytes).toHaveLength(2);
    expect(requestCount()).toBe(3);
  });

  it('waits as long as it is asked to', async () => {
    const waits: number[] = [];
    let before = performance.now();
    const { client } = await clientOf((response, count) => {
      waits.push(performance.now() - before);
      before = performance.now();
      if (count === 1) response.writeHead(429, { 'retry-after': '1' }).end();
      else json(response, '[]');
    });
    await client.get('/x', {});
    expect(waits[1]).toBeGreaterThanOrEqual(990);
  });

  it.each([
    ['31', /answers 429 and asks to come back in 31 s$/],
    [new Date(Date.now() + 3_600_000).toUTCString(), /asks to come back in 3[56]\d\d s$/],
  ])('does not wait for Retry-After: %s', async (value, message) => {
    const { client, requestCount } = await clientOf((response) =>
      response.writeHead(429, { 'retry-after': value }).end(),
    );
    await expect(client.get('/x', {})).rejects.toThrow(message);
    expect(requestCount()).toBe(1);
  });

  it.each([
    [401, /answers 401: it wants credentials, and none were given: set RINGFENCE_SOURCE_TOKEN/],
    [403, /answers 403: it wants credentials/],
    [404, /answers 404: is this a Jaeger query service\?.*name the path too/],
    [400, /answers 400: it does not take this query/],
    [500, /answers 500$/],
    [204, /answers 204$/],
  ])('says what %i means, and asks once', async (status, message) => {
    const { client, origin, requestCount } = await clientOf((response) => response.writeHead(status).end());
    await expect(client.get('/x', { secret: 'no' })).rejects.toThrow(message);
    await expect(client.get('/x', { secret: 'no' })).rejects.toThrow(`${origin}/x answers`);
    expect(requestCount()).toBe(2);
  });

  it('follows no redirect, and says where it leads', async () => {
    let strangerCount = 0;
    const stranger = await clientOf((response) => json(response, String(++strangerCount)));
    const { client } = await clientOf((response) =>
      response.writeHead(302, { location: `${stranger.origin}/x?token=secret` }).end(),
    );
    await expect(client.get('/x', {})).rejects.toThrow(
      new RegExp(`/x redirects to ${stranger.origin}, which is not followed: name the address it means$`),
    );
    expect(strangerCount).toBe(0);
  });

  it('never prints its credentials', async () => {
    const { client } = await clientOf((response) => response.writeHead(401).end(), '', { user: 'me:hunter2@' });
    const message = await client.get('/x', {}).then(String, String);
    expect(message).toMatch(/those given are not accepted/);
    expect(message).not.toMatch(/hunter2|me:/);
  });

  it('takes a web page for what it is', async () => {
    const { client } = await clientOf((response) =>
      json(response, '<html>', { 'content-type': 'text/html; charset=x' }),
    );
    await expect(client.get('/x', {})).rejects.toThrow(/answers with a web page: is this a Jaeger query service\?/);
  });

  it('stops reading an answer that never ends', async () => {
    let writtenCount = 0;
    const { client } = await clientOf(
      (response) => {
        response.writeHead(200);
        const write = () => {
          writtenCount++;
          if (!response.destroyed) response.write(Buffer.alloc(65_536, 0x20), () => setImmediate(write));
        };
        write();
      },
      '',
      { answerByteLimit: 1 << 20 },
    );
    await expect(client.get('/x', {})).rejects.toThrow(AnswerTooLargeError);
    expect(writtenCount).toBeLessThan(2000);
  });

  it('stops unpacking a gzip bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(64 << 20));
    expect(bomb.length).toBeLessThan(100_000);
    let heard = 0;
    const { client } = await clientOf((response) => json(response, bomb, { 'content-encoding': 'gzip' }), '', {
      answerByteLimit: 1 << 20,
      onBytes: (byteCount) => (heard += byteCount),
    });
    await expect(client.get('/x', {})).rejects.toThrow(AnswerTooLargeError);
    expect(heard).toBeLessThan(4 << 20);
  });

  it('does not begin to read what is announced as too large', async () => {
    const { client } = await clientOf(
      (response) => response.writeHead(200, { 'content-length': String(1 << 30) }).write('['),
      '',
      { answerByteLimit: 1 << 20 },
    );
    await expect(client.get('/x', {})).rejects.toThrow(AnswerTooLargeError);
  });

  it('names broken compression', async () => {
    const { client } = await clientOf((response) => json(response, 'no gzip', { 'content-encoding': 'gzip' }));
    await expect(client.get('/x', {})).rejects.toThrow(/answers with broken compressed data/);
  });

  it('counts the bytes of all answers', async () => {
    const { client } = await clientOf((response) => json(response, Buffer.alloc(700_000)), '?maxMiB=1');
    await client.get('/x', {});
    await expect(client.get('/x', {})).rejects.toThrow(/more than 1 MiB of traces: .*raise maxMiB= in the URL/);
  });

  it('does not wait for ever for an answer', async () => {
    const { client } = await clientOf(() => undefined, '', { requestTimeoutMs: 100 });
    await expect(client.get('/x', {})).rejects.toThrow(/no whole answer within 0 s: a smaller pageSize=/);
  });

  it('has only so much time in all', async () => {
    const { client } = await clientOf((response) => response.writeHead(503).end(), '?maxTime=1s', { backoffMs: 2000 });
    await expect(client.get('/x', {})).rejects.toThrow(/not through after 1 s: .*raise maxTime= in the URL/);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const { client } = await clientOf(() => controller.abort(), '', { signal: controller.signal });
    await expect(client.get('/x', {})).rejects.toThrow(/abort/i);
  });

  it('says that nobody listens', async () => {
    const { client, origin } = await clientOf(() => undefined);
    await new Promise((resolve) => servers.pop()!.close(resolve));
    const message = `jaeger+${origin}: ${origin}/x nobody listens there (connection refused)`;
    await expect(client.get('/x', {})).rejects.toThrow(message);
  });

  it('says that a port is not for HTTP', async () => {
    const source = parsePullSource('jaeger+http://127.0.0.1:9', {});
    await expect(new HttpClient({ source }).get('/x', {})).rejects.toThrow(/\/x is a port that is never asked by HTTP/);
  });
});
