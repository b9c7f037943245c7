import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { expect, it } from 'vitest';

import { conclude } from '../../analyzer/analyze.ts';
import type { Analysis } from '../../analyzer/model/analysis.ts';
import { EMPTY_POLICY } from '../../analyzer/model/policy.ts';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { RollupBuilder } from '../../analyzer/rollup/rollup-builder.ts';
import { CHECKOUT } from '../../fixtures/checkout.ts';
import { EVERY_FORMAT } from '../../fixtures/every-format.ts';
import { decode, type TraceFormat } from '../decode/index.ts';
import type { DoorName } from './doors.ts';
import { RECEIVERS } from './index.ts';

/** Sends a document to a port of this machine; rejects unless it was taken. */
type Send = (port: number, bytes: Uint8Array) => Promise<void>;

function post(path: string, type: string): Send {
  return async (port, bytes) => {
    const url = `http://127.0.0.1:${port}${path}`;
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body: Buffer.from(bytes) });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  };
}

const call: Send = (port, bytes) => {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const asIs = (buffer: Buffer) => buffer;
  const method = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  return new Promise<void>((resolve, reject) => {
    client.makeUnaryRequest(method, asIs, asIs, Buffer.from(bytes), new Metadata(), (error) =>
      error === null ? resolve() : reject(error),
    );
  }).finally(() => client.close());
};

it.each<[DoorName, TraceFormat, Send]>([
  ['otlp-http', 'otlp-protobuf', post('/v1/traces', 'application/x-protobuf')],
  ['otlp-http', 'otlp-json', post('/v1/traces', 'application/json')],
  ['otlp-grpc', 'otlp-protobuf', call],
  ['zipkin', 'zipkin-json', post('/api/v2/spans', 'application/json')],
  ['zipkin', 'zipkin-protobuf', post('/api/v2/spans', 'application/x-protobuf')],
  ['zipkin', 'zipkin-v1-json', post('/api/v1/spans', 'application/json')],
  ['zipkin', 'zipkin-thrift', post('/api/v1/spans', 'application/x-thrift')],
  ['jaeger-thrift', 'jaeger-thrift', post('/api/traces', 'application/x-thrift')],
])('through %s as %s: the analysis that a file of it gives', async (door, format, send) => {
  const documents = EVERY_FORMAT[format](CHECKOUT);
  const kept = new SpanTable(createDictionary());
  const receiver = RECEIVERS[door](
    {
      createTable: () => new SpanTable(kept.dictionary),
      ingest: (table) => {
        kept.appendRows(table, 0, table.count);
        return Promise.resolve();
      },
    },
    { port: 0 },
  );
  const port = await receiver.listen();
  try {
    for (const bytes of documents) await send(port, bytes);
  } finally {
    await receiver.close();
  }
  const read = new SpanTable(createDictionary());
  for (const bytes of documents) decode(bytes, read);
  expect(kept.count).toBe(9);
  expect(analysisOf(kept)).toEqual(analysisOf(read));
  expect(analysisOf(kept).cycles).toHaveLength(1);
});

function analysisOf(table: SpanTable): Analysis {
  const builder = new RollupBuilder(table.dictionary);
  builder.observe(table);
  return conclude(builder.finish(), EMPTY_POLICY);
}
