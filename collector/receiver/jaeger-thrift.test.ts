import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';

import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import type { Span } from '../../analyzer/model/span.ts';
import { encodeJaegerThrift } from '../../fixtures/jaeger.ts';
import type { Receiver } from './contract.ts';
import { RECEIVERS } from './index.ts';

const TRACE_ID = '463ac35c9f6413ad48485a3953bb6124';
const THRIFT_TYPE = 'application/x-thrift';

function batch(...spanIDs: readonly string[]): Uint8Array {
  const spans = spanIDs.map((spanID) => ({
    traceID: TRACE_ID,
    spanID,
    operationName: 'pay',
    references: [],
    startTime: 1_000_000,
    duration: 5,
    tags: [{ key: 'span.kind', value: 'server' }],
    processID: 'p',
  }));
  return encodeJaegerThrift({ traceID: TRACE_ID, spans, processes: { p: { serviceName: 'payments' } } })[0]!;
}

let receiver: Receiver | undefined;
afterEach(() => receiver?.close());

async function start(options: { readonly bodyByteLimit?: number; readonly keep?: () => Promise<void> } = {}) {
  const spans: Span[] = [];
  const { keep = () => Promise.resolve(), ...rest } = options;
  const sink = {
    createTable: () => new SpanTable(createDictionary()),
    ingest: async (table: SpanTable) => {
      await keep();
      for (let row = 0; row < table.count; row++) spans.push(table.span(row));
    },
  };
  receiver = RECEIVERS['jaeger-thrift'](sink, { port: 0, ...rest });
  const url = `http://127.0.0.1:${await receiver.listen()}/api/traces`;
  const post = async (body: Uint8Array, headers: Record<string, string> = { 'content-type': THRIFT_TYPE }) => {
    const answer = await fetch(url, { method: 'POST', body: Buffer.from(body), headers });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  return { spans, post, url };
}

describe('a batch', () => {
  it.each([THRIFT_TYPE, 'application/vnd.apache.thrift.binary', 'Application/X-Thrift; charset=none'])(
    'as %s is taken: 202, nothing else',
    async (type) => {
      const { post, spans } = await start();
      expect(await post(batch('1', '2'), { 'content-type': type })).toMatchObject({ status: 202, text: '' });
      expect(spans).toMatchObject([
        { traceId: TRACE_ID, kind: 'server', name: 'pay', resource: { service: 'payments' } },
        { startUs: 1_000_000, endUs: 1_000_005 },
      ]);
    },
  );

  it('is unpacked, and found behind a query', async () => {
    const { post, spans, url } = await start();
    const headers = { 'content-type': THRIFT_TYPE, 'content-encoding': 'gzip' };
    expect((await post(gzipSync(batch('1')), headers)).status).toBe(202);
    const answer = await fetch(`${url}?format=jaeger.thrift`, {
      method: 'POST',
      body: Buffer.from(batch('2')),
      headers: { 'content-type': THRIFT_TYPE },
    });
    expect([answer.status, spans.length]).toEqual([202, 2]);
  });

  it('keeps its good spans', async () => {
    const { post, spans } = await start();
    expect((await post(batch('0', '2'))).status).toBe(202);
    expect(spans).toHaveLength(1);
  });

  it.each([
    ['without a usable span', batch('0'), /^Unable to process request body: spans\[0\]: spanID is not/],
    ['of nothing', new Uint8Array(0), /^Unable to process request body: Jaeger thrift, batch: a value beyond the end/],
    ['cut off', batch('1').subarray(0, 70), /^Unable to process request body: Jaeger thrift, /],
    ['of two', Buffer.concat([batch('1'), batch('2')]), /something after the end/],
    ['in JSON', Buffer.from('{"card":"4111111111111111"}'), /^Unable to process request body: (?!.*4111)/],
  ])('%s: 400 in plain text, nothing is kept', async (_, body, reason) => {
    const { post, spans } = await start();
    const answer = await post(body);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'text/plain; charset=utf-8']);
    expect(answer.text).toMatch(reason);
    expect(spans).toEqual([]);
  });

  it('that is too long: 413; that the journal refuses: 503 with Retry-After', async () => {
    const { post } = await start({ bodyByteLimit: 100 });
    expect((await post(batch('1'))).status).toBe(413);
    await receiver!.close();
    const full = await start({ keep: () => Promise.reject(new Error('ENOSPC')) });
    const answer = await full.post(batch('1'));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  });
});

it('refuses other types, paths, methods and origins', async () => {
  const { post, url, spans } = await start();
  for (const type of ['application/json', 'text/plain', '']) {
    expect((await post(batch('1'), { 'content-type': type })).status).toBe(415);
  }
  expect((await fetch(url.replace('traces', 'trace'), { method: 'POST' })).status).toBe(404);
  expect((await fetch(url)).status).toBe(405);
  expect((await post(batch('1'), { 'content-type': THRIFT_TYPE, origin: 'https://shop.example' })).status).toBe(403);
  expect(spans).toEqual([]);
});
