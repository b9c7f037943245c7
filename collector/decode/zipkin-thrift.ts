import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { decodeUtf8, viewOf } from '../../analyzer/model/string-table.ts';
import type { Decoded } from './contract.ts';
import type { JsonObject } from './json-document.ts';
import { doubleOfWords } from './numbers.ts';
import { THRIFT, thriftList, ThriftReader, type ThriftStruct, thriftStruct } from './thrift.ts';
import { ipv4Text, ipv6Text } from './zipkin-endpoint.ts';
import { readZipkinRecords, type ZipkinOptions, type ZipkinRecord } from './zipkin-records.ts';

/**
 * Zipkin v1 in thrift, as Finagle and the first Brave send it: a list of `Span` of zipkinCore.thrift in the binary protocol.
 * Each record is put into the words of v1 JSON, so it means the same.
 */
export function decodeZipkinThrift(bytes: Uint8Array, table: SpanTable, options?: ZipkinOptions): Decoded {
  return readZipkinRecords(1, recordsIn(bytes), table, options);
}

const ENDPOINT = thriftStruct({
  1: ['ipv4', THRIFT.i32],
  2: ['port', THRIFT.u16],
  3: ['serviceName', THRIFT.text],
  4: ['ipv6', THRIFT.bytes],
});

const SPAN = {
  1: ['traceIdLow', THRIFT.id64],
  3: ['name', THRIFT.text],
  4: ['id', THRIFT.id64],
  5: ['parentId', THRIFT.id64],
  6: ['annotations', thriftList({ 1: ['timestamp', THRIFT.i64], 2: ['value', THRIFT.text], 3: ['host', ENDPOINT] })],
  8: [
    'binaryAnnotations',
    thriftList({ 1: ['key', THRIFT.text], 2: ['value', THRIFT.bytes], 3: ['type', THRIFT.i32], 4: ['host', ENDPOINT] }),
  ],
  10: ['timestamp', THRIFT.i64],
  11: ['duration', THRIFT.i64],
  12: ['traceIdHigh', THRIFT.id64],
} as const;

function* recordsIn(bytes: Uint8Array): Generator<ZipkinRecord> {
  // No bytes at all are no spans.
  if (bytes.length === 0) return;
  const reader = new ThriftReader(bytes, 'Zipkin thrift, [0]');
  let index = 0;
  for (const span of reader.structs(SPAN)) {
    yield [index, recordOf(span)];
    reader.place = `Zipkin thrift, [${String(++index)}]`;
  }
  reader.expectEnd();
}

function recordOf(span: ThriftStruct): JsonObject {
  const { traceIdLow, traceIdHigh = '', id, parentId, name, timestamp, duration } = span;
  const annotations = structsOf(span['annotations']).map((annotation) => ({
    timestamp: annotation['timestamp'],
    value: annotation['value'],
    endpoint: endpointOf(annotation['host']),
  }));
  const binaryAnnotations = structsOf(span['binaryAnnotations']).map((annotation) => ({
    key: annotation['key'],
    value: valueOf(annotation),
    endpoint: endpointOf(annotation['host']),
  }));
  const traceId = typeof traceIdLow === 'string' ? `${traceIdHigh as string}${traceIdLow}` : undefined;
  return { traceId, id, parentId, name, timestamp, duration, annotations, binaryAnnotations };
}

function structsOf(list: unknown): readonly ThriftStruct[] {
  return (list ?? []) as readonly ThriftStruct[];
}

function endpointOf(host: unknown): JsonObject | undefined {
  if (host === undefined) return undefined;
  const { ipv4 = 0, ipv6, port, serviceName } = host as ThriftStruct;
  const octets = [24, 16, 8, 0].map((shift) => ((ipv4 as number) >>> shift) & 0xff);
  return {
    serviceName,
    ipv4: ipv4Text(Uint8Array.from(octets)),
    ipv6: ipv6 instanceof Uint8Array ? ipv6Text(ipv6) : undefined,
    port,
  };
}

/** `AnnotationType` of zipkinCore.thrift. */
const VALUE_TYPE = { bool: 0, bytes: 1, i16: 2, i32: 3, i64: 4, double: 5, text: 6 } as const;

/** The value by its type. Bytes of no type, or of another length than their type's, are looked at but not kept. */
function valueOf({ type, value }: ThriftStruct): unknown {
  if (!(value instanceof Uint8Array)) return undefined;
  const view = viewOf(value);
  if (type === VALUE_TYPE.text) return decodeUtf8(value, 0, value.length);
  if (type === VALUE_TYPE.bool && value.length === 1) return value[0] !== 0;
  if (type === VALUE_TYPE.i16 && value.length === 2) return view.getInt16(0);
  if (type === VALUE_TYPE.i32 && value.length === 4) return view.getInt32(0);
  if (type === VALUE_TYPE.i64 && value.length === 8) return view.getBigInt64(0).toString();
  if (type === VALUE_TYPE.double && value.length === 8) return doubleOfWords(view.getUint32(4), view.getUint32(0));
  return [decodeUtf8(value, 0, value.length)];
}
