import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { expect, it } from 'vitest';

import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { PROTOBUF_TYPE, readMessage, send } from '../../fixtures/otlp-client.ts';
import { type Decoder, MalformedInputError } from '../decode/contract.ts';
import type { SpanSink } from './contract.ts';
import { createOtlpGrpcReceiver } from './otlp-grpc.ts';
import { createOtlpHttpReceiver } from './otlp-http.ts';

const decode: Decoder = (bytes, table) => {
  if (bytes.length > 0 && bytes[0] !== 0x31) throw new MalformedInputError('resource_spans: expected a message');
  if (bytes.length > 0) table.addSpan({ traceId: '1', spanId: '1', resource: { service: 'droplets' } });
  return { spanCount: Math.min(bytes.length, 1), rejectedCount: 0, problems: [] };
};

/** The table of the Collector (receiver/otlpreceiver), but for what 1.11 of the specification says of size: 413. */
it.each([
  ['success', '1', true, 200, 0],
  ['bad data', 'x', true, 400, 3],
  ['too large', '1'.padEnd(1_001), true, 413, 8],
  ['a journal that is full', '1', false, 503, 14],
])('27: %s is the same over HTTP and gRPC', async (_, body, isKept, httpStatus, code) => {
  const sink: SpanSink = {
    createTable: () => new SpanTable(createDictionary()),
    ingest: () => (isKept ? Promise.resolve() : Promise.reject(new Error('ENOSPC'))),
  };
  const http = createOtlpHttpReceiver(sink, {
    decoders: { protobuf: decode, json: decode },
    port: 0,
    bodyByteLimit: 1_000,
  });
  const grpc = createOtlpGrpcReceiver(sink, { decoder: decode, port: 0, messageByteLimit: 1_000 });
  const answer = await send(await http.listen(), { headers: PROTOBUF_TYPE, body });
  const client = new Client(`127.0.0.1:${await grpc.listen()}`, credentials.createInsecure());
  const asIs = (bytes: Buffer) => bytes;
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  const outcome = await new Promise<{ code: number; status: Uint8Array }>((resolve) => {
    client.makeUnaryRequest(path, asIs, asIs, Buffer.from(body), new Metadata(), (error, value) =>
      resolve(
        error === null
          ? { code: 0, status: value! }
          : { code: error.code, status: error.metadata.get('grpc-status-details-bin')[0] as Buffer },
      ),
    );
  });
  client.close();
  await Promise.all([http.close(), grpc.close()]);
  expect([answer.status, outcome.code]).toEqual([httpStatus, code]);
  expect(readMessage('Status', outcome.status)).toEqual(readMessage('Status', answer.body));
});
