import { writeHexId } from '../../analyzer/model/identifiers.ts';
import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { SPAN_FLAG } from '../../analyzer/model/span.ts';
import type { Decoded } from './contract.ts';
import { isJsonObject, type JsonObject, listOf, numberOf, textOf } from './json-document.ts';
import { ProblemLog } from './problem-log.ts';
import { ResourceDraft } from './resource-draft.ts';
import { type Evidence, isZero, SpanDraft } from './span-draft.ts';

/** A span and the trace that describes its process, shaped as Jaeger's JSON has them, or what stood in a span's place. */
export type JaegerRecord =
  | { readonly place: string; readonly span: unknown; readonly trace: JsonObject }
  | { readonly place: string; readonly fault: string };

/**
 * Appends Jaeger spans to the table: here is what they mean, for JSON and thrift alike. If a record turns out malformed while
 * it is read, the table is as it was.
 */
export function readJaegerSpans(records: Iterable<JaegerRecord>, table: SpanTable, log = new ProblemLog()): Decoded {
  const reading: Reading = { table, draft: new SpanDraft(), log };
  const before = table.count;
  let rejectedCount = 0;
  let trace: JsonObject | undefined;
  let processes = new Map<unknown, Process>();
  try {
    for (const record of records) {
      if ('fault' in record) rejectedCount += reject(reading, record.place, record.fault);
      else {
        // Processes are called p1, p2, … in every trace anew.
        if (record.trace !== trace) processes = new Map();
        trace = record.trace;
        rejectedCount += readSpan(record.place, record.span, trace, processes, reading);
      }
    }
  } catch (error) {
    table.truncate(before);
    throw error;
  }
  return { spanCount: table.count - before, rejectedCount, problems: reading.log.problems };
}

interface Reading {
  readonly table: SpanTable;
  readonly draft: SpanDraft;
  readonly log: ProblemLog;
}

/** A process as it is needed for each of its spans. */
export interface Process {
  readonly resource: number;
  readonly evidence: readonly Evidence[];
}

function reject({ log }: Reading, place: string, reason: string): 1 {
  log.add('rejected-span', place, reason);
  return 1;
}

function readSpan(
  place: string,
  span: unknown,
  trace: JsonObject,
  processes: Map<unknown, Process>,
  reading: Reading,
): 0 | 1 {
  const { draft, table, log } = reading;
  if (!isJsonObject(span)) return reject(reading, place, 'not an object');
  draft.clear();
  if (!writeId(span['traceID'] ?? trace['traceID'], draft.traceId)) {
    return reject(reading, place, 'traceID is not 1 to 32 hex digits, not all zero');
  }
  if (!writeId(span['spanID'], draft.spanId)) {
    return reject(reading, place, 'spanID is not 1 to 16 hex digits, not all zero');
  }
  readReferences(place, span, reading);
  draft.dropSelfParent();
  draft.name = draft.redacted('span name', textOf(span['operationName']) ?? '');
  draft.setTimes(numberOf(span['startTime']), numberOf(span['duration']));
  for (const [key, value] of tagsOf(span['tags'])) draft.readTag(key, value);
  inspectLogs(span['logs'], draft);
  draft.inspect('warning', span['warnings']);
  const process = processOf(span, trace, processes, reading);
  if (process === undefined) log.add('missing-process', place, 'the span names no process that the trace describes');
  draft.addEvidence(process?.evidence ?? []);
  draft.appendTo(table, process?.resource ?? table.dictionary.resources.intern(new ResourceDraft().resource));
  return 0;
}

/**
 * The parent is the first CHILD_OF within the trace, else the first FOLLOWS_FROM within it, which does not wait; all other
 * references are links. A copy of the parent span inside a reference is not read: the span itself is in the list.
 */
function readReferences(place: string, span: JsonObject, { draft, log }: Reading): void {
  const references: Reference[] = [];
  for (const reference of listOf(span['references'])) {
    const read = readReference(reference, draft);
    if (read === undefined) log.add('bad-reference', place, 'a reference without usable ids was left out');
    else references.push(read);
  }
  const local = references.filter(({ isSameTrace }) => isSameTrace);
  const parent = local.find(({ type }) => type === 'CHILD_OF') ?? local.find(({ type }) => type === 'FOLLOWS_FROM');
  if (parent !== undefined) {
    draft.parentId.set(parent.words.slice(4));
    if (parent.type === 'FOLLOWS_FROM') draft.flags |= SPAN_FLAG.followsFrom;
  } else {
    // Before references there was a field; zeros and the empty text mean none.
    const parentId = textOf(span['parentSpanID']);
    if (parentId !== undefined && !writeHexId(parentId, draft.parentId, 0, 2)) {
      log.add('bad-reference', place, 'a parentSpanID that is not hex digits was left out');
    }
  }
  const links = references.filter(({ words }) => parent === undefined || !isEqual(words, parent.words));
  for (const { words } of links.slice(0, MAX_LINKS)) draft.linkIds.push(...words);
  if (links.length > MAX_LINKS) log.add('dropped-links', place, `only the first ${MAX_LINKS} references were kept`);
}

interface Reference {
  readonly type: unknown;
  /** Trace id, span id. */
  readonly words: Uint32Array;
  readonly isSameTrace: boolean;
}

function readReference(reference: unknown, draft: SpanDraft): Reference | undefined {
  if (!isJsonObject(reference)) return undefined;
  const words = new Uint32Array(6);
  const traceWords = words.subarray(0, 4);
  const spanWords = words.subarray(4);
  if (!writeId(reference['traceID'], traceWords) || !writeId(reference['spanID'], spanWords)) return undefined;
  return { type: reference['refType'], words, isSameTrace: isEqual(traceWords, draft.traceId) };
}

/** The process a span names, else the one it carries itself (a trace saved from the page has both). */
function processOf(
  span: JsonObject,
  trace: JsonObject,
  processes: Map<unknown, Process>,
  { draft, table }: Reading,
): Process | undefined {
  const id = span['processID'];
  const known = processes.get(id);
  if (known !== undefined) return known;
  const described = trace['processes'];
  // Own fields only: a process may be called "constructor".
  const isDescribed = typeof id === 'string' && isJsonObject(described) && Object.hasOwn(described, id);
  const process = isDescribed ? described[id] : span['process'];
  if (!isJsonObject(process)) return undefined;

  // What was found in the span so far is not the process's.
  const found = draft.takeEvidence();
  const read = readJaegerProcess(process, draft, table);
  draft.addEvidence(found);
  if (isDescribed) processes.set(id, read);
  return read;
}

/** The draft serves for reading only, and is to hold no evidence. */
export function readJaegerProcess(process: JsonObject, draft: SpanDraft, table: SpanTable): Process {
  const resource = new ResourceDraft();
  resource.set('service', draft.redacted('service.name', textOf(process['serviceName']) ?? ''), -1);
  for (const [key, value] of tagsOf(process['tags'])) {
    const text = draft.readText(key, value);
    if (text !== undefined) resource.read(key, text);
  }
  return { resource: table.dictionary.resources.intern(resource.resource), evidence: draft.takeEvidence() };
}

function tagsOf(tags: unknown): readonly (readonly [key: string, value: unknown])[] {
  return listOf(tags).flatMap((tag) => {
    if (!isJsonObject(tag)) return [];
    const { key, value } = tag;
    return typeof key === 'string' && value !== undefined && value !== null ? [[key, value] as const] : [];
  });
}

/** Logs are not kept, but must be free of card numbers: whoever wrote one there handles card data. */
function inspectLogs(logs: unknown, draft: SpanDraft): void {
  for (const entry of listOf(logs)) {
    if (!isJsonObject(entry)) continue;
    for (const [key, value] of tagsOf(entry['fields'])) draft.readText(key, value);
  }
}

function writeId(id: unknown, words: Uint32Array): boolean {
  const text = textOf(id);
  return text !== undefined && writeHexId(text, words, 0, words.length) && !isZero(words);
}

function isEqual(some: Uint32Array, others: Uint32Array): boolean {
  return some.every((word, index) => word === others[index]);
}

/** As many as an SDK keeps unless told otherwise. */
export const MAX_LINKS = 128;
