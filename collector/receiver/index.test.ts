import protobuf from 'protobufjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import type { Receiver } from './contract.ts';
import { RECEIVERS } from './index.ts';

let names: string[];
let receiver: Receiver;
let url: string;
beforeEach(async () => {
  names = [];
  receiver = RECEIVERS['otlp-http'](
    {
      createTable: () => new SpanTable(createDictionary()),
      ingest: (table) => {
        for (let row = 0; row < table.count; row++)
          names.push(`${table.resource(row).service} ${table.span(row).name}`);
        return Promise.resolve();
      },
    },
    { port: 0 },
  );
  url = `http://127.0.0.1:${await receiver.listen()}/v1/traces`;
});
afterEach(() => receiver.close());

const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'droplets' } }] };

function requestWith(...spans: readonly object[]): object {
  return { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] };
}

describe('with the real decoders', () => {
  it('takes JSON, and counts the spans it cannot use', async () => {
    const good = { traceId: 'AB'.repeat(16), spanId: 'cd'.repeat(8), name: 'resize', kind: 2 };
    const body = JSON.stringify(requestWith(good, { ...good, traceId: 'xyz' }, { ...good, spanId: '00'.repeat(8) }));
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ partialSuccess: { rejectedSpans: '2' } });
    expect(names).toEqual(['droplets resize']);
  });

  it('takes protobuf', async () => {
    const { root } = protobuf.parse(`syntax = "proto3";
      message AnyValue { string string_value = 1; }
      message KeyValue { string key = 1; AnyValue value = 2; }
      message Resource { repeated KeyValue attributes = 1; }
      message Span { bytes trace_id = 1; bytes span_id = 2; string name = 5; }
      message ScopeSpans { repeated Span spans = 2; }
      message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
      message Request { repeated ResourceSpans resource_spans = 1; }`);
    const type = root.lookupType('Request');
    const span = { traceId: new Uint8Array(16).fill(1), spanId: new Uint8Array(8).fill(2), name: 'resize' };
    const body = new Uint8Array(type.encode(type.fromObject(requestWith(span))).finish());
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/x-protobuf' }, body });
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, 0]);
    expect(names).toEqual(['droplets resize']);
  });

  it.each([
    ['application/json', ''],
    ['application/json', '{"resourceSpans":'],
    ['application/json', '[]'],
    ['application/json', '{} {}'],
    ['application/x-protobuf', 'nonsense'],
  ])('refuses what is no request: %s %j', async (type, body) => {
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, type]);
    expect(names).toEqual([]);
  });

  it.each(['{}', '{"resourceSpans":[]}', '{"resourceSpans":[{"scopeSpans":[]}]}'])(
    'answers %s with {}',
    async (body) => {
      const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      expect([answer.status, await answer.text()]).toEqual([200, '{}']);
    },
  );
});
