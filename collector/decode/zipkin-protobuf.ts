import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { decodeUtf8 } from '../../analyzer/model/string-table.ts';
import type { Decoded } from './contract.ts';
import type { JsonObject } from './json-document.ts';
import { ProtobufReader } from './protobuf-reader.ts';
import { ipv4Text, ipv6Text } from './zipkin-endpoint.ts';
import { readZipkinRecords, type ZipkinOptions, type ZipkinRecord } from './zipkin-records.ts';

/**
 * Zipkin v2 in protobuf: `ListOfSpans` of zipkin.proto (zipkin-api 1.0). Each span is put into the words of v2 JSON, so it
 * means the same.
 */
export function decodeZipkinProtobuf(bytes: Uint8Array, table: SpanTable, options?: ZipkinOptions): Decoded {
  return readZipkinRecords(2, recordsIn(bytes), table, options);
}

function* recordsIn(bytes: Uint8Array): Generator<ZipkinRecord> {
  const reader = new ProtobufReader(bytes, 'Zipkin protobuf');
  let index = 0;
  for (let field = reader.nextField(bytes.length); field !== 0; field = reader.nextField(bytes.length)) {
    if (field !== 1) {
      reader.skip(bytes.length);
      continue;
    }
    const end = reader.length(bytes.length) + reader.at;
    reader.place = `Zipkin protobuf, spans[${String(index)}]`;
    yield [index++, readSpan(reader, end)];
    reader.place = 'Zipkin protobuf';
  }
}

const KINDS: readonly (string | undefined)[] = [undefined, 'CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'];

function readSpan(reader: ProtobufReader, end: number): JsonObject {
  const span: Record<string, unknown> = {};
  let localEndpoint: Record<string, unknown> | undefined;
  let remoteEndpoint: Record<string, unknown> | undefined;
  const annotations: JsonObject[] = [];
  const tags = new Map<string, string>();
  for (let field = reader.nextField(end); field !== 0; field = reader.nextField(end)) {
    switch (field) {
      case 1:
        span['traceId'] = hexOf(reader.delimited(end));
        break;
      case 2: {
        // A parent of no bytes is none.
        const parentId = hexOf(reader.delimited(end));
        span['parentId'] = parentId === '' ? undefined : parentId;
        break;
      }
      case 3:
        span['id'] = hexOf(reader.delimited(end));
        break;
      case 4:
        // A kind of a later version is none that we know.
        span['kind'] = KINDS[reader.varint(end)];
        break;
      case 5:
        span['name'] = textOf(reader.delimited(end));
        break;
      case 6:
        span['timestamp'] = reader.fixed64(end);
        break;
      case 7:
        span['duration'] = reader.varint(end);
        break;
      case 8:
        readEndpoint(reader, end, (localEndpoint ??= {}));
        break;
      case 9:
        readEndpoint(reader, end, (remoteEndpoint ??= {}));
        break;
      case 10: {
        const [, value] = readPair(reader, end, false);
        // Their times are not wanted, and an empty one is two bytes long.
        if (value !== '') annotations.push({ value });
        break;
      }
      case 11: {
        const [key, value] = readPair(reader, end, true);
        tags.set(key, value);
        break;
      }
      case 13:
        span['shared'] = reader.varint(end) !== 0;
        break;
      default:
        reader.skip(end);
    }
  }
  return { ...span, localEndpoint, remoteEndpoint, annotations, tags: Object.fromEntries(tags) };
}

/** Parts of one endpoint add up, as embedded messages do. */
function readEndpoint(reader: ProtobufReader, outerEnd: number, endpoint: Record<string, unknown>): void {
  const end = reader.length(outerEnd) + reader.at;
  for (let field = reader.nextField(end); field !== 0; field = reader.nextField(end)) {
    if (field === 1) endpoint['serviceName'] = textOf(reader.delimited(end));
    else if (field === 2) endpoint['ipv4'] = ipv4Text(reader.delimited(end));
    else if (field === 3) endpoint['ipv6'] = ipv6Text(reader.delimited(end));
    else if (field === 4) endpoint['port'] = reader.varint(end);
    else reader.skip(end);
  }
}

/** A tag, which is key and value, or an annotation, which is time and value. */
function readPair(reader: ProtobufReader, outerEnd: number, hasKey: boolean): readonly [key: string, value: string] {
  let key = '';
  let value = '';
  const end = reader.length(outerEnd) + reader.at;
  for (let field = reader.nextField(end); field !== 0; field = reader.nextField(end)) {
    if (field === 2) value = textOf(reader.delimited(end));
    else if (field === 1 && hasKey) key = textOf(reader.delimited(end));
    else if (field === 1) reader.fixed64(end);
    else reader.skip(end);
  }
  return [key, value];
}

function textOf(bytes: Uint8Array): string {
  return decodeUtf8(bytes, 0, bytes.length);
}

/** Two digits a byte; a longer text than any id could have will do for a longer value. */
function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 17), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
