import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { connect, type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Analysis, TraceDetail } from '../../analyzer/model/analysis.ts';
import { cloudAnalysis, emptyAnalysis } from '../../fixtures/analysis.ts';
import { startWebServer, type WebServer } from './index.ts';
import type { AnalysisWindow, LiveState } from './state.ts';

const TRACE_ID = '0123456789abcdef0123456789abcdef';

const DETAIL: TraceDetail = {
  traceId: TRACE_ID,
  durationUs: 1,
  startedAt: '2026-11-22T18:41:07.120Z',
  isComplete: true,
  spans: [],
  sections: [],
  problems: [],
};

/** A collector by hand: the tests set what it says and read what it was asked. */
class FakeState implements LiveState {
  revision = 1;
  reason: string | undefined;
  analysis: () => Analysis = emptyAnalysis;
  readonly asked: AnalysisWindow[] = [];
  readonly detail = DETAIL;
  readonly rollup = (): Uint8Array => new Uint8Array();

  analyze(window: AnalysisWindow): Analysis {
    this.asked.push(window);
    return this.analysis();
  }

  trace(traceId: string): TraceDetail | undefined {
    return traceId === TRACE_ID ? this.detail : undefined;
  }

  counters(): Readonly<Record<string, number>> {
    return { traces_total: 3, spans_total: 40, open_spans: 7 };
  }

  unready(): string | undefined {
    return this.reason;
  }
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

let directory: string;
let state: FakeState;
let server: WebServer;
const errors: unknown[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ringfence-server-'));
  const webRoot = join(directory, 'web');
  mkdirSync(join(webRoot, 'assets'), { recursive: true });
  writeFileSync(join(directory, 'secret.json'), '"secret"');
  writeFileSync(join(webRoot, 'index.html'), '<!doctype html>');
  writeFileSync(join(webRoot, 'notes.txt'), 'not of the map');
  writeFileSync(join(webRoot, 'assets', 'main-1234.js'), 'export {};');
  state = new FakeState();
  errors.length = 0;
  server = await startWebServer({
    state,
    webRoot,
    host: '127.0.0.1',
    port: 0,
    onError: (error) => errors.push(error),
  });
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

describe('every answer', () => {
  it.each(['/', '/api/v1/analysis', '/api/v1/none', '/healthz', '/nothing.js'])(
    '%s has the strict policy',
    async (path) => {
      const { headers } = await ask(path);
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/);
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    },
  );

  it.each([
    ['POST', '/api/v1/analysis'],
    ['PUT', '/'],
    ['DELETE', `/api/v1/traces/${TRACE_ID}`],
    ['POST', '/api/v1/stream'],
    ['OPTIONS', '/healthz'],
  ])('%s %s is not allowed, and computes nothing', async (method, path) => {
    const { status, headers, body } = await ask(path, { method });
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    expect(JSON.parse(body.toString())).toEqual({ error: { message: `${path} answers GET only` } });
    expect(state.asked).toEqual([]);
  });

  it.each(['/', '/api/v1/analysis', '/api/v1/stream', '/metrics'])(
    'HEAD %s has the head of GET and no body',
    async (path) => {
      const { status, headers, body } = await ask(path, { method: 'HEAD' });
      expect([status, body.length]).toEqual([200, 0]);
      if (path === '/api/v1/stream') expect(headers['content-type']).toBe('text/event-stream');
      else expect(headers['content-length']).toBe((await ask(path)).headers['content-length']);
    },
  );
});

describe('names that are not ours', () => {
  it.each([
    'evil.example',
    'evil.example:4320',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '::1.evil',
  ])('Host %s gets nothing', async (host) => {
    const { status, body } = await ask('/api/v1/analysis', { headers: { host } });
    expect([status, body.toString()]).toEqual([421, 'unknown host\n']);
    expect(state.asked).toEqual([]);
  });

  it.each(['localhost', 'LOCALHOST:4320', '127.0.0.1:1', '[::1]:4320', '[::1]', '127.0.0.2'])(
    'Host %s is',
    async (host) => {
      expect((await ask('/healthz', { headers: { host } })).status).toBe(200);
    },
  );

  it('answers to any name where it listens on all addresses', async () => {
    const open = await startWebServer({ state, webRoot: directory, host: '0.0.0.0', port: 0 });
    try {
      const url = open.url.replace('localhost', '127.0.0.1');
      expect((await ask('/healthz', { headers: { host: 'wall.example' }, url })).status).toBe(200);
    } finally {
      await open.close();
    }
  });
});

describe('/api/v1/analysis', () => {
  it('is the analysis, as JSON that nobody keeps', async () => {
    state.analysis = cloudAnalysis;
    const { status, headers, body } = await ask('/api/v1/analysis');
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'application/json; charset=utf-8',
      'no-store',
    ]);
    expect(JSON.parse(body.toString())).toEqual(JSON.parse(JSON.stringify(cloudAnalysis())));
    expect(headers['content-length']).toBe(String(body.length));
  });

  it.each([
    ['', {}],
    ['?from=&to=&environment=', {}],
    ['?from=1970-01-01T00:00:01Z', { fromUs: 1_000_000 }],
    ['?to=1970-01-01T01:00:00.001%2B01:00', { toUs: 1000 }],
    ['?from=1970-01-02&environment=a%20b', { fromUs: 86_400_000_000, environment: 'a b' }],
  ])('asks for the window of %j', async (query, window) => {
    await ask(`/api/v1/analysis${query}`);
    expect(state.asked).toEqual([window]);
  });

  it.each([
    ['from=yesterday', 'from is not a time: write it like 2026-11-22T19:30:00Z'],
    ['to=1', 'to is not a time: write it like 2026-11-22T19:30:00Z'],
    ['to=2026-11-22T19:30', 'to is not a time: write it like 2026-11-22T19:30:00Z'],
    ['from=2026-13-22', 'from is not a time: write it like 2026-11-22T19:30:00Z'],
    ['from=2026-11-22&to=2026-11-22', 'from must be before to'],
  ])('refuses %s', async (query, message) => {
    const { status, body } = await ask(`/api/v1/analysis?${query}`);
    expect([status, JSON.parse(body.toString())]).toEqual([400, { error: { message } }]);
    expect(state.asked).toEqual([]);
  });

  it('is computed once for each question and revision', async () => {
    await ask('/api/v1/analysis');
    await ask('/api/v1/analysis?from=');
    expect(state.asked).toHaveLength(1);
    await ask('/api/v1/analysis?environment=a');
    expect(state.asked).toHaveLength(2);
    state.revision++;
    await ask('/api/v1/analysis');
    expect(state.asked).toHaveLength(3);
  });

  it('remembers a bounded number of questions', async () => {
    for (let asked = 0; asked < 17; asked++) await ask(`/api/v1/analysis?environment=${asked}`);
    await ask('/api/v1/analysis?environment=16');
    expect(state.asked).toHaveLength(17);
    await ask('/api/v1/analysis?environment=0');
    expect(state.asked).toHaveLength(18);
  });

  it.each([
    ['gzip', true],
    ['br, gzip;q=0.5', true],
    ['*', true],
    ['gzip;q=0', false],
    ['identity', false],
  ])('Accept-Encoding: %s is packed: %s', async (encoding, isPacked) => {
    state.analysis = cloudAnalysis;
    const { headers, body } = await ask('/api/v1/analysis', { headers: { 'accept-encoding': encoding } });
    expect(headers.vary).toBe('accept-encoding');
    expect(headers['content-encoding']).toBe(isPacked ? 'gzip' : undefined);
    expect(headers['content-length']).toBe(String(body.length));
    const text = isPacked ? gunzipSync(body) : body;
    expect(JSON.parse(text.toString())).toMatchObject({ schema: 'ringfence.analysis/1' });
  });

  it('says that it failed, keeps why to itself and lives on', async () => {
    state.analysis = () => {
      throw new Error('secret path');
    };
    const { status, body } = await ask('/api/v1/analysis');
    expect(status).toBe(500);
    expect(body.toString()).not.toContain('secret');
    expect(errors).toEqual([new Error('secret path')]);
    expect((await ask('/healthz')).status).toBe(200);
  });
});

describe('the other answers', () => {
  it('/api/v1/why says why there is no edge, and asks for both names', async () => {
    state.analysis = cloudAnalysis;
    const { status, body } = await ask('/api/v1/why?caller=rating&callee=images&environment=staging');
    expect(status).toBe(200);
    expect(JSON.parse(body.toString())).toMatchObject({
      schema: 'ringfence.why/1',
      caller: 'money/rating',
      verdict: 'not-seen',
    });
    expect(state.asked.at(-1)).toEqual({ environment: 'staging' });
    expect((await ask('/api/v1/why?caller=rating')).status).toBe(400);
  });

  it('/api/v1/traces/:traceId is the trace', async () => {
    const { status, body } = await ask(`/api/v1/traces/${TRACE_ID}`);
    expect([status, JSON.parse(body.toString())]).toEqual([200, JSON.parse(JSON.stringify(state.detail))]);
  });

  it.each([
    ['/api/v1/traces/', 400, 'a trace id has 32 lower-case hex digits'],
    [`/api/v1/traces/${TRACE_ID.toUpperCase()}`, 400, 'a trace id has 32 lower-case hex digits'],
    [`/api/v1/traces/${TRACE_ID}/x`, 400, 'a trace id has 32 lower-case hex digits'],
    [`/api/v1/traces/${'f'.repeat(32)}`, 404, 'this trace is not kept'],
    ['/api/v2/analysis', 404, 'there is no /api/v2/analysis; see /api/v1/analysis'],
  ])('%s is %i', async (path, expected, message) => {
    const { status, headers, body } = await ask(path);
    expect([status, headers['content-type']]).toEqual([expected, 'application/json; charset=utf-8']);
    expect(body.toString()).toContain(message);
  });

  it('/readyz says why not', async () => {
    expect(await statusAndText('/readyz')).toEqual([200, 'ready\n']);
    state.reason = 'the disk is full';
    expect(await statusAndText('/readyz')).toEqual([503, 'the disk is full\n']);
    expect(await statusAndText('/healthz')).toEqual([200, 'ok\n']);
  });

  it('/metrics are counters and gauges', async () => {
    const [status, text] = await statusAndText('/metrics');
    expect(status).toBe(200);
    expect(text).toBe(
      '# TYPE ringfence_traces_total counter\nringfence_traces_total 3\n' +
        '# TYPE ringfence_spans_total counter\nringfence_spans_total 40\n' +
        '# TYPE ringfence_open_spans gauge\nringfence_open_spans 7\n',
    );
  });
});

describe('files', () => {
  it('are the built map: hashed names for ever, the page anew', async () => {
    const page = await ask('/');
    expect([page.status, page.headers['content-type'], page.headers['cache-control'], page.body.toString()]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-cache',
      '<!doctype html>',
    ]);
    const script = await ask('/assets/main-1234.js');
    expect([script.status, script.headers['content-type'], script.headers['cache-control']]).toEqual([
      200,
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ]);
  });

  it.each([
    '/../secret.json',
    '/..%2fsecret.json',
    '/%2e%2e/secret.json',
    '/%2e%2e%2fsecret.json',
    '/assets/../../secret.json',
    '/assets/%2e%2e/%2e%2e/secret.json',
    '/..\\secret.json',
    '/..%5csecret.json',
    '//..//secret.json',
    '/secret.json%00.js',
    '/notes.txt',
    '/assets',
    '/assets/none.js',
  ])('%s is not found', async (path) => {
    expect(await statusAndText(path)).toEqual([404, 'not found\n']);
  });

  it('say what to do where the map was not built', async () => {
    rmSync(join(directory, 'web', 'index.html'));
    expect(await statusAndText('/')).toEqual([404, 'the web map is not built: run `npm run build:web`\n']);
  });

  it('are refused where the address is none', async () => {
    expect((await ask('http://[')).status).toBe(400);
  });
});

describe('/api/v1/stream', () => {
  it('says at once what there is, and again when there is more', async () => {
    const events = openStream();
    expect(await events.next(/data: .*\n\n/)).toBe(
      'retry: 2000\n\nevent: analysis\ndata: {"revision":1,"traceCount":3,"spanCount":40}\n\n',
    );
    expect(events.headers()).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    state.revision = 2;
    expect(await events.next(/"revision":2.*\n\n/)).toContain('event: analysis\n');
    events.destroy();
  });

  it('goes on for the others when one leaves', async () => {
    const [first, second] = [openStream(), openStream()];
    await Promise.all([first.next(/data:/), second.next(/data:/)]);
    first.destroy();
    state.revision = 2;
    expect(await second.next(/"revision":2/)).toContain('event: analysis');
    second.destroy();
  });
});

describe('close', () => {
  it('ends open streams and connections that are kept, and comes back', async () => {
    const events = openStream();
    await events.next(/data:/);
    await server.close();
    await events.ended;
    await expect(ask('/healthz')).rejects.toThrow(/ECONNREFUSED|ECONNRESET|socket hang up/);
  });

  it('does not wait for a reader that never reads on', async () => {
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n', resolve));
    await server.close();
    socket.destroy();
  }, 5_000);
});

it('says that its port is taken', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await expect(startWebServer({ state, webRoot: directory, host: '127.0.0.1', port })).rejects.toThrow(/EADDRINUSE/);
  await new Promise((resolve) => other.close(resolve));
});

async function statusAndText(path: string): Promise<[number, string]> {
  const { status, body } = await ask(path);
  return [status, body.toString()];
}

/** Paths go out as they stand: `fetch` would tidy `..` away before the server sees it. */
function ask(
  path: string,
  {
    method = 'GET',
    headers = {},
    url = server.url,
  }: { method?: string; headers?: Record<string, string>; url?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const request = httpRequest({ hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      const isEndless = response.headers['content-type'] === 'text/event-stream' && method === 'GET';
      if (isEndless) reject(new Error(`${path} does not end`));
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    request.on('error', reject);
    request.end();
  });
}

function openStream() {
  let text = '';
  let headers: IncomingHttpHeaders = {};
  let look = (): void => undefined;
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const request = httpRequest(`${server.url}/api/v1/stream`, { agent: false }, (response) => {
    headers = response.headers;
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      look();
    });
    response.on('error', () => undefined);
    response.on('close', end);
  });
  request.on('error', () => undefined);
  request.end();
  return {
    ended,
    headers: () => headers,
    destroy: () => request.destroy(),
    /** Everything up to where the pattern was met. */
    next: (pattern: RegExp) =>
      new Promise<string>((resolve) => {
        look = () => {
          if (!pattern.test(text)) return;
          resolve(text);
          text = '';
          look = () => undefined;
        };
        look();
      }),
  };
}
