import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { SPAN_FLAG } from '../../analyzer/model/span.ts';
import { plainBytes } from '../../analyzer/model/string-table.ts';
import { type Decoded, MalformedInputError } from './contract.ts';
import { hasBits, writePaddedHex } from './hex-ids.ts';
import { JaegerProcesses } from './jaeger-processes.ts';
import { jaegerRecordsOf, jaegerRecordsOfTrace } from './jaeger-records.ts';
import { MAX_LINKS, readJaegerSpans } from './jaeger-spans.ts';
import { JaegerTagReader } from './jaeger-tags.ts';
import { parseJsonDocument } from './json-document.ts';
import { HEX_VALUE, JsonScanner } from './json-scanner.ts';
import { placeOf } from './known-keys.ts';
import { MemberNames } from './member-names.ts';
import { ProblemLog } from './problem-log.ts';
import { SpanWriter } from './span-writer.ts';
import { LONGEST_PLAIN } from './tag-writer.ts';

const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/**
 * Reads Jaeger's JSON straight into columns: members in any order, nothing built that is not kept. It knows the ordinary
 * trace and no other. A trace with anything out of the ordinary in it, such as a span without a process, a reference
 * without ids or a tag that stands twice, is taken back and read by `readJaegerSpans`, which says what spans mean.
 */
class JaegerJsonReader {
  readonly #json = new JsonScanner();
  readonly #writer = new SpanWriter();
  readonly #tags = new JaegerTagReader(this.#json, this.#writer);
  readonly #processes = new JaegerProcesses(this.#json);
  #table = NO_TABLE;
  #log = new ProblemLog();
  #rejectedCount = 0;
  /** The references of the open span: six words each, and whether it follows from them. */
  readonly #references = new Uint32Array(MAX_LINKS * 6);
  readonly #referenceTypes = new Uint8Array(MAX_LINKS);
  #referenceCount = 0;

  read(input: Uint8Array, table: SpanTable): Decoded {
    const bytes = plainBytes(input);
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    this.#json.begin(bytes, hasMark ? 3 : 0);
    this.#writer.begin(table, bytes);
    this.#tags.begin(table.dictionary);
    this.#processes.begin(table);
    this.#table = table;
    this.#log = new ProblemLog();
    this.#rejectedCount = 0;
    try {
      if (this.#readDocument()) {
        const { spanCount } = this.#writer.finish();
        return { spanCount, rejectedCount: this.#rejectedCount, problems: this.#log.problems };
      }
      this.#writer.abandon();
    } catch (error) {
      this.#writer.abandon();
      // As of all JSON that goes through `parseJsonDocument`.
      throw error instanceof MalformedInputError ? new MalformedInputError('not valid JSON') : error;
    } finally {
      this.#json.letGo();
      this.#processes.letGo();
      this.#table = NO_TABLE;
    }
    return readJaegerSpans(jaegerRecordsOf(parseJsonDocument(bytes)), table);
  }

  /** False if it is none of the documents there are, or has its traces twice. */
  #readDocument(): boolean {
    const json = this.#json;
    const first = json.peek();
    if (first === OPEN_BRACKET) this.#readTraces('');
    else if (first !== OPEN_BRACE || !this.#readObject()) return false;
    if (json.peek() !== -1) throw json.malformed('more after the end');
    return true;
  }

  #readObject(): boolean {
    const json = this.#json;
    const start = json.at;
    let isWrapped = false;
    if (DOCUMENT_MEMBERS.openObject(json)) {
      do {
        if (DOCUMENT_MEMBERS.read(json) !== DOCUMENT_MEMBER.data) {
          json.skipValue();
          continue;
        }
        if (isWrapped) return false;
        isWrapped = true;
        const first = json.peek();
        if (first === OPEN_BRACKET) this.#readTraces('data');
        else if (first === OPEN_BRACE) this.#readTrace('data');
        else return false;
      } while (json.moreMembers());
    }
    if (!isWrapped) {
      json.at = start;
      this.#readTrace('the trace');
    }
    return true;
  }

  #readTraces(prefix: string): void {
    const json = this.#json;
    if (!json.openArray()) return;
    let index = 0;
    do this.#readTrace(`${prefix}[${String(index++)}]`);
    while (json.moreElements());
  }

  #readTrace(place: string): void {
    const json = this.#json;
    const isObject = json.peek() === OPEN_BRACE;
    const start = json.at;
    if (isObject) {
      const row = this.#table.count;
      if (this.#readOrdinaryTrace(row)) return;
      this.#writer.takeBack(row);
      json.at = start;
    }
    json.skipValue();
    const trace = parseJsonDocument(json.bytes.subarray(start, json.at));
    const { rejectedCount } = readJaegerSpans(jaegerRecordsOfTrace(place, trace), this.#table, this.#log);
    this.#rejectedCount += rejectedCount;
  }

  /** False if it is out of the ordinary, as with all the methods below. */
  #readOrdinaryTrace(firstRow: number): boolean {
    const json = this.#json;
    let seen = 0;
    let processesAt = -1;
    this.#processes.beginTrace();
    if (!TRACE_MEMBERS.openObject(json)) return false;
    do {
      const member = TRACE_MEMBERS.read(json);
      if (member === 0) {
        json.skipValue();
        continue;
      }
      if ((seen & (1 << member)) !== 0) return false;
      seen |= 1 << member;
      if (member === TRACE_MEMBER.spans) {
        if (json.peek() !== OPEN_BRACKET) return false;
        if (!json.openArray()) continue;
        do if (json.peek() !== OPEN_BRACE || !this.#readSpan()) return false;
        while (json.moreElements());
      } else {
        if (json.peek() !== OPEN_BRACE) return false;
        processesAt = json.at;
        json.skipValue();
      }
    } while (json.moreMembers());
    if ((seen & (1 << TRACE_MEMBER.spans)) === 0) return false;
    if (this.#table.count === firstRow) return true;
    if (processesAt < 0) return false;
    const end = json.at;
    json.at = processesAt;
    const isOrdinary = this.#processes.read() && this.#processes.fillResources(firstRow);
    json.at = end;
    return isOrdinary;
  }

  #readSpan(): boolean {
    const json = this.#json;
    const writer = this.#writer;
    const table = this.#table;
    const tags = this.#tags;
    const row = writer.beginSpan();
    let startUs = 0;
    let durationUs = 0;
    let seen = 0;
    this.#referenceCount = 0;
    tags.beginSpan();
    if (!SPAN_MEMBERS.openObject(json)) return false;
    do {
      const member = SPAN_MEMBERS.read(json);
      if (member === 0) {
        json.skipValue();
        continue;
      }
      if ((seen & (1 << member)) !== 0) return false;
      if (json.skipNull()) continue;
      seen |= 1 << member;
      switch (member) {
        case SPAN_MEMBER.traceID:
          if (!this.#readId(table.traceIds, row * 4, 4) || !hasBits(table.traceIds, row * 4, 4)) return false;
          break;
        case SPAN_MEMBER.spanID:
          if (!this.#readId(table.spanIds, row * 2, 2) || !hasBits(table.spanIds, row * 2, 2)) return false;
          break;
        case SPAN_MEMBER.parentSpanID:
          if (!this.#readId(table.parentIds, row * 2, 2)) return false;
          break;
        case SPAN_MEMBER.operationName:
          if (!this.#readText() || json.textEnd - json.textStart > LONGEST_PLAIN) return false;
          writer.setName(json.text, json.textStart, json.textEnd);
          break;
        case SPAN_MEMBER.references:
          if (!this.#readReferences()) return false;
          break;
        case SPAN_MEMBER.startTime:
          startUs = json.readWhole();
          if (startUs < 0) return false;
          break;
        case SPAN_MEMBER.duration:
          durationUs = json.readWhole();
          if (durationUs < 0) return false;
          break;
        case SPAN_MEMBER.tags:
          if (!tags.readTags()) return false;
          break;
        case SPAN_MEMBER.logs:
          if (!this.#readLogs()) return false;
          break;
        case SPAN_MEMBER.warnings:
          if (!this.#readWarnings()) return false;
          break;
        case SPAN_MEMBER.processID:
          if (json.peek() !== QUOTE) return false;
          json.readString();
          if (json.hasEscapes) return false;
          // For as long as the trace is open: its processes come after its spans.
          table.resources[row] = this.#processes.numberOf(json.textStart, json.textEnd);
          break;
        default:
          return false;
      }
    } while (json.moreMembers());
    if ((seen & NEEDED) !== NEEDED) return false;
    table.kinds[row] = tags.kind;
    table.statuses[row] = tags.status;
    this.#writeReferences(row);
    writer.endSpan(startUs, Math.min(startUs + durationUs, Number.MAX_SAFE_INTEGER));
    return true;
  }

  #readId(words: Uint32Array, offset: number, wordCount: number): boolean {
    const json = this.#json;
    if (json.peek() !== QUOTE) return false;
    json.readString();
    return writePaddedHex(json.bytes, json.textStart, json.textEnd, words, offset, wordCount, HEX_VALUE);
  }

  #readText(): boolean {
    const json = this.#json;
    if (json.peek() !== QUOTE) return false;
    json.readString();
    json.unescape();
    return true;
  }

  #readReferences(): boolean {
    const json = this.#json;
    if (json.peek() !== OPEN_BRACKET) return false;
    if (!json.openArray()) return true;
    do {
      if (json.peek() !== OPEN_BRACE || this.#referenceCount === MAX_LINKS) return false;
      const reference = this.#referenceCount++;
      const words = reference * 6;
      let seen = 0;
      this.#referenceTypes[reference] = OTHER_TYPE;
      if (!REFERENCE_MEMBERS.openObject(json)) return false;
      do {
        const member = REFERENCE_MEMBERS.read(json);
        if (member === 0) {
          json.skipValue();
          continue;
        }
        if ((seen & (1 << member)) !== 0) return false;
        seen |= 1 << member;
        if (member === REFERENCE_MEMBER.refType) {
          if (json.peek() !== QUOTE) return false;
          json.readString();
          if (json.hasEscapes) return false;
          this.#referenceTypes[reference] = REFERENCE_TYPES.find(json.bytes, json.textStart, json.textEnd);
        } else {
          const isTraceId = member === REFERENCE_MEMBER.traceID;
          const offset = words + (isTraceId ? 0 : 4);
          const wordCount = isTraceId ? 4 : 2;
          if (!this.#readId(this.#references, offset, wordCount)) return false;
          if (!hasBits(this.#references, offset, wordCount)) return false;
        }
      } while (json.moreMembers());
      if ((seen & NEEDED_IN_REFERENCE) !== NEEDED_IN_REFERENCE) return false;
    } while (json.moreElements());
    return true;
  }

  /** The parent is the first CHILD_OF within the trace, else the first FOLLOWS_FROM within it; all others are links. */
  #writeReferences(row: number): void {
    const table = this.#table;
    let parent = -1;
    for (let reference = 0; reference < this.#referenceCount; reference++) {
      const type = this.#referenceTypes[reference];
      if (type === OTHER_TYPE || !isEqual(this.#references, reference * 6, table.traceIds, row * 4, 4)) continue;
      if (type === CHILD_OF) {
        parent = reference;
        break;
      }
      if (parent < 0) parent = reference;
    }
    if (parent >= 0) {
      table.parentIds[row * 2] = this.#references[parent * 6 + 4]!;
      table.parentIds[row * 2 + 1] = this.#references[parent * 6 + 5]!;
      if (this.#referenceTypes[parent] !== CHILD_OF) table.flags[row]! |= SPAN_FLAG.followsFrom;
    }
    for (let reference = 0; reference < this.#referenceCount; reference++) {
      if (parent >= 0 && isEqual(this.#references, reference * 6, this.#references, parent * 6, 6)) continue;
      const offset = this.#writer.addLink();
      for (let word = 0; word < 6; word++) table.linkIds[offset + word] = this.#references[reference * 6 + word]!;
    }
  }

  /** Logs are not kept, but looked at for card data. */
  #readLogs(): boolean {
    const json = this.#json;
    if (json.peek() !== OPEN_BRACKET) return false;
    if (!json.openArray()) return true;
    do {
      if (json.peek() !== OPEN_BRACE) return false;
      if (!LOG_MEMBERS.openObject(json)) continue;
      let hasFields = false;
      do {
        if (LOG_MEMBERS.read(json) !== LOG_MEMBER.fields) {
          json.skipValue();
          continue;
        }
        if (hasFields) return false;
        hasFields = true;
        if (!json.skipNull() && !this.#tags.readFields()) return false;
      } while (json.moreMembers());
    } while (json.moreElements());
    return true;
  }

  #readWarnings(): boolean {
    const json = this.#json;
    if (json.peek() !== OPEN_BRACKET) return false;
    if (!json.openArray()) return true;
    do {
      if (!this.#readText()) return false;
      this.#writer.scan(WARNING, json.text, json.textStart, json.textEnd);
    } while (json.moreElements());
    return true;
  }
}

function isEqual(some: Uint32Array, at: number, others: Uint32Array, otherAt: number, count: number): boolean {
  for (let word = 0; word < count; word++) if (some[at + word] !== others[otherAt + word]) return false;
  return true;
}

const DOCUMENT_MEMBER = { data: 1 } as const;
const DOCUMENT_MEMBERS = new MemberNames(Object.keys(DOCUMENT_MEMBER));
const TRACE_MEMBER = { spans: 1, processes: 2 } as const;
const TRACE_MEMBERS = new MemberNames(Object.keys(TRACE_MEMBER));
const SPAN_MEMBER = {
  traceID: 1,
  spanID: 2,
  parentSpanID: 3,
  operationName: 4,
  references: 5,
  startTime: 6,
  duration: 7,
  tags: 8,
  logs: 9,
  processID: 10,
  warnings: 11,
} as const;
const SPAN_MEMBERS = new MemberNames(Object.keys(SPAN_MEMBER));
const NEEDED = (1 << SPAN_MEMBER.traceID) | (1 << SPAN_MEMBER.spanID) | (1 << SPAN_MEMBER.processID);
const REFERENCE_MEMBER = { refType: 1, traceID: 2, spanID: 3 } as const;
const REFERENCE_MEMBERS = new MemberNames(Object.keys(REFERENCE_MEMBER));
const NEEDED_IN_REFERENCE = (1 << REFERENCE_MEMBER.traceID) | (1 << REFERENCE_MEMBER.spanID);
const REFERENCE_TYPES = new MemberNames(['CHILD_OF', 'FOLLOWS_FROM']);
const OTHER_TYPE = 0;
const CHILD_OF = 1;
const LOG_MEMBER = { fields: 1 } as const;
const LOG_MEMBERS = new MemberNames(Object.keys(LOG_MEMBER));
const WARNING = placeOf('warning');
const NO_TABLE = new SpanTable(createDictionary(), 1);

/** One for all documents: V8 throws away the machine code of a class once it collects its last instance. */
const READER = new JaegerJsonReader();

/** Reads Jaeger's JSON into the table. Throws `MalformedInputError` if it is not JSON, or has no traces where they belong. */
export function readJaegerJson(bytes: Uint8Array, table: SpanTable): Decoded {
  return READER.read(bytes, table);
}
