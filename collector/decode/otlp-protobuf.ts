import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { plainBytes, viewOf } from '../../analyzer/model/string-table.ts';
import { type Decoded, MalformedInputError } from './contract.ts';
import { mayHoldCardNumber } from '../redact/index.ts';
import { type KnownKey, type Owner, OWNER } from './known-keys.ts';
import { doubleOfWords, int64Text, microsecondsOfNanoseconds } from './numbers.ts';
import { PLACE, SpanWriter } from './span-writer.ts';

/**
 * Reads an `ExportTraceServiceRequest` in protobuf. One walk over the wire format that builds nothing it does not keep:
 * what is kept goes straight into the table's columns, all other values are only looked at for card numbers.
 *
 * Throws `MalformedInputError`, naming the field and the byte, where the wire format is broken. A span with bad ids is
 * left out and counted; unknown fields are passed over.
 */
export function decodeOtlpProtobuf(bytes: Uint8Array, table: SpanTable): Decoded {
  return READER.read(bytes, table);
}

/** Wire types (protobuf encoding, "Message structure"). */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const GROUP_START = 3;
const GROUP_END = 4;
const FIXED32 = 5;

/** Values nested deeper are passed over: no instrumentation writes them, and the walk's stack stays small. */
const DEEPEST_VALUE = 64;

/** `ScopeSpans` was `InstrumentationLibrarySpans` until OTLP 0.15, under this field of `ResourceSpans`. */
const OLD_SCOPE_SPANS_TAG = (1000 << 3) | LENGTH_DELIMITED;

/** What a level of a nested value is. */
const ANY_VALUE = 0;
const ARRAY_VALUE = 1;
const KEY_VALUE_LIST = 2;
const KEY_VALUE = 3;

const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_VIEW = viewOf(NO_BYTES);

class OtlpProtobufReader {
  readonly #writer = new SpanWriter();
  #bytes = NO_BYTES;
  #view = NO_VIEW;
  #table = this.#writer.table;
  /** Where the last variable-length read ended. */
  #at = 0;
  /** The last 64-bit number, as two words of 32 bits. */
  #low = 0;
  #high = 0;
  /** For messages: which resource, scope and span is being read; -1 where none is. */
  #resourceIndex = -1;
  #scopeIndex = -1;
  #spanIndex = -1;
  #message = '';

  read(input: Uint8Array, table: SpanTable): Decoded {
    const bytes = plainBytes(input);
    this.#writer.begin(table, bytes);
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#table = table;
    this.#resourceIndex = this.#scopeIndex = this.#spanIndex = -1;
    this.#message = '';
    try {
      this.#readRequest();
      return this.#writer.finish();
    } catch (error) {
      this.#writer.abandon();
      throw error;
    } finally {
      this.#bytes = NO_BYTES;
      this.#view = NO_VIEW;
      this.#table = this.#writer.table;
    }
  }

  #readRequest(): void {
    const end = this.#bytes.length;
    let at = 0;
    while (at < end) {
      const tag = this.#varint(at, end);
      at = this.#at;
      if (tag === 0x0a) {
        const length = this.#length(at, end);
        at = this.#at;
        this.#resourceIndex++;
        this.#readResourceSpans(at, at + length);
        this.#message = '';
        at += length;
      } else {
        at = this.#skipUnknown(tag, at, end, 1);
      }
    }
  }

  #readResourceSpans(from: number, end: number): void {
    this.#writer.beginBlock();
    this.#scopeIndex = -1;
    let at = from;
    while (at < end) {
      const tag = this.#varint(at, end);
      at = this.#at;
      if (tag === 0x0a || tag === 0x12 || tag === 0x1a || tag === OLD_SCOPE_SPANS_TAG) {
        const length = this.#length(at, end);
        at = this.#at;
        if (tag === 0x0a) {
          this.#message = 'resource';
          this.#readAttributeList(at, at + length, 0x0a, OWNER.resource, 2);
        } else if (tag === 0x1a) {
          this.#writer.scan(PLACE.schemaUrl, this.#bytes, at, at + length);
        } else {
          this.#scopeIndex++;
          this.#readScopeSpans(at, at + length);
        }
        this.#message = '';
        at += length;
      } else {
        at = this.#skipUnknown(tag, at, end, 3);
      }
    }
    this.#scopeIndex = -1;
    this.#writer.endBlock();
  }

  #readScopeSpans(from: number, end: number): void {
    this.#spanIndex = -1;
    let at = from;
    while (at < end) {
      const tag = this.#varint(at, end);
      at = this.#at;
      if (tag === 0x12) {
        const length = this.#length(at, end);
        at = this.#at;
        this.#spanIndex++;
        this.#readSpan(at, at + length);
        at += length;
      } else if (tag === 0x0a || tag === 0x1a) {
        const length = this.#length(at, end);
        at = this.#at;
        if (tag === 0x0a) {
          this.#message = 'scope';
          this.#readScope(at, at + length);
        } else {
          this.#writer.scan(PLACE.schemaUrl, this.#bytes, at, at + length);
        }
        at += length;
      } else {
        at = this.#skipUnknown(tag, at, end, 3);
      }
    }
    this.#spanIndex = -1;
  }

  #readScope(from: number, end: number): void {
    let at = from;
    while (at < end) {
      const tag = this.#varint(at, end);
      at = this.#at;
      if (tag === 0x0a || tag === 0x12 || tag === 0x1a) {
        const length = this.#length(at, end);
        at = this.#at;
        if (tag === 0x1a) this.#readAttribute(at, at + length, OWNER.scope);
        else this.#writer.scan(tag === 0x0a ? PLACE.scopeName : PLACE.scopeVersion, this.#bytes, at, at + length);
        at += length;
      } else {
        at = this.#skipUnknown(tag, at, end, 4, VARINT);
      }
    }
  }

  /** A message of attributes and a count of dropped ones: resources. */
  #readAttributeList(from: number, end: number, attributeTag: number, owner: Owner, lastField: number): void {
    let at = from;
    while (at < end) {
      const tag = this.#varint(at, end);
      at = this.#at;
      if (tag === attributeTag) {
        const length = this.#length(at, end);
        at = this.#at;
        this.#readAttribute(at, at + length, owner);
        at += length;
      } else {
        at = this.#skipUnknown(tag, at, end, lastField, VARINT);
      }
    }
  }

  #readSpan(from: number, end: number): void {
    const bytes = this.#bytes;
    const view = this.#view;
    const writer = this.#writer;
    const table = this.#table;
    const row = writer.beginSpan();
    this.#message = '';
    let startUs = 0;
    let endUs = 0;
    let hasTraceId = false;
    let hasSpanId = false;
    let hasGoodParentId = true;
    let at = from;
    while (at < end) {
      const tag = bytes[at++]!;
      let length = 0;
      // Fields of a length: tags 0x0a to 0x7a whose low three bits are 2.
      if ((tag & 0x87) === LENGTH_DELIMITED) {
        length = bytes[at++]!;
        if (length >= 0x80 || at > end) {
          length = this.#length(at - 1, end);
          at = this.#at;
        }
        if (at + length > end) throw this.#malformed(at, 'a length beyond the end');
      }
      switch (tag) {
        case 0x4a:
          this.#readAttribute(at, at + length, OWNER.span);
          break;
        case 0x0a:
          hasTraceId = length === 16 && copyId(view, at, table.traceIds, row * 4, 4);
          break;
        case 0x12:
          hasSpanId = length === 8 && copyId(view, at, table.spanIds, row * 2, 2);
          break;
        case 0x22:
          hasGoodParentId = length === 8 || length === 0;
          if (length === 8) copyId(view, at, table.parentIds, row * 2, 2);
          else table.parentIds[row * 2] = table.parentIds[row * 2 + 1] = 0;
          break;
        case 0x2a:
          writer.setName(bytes, at, at + length);
          break;
        case 0x30: {
          const kind = this.#varint(at, end);
          at = this.#at;
          table.kinds[row] = kind <= 5 ? kind : 0;
          break;
        }
        case 0x39:
        case 0x41: {
          if (at + 8 > end) throw this.#malformed(at, 'a number beyond the end');
          const low = view.getUint32(at, true);
          const high = view.getUint32(at + 4, true);
          at += 8;
          if (tag === 0x39) startUs = microsecondsOfNanoseconds(low, high);
          else endUs = microsecondsOfNanoseconds(low, high);
          break;
        }
        case 0x5a:
          this.#readEvent(at, at + length);
          break;
        case 0x6a:
          this.#readLink(at, at + length);
          break;
        case 0x7a:
          this.#readStatus(at, at + length, row);
          break;
        case 0x1a:
          writer.setTraceState(bytes, at, at + length);
          break;
        default:
          if ((tag & 0x87) === LENGTH_DELIMITED) throw this.#malformed(at, 'a wrong wire type');
          at = this.#skipSpanField(at - 1, end);
      }
      at += length;
    }
    if (at !== end) throw this.#malformed(at, 'a field beyond the end of its message');
    if (hasTraceId && hasSpanId && hasGoodParentId) {
      writer.endSpan(startUs, endUs);
    } else {
      writer.rejectSpan(
        'invalid-id',
        'spans without a trace id of 16 bytes and a span id of 8 bytes, not all zeros, were left out',
      );
    }
  }

  /** Dropped counts (10, 12, 14: varints), flags (16: fixed32), and fields not known. */
  #skipSpanField(from: number, end: number): number {
    const tag = this.#varint(from, end);
    const field = Math.floor(tag / 8);
    const wireType = tag & 7;
    const isCount = field === 10 || field === 12 || field === 14;
    if ((isCount && wireType === VARINT) || (field === 16 && wireType === FIXED32)) {
      return this.#skipField(tag, this.#at, end);
    }
    return this.#skipUnknown(tag, this.#at, end, 16);
  }

  #readEvent(from: number, end: number): void {
    this.#message = 'events';
    const bytes = this.#bytes;
    let at = from;
    while (at < end) {
      const tag = this.#varint(at, end);
      at = this.#at;
      if (tag === 0x12 || tag === 0x1a) {
        const length = this.#length(at, end);
        at = this.#at;
        if (tag === 0x1a) this.#readAttribute(at, at + length, OWNER.event);
        else this.#writer.scan(PLACE.eventName, bytes, at, at + length);
        at += length;
      } else if (tag === 0x09) {
        at = this.#skipField(tag, at, end);
      } else {
        at = this.#skipUnknown(tag, at, end, 4, VARINT);
      }
    }
    this.#message = '';
  }

  #readLink(from: number, end: number): void {
    this.#message = 'links';
    const words = this.#writer.addLink();
    const { linkIds } = this.#table;
    linkIds.fill(0, words, words + 6);
    let hasTraceId = false;
    let hasSpanId = false;
    let at = from;
    while (at < end) {
      const tag = this.#varint(at, end);
      at = this.#at;
      if (tag === 0x0a || tag === 0x12 || tag === 0x1a || tag === 0x22) {
        const length = this.#length(at, end);
        at = this.#at;
        if (tag === 0x0a) hasTraceId = length === 16 && copyId(this.#view, at, linkIds, words, 4);
        else if (tag === 0x12) hasSpanId = length === 8 && copyId(this.#view, at, linkIds, words + 4, 2);
        else if (tag === 0x22) this.#readAttribute(at, at + length, OWNER.link);
        else this.#writer.scan(PLACE.traceState, this.#bytes, at, at + length);
        at += length;
      } else {
        at = tag === 0x35 ? this.#skipField(tag, at, end) : this.#skipUnknown(tag, at, end, 6, VARINT);
      }
    }
    if (!hasTraceId || !hasSpanId) this.#writer.dropLink();
    this.#message = '';
  }

  #readStatus(from: number, end: number, row: number): void {
    this.#message = 'status';
    let at = from;
    while (at < end) {
      const tag = this.#varint(at, end);
      at = this.#at;
      if (tag === 0x18) {
        const code = this.#varint(at, end);
        at = this.#at;
        this.#table.statuses[row] = code <= 2 ? code : 0;
      } else if (tag === 0x12) {
        const length = this.#length(at, end);
        at = this.#at;
        this.#writer.scan(PLACE.statusMessage, this.#bytes, at, at + length);
        at += length;
      } else {
        // Field 1 was a deprecated status code.
        at = tag === 0x08 ? this.#skipField(tag, at, end) : this.#skipUnknown(tag, at, end, 3);
      }
    }
    this.#message = '';
  }

  /** A `KeyValue`: nearly always the key, then a value of one field. All else goes the long way. */
  #readAttribute(from: number, end: number, owner: Owner): void {
    const bytes = this.#bytes;
    const keyStart = from + 2;
    if (keyStart < end && bytes[from] === 0x0a) {
      const keyEnd = keyStart + bytes[from + 1]!;
      // A key below 128 bytes, then the value, and in it at least a tag and one more byte.
      if (bytes[from + 1]! < 0x80 && keyEnd + 3 < end && bytes[keyEnd] === 0x12) {
        let valueLength = bytes[keyEnd + 1]!;
        let valueStart = keyEnd + 2;
        if (valueLength >= 0x80) valueLength = (valueLength & 0x7f) | (bytes[valueStart++]! << 7);
        if (valueStart + valueLength === end && bytes[valueStart - 1]! < 0x80) {
          const key = this.#writer.keys.find(bytes, this.#view, keyStart, keyEnd);
          if ((key.plainOwners & (1 << owner)) !== 0) {
            if (holdsNoCard(bytes, valueStart, end)) return;
          } else if (owner === OWNER.span && key.isKeptPlainly && this.#keepSimple(key, valueStart, end)) {
            return;
          }
          if (key.hits.length > 0) this.#writer.addEvidence(PLACE.attributeKey, key.hits);
          this.#readValue(owner, key, valueStart, end);
          return;
        }
      }
    }
    this.#readOddAttribute(from, end, owner);
  }

  /** Keeps one short string without card data, or a small number. False, and nothing done, for all other values. */
  #keepSimple(key: KnownKey, from: number, end: number): boolean {
    const bytes = this.#bytes;
    const writer = this.#writer;
    let valueId = 0;
    if (bytes[from] === 0x0a) {
      if (bytes[from + 1]! >= 0x80 || bytes[from + 1] !== end - from - 2) return false;
      valueId = writer.cleanValue(key.attribute, bytes, from + 2, end);
    } else if (bytes[from] === 0x18 && from + 3 === end && bytes[end - 1]! < 0x80 && bytes[from + 1]! >= 0x80) {
      valueId = writer.internInteger((bytes[from + 1]! & 0x7f) | (bytes[from + 2]! << 7));
    } else if (holdsNoCard(bytes, from, end)) {
      valueId = writer.internInteger(this.#varint(from + 1, end));
    }
    if (valueId === 0) return false;
    writer.keep(key.attribute, key.rank, valueId);
    return true;
  }

  /** A `KeyValue` with its fields in any order and number: the last key counts, values merge. */
  #readOddAttribute(from: number, end: number, owner: Owner): void {
    let keyStart = 0;
    let keyEnd = 0;
    const values: number[] = [];
    let at = from;
    while (at < end) {
      const tag = this.#varint(at, end);
      at = this.#at;
      if (tag === 0x0a || tag === 0x12) {
        const length = this.#length(at, end);
        at = this.#at;
        if (tag === 0x0a) {
          keyStart = at;
          keyEnd = at + length;
        } else {
          values.push(at, at + length);
        }
        at += length;
      } else {
        at = this.#skipUnknown(tag, at, end, 2);
      }
    }
    const key = this.#writer.findKey(this.#bytes, keyStart, keyEnd);
    if (key.hits.length > 0) this.#writer.addEvidence(PLACE.attributeKey, key.hits);
    for (let value = 0; value < values.length; value += 2) {
      this.#readValue(owner, key, values[value]!, values[value + 1]!);
    }
  }

  /** An `AnyValue`: nearly always one string or one small number. */
  #readValue(owner: Owner, key: KnownKey, from: number, end: number): void {
    const bytes = this.#bytes;
    const tag = bytes[from];
    if (tag === 0x0a && from + 2 <= end) {
      let length = bytes[from + 1]!;
      let start = from + 2;
      if (length >= 0x80 && start < end) length = (length & 0x7f) | (bytes[start++]! << 7);
      if (start + length === end && bytes[start - 1]! < 0x80) {
        this.#writer.addText(owner, key, bytes, start, end);
        return;
      }
    } else if (tag === 0x18) {
      const first = bytes[from + 1]!;
      if (from + 2 === end && first < 0x80) {
        this.#writer.addInteger(owner, key, first);
        return;
      }
      const second = bytes[from + 2]!;
      if (from + 3 === end && first >= 0x80 && second < 0x80) {
        this.#writer.addInteger(owner, key, (first & 0x7f) | (second << 7));
        return;
      }
      const third = bytes[from + 3]!;
      if (from + 4 === end && first >= 0x80 && second >= 0x80 && third < 0x80) {
        this.#writer.addInteger(owner, key, (first & 0x7f) | ((second & 0x7f) << 7) | (third << 14));
        return;
      }
    }
    this.#readAnyValue(owner, key, from, end);
  }

  #readAnyValue(owner: Owner, key: KnownKey, from: number, end: number): void {
    const writer = this.#writer;
    const bytes = this.#bytes;
    let at = from;
    while (at < end) {
      const tag = this.#varint(at, end);
      at = this.#at;
      switch (tag) {
        case 0x0a: {
          const length = this.#length(at, end);
          at = this.#at;
          writer.addText(owner, key, bytes, at, at + length);
          at += length;
          break;
        }
        case 0x10:
          writer.addBoolean(owner, key, this.#varint(at, end) !== 0);
          at = this.#at;
          break;
        case 0x18:
          this.#varint(at, end);
          at = this.#at;
          if (this.#high === 0) writer.addInteger(owner, key, this.#low >>> 0);
          else writer.addNumberText(owner, key, int64Text(this.#low, this.#high));
          break;
        case 0x21:
          this.#fixed64(at, end);
          at += 8;
          writer.addDouble(owner, key, doubleOfWords(this.#low, this.#high));
          break;
        case 0x2a:
        case 0x32: {
          const length = this.#length(at, end);
          at = this.#at;
          this.#scanNested(key, tag === 0x2a ? ARRAY_VALUE : KEY_VALUE_LIST, at, at + length);
          at += length;
          break;
        }
        case 0x3a: {
          const length = this.#length(at, end);
          at = this.#at;
          writer.scan(key, bytes, at, at + length);
          at += length;
          break;
        }
        default:
          at = this.#skipUnknown(tag, at, end, 7);
      }
    }
  }

  /** Looks for card data in an array or a list of key-values. Iterative: a level is an entry of the three stacks. */
  #scanNested(place: KnownKey, kindOfTop: number, from: number, topEnd: number): void {
    const writer = this.#writer;
    const bytes = this.#bytes;
    const kinds = [kindOfTop];
    const ends = [topEnd];
    const nearestKeys = [place];
    let valueDepth = 1;
    let at = from;
    while (kinds.length > 0) {
      const kind = kinds.at(-1)!;
      const end = ends.at(-1)!;
      const nearest = nearestKeys.at(-1)!;
      if (at >= end) {
        if (kind === ANY_VALUE) valueDepth--;
        kinds.pop();
        ends.pop();
        nearestKeys.pop();
        continue;
      }
      const tag = this.#varint(at, end);
      at = this.#at;
      const isText = tag === 0x0a && (kind === ANY_VALUE || kind === KEY_VALUE);
      if (isText || (tag === 0x3a && kind === ANY_VALUE)) {
        const length = this.#length(at, end);
        at = this.#at;
        if (kind === KEY_VALUE) {
          const key = writer.findKey(bytes, at, at + length);
          if (key.hits.length > 0) writer.addEvidence(place, key.hits);
          if (length > 0) nearestKeys[nearestKeys.length - 1] = key;
        } else {
          writer.scanNested(place, nearest, bytes, at, at + length);
        }
        at += length;
      } else if (kind === ANY_VALUE && tag === 0x18) {
        this.#varint(at, end);
        at = this.#at;
        writer.scanNumberText(place, nearest, int64Text(this.#low, this.#high));
      } else if (kind === ANY_VALUE && tag === 0x21) {
        this.#fixed64(at, end);
        at += 8;
        writer.scanNestedDouble(place, nearest, doubleOfWords(this.#low, this.#high));
      } else if (kind === ANY_VALUE && tag === 0x10) {
        this.#varint(at, end);
        at = this.#at;
      } else {
        const childKind = childKindOf(kind, tag);
        if (childKind === NO_CHILD) {
          at = this.#skipUnknown(tag, at, end, LAST_FIELDS[kind]!);
          continue;
        }
        const length = this.#length(at, end);
        at = this.#at;
        if (childKind === ANY_VALUE && ++valueDepth > DEEPEST_VALUE) {
          valueDepth--;
          writer.addProblem(
            'value-too-deep',
            `attribute values nested over ${String(DEEPEST_VALUE)} deep were not read`,
          );
          at += length;
          continue;
        }
        kinds.push(childKind);
        ends.push(at + length);
        nearestKeys.push(nearest);
      }
    }
  }

  /** Passes over a field that is not read; fields up to `lastField` are known, so there only `allowedWireType` is right. */
  #skipUnknown(tag: number, at: number, end: number, lastField: number, allowedWireType = -1): number {
    if (Math.floor(tag / 8) <= lastField && (tag & 7) !== allowedWireType && tag >= 8) {
      throw this.#malformed(at, 'a wrong wire type');
    }
    return this.#skipField(tag, at, end);
  }

  #skipField(firstTag: number, from: number, end: number): number {
    let tag = firstTag;
    let at = from;
    /** Fields of the groups that are open. */
    const groups: number[] = [];
    for (;;) {
      const field = Math.floor(tag / 8);
      if (field === 0 || tag > 0xffff_ffff) throw this.#malformed(at, 'an impossible field number');
      switch (tag & 7) {
        case VARINT:
          this.#varint(at, end);
          at = this.#at;
          break;
        case FIXED64:
          at += 8;
          break;
        case LENGTH_DELIMITED: {
          const length = this.#length(at, end);
          at = this.#at + length;
          break;
        }
        case GROUP_START:
          groups.push(field);
          break;
        case GROUP_END:
          if (groups.pop() !== field) throw this.#malformed(at, 'the end of a group that was not begun');
          break;
        case FIXED32:
          at += 4;
          break;
        default:
          throw this.#malformed(at, 'an unknown wire type');
      }
      if (at > end) throw this.#malformed(at, 'a field beyond the end of its message');
      if (groups.length === 0) return at;
      tag = this.#varint(at, end);
      at = this.#at;
    }
  }

  #length(at: number, end: number): number {
    const length = this.#varint(at, end);
    if (length > end - this.#at) throw this.#malformed(this.#at, 'a length beyond the end');
    return length | 0;
  }

  #fixed64(at: number, end: number): void {
    if (at + 8 > end) throw this.#malformed(at, 'a number beyond the end');
    this.#low = this.#view.getInt32(at, true);
    this.#high = this.#view.getInt32(at + 4, true);
  }

  /** The varint at `at`, exact in `#low` and `#high`, rounded above 2^53 as the result; where it ended goes to `#at`. */
  #varint(from: number, end: number): number {
    const bytes = this.#bytes;
    let at = from;
    if (at >= end) throw this.#malformed(at, 'a truncated number');
    let byte = bytes[at++]!;
    if (byte < 0x80) {
      this.#at = at;
      this.#low = byte;
      this.#high = 0;
      return byte;
    }
    let low = byte & 0x7f;
    let high = 0;
    for (let shift = 7; ; shift += 7) {
      if (at >= end) throw this.#malformed(at, 'a truncated number');
      if (shift > 63) throw this.#malformed(at, 'a number of more than ten bytes');
      byte = bytes[at++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else {
        high |= bits << (shift - 32);
      }
      if (byte < 0x80) break;
    }
    this.#at = at;
    this.#low = low;
    this.#high = high;
    // Only large numbers pay for floating point: were all results made by it, V8 would do all sums of positions in it too.
    return high === 0 && low >= 0 ? low : (high >>> 0) * 4_294_967_296 + (low >>> 0);
  }

  #malformed(at: number, what: string): MalformedInputError {
    let path = '';
    if (this.#resourceIndex >= 0) path += `resource_spans[${String(this.#resourceIndex)}].`;
    if (this.#scopeIndex >= 0) path += `scope_spans[${String(this.#scopeIndex)}].`;
    if (this.#spanIndex >= 0) path += `spans[${String(this.#spanIndex)}].`;
    path = (path + this.#message).replace(/\.$/, '') || 'request';
    return new MalformedInputError(`OTLP protobuf: ${what} in ${path} at byte ${String(at)}`);
  }
}

/**
 * Whether an `AnyValue` is one well-formed string below 128 bytes without a card number, or a number too small for one. That
 * is most of them.
 */
function holdsNoCard(bytes: Uint8Array, from: number, end: number): boolean {
  const tag = bytes[from];
  if (tag === 0x0a) {
    return end === from + 2 + bytes[from + 1]! && bytes[from + 1]! < 0x80 && !mayHoldCardNumber(bytes, from + 2, end);
  }
  // Five bytes of a varint hold 35 bits, eleven digits at most.
  if (tag !== 0x18 || end - from > 6 || end - from < 2 || bytes[end - 1]! >= 0x80) return false;
  for (let at = from + 1; at < end - 1; at++) if (bytes[at]! < 0x80) return false;
  return true;
}

const READER = new OtlpProtobufReader();
const NO_CHILD = -1;
/** Highest field number of each kind of level. */
const LAST_FIELDS = [7, 1, 1, 2] as const;

function childKindOf(kind: number, tag: number): number {
  if (kind === ANY_VALUE) return tag === 0x2a ? ARRAY_VALUE : tag === 0x32 ? KEY_VALUE_LIST : NO_CHILD;
  if (kind === ARRAY_VALUE) return tag === 0x0a ? ANY_VALUE : NO_CHILD;
  if (kind === KEY_VALUE_LIST) return tag === 0x0a ? KEY_VALUE : NO_CHILD;
  return tag === 0x12 ? ANY_VALUE : NO_CHILD;
}

/** Copies an id of `wordCount` words in big-endian order; false if it is all zeros. */
function copyId(view: DataView, at: number, words: Uint32Array, offset: number, wordCount: number): boolean {
  let anyBit = 0;
  for (let word = 0; word < wordCount; word++) {
    const value = view.getInt32(at + word * 4);
    words[offset + word] = value;
    anyBit |= value;
  }
  return anyBit !== 0;
}
