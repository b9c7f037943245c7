import { type Decoded, MalformedInputError } from './contract.ts';
import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { isJsonList, isJsonObject, parseJsonDocument } from './json-document.ts';
import { readZipkinJson } from './zipkin-json.ts';
import { readZipkinRecords, type ZipkinOptions, type ZipkinRecord } from './zipkin-records.ts';

/**
 * Zipkin v2 JSON (Zipkin API 1.0, `zipkin2-api.yaml`): a list of spans, a list of traces, which is what `/api/v2/traces`
 * answers, or one bare span. A sender pushes a list of spans and nothing else.
 */
export function decodeZipkin(bytes: Uint8Array, table: SpanTable, options: ZipkinOptions = {}): Decoded {
  return readZipkinJson(bytes, table, options);
}

/** Zipkin v1 JSON: each record becomes one or two spans of v2. */
export function decodeZipkinV1(bytes: Uint8Array, table: SpanTable, options?: ZipkinOptions): Decoded {
  return readZipkinRecords(1, recordsOf(parseJsonDocument(bytes), options), table, options);
}

/** Single spans with their positions, out of a span, a list of spans or a list of traces. */
function* recordsOf(document: unknown, { strict = false }: ZipkinOptions = {}): Iterable<ZipkinRecord> {
  if (isJsonObject(document) && !strict) yield ['', document];
  else if (!isJsonList(document)) throw new MalformedInputError('Zipkin JSON is a list of spans');
  else {
    for (const [index, entry] of document.entries()) {
      if (!isJsonList(entry) || strict) yield [index, entry];
      else for (const [inner, record] of entry.entries()) yield [`${index}][${inner}`, record];
    }
  }
}
