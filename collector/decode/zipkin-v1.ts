import { isJsonObject, type JsonObject, listOf, numberOf } from './json-document.ts';

/** What only version 1 has: binary annotations, or annotations that say where they happened. */
export function isZipkinV1Record(record: JsonObject): boolean {
  if (record['binaryAnnotations'] !== undefined) return true;
  return listOf(record['annotations']).some((annotation) => isJsonObject(annotation) && 'endpoint' in annotation);
}

/** What only version 2 has; a Zipkin server tells the two apart by the same names. */
export function isZipkinV2Span(record: JsonObject): boolean {
  return ['localEndpoint', 'remoteEndpoint', 'tags'].some((name) => record[name] !== undefined);
}

/**
 * One v1 record as spans of v2, after Zipkin's own `V1SpanConverter`: a record may hold the client's and the server's
 * half of a call, told apart by its core annotations (`cs` client send, `cr` client receive, `sr`, `ss`, `ms`, `mr`).
 */
export function spansOfZipkinV1Record(record: JsonObject): readonly JsonObject[] {
  const halves = HALVES.map((half) => ({
    half,
    first: annotation(record, half.first),
    last: annotation(record, half.last),
  }));
  const present = halves.filter(({ first, last }) => first !== undefined || last !== undefined);
  if (present.length === 0) return [localSpan(record)];
  return present.map(({ half, first, last }) => {
    const localEndpoint = first?.endpoint ?? last?.endpoint;
    // The record's own times are those of the half that started the span: the first of the list.
    const ownsTimes = half === present[0]!.half && timeIn(record, 'timestamp') !== undefined;
    const startedAt = first?.timestamp;
    const endedAt = last?.timestamp;
    return {
      ...identity(record),
      kind: half.kind,
      timestamp: ownsTimes ? record['timestamp'] : startedAt,
      duration: (ownsTimes ? timeIn(record, 'duration') : undefined) ?? between(startedAt, endedAt),
      // A server that did not start the span shares its id with the client that did.
      shared: half.kind === 'SERVER' && !ownsTimes,
      localEndpoint,
      remoteEndpoint: farEndpoint(record, half.addressKey, localEndpoint),
      tags: tagsOf(record, present.length === 1 ? undefined : localEndpoint),
    };
  });
}

/** In the order in which a call meets them. Messages have one time; `ws` and `wr` are about the wire and say nothing of the kind. */
const HALVES = [
  { kind: 'CLIENT', first: 'cs', last: 'cr', addressKey: 'sa' },
  { kind: 'SERVER', first: 'sr', last: 'ss', addressKey: 'ca' },
  { kind: 'PRODUCER', first: 'ms', last: 'ms', addressKey: 'ma' },
  { kind: 'CONSUMER', first: 'mr', last: 'mr', addressKey: 'ma' },
] as const;
const ADDRESS_KEYS = new Set<unknown>(['ca', 'sa', 'ma']);

interface CoreAnnotation {
  readonly timestamp: number | undefined;
  readonly endpoint: unknown;
}

function annotation(record: JsonObject, value: string): CoreAnnotation | undefined {
  const found = listOf(record['annotations']).find((entry) => isJsonObject(entry) && entry['value'] === value);
  return isJsonObject(found) ? { timestamp: timeIn(found, 'timestamp'), endpoint: found['endpoint'] } : undefined;
}

/** In microseconds. Version 1 writes 0 where there is no time. */
function timeIn(record: JsonObject, name: 'timestamp' | 'duration'): number | undefined {
  const time = numberOf(record[name]);
  return time === 0 ? undefined : time;
}

function between(startedAt: number | undefined, endedAt: number | undefined): number | undefined {
  return startedAt === undefined || endedAt === undefined ? undefined : endedAt - startedAt;
}

function identity(record: JsonObject): JsonObject {
  const { traceId, id, parentId, name, annotations } = record;
  return { traceId, id, parentId, name, annotations };
}

/** Neither called nor calling: work inside a service, whose name stands with any of its annotations. */
function localSpan(record: JsonObject): JsonObject {
  const { timestamp, duration } = record;
  const endpoints = [...listOf(record['binaryAnnotations']), ...listOf(record['annotations'])]
    .filter((entry) => isJsonObject(entry))
    .filter((entry) => !ADDRESS_KEYS.has(entry['key']))
    .map((entry) => entry['endpoint']);
  const localEndpoint = endpoints.find(isJsonObject);
  const remoteEndpoint = farEndpoint(record, 'sa', localEndpoint);
  return { ...identity(record), timestamp, duration, localEndpoint, remoteEndpoint, tags: tagsOf(record, undefined) };
}

/**
 * `sa`, `ca` and `ma` are no tags: their endpoint is the other side. Some libraries wrote the address of the other side
 * under their own name; then only the address is right.
 */
function farEndpoint(record: JsonObject, key: string, localEndpoint: unknown): unknown {
  const found = binaryAnnotations(record).filter((entry) => entry['key'] === key);
  const own = isJsonObject(localEndpoint) ? localEndpoint['serviceName'] : undefined;
  const other = found.find((entry) => serviceOf(entry) !== own) ?? found[0];
  if (other === undefined || serviceOf(other) !== own || !isJsonObject(other['endpoint'])) return other?.['endpoint'];
  return { ...other['endpoint'], serviceName: undefined };
}

/** Binary annotations as tags: all of them, or those written at one endpoint. */
function tagsOf(record: JsonObject, endpoint: unknown): JsonObject {
  const service = isJsonObject(endpoint) ? endpoint['serviceName'] : undefined;
  const tags = binaryAnnotations(record)
    .filter(
      ({ key, value }) => typeof key === 'string' && !ADDRESS_KEYS.has(key) && value !== undefined && value !== null,
    )
    .filter((entry) => service === undefined || serviceOf(entry) === undefined || serviceOf(entry) === service)
    .map(({ key, value }) => [key, value] as const);
  return Object.fromEntries(tags) as JsonObject;
}

function serviceOf({ endpoint }: JsonObject): unknown {
  return isJsonObject(endpoint) ? endpoint['serviceName'] : undefined;
}

function binaryAnnotations(record: JsonObject): readonly JsonObject[] {
  return listOf(record['binaryAnnotations']).filter((entry) => isJsonObject(entry));
}
