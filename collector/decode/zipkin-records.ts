import { attributeKey } from '../../analyzer/model/attribute-keys.ts';
import { writeHexId } from '../../analyzer/model/identifiers.ts';
import { RESOURCE_KEYS } from '../../analyzer/model/resource.ts';
import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { SPAN_FLAG, SPAN_KIND } from '../../analyzer/model/span.ts';
import { type Decoded, MalformedInputError } from './contract.ts';
import { isJsonObject, type JsonObject, listOf, numberOf, textOf } from './json-document.ts';
import { ProblemLog } from './problem-log.ts';
import { ResourceDraft } from './resource-draft.ts';
import { isZero, SpanDraft, WEAKEST_RANK } from './span-draft.ts';
import { isZipkinV1Record, isZipkinV2Span, spansOfZipkinV1Record } from './zipkin-v1.ts';

/** A record with its position in the list, or with none if it came alone. Shaped as JSON has it, whatever it came in. */
export type ZipkinRecord = readonly [position: number | string, record: unknown];

export interface ZipkinOptions {
  /**
   * What a sender pushes is taken whole or not at all, as a Zipkin server does: the first span that cannot be used makes
   * the list malformed. Files keep their good spans.
   */
  readonly strict?: boolean;
}

/**
 * Appends Zipkin records to the table: here is what they mean, for JSON, protobuf and thrift alike. Version 1 records become
 * one or two spans of version 2 first. If a record is malformed, the table is as it was.
 */
export function readZipkinRecords(
  version: 1 | 2,
  records: Iterable<ZipkinRecord>,
  table: SpanTable,
  { strict = false }: ZipkinOptions = {},
): Decoded {
  const log = new ProblemLog();
  const draft = new SpanDraft();
  const before = table.count;
  let rejectedCount = 0;
  try {
    for (const [position, record] of records) {
      const place = position === '' ? 'the span' : `[${position}]`;
      const reason = appendZipkinRecord(record, draft, table, version);
      if (reason === undefined) continue;
      if (strict) throw new MalformedInputError(`${place}: ${reason}`);
      rejectedCount++;
      log.add('rejected-span', place, reason);
    }
  } catch (error) {
    table.truncate(before);
    throw error;
  }
  return { spanCount: table.count - before, rejectedCount, problems: log.problems };
}

/** Appends the spans of one record. Says what is wrong with it if it cannot be used. */
export function appendZipkinRecord(
  record: unknown,
  draft: SpanDraft,
  table: SpanTable,
  version: 1 | 2,
): string | undefined {
  if (!isJsonObject(record)) return 'not an object';
  if (version === 2 && isZipkinV1Record(record)) return 'a Zipkin v1 record among v2 spans';
  if (version === 1 && isZipkinV2Span(record)) return 'a Zipkin v2 span among v1 records';
  for (const span of version === 2 ? [record] : spansOfZipkinV1Record(record)) {
    draft.clear();
    const resource = new ResourceDraft();
    const reason = readSpan(span, draft, resource);
    if (reason !== undefined) return reason;
    draft.appendTo(table, table.dictionary.resources.intern(resource.resource));
  }
  return undefined;
}

function readSpan(span: JsonObject, draft: SpanDraft, resource: ResourceDraft): string | undefined {
  if (!writeId(span['traceId'], draft.traceId)) return 'traceId is not 1 to 32 lower-case hex digits, not all zero';
  if (!writeId(span['id'], draft.spanId)) return 'id is not 1 to 16 lower-case hex digits, not all zero';
  const parentId = span['parentId'];
  // A parent of zeros is none.
  if (parentId !== undefined && parentId !== null && !writeLowerHex(parentId, draft.parentId)) {
    return 'parentId is not 1 to 16 lower-case hex digits';
  }
  draft.dropSelfParent();
  const reason = readTags(span['tags'], draft, resource) ?? readKind(span, draft);
  if (reason !== undefined) return reason;
  if (span['shared'] === true) draft.flags |= SPAN_FLAG.shared;
  draft.name = draft.redacted('span name', lowerCase(span['name']));
  draft.setTimes(numberOf(span['timestamp']), numberOf(span['duration']));
  readLocalEndpoint(span['localEndpoint'], draft, resource);
  readRemoteEndpoint(span['remoteEndpoint'], draft);
  for (const annotation of listOf(span['annotations'])) {
    if (isJsonObject(annotation)) draft.inspect('annotation', annotation['value']);
  }
  return undefined;
}

function readTags(tags: unknown, draft: SpanDraft, resource: ResourceDraft): string | undefined {
  if (tags === undefined || tags === null) return undefined;
  if (!isJsonObject(tags)) return 'tags is not an object';
  for (const [key, value] of Object.entries(tags)) {
    if (value === null) return 'a tag is null';
    const text = draft.readTag(key, value);
    if (text !== undefined && RESOURCE_TAGS.has(key)) resource.read(key, text);
  }
  return undefined;
}

/** Needs the tags read: a bridge from OpenTracing may have left the kind in one. */
function readKind(span: JsonObject, draft: SpanDraft): string | undefined {
  const kind = span['kind'];
  if (kind !== undefined && kind !== null) {
    const known = typeof kind === 'string' ? ZIPKIN_KINDS.get(kind) : undefined;
    if (known === undefined) return 'kind is none of CLIENT, SERVER, PRODUCER and CONSUMER';
    draft.kind = known;
  } else if (draft.kind === SPAN_KIND.unspecified && serviceName(span, 'localEndpoint') !== undefined) {
    // As Zipkin's DependencyLinker has it: who names both sides and says no kind is calling.
    if (serviceName(span, 'remoteEndpoint') !== undefined) draft.kind = SPAN_KIND.client;
  }
  return undefined;
}

function serviceName(span: JsonObject, side: 'localEndpoint' | 'remoteEndpoint'): string | undefined {
  const endpoint = span[side];
  return isJsonObject(endpoint) ? textOf(endpoint['serviceName']) : undefined;
}

function readRemoteEndpoint(endpoint: unknown, draft: SpanDraft): void {
  if (!isJsonObject(endpoint)) return;
  const service = draft.redacted('remoteEndpoint.serviceName', lowerCase(endpoint['serviceName']));
  draft.setAttribute(PEER_SERVICE, service, WEAKEST_RANK);
  const address = draft.redacted('remoteEndpoint', textOf(endpoint['ipv4']) ?? textOf(endpoint['ipv6']) ?? '');
  draft.setAttribute(PEER_ADDRESS, address, WEAKEST_RANK);
  // The far side of a server is a client, whose port names nothing.
  const port = numberOf(endpoint['port']);
  if (draft.kind !== SPAN_KIND.server && port !== undefined && Number.isInteger(port) && port > 0 && port < 65536) {
    draft.setAttribute(SERVER_PORT, String(port), WEAKEST_RANK);
  }
}

function readLocalEndpoint(endpoint: unknown, draft: SpanDraft, resource: ResourceDraft): void {
  if (!isJsonObject(endpoint)) return;
  const service = draft.redacted('localEndpoint.serviceName', lowerCase(endpoint['serviceName']));
  resource.set('service', service, 0);
  const address = draft.redacted('localEndpoint', textOf(endpoint['ipv4']) ?? textOf(endpoint['ipv6']) ?? '');
  resource.set('host', address, WEAKEST_RANK);
}

/** Zipkin keeps names in lower case; so the same call has one name, whichever library wrote it. */
function lowerCase(name: unknown): string {
  return (textOf(name) ?? '').toLowerCase();
}

function writeId(id: unknown, words: Uint32Array): boolean {
  return writeLowerHex(id, words) && !isZero(words);
}

/** Upper case is an error in Zipkin, where ids are compared as text. */
function writeLowerHex(id: unknown, words: Uint32Array): boolean {
  const text = textOf(id);
  return text !== undefined && !/[A-F]/.test(text) && writeHexId(text, words, 0, words.length);
}

/** What a span's `kind` says. */
export const ZIPKIN_KINDS = new Map<string, number>([
  ['CLIENT', SPAN_KIND.client],
  ['SERVER', SPAN_KIND.server],
  ['PRODUCER', SPAN_KIND.producer],
  ['CONSUMER', SPAN_KIND.consumer],
]);
const PEER_SERVICE = attributeKey('peer.service');
const PEER_ADDRESS = attributeKey('network.peer.address');
const SERVER_PORT = attributeKey('server.port');

/**
 * An OpenTelemetry exporter leaves the resource in the tags, since v2 has no other place for it. Without a prefix (`ip`)
 * a tag may mean anything, and `pci.scope` on a span is about the span.
 */
export const RESOURCE_TAGS: ReadonlySet<string> = new Set(
  RESOURCE_KEYS.filter(
    ({ wireKey, field }) => wireKey.includes('.') && field !== 'service' && field !== 'pciScope',
  ).map(({ wireKey }) => wireKey),
);
