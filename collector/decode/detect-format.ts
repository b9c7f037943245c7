import { MalformedInputError } from './contract.ts';
import { jsonKeyPaths } from './json-skeleton.ts';
import { framesIn } from './otlp-frames.ts';
import { isZipkinMessages, thriftFormat } from './detect-binary.ts';

export type TraceFormat =
  | 'otlp-json'
  | 'otlp-json-lines'
  | 'otlp-protobuf'
  | 'otlp-protobuf-frames'
  | 'zipkin-json'
  | 'zipkin-v1-json'
  | 'zipkin-protobuf'
  | 'zipkin-thrift'
  | 'jaeger-json'
  | 'jaeger-thrift';

/** Says by its content what `bytes` hold, reading no more than it must. Throws `MalformedInputError` for what holds no traces. */
export function detectFormat(bytes: Uint8Array): TraceFormat {
  const start = firstVisibleByte(bytes);
  if (start === bytes.length) throw new MalformedInputError('empty: there is nothing in it');
  // A newline is also the tag of protobuf's field 1, so a document that starts with one is looked at both ways.
  if (bytes[0] === FIELD_1_TAG && isZipkinMessages(bytes)) return 'zipkin-protobuf';
  if (bytes[0] === FIELD_1_TAG && isProtobufMessages(bytes)) return 'otlp-protobuf';
  // A length below 16 MiB starts with a zero, which no text does.
  if (bytes[0] === 0 && framesIn(bytes)?.every((frame) => isProtobufMessages(frame)) === true)
    return 'otlp-protobuf-frames';
  const thrift = thriftFormat(bytes);
  if (thrift !== undefined) return thrift;
  if (bytes[start] !== BRACE && bytes[start] !== BRACKET)
    throw new MalformedInputError(`${strangerIn(bytes)}, no traces`);
  const format = jsonFormat(bytes.subarray(start));
  return format === 'otlp-json' && hasMoreLines(bytes, start) ? 'otlp-json-lines' : format;
}

/** First byte that is neither white space nor a byte order mark. */
function firstVisibleByte(bytes: Uint8Array): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < bytes.length && isWhiteSpace(bytes[at]!)) at++;
  return at;
}

const FIELD_1_TAG = 0x0a;
const NEWLINE = 0x0a;
const BRACE = 0x7b;
const BRACKET = 0x5b;

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** True if the bytes are, from end to end, fields 1 of an export request, each starting as `ResourceSpans` does. */
function isProtobufMessages(bytes: Uint8Array): boolean {
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at++] !== FIELD_1_TAG) return false;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) return false;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    // resource, scope_spans, schema_url, or the instrumentation library's spans of 2021.
    const firstTag = bytes[at];
    if (length > 0 && firstTag !== 0x0a && firstTag !== 0x12 && firstTag !== 0x1a && firstTag !== 0xc2) return false;
    at += length;
  }
  return at === bytes.length;
}

/** Judged by the keys on the way into the first record, in the order they stand. */
function jsonFormat(bytes: Uint8Array): TraceFormat {
  let isZipkin = false;
  let isAnswer = false;
  for (const path of jsonKeyPaths(bytes)) {
    if (/^\{(trace\{)?(resourceSpans|batches)$/.test(path)) return 'otlp-json';
    if (/^(\{data)?\[?\{(spans|processes|traceID|spanID)$/.test(path)) return 'jaeger-json';
    if (ZIPKIN_V1.test(path)) return 'zipkin-v1-json';
    if (ZIPKIN_V2.test(path)) return 'zipkin-json';
    for (const [pattern, message] of STRANGERS) if (pattern.test(path)) throw new MalformedInputError(message);
    isZipkin ||= /^\[{0,2}\{(traceId|id)$/.test(path);
    isAnswer ||= path === '{data';
  }
  if (isAnswer) return 'jaeger-json';
  const beginning = String.fromCharCode(...bytes.subarray(0, 64).filter((byte) => !isWhiteSpace(byte)));
  // An empty list is what Zipkin answers, an empty object what an idle OpenTelemetry exporter sends.
  if (isZipkin || /^\[{1,2}\]/.test(beginning)) return 'zipkin-json';
  if (beginning.startsWith('{}')) return 'otlp-json';
  throw new MalformedInputError('JSON, but neither OTLP, Zipkin nor Jaeger traces');
}

const ZIPKIN_V1 = /^\[{0,2}\{(binaryAnnotations|annotations\[\{endpoint)$/;
const ZIPKIN_V2 = /^\[{0,2}\{(localEndpoint|remoteEndpoint|tags|kind|shared)$/;

/** Things near to traces that people hand over, with the way out. */
const STRANGERS: readonly (readonly [path: RegExp, message: string])[] = [
  [
    /^(\{data)?\[\{(parent|child|callCount)$/,
    'a list of dependencies (a graph, not traces): save the traces themselves, for Jaeger from /api/traces?service=…, for Zipkin from /api/v2/traces',
  ],
  [/^\{resourceMetrics$/, 'OTLP metrics, not traces'],
  [/^\{resourceLogs$/, 'OTLP logs, not traces'],
  [/^\{result\{resourceSpans$/, 'OTLP JSON inside an envelope: hand over the object that holds "resourceSpans"'],
  [/^\{resource_spans$/, 'OTLP with names in snake case: OTLP JSON says "resourceSpans"'],
  [/^\[{0,2}\{spanId$/, 'OpenTelemetry spans without their resource: export them as OTLP JSON'],
  [/^\{traceEvents$/, 'a profile of Chrome (trace events), not traces of services'],
];

/** True if the first line is a whole JSON value and something comes after it. */
function hasMoreLines(bytes: Uint8Array, start: number): boolean {
  const end = bytes.indexOf(NEWLINE, start);
  if (end === -1) return false;
  let next = end;
  while (next < bytes.length && isWhiteSpace(bytes[next]!)) next++;
  return next < bytes.length && isBalanced(bytes, start, end);
}

function isBalanced(bytes: Uint8Array, start: number, end: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (isInString) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) isInString = false;
    } else if (byte === 0x22) isInString = true;
    else if (byte === BRACE || byte === BRACKET) depth++;
    else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return depth === 0 && !isInString;
}

/** A word for what this is, so that whoever handed over the wrong file sees which. */
function strangerIn(bytes: Uint8Array): string {
  for (const [magic, name] of MAGICS) if (magic.every((byte, index) => bytes[index] === byte)) return name;
  const head = bytes.subarray(0, 512);
  const strange = head.filter((byte) => byte < 0x20 && !isWhiteSpace(byte)).length;
  if (bytes[0] === FIELD_1_TAG && strange > 0) return 'cut off or broken OTLP protobuf, or another binary file';
  if (head.includes(0)) return 'a binary file';
  if (strange > 0) return 'a binary file';
  return bytes[firstVisibleByte(bytes)] === 0x3c ? 'XML or HTML' : 'plain text';
}

const MAGICS: readonly (readonly [magic: readonly number[], name: string])[] = [
  [[0x1f, 0x8b], 'gzip inside another layer'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd inside another layer'],
  [[0x50, 0x4b, 3, 4], 'a ZIP archive (unpack it first)'],
  [[0x42, 0x5a, 0x68], 'bzip2 (unpack it first)'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz (unpack it first)'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file'],
  [[0x89, 0x50, 0x4e, 0x47], 'a picture'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF'],
  [[0x53, 0x51, 0x4c, 0x69, 0x74, 0x65], 'an SQLite database'],
  [[0xff, 0xfe], 'UTF-16 text (save it as UTF-8)'],
  [[0xfe, 0xff], 'UTF-16 text (save it as UTF-8)'],
];
