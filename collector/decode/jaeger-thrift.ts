import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { decodeUtf8 } from '../../analyzer/model/string-table.ts';
import type { Decoded } from './contract.ts';
import { type JaegerRecord, readJaegerSpans } from './jaeger-spans.ts';
import type { JsonObject } from './json-document.ts';
import { THRIFT, type ThriftFields, thriftList, ThriftReader, type ThriftStruct, thriftStruct } from './thrift.ts';

/**
 * A `Batch` of jaeger.thrift in the binary protocol, as Jaeger's own clients send it over HTTP: one process and its spans.
 * Each span is put into the words of Jaeger's JSON, so it means the same. `flags` (sampled, debug) and a log's time say
 * nothing about dependencies.
 */
export function decodeJaegerThrift(bytes: Uint8Array, table: SpanTable): Decoded {
  return readJaegerSpans(recordsIn(new ThriftReader(bytes, 'Jaeger thrift, batch')), table);
}

const TAG = {
  1: ['key', THRIFT.text, 'required'],
  2: ['type', THRIFT.i32],
  3: ['text', THRIFT.text],
  4: ['double', THRIFT.double],
  5: ['bool', THRIFT.bool],
  6: ['long', THRIFT.i64],
  7: ['binary', THRIFT.bytes],
} as const;
const TAGS = thriftList(TAG);

const REFERENCE = {
  1: ['type', THRIFT.i32],
  2: ['traceIdLow', THRIFT.id64, 'required'],
  3: ['traceIdHigh', THRIFT.id64, 'required'],
  4: ['spanId', THRIFT.id64, 'required'],
} as const;

const SPAN = {
  1: ['traceIdLow', THRIFT.id64, 'required'],
  2: ['traceIdHigh', THRIFT.id64, 'required'],
  3: ['spanId', THRIFT.id64, 'required'],
  4: ['parentSpanId', THRIFT.id64],
  5: ['operationName', THRIFT.text],
  6: ['references', thriftList(REFERENCE)],
  8: ['startTime', THRIFT.i64],
  9: ['duration', THRIFT.i64],
  10: ['tags', TAGS],
  11: ['logs', thriftList({ 2: ['fields', TAGS] })],
} as const satisfies ThriftFields;

const PROCESS = thriftStruct({ 1: ['serviceName', THRIFT.text, 'required'], 2: ['tags', TAGS] });

/** The process may come after the spans. */
const BATCH = { 1: ['process', PROCESS, 'required'], 2: ['spans', THRIFT.listOffset, 'required'] } as const;

function* recordsIn(reader: ThriftReader): Generator<JaegerRecord> {
  const { process, spans } = reader.struct(BATCH);
  reader.expectEnd();
  const { serviceName, tags } = process as ThriftStruct;
  const trace = { processes: { p: { serviceName, tags: tagsOf(tags) } } };
  reader.seek(spans as number);
  let index = 0;
  reader.place = 'Jaeger thrift, spans[0]';
  for (const struct of reader.structs(SPAN)) {
    yield { place: `spans[${index}]`, span: spanOf(struct), trace };
    reader.place = `Jaeger thrift, spans[${String(++index)}]`;
  }
}

const NO_SPAN = '0'.repeat(16);

function spanOf(struct: ThriftStruct): JsonObject {
  const { spanId, parentSpanId = NO_SPAN, operationName, startTime, duration } = struct;
  const traceID = traceIdOf(struct);
  const references = structsOf(struct['references']).map((reference) => ({
    // Numbers as in `SpanRefType`.
    refType: reference['type'] === 1 ? 'FOLLOWS_FROM' : 'CHILD_OF',
    traceID: traceIdOf(reference),
    spanID: reference['spanId'],
  }));
  // As Jaeger reads it: a parent that no reference names is a reference before all others.
  if (
    parentSpanId !== NO_SPAN &&
    !references.some((reference) => reference.traceID === traceID && reference.spanID === parentSpanId)
  ) {
    references.unshift({ refType: 'CHILD_OF', traceID, spanID: parentSpanId });
  }
  return {
    traceID,
    spanID: spanId,
    references,
    operationName,
    startTime,
    duration,
    tags: tagsOf(struct['tags']),
    logs: structsOf(struct['logs']).map((log) => ({ fields: tagsOf(log['fields']) })),
    processID: 'p',
  };
}

function traceIdOf({ traceIdHigh, traceIdLow }: ThriftStruct): string {
  return `${traceIdHigh as string}${traceIdLow as string}`;
}

function tagsOf(tags: unknown): readonly JsonObject[] {
  return structsOf(tags).map((tag) => ({ key: tag['key'], value: valueOf(tag) }));
}

/** The value that the type names (numbers as in `TagType`). Binary ones are looked at but not kept. */
function valueOf({ type, text, double, bool, long, binary }: ThriftStruct): unknown {
  if (type === 1) return double;
  if (type === 2) return bool;
  if (type === 3) return long;
  if (type === 4) return binary instanceof Uint8Array ? [decodeUtf8(binary, 0, binary.length)] : undefined;
  return text;
}

function structsOf(list: unknown): readonly ThriftStruct[] {
  return (list ?? []) as readonly ThriftStruct[];
}
