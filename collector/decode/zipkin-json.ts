import { attributeKey } from '../../analyzer/model/attribute-keys.ts';
import { RESOURCE_FIELDS } from '../../analyzer/model/resource.ts';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { SPAN_FLAG, SPAN_KIND } from '../../analyzer/model/span.ts';
import { plainBytes } from '../../analyzer/model/string-table.ts';
import { mayHoldCardNumber } from '../redact/index.ts';
import { type Decoded, MalformedInputError } from './contract.ts';
import { hasBits, LOWER_HEX_VALUE, writePaddedHex } from './hex-ids.ts';
import { parseJsonDocument } from './json-document.ts';
import { JsonScanner } from './json-scanner.ts';
import { type KnownKey, NOT_KEPT, placeOf } from './known-keys.ts';
import { LowerCase } from './lower-case.ts';
import { MemberNames } from './member-names.ts';
import { ProblemLog } from './problem-log.ts';
import { ResourceIds } from './resource-ids.ts';
import { SpanDraft, WEAKEST_RANK } from './span-draft.ts';
import { SpanWriter } from './span-writer.ts';
import { TagGuesses } from './tag-guesses.ts';
import { LONGEST_PLAIN, TagWriter } from './tag-writer.ts';
import { appendZipkinRecord, ZIPKIN_KINDS, type ZipkinOptions } from './zipkin-records.ts';
import { isResourceTag } from './zipkin-resource-tags.ts';

const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/**
 * Reads Zipkin v2 JSON straight into columns: members in any order, nothing built that is not kept. It knows the ordinary
 * span and no other. What is out of the ordinary, such as an id that is a number, a tag that stands twice or a member of
 * version 1, is taken back and read by `appendZipkinRecord`, which says what spans mean: so the two cannot disagree.
 */
class ZipkinJsonReader {
  readonly #json = new JsonScanner();
  readonly #writer = new SpanWriter();
  readonly #tags = new TagWriter(this.#writer);
  readonly #resource = new ResourceIds();
  readonly #lower = new LowerCase();
  readonly #guesses = new TagGuesses();
  #table = NO_TABLE;
  #log = new ProblemLog();
  #draft = new SpanDraft();
  #isStrict = false;
  #rejectedCount = 0;
  #refusal: MalformedInputError | undefined;
  /** What the last endpoint says: string ids, 0 for none, and its port, -1 for none. */
  #service = 0;
  #address = 0;
  #port = -1;

  read(input: Uint8Array, table: SpanTable, { strict = false }: ZipkinOptions): Decoded {
    const bytes = plainBytes(input);
    this.#json.begin(bytes, isByteOrderMark(bytes) ? 3 : 0);
    this.#writer.begin(table, bytes);
    this.#resource.begin(table.dictionary);
    this.#guesses.begin(table.dictionary);
    this.#table = table;
    this.#log = new ProblemLog();
    this.#isStrict = strict;
    this.#rejectedCount = 0;
    this.#refusal = undefined;
    try {
      this.#readDocument();
      if (this.#json.peek() !== -1) throw this.#json.malformed('more after the end');
      const { spanCount } = this.#writer.finish();
      return { spanCount, rejectedCount: this.#rejectedCount, problems: this.#log.problems };
    } catch (error) {
      this.#writer.abandon();
      const isOfJson = error instanceof MalformedInputError && error !== (this.#refusal as Error | undefined);
      if (!isOfJson) throw error;
      // As of all JSON that goes through `parseJsonDocument`.
      throw new MalformedInputError('not valid JSON');
    } finally {
      this.#json.letGo();
      this.#table = NO_TABLE;
      this.#draft = new SpanDraft();
    }
  }

  /** A list of spans, a list of traces or one span; a sender's is a list of spans. */
  #readDocument(): void {
    const json = this.#json;
    const first = json.peek();
    if (first === OPEN_BRACE && !this.#isStrict) {
      this.#readRecord(-1, -1);
    } else if (first !== OPEN_BRACKET) {
      json.skipValue();
      if (json.peek() !== -1) throw json.malformed('more after the end');
      throw this.#refused('Zipkin JSON is a list of spans');
    } else if (json.openArray()) {
      let index = 0;
      do {
        if (json.peek() !== OPEN_BRACKET || this.#isStrict) this.#readRecord(index, -1);
        else if (json.openArray()) {
          let inner = 0;
          do this.#readRecord(index, inner++);
          while (json.moreElements());
        }
        index++;
      } while (json.moreElements());
    }
  }

  #refused(message: string): MalformedInputError {
    this.#refusal = new MalformedInputError(message);
    return this.#refusal;
  }

  #readRecord(index: number, inner: number): void {
    const json = this.#json;
    const isObject = json.peek() === OPEN_BRACE;
    const start = json.at;
    if (isObject) {
      const row = this.#writer.beginSpan();
      if (this.#readSpan(row)) return;
      this.#writer.takeBack(row);
      json.at = start;
    }
    json.skipValue();
    const record = parseJsonDocument(json.bytes.subarray(start, json.at));
    const reason = appendZipkinRecord(record, this.#draft, this.#table, 2);
    if (reason === undefined) return;
    const place = index < 0 ? 'the span' : `[${String(index)}]${inner < 0 ? '' : `[${String(inner)}]`}`;
    if (this.#isStrict) throw this.#refused(`${place}: ${reason}`);
    this.#rejectedCount++;
    this.#log.add('rejected-span', place, reason);
  }

  /** False if the span is out of the ordinary, as with all the methods below. */
  #readSpan(row: number): boolean {
    const json = this.#json;
    const table = this.#table;
    const tags = this.#tags;
    let kind: number | undefined;
    let startUs = 0;
    let durationUs = 0;
    let localService = 0;
    let remoteService = 0;
    let remotePort = -1;
    let seen = 0;
    tags.beginSpan();
    this.#resource.clear();
    if (!MEMBERS.openObject(json)) return false;
    do {
      const member = MEMBERS.read(json);
      if (member === 0) {
        json.skipValue();
        continue;
      }
      if ((seen & (1 << member)) !== 0) return false;
      if (json.skipNull()) {
        if (member === MEMBER.binaryAnnotations) return false;
        continue;
      }
      seen |= 1 << member;
      switch (member) {
        case MEMBER.traceId:
          if (!this.#readId(table.traceIds, row * 4, 4) || !hasBits(table.traceIds, row * 4, 4)) return false;
          break;
        case MEMBER.id:
          if (!this.#readId(table.spanIds, row * 2, 2) || !hasBits(table.spanIds, row * 2, 2)) return false;
          break;
        case MEMBER.parentId:
          if (!this.#readId(table.parentIds, row * 2, 2)) return false;
          break;
        case MEMBER.kind:
          kind = this.#readKind();
          if (kind === undefined) return false;
          break;
        case MEMBER.name:
          if (!this.#readName(row)) return false;
          break;
        case MEMBER.timestamp:
          startUs = json.readWhole();
          if (startUs < 0) return false;
          break;
        case MEMBER.duration:
          durationUs = json.readWhole();
          if (durationUs < 0) return false;
          break;
        case MEMBER.localEndpoint:
          if (!this.#readEndpoint()) return false;
          localService = this.#service;
          this.#resource.set(SERVICE_FIELD, this.#service, 0);
          this.#resource.set(HOST_FIELD, this.#address, WEAKEST_RANK);
          break;
        case MEMBER.remoteEndpoint:
          if (!this.#readEndpoint()) return false;
          remoteService = this.#service;
          remotePort = this.#port;
          if (this.#service !== 0) this.#writer.keep(PEER_SERVICE, WEAKEST_KEPT_RANK, this.#service);
          if (this.#address !== 0) this.#writer.keep(PEER_ADDRESS, WEAKEST_KEPT_RANK, this.#address);
          break;
        case MEMBER.annotations:
          if (!this.#readAnnotations()) return false;
          break;
        case MEMBER.tags:
          if (!this.#readTags()) return false;
          break;
        case MEMBER.shared: {
          const byte = json.peek();
          if (byte !== LETTER_T && byte !== LETTER_F) return false;
          if (json.readBoolean()) table.flags[row]! |= SPAN_FLAG.shared;
          break;
        }
        default:
          return false;
      }
    } while (json.moreMembers());
    if ((seen & NEEDED) !== NEEDED) return false;
    // As Zipkin's DependencyLinker has it: who names both sides and says no kind is calling.
    const callsByName = tags.kind === SPAN_KIND.unspecified && localService !== 0 && remoteService !== 0;
    kind ??= callsByName ? SPAN_KIND.client : tags.kind;
    if (kind !== SPAN_KIND.server && remotePort > 0 && remotePort < 65_536) {
      this.#writer.keep(SERVER_PORT, WEAKEST_KEPT_RANK, this.#writer.internInteger(remotePort));
    }
    table.kinds[row] = kind;
    table.statuses[row] = tags.status;
    table.resources[row] = this.#resource.intern();
    this.#writer.endSpan(startUs, Math.min(startUs + durationUs, Number.MAX_SAFE_INTEGER));
    return true;
  }

  #readId(words: Uint32Array, offset: number, wordCount: number): boolean {
    const json = this.#json;
    if (json.peek() !== QUOTE) return false;
    json.readString();
    const { bytes, textStart, textEnd } = json;
    // Upper case is an error in Zipkin, where ids are compared as text.
    return writePaddedHex(bytes, textStart, textEnd, words, offset, wordCount, LOWER_HEX_VALUE);
  }

  #readKind(): number | undefined {
    const json = this.#json;
    if (json.peek() !== QUOTE) return undefined;
    json.readString();
    return KINDS[KIND_NAMES.find(json.bytes, json.textStart, json.textEnd) - 1];
  }

  /** Zipkin keeps names in lower case. */
  #readName(row: number): boolean {
    if (!this.#readLower()) return false;
    const { bytes, start, end } = this.#lower;
    if (bytes === this.#json.bytes || mayHoldCardNumber(bytes, start, end)) this.#writer.setName(bytes, start, end);
    else this.#table.names[row] = this.#internLower();
    return true;
  }

  #readLower(): boolean {
    const json = this.#json;
    if (json.peek() !== QUOTE) return false;
    json.readString();
    json.unescape();
    this.#lower.read(json.text, json.textStart, json.textEnd);
    return this.#lower.end - this.#lower.start <= LONGEST_PLAIN;
  }

  #internLower(): number {
    const { bytes, start, end } = this.#lower;
    const view = this.#lower.viewOf(this.#json.bytes, this.#json.view);
    return this.#table.dictionary.strings.internBytes(bytes, start, end, view);
  }

  #readEndpoint(): boolean {
    const json = this.#json;
    this.#service = this.#address = 0;
    this.#port = -1;
    if (json.peek() !== OPEN_BRACE) return false;
    let seen = 0;
    if (!ENDPOINT_MEMBERS.openObject(json)) return true;
    do {
      const member = ENDPOINT_MEMBERS.read(json);
      if (member === 0) {
        json.skipValue();
        continue;
      }
      if ((seen & (1 << member)) !== 0) return false;
      seen |= 1 << member;
      if (json.skipNull()) continue;
      if (member === ENDPOINT_MEMBER.port) {
        this.#port = json.readWhole();
        if (this.#port < 0) return false;
      } else {
        if (!this.#readLower()) return false;
        const { bytes, start, end } = this.#lower;
        if (mayHoldCardNumber(bytes, start, end)) return false;
        if (member === ENDPOINT_MEMBER.serviceName) this.#service = this.#internLower();
        else {
          // Addresses are kept as they are, and that of version 4 wins.
          if (bytes !== json.text) return false;
          if (member === ENDPOINT_MEMBER.ipv4 || this.#address === 0) {
            const address = this.#internLower();
            if (address !== 0) this.#address = address;
          }
        }
      }
    } while (json.moreMembers());
    return true;
  }

  /** Their texts are looked at for card data, nothing of them is kept. */
  #readAnnotations(): boolean {
    const json = this.#json;
    if (json.peek() !== OPEN_BRACKET) return false;
    if (!json.openArray()) return true;
    do {
      if (json.peek() !== OPEN_BRACE) return false;
      if (!ANNOTATION_MEMBERS.openObject(json)) continue;
      let hasValue = false;
      do {
        const member = ANNOTATION_MEMBERS.read(json);
        if (member === ANNOTATION_MEMBER.endpoint) return false;
        if (member === ANNOTATION_MEMBER.value && !json.skipNull()) {
          if (hasValue || json.peek() !== QUOTE) return false;
          hasValue = true;
          json.readString();
          json.unescape();
          this.#writer.scan(ANNOTATION, json.text, json.textStart, json.textEnd);
        } else if (member !== ANNOTATION_MEMBER.value) {
          json.skipValue();
        }
      } while (json.moreMembers());
    } while (json.moreElements());
    return true;
  }

  #readTags(): boolean {
    const json = this.#json;
    if (json.peek() !== OPEN_BRACE) return false;
    if (!json.openObject()) return true;
    this.#guesses.beginTags();
    do {
      if (json.bytes[json.at] !== QUOTE) json.peek();
      if (!this.#readTag()) return false;
    } while (json.moreMembers());
    return true;
  }

  #readTag(): boolean {
    const json = this.#json;
    const guesses = this.#guesses;
    const { bytes, view, end } = json;
    const start = json.at;
    let key = guesses.findKey(view, start, end);
    if (key === undefined) {
      json.readName();
      if (json.hasEscapes) return false;
      key = this.#writer.findKey(bytes, json.textStart, json.textEnd);
      if (json.peek() !== QUOTE) return false;
      guesses.learnKey(key, bytes, start, json.at + 1);
    } else {
      json.at = guesses.at - 1;
    }
    const known = guesses.findValue(key, view, json.at + 1, end);
    if (known >= 0) {
      json.at = guesses.at;
      return this.#addPlain(key, guesses.valueId(known));
    }
    json.readString();
    const { textStart, textEnd } = json;
    const isLearned =
      !json.hasEscapes &&
      this.#tags.isPlain(key) &&
      guesses.canLearn(key, json.at - textStart) &&
      !mayHoldCardNumber(bytes, textStart, textEnd);
    if (!isLearned) {
      json.unescape();
      return this.#addTag(key, json.text, json.textStart, json.textEnd);
    }
    const isKept = key.attribute !== NOT_KEPT || isResourceTag(key);
    const { strings } = this.#table.dictionary;
    const valueId = isKept ? strings.internBytes(bytes, textStart, textEnd, view) : 0;
    guesses.learnValue(key, bytes, view, textStart, json.at, valueId);
    return this.#addPlain(key, valueId);
  }

  #addPlain(key: KnownKey, valueId: number): boolean {
    if (isResourceTag(key)) this.#resource.set(key.resourceField, valueId, key.resourceRank);
    return this.#tags.addPlain(key, valueId);
  }

  #addTag(key: KnownKey, text: Uint8Array, start: number, end: number): boolean {
    if (isResourceTag(key)) {
      if (end - start > LONGEST_PLAIN || mayHoldCardNumber(text, start, end)) return false;
      const id = this.#table.dictionary.strings.internBytes(text, start, end);
      this.#resource.set(key.resourceField, id, key.resourceRank);
    }
    return this.#tags.addText(key, text, start, end);
  }
}

function isByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

const LETTER_T = 0x74;
const LETTER_F = 0x66;

const MEMBER = {
  traceId: 1,
  id: 2,
  parentId: 3,
  kind: 4,
  name: 5,
  timestamp: 6,
  duration: 7,
  localEndpoint: 8,
  remoteEndpoint: 9,
  annotations: 10,
  tags: 11,
  shared: 12,
  /** Only version 1 has it. */
  binaryAnnotations: 13,
} as const;
const MEMBERS = new MemberNames(Object.keys(MEMBER));
const NEEDED = (1 << MEMBER.traceId) | (1 << MEMBER.id);
const ENDPOINT_MEMBER = { serviceName: 1, ipv4: 2, ipv6: 3, port: 4 } as const;
const ENDPOINT_MEMBERS = new MemberNames(Object.keys(ENDPOINT_MEMBER));
const ANNOTATION_MEMBER = { value: 1, endpoint: 2 } as const;
const ANNOTATION_MEMBERS = new MemberNames(Object.keys(ANNOTATION_MEMBER));
const KIND_NAMES = new MemberNames([...ZIPKIN_KINDS.keys()]);
const KINDS = [...ZIPKIN_KINDS.values()];

const ANNOTATION = placeOf('annotation');
const PEER_SERVICE = attributeKey('peer.service');
const PEER_ADDRESS = attributeKey('network.peer.address');
const SERVER_PORT = attributeKey('server.port');
const SERVICE_FIELD = RESOURCE_FIELDS.indexOf('service');
const HOST_FIELD = RESOURCE_FIELDS.indexOf('host');
/** `WEAKEST_RANK` in the byte that the writer has for a rank. */
const WEAKEST_KEPT_RANK = 255;
const NO_TABLE = new SpanTable(createDictionary(), 1);

/** One for all documents: V8 throws away the machine code of a class once it collects its last instance. */
const READER = new ZipkinJsonReader();

/** Reads Zipkin v2 JSON into the table. Throws `MalformedInputError` if it is not JSON, or a sender's list has a bad span. */
export function readZipkinJson(bytes: Uint8Array, table: SpanTable, options: ZipkinOptions): Decoded {
  return READER.read(bytes, table, options);
}
