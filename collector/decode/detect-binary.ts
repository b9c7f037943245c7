/** Signs of the binary formats other than OTLP's, which a file has no other way to tell than its first bytes. */

/**
 * True if the bytes are, from end to end, spans of Zipkin's protobuf: fields 1, of which the first is a message whose own
 * fields are a span's, with ids of 8 or 16 bytes. A `ResourceSpans` has three fields; one that happened to have ids' lengths
 * in all of them would have no room for a span.
 */
export function isZipkinMessages(bytes: Uint8Array): boolean {
  const cursor = { bytes, at: 0, value: 0 };
  let isFirst = true;
  while (cursor.at < bytes.length) {
    if (bytes[cursor.at++] !== SPANS_TAG || !readVarint(cursor, bytes.length)) return false;
    const end = cursor.at + cursor.value;
    if (end > bytes.length || (isFirst && !isZipkinSpan(cursor, end))) return false;
    isFirst = false;
    cursor.at = end;
  }
  return !isFirst;
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
  /** Of the last number. */
  value: number;
}

const SPANS_TAG = 0x0a;
/** Wire types of a span's fields 1 to 13. */
const WIRE_TYPES: readonly (number | undefined)[] = [undefined, 2, 2, 2, 0, 2, 1, 0, 2, 2, 2, 2, 0, 0];

function isZipkinSpan(cursor: Cursor, end: number): boolean {
  const idLengths = [0, 0, 0, 0];
  while (cursor.at < end) {
    if (!readVarint(cursor, end)) return false;
    const field = Math.floor(cursor.value / 8);
    const wireType = cursor.value & 7;
    if (WIRE_TYPES[field] !== wireType) return false;
    if (wireType === 1) cursor.at += 8;
    else if (!readVarint(cursor, end)) return false;
    else if (wireType === 2) {
      if (field < idLengths.length) idLengths[field] = cursor.value;
      cursor.at += cursor.value;
    }
  }
  const [, traceId, parentId, id] = idLengths;
  return cursor.at === end && (traceId === 8 || traceId === 16) && (parentId === 0 || parentId === 8) && id === 8;
}

function readVarint(cursor: Cursor, end: number): boolean {
  cursor.value = 0;
  for (let factor = 1; factor <= 0x80 ** 9; factor *= 0x80) {
    const byte = cursor.at < end ? cursor.bytes[cursor.at++] : undefined;
    if (byte === undefined) return false;
    cursor.value += (byte & 0x7f) * factor;
    if (byte < 0x80) return true;
  }
  return false;
}

/**
 * Thrift in the binary protocol, told by how it begins: a Jaeger batch with its process, which begins with its name; a list
 * of Zipkin's records with a count and the first field, the trace id. As a count the batch's bytes would be followed by a
 * field of a type that does not exist.
 */
export function thriftFormat(bytes: Uint8Array): 'zipkin-thrift' | 'jaeger-thrift' | undefined {
  if (begins(bytes, [STRUCT, 0, 1, STRING, 0, 1])) return 'jaeger-thrift';
  if (bytes[0] === STRUCT && begins(bytes.subarray(5), [I64, 0, 1])) return 'zipkin-thrift';
  return undefined;
}

const I64 = 10;
const STRING = 11;
const STRUCT = 12;

function begins(bytes: Uint8Array, signs: readonly number[]): boolean {
  return signs.every((byte, at) => bytes[at] === byte);
}
