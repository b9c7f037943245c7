import type { Problem } from '../../analyzer/model/analysis.ts';
import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { decodeUtf8, encodeUtf8, plainBytes, viewOf } from '../../analyzer/model/string-table.ts';
import { decodeBase64 } from './base64.ts';
import { type Decoded, MalformedInputError } from './contract.ts';
import { FIELD, fieldOf, MISSPELT } from './otlp-json-fields.ts';
import { JsonScanner, STOPS_STRING } from './json-scanner.ts';
import { kindOfName, statusOfName } from './otlp-names.ts';
import { writeBase64Id, writeHexDigits } from './otlp-json-ids.ts';
import { type KnownKey, NO_KEY, type Owner, OWNER } from './known-keys.ts';
import { PLACE, problemList, SpanWriter } from './span-writer.ts';

export interface OtlpJsonOptions {
  /**
   * To the letter of the OTLP specification, for the receiver: ids only as 32 and 16 hex digits, enums only as numbers;
   * a span with others is rejected. Files come from elsewhere too, so by default ids in base64 and names of enums are read.
   */
  readonly strict?: boolean;
}

/**
 * Reads an `ExportTraceServiceRequest` in JSON, members in any order. Nothing is built that is not kept; strings are
 * unescaped only if they are looked at. Also reads what a Tempo query answers (`batches`, `trace`) and the scopes of OTLP
 * before 0.15 (`instrumentationLibrarySpans`). A list that stands twice in one object is joined, as protobuf would.
 *
 * Throws `MalformedInputError`, naming the place and the byte, if it is not JSON or not of this shape.
 */
export function decodeOtlpJson(bytes: Uint8Array, table: SpanTable, options: OtlpJsonOptions = {}): Decoded {
  return READER.read(bytes, 0, bytes.length, table, options.strict === true);
}

/**
 * Reads JSON lines: one request a line, empty lines passed over. A broken line is a problem that names it; the others count.
 */
export function decodeOtlpJsonLines(bytes: Uint8Array, table: SpanTable, options: OtlpJsonOptions = {}): Decoded {
  const problems = new Map<string, { message: string; count: number }>();
  let spanCount = 0;
  let rejectedCount = 0;
  let lineNumber = 0;
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    lineNumber++;
    if (!isBlank(bytes, start, end)) {
      try {
        const line = READER.read(bytes, start, end, table, options.strict === true);
        spanCount += line.spanCount;
        rejectedCount += line.rejectedCount;
        for (const problem of line.problems) addProblem(problems, problem);
      } catch (error) {
        if (!(error instanceof MalformedInputError)) throw error;
        const known = problems.get('malformed-line');
        const message =
          known?.message ?? `lines were left out, the first of them line ${String(lineNumber)}: ${error.message}`;
        addProblem(problems, { kind: 'malformed-line', message, count: 1 });
      }
    }
    start = end + 1;
  }
  return { spanCount, rejectedCount, problems: problemList(problems) };
}

const NEWLINE = 0x0a;

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! > 0x20) return false;
  return true;
}

function addProblem(problems: Map<string, { message: string; count: number }>, problem: Problem): void {
  const known = problems.get(problem.kind);
  if (known === undefined) problems.set(problem.kind, { message: problem.message, count: problem.count });
  else known.count += problem.count;
}

/** What the last `AnyValue` was. */
const NOTHING = 0;
const TEXT = 1;
const INTEGER = 2;
const DOUBLE = 3;
const BOOLEAN = 4;
const NESTED = 5;
const BYTES = 6;

const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The fixed parts of an attribute as the words they are read as. */
const WORD = {
  '{"ke': wordOf('{"ke'),
  'y":"': wordOf('y":"'),
  '","v': wordOf('","v'),
  alue: wordOf('alue'),
  '":{"': wordOf('":{"'),
  stri: wordOf('stri'),
  ngVa: wordOf('ngVa'),
  'lue"': wordOf('lue"'),
  intV: wordOf('intV'),
} as const;

function wordOf(text: string): number {
  return viewOf(encodeUtf8(text)).getInt32(0, true);
}

/** As in protobuf: values nested deeper are passed over. */
const DEEPEST_VALUE = 64;

class OtlpJsonReader {
  readonly #json = new JsonScanner();
  readonly #writer = new SpanWriter();
  #table = this.#writer.table;
  #isStrict = false;
  #resourceIndex = -1;
  #scopeIndex = -1;
  #spanIndex = -1;
  /** Where the last located value is, and what of it. */
  #valueKind = NOTHING;
  #valueStart = 0;
  #valueEnd = 0;
  #valueHasEscapes = false;
  #valueIsTrue = false;

  read(input: Uint8Array, start: number, end: number, table: SpanTable, isStrict: boolean): Decoded {
    const bytes = plainBytes(input);
    this.#json.begin(bytes, start, end);
    this.#writer.begin(table, bytes);
    this.#table = table;
    this.#isStrict = isStrict;
    this.#resourceIndex = this.#scopeIndex = this.#spanIndex = -1;
    try {
      this.#readRequest(true);
      if (this.#json.peek() !== -1) throw this.#json.malformed('more after the end');
      return this.#writer.finish();
    } catch (error) {
      this.#writer.abandon();
      throw error instanceof MalformedInputError ? this.#withPlace(error) : error;
    } finally {
      this.#json.letGo();
      this.#table = this.#writer.table;
    }
  }

  #readRequest(isTop: boolean): void {
    const json = this.#json;
    if (json.openObject()) {
      do {
        json.readName();
        const field = this.#field();
        if (json.skipNull()) continue;
        if (field === FIELD.resourceSpans || field === FIELD.batches) {
          if (json.openArray()) {
            do {
              this.#resourceIndex++;
              this.#readResourceSpans();
            } while (json.moreElements());
          }
          this.#resourceIndex = -1;
        } else if (field === FIELD.trace && isTop) {
          this.#readRequest(false);
        } else {
          this.#skipUnknown(field);
        }
      } while (json.moreMembers());
    }
  }

  #readResourceSpans(): void {
    const json = this.#json;
    this.#writer.beginBlock();
    this.#scopeIndex = -1;
    if (json.openObject()) {
      do {
        json.readName();
        const field = this.#field();
        if (json.skipNull()) continue;
        if (field === FIELD.resource) {
          if (json.openObject()) {
            do {
              json.readName();
              if (this.#field() === FIELD.attributes) this.#readAttributes(OWNER.resource);
              else json.skipValue();
            } while (json.moreMembers());
          }
        } else if (field === FIELD.scopeSpans || field === FIELD.instrumentationLibrarySpans) {
          if (json.openArray()) {
            do {
              this.#scopeIndex++;
              this.#readScopeSpans();
            } while (json.moreElements());
          }
        } else if (field === FIELD.schemaUrl) {
          this.#scanText(PLACE.schemaUrl);
        } else {
          this.#skipUnknown(field);
        }
      } while (json.moreMembers());
    }
    this.#scopeIndex = -1;
    this.#writer.endBlock();
  }

  #readScopeSpans(): void {
    const json = this.#json;
    this.#spanIndex = -1;
    if (json.openObject()) {
      do {
        json.readName();
        const field = this.#field();
        if (json.skipNull()) continue;
        if (field === FIELD.spans) {
          if (json.openArray()) {
            do {
              this.#spanIndex++;
              this.#readSpan();
            } while (json.moreElements());
          }
        } else if (field === FIELD.scope || field === FIELD.instrumentationLibrary) {
          this.#readScope();
        } else if (field === FIELD.schemaUrl) {
          this.#scanText(PLACE.schemaUrl);
        } else {
          this.#skipUnknown(field);
        }
      } while (json.moreMembers());
    }
    this.#spanIndex = -1;
  }

  #readScope(): void {
    const json = this.#json;
    if (json.openObject()) {
      do {
        json.readName();
        const field = this.#field();
        if (field === FIELD.attributes) this.#readAttributes(OWNER.scope);
        else if (field === FIELD.name) this.#scanText(PLACE.scopeName);
        else if (field === FIELD.version) this.#scanText(PLACE.scopeVersion);
        else json.skipValue();
      } while (json.moreMembers());
    }
  }

  #readSpan(): void {
    const json = this.#json;
    const writer = this.#writer;
    const table = this.#table;
    const row = writer.beginSpan();
    let startUs = 0;
    let endUs = 0;
    let hasTraceId = false;
    let hasSpanId = false;
    let hasGoodParentId = true;
    let hasGoodEnums = true;
    if (json.openObject()) {
      do {
        json.readName();
        const field = this.#field();
        switch (field) {
          case FIELD.traceId:
            hasTraceId = this.#readId(table.traceIds, row * 4, 4);
            break;
          case FIELD.spanId:
            hasSpanId = this.#readId(table.spanIds, row * 2, 2);
            break;
          case FIELD.parentSpanId:
            hasGoodParentId = this.#readParentId(row);
            break;
          case FIELD.traceState:
            if (this.#readText()) writer.setTraceState(json.text, json.textStart, json.textEnd);
            break;
          case FIELD.name:
            if (this.#readText()) writer.setName(json.text, json.textStart, json.textEnd);
            break;
          case FIELD.kind: {
            const kind = this.#readEnum(kindOfName);
            if (kind === undefined) hasGoodEnums = false;
            else table.kinds[row] = kind <= 5 ? kind : 0;
            break;
          }
          case FIELD.startTimeUnixNano:
            startUs = this.#readNanoseconds();
            break;
          case FIELD.endTimeUnixNano:
            endUs = this.#readNanoseconds();
            break;
          case FIELD.attributes:
            this.#readAttributes(OWNER.span);
            break;
          case FIELD.events:
            this.#readEvents();
            break;
          case FIELD.links:
            this.#readLinks();
            break;
          case FIELD.status:
            if (!this.#readStatus(row)) hasGoodEnums = false;
            break;
          default:
            this.#skipUnknown(field);
        }
      } while (json.moreMembers());
    }
    if (!hasTraceId || !hasSpanId || !hasGoodParentId) {
      writer.rejectSpan(
        'invalid-id',
        'spans without a trace id of 16 bytes and a span id of 8 bytes, not all zeros, were left out',
      );
    } else if (!hasGoodEnums) {
      writer.rejectSpan('invalid-enum', 'spans whose kind or status code is not given as a number were left out');
    } else {
      writer.endSpan(startUs, endUs);
    }
  }

  #readEvents(): void {
    const json = this.#json;
    if (json.skipNull() || !json.openArray()) return;
    do {
      if (!json.openObject()) continue;
      do {
        json.readName();
        const field = this.#field();
        if (field === FIELD.attributes) this.#readAttributes(OWNER.event);
        else if (field === FIELD.name) this.#scanText(PLACE.eventName);
        else json.skipValue();
      } while (json.moreMembers());
    } while (json.moreElements());
  }

  #readLinks(): void {
    const json = this.#json;
    if (json.skipNull() || !json.openArray()) return;
    do {
      const words = this.#writer.addLink();
      const { linkIds } = this.#table;
      linkIds.fill(0, words, words + 6);
      let hasTraceId = false;
      let hasSpanId = false;
      if (json.openObject()) {
        do {
          json.readName();
          const field = this.#field();
          if (field === FIELD.traceId) hasTraceId = this.#readId(linkIds, words, 4);
          else if (field === FIELD.spanId) hasSpanId = this.#readId(linkIds, words + 4, 2);
          else if (field === FIELD.attributes) this.#readAttributes(OWNER.link);
          else if (field === FIELD.traceState) this.#scanText(PLACE.traceState);
          else json.skipValue();
        } while (json.moreMembers());
      }
      if (!hasTraceId || !hasSpanId) this.#writer.dropLink();
    } while (json.moreElements());
  }

  /** False if the code is given in a way that is not allowed. */
  #readStatus(row: number): boolean {
    const json = this.#json;
    let isGood = true;
    if (json.skipNull() || !json.openObject()) return true;
    do {
      json.readName();
      const field = this.#field();
      if (field === FIELD.code) {
        const code = this.#readEnum(statusOfName);
        if (code === undefined) isGood = false;
        else this.#table.statuses[row] = code <= 2 ? code : 0;
      } else if (field === FIELD.message) {
        this.#scanText(PLACE.statusMessage);
      } else {
        json.skipValue();
      }
    } while (json.moreMembers());
    return isGood;
  }

  #readAttributes(owner: Owner): void {
    const json = this.#json;
    if (json.skipNull() || !json.openArray()) return;
    do {
      if (json.bytes[json.at] !== OPEN_BRACE) json.peek();
      this.#readAttribute(owner);
    } while (json.moreElements());
  }

  #readAttribute(owner: Owner): void {
    if (!this.#readUsualAttribute(owner)) this.#readAnyAttribute(owner);
  }

  /**
   * An attribute as encoders write it: `{"key":"…","value":{"stringValue":"…"}}` or an `intValue`, no white space, no
   * escapes. Its fixed parts are compared four bytes at a time. False, and nothing consumed, if it is anything else.
   */
  #readUsualAttribute(owner: Owner): boolean {
    const json = this.#json;
    const { bytes, view, end } = json;
    let at = json.at;
    // The shortest has 35 bytes: what is read without a further look is within them.
    if (at + 35 > end || view.getInt32(at, true) !== WORD['{"ke'] || view.getInt32(at + 4, true) !== WORD['y":"']) {
      return false;
    }
    const keyStart = at + 8;
    at = keyStart;
    while (STOPS_STRING[bytes[at]!] === 0) at++;
    const keyEnd = at;
    if (
      at + 27 > end ||
      view.getInt32(at, true) !== WORD['","v'] ||
      view.getInt32(at + 4, true) !== WORD.alue ||
      view.getInt32(at + 8, true) !== WORD['":{"']
    ) {
      return false;
    }
    const type = view.getInt32(at + 12, true);
    let valueStart: number;
    let integer = 0;
    if (
      type === WORD.stri &&
      view.getInt32(at + 16, true) === WORD.ngVa &&
      view.getInt32(at + 20, true) === WORD['lue"'] &&
      bytes[at + 24] === COLON &&
      bytes[at + 25] === QUOTE
    ) {
      valueStart = at + 26;
      at = valueStart;
      while (STOPS_STRING[bytes[at]!] === 0) at++;
      if (bytes[at] !== QUOTE) return false;
    } else if (
      type === WORD.intV &&
      view.getInt32(at + 16, true) === WORD.alue &&
      bytes[at + 20] === QUOTE &&
      bytes[at + 21] === COLON
    ) {
      const isQuoted = bytes[at + 22] === QUOTE;
      valueStart = at + (isQuoted ? 23 : 22);
      at = valueStart;
      for (; bytes[at]! >= 0x30 && bytes[at]! <= 0x39; at++) integer = integer * 10 + bytes[at]! - 0x30;
      // More digits go the long way, and so do the leading zeros that JSON does not allow.
      if (at === valueStart || at - valueStart > 15 || (bytes[valueStart] === 0x30 && at - valueStart > 1))
        return false;
      if (!isQuoted) at--;
      else if (bytes[at] !== QUOTE) return false;
    } else {
      return false;
    }
    if (at + 3 > end || bytes[at + 1] !== CLOSE_BRACE || bytes[at + 2] !== CLOSE_BRACE) return false;
    json.at = at + 3;
    const key = this.#writer.findKey(bytes, keyStart, keyEnd);
    if (key.hits.length > 0) this.#writer.addEvidence(PLACE.attributeKey, key.hits);
    if (type === WORD.stri) this.#writer.addText(owner, key, bytes, valueStart, at);
    else this.#writer.addInteger(owner, key, integer);
    return true;
  }

  /** Key and value may come in either order, so the value is only located at first. */
  #readAnyAttribute(owner: Owner): void {
    const json = this.#json;
    let key = NO_KEY;
    this.#valueKind = NOTHING;
    if (json.openObject()) {
      do {
        json.readName();
        const field = this.#field();
        if (field === FIELD.key) {
          if (this.#readText()) key = this.#writer.findKey(json.text, json.textStart, json.textEnd);
        } else if (field === FIELD.value) {
          this.#locateValue();
        } else {
          json.skipValue();
        }
      } while (json.moreMembers());
    }
    if (key.hits.length > 0) this.#writer.addEvidence(PLACE.attributeKey, key.hits);
    this.#addValue(owner, key);
  }

  #locateValue(): void {
    const json = this.#json;
    this.#valueKind = NOTHING;
    if (json.skipNull() || !json.openObject()) return;
    do {
      json.readName();
      const field = this.#field();
      if (json.skipNull()) continue;
      switch (field) {
        case FIELD.stringValue:
          if (json.peek() !== QUOTE) throw json.malformed('a string value that is no string');
          json.readString();
          this.#located(TEXT);
          break;
        case FIELD.bytesValue:
          if (json.peek() !== QUOTE) throw json.malformed('a bytes value that is no string');
          json.readString();
          this.#located(BYTES);
          break;
        case FIELD.intValue:
        case FIELD.doubleValue:
          if (json.peek() === QUOTE) json.readString();
          else json.readNumber();
          this.#located(field === FIELD.intValue ? INTEGER : DOUBLE);
          break;
        case FIELD.boolValue:
          this.#valueIsTrue = json.readBoolean();
          this.#located(BOOLEAN);
          break;
        case FIELD.arrayValue:
        case FIELD.kvlistValue: {
          const start = json.at;
          json.skipValue();
          this.#located(NESTED);
          this.#valueStart = start;
          this.#valueEnd = json.at;
          break;
        }
        default:
          json.skipValue();
      }
    } while (json.moreMembers());
  }

  #located(kind: number): void {
    const json = this.#json;
    this.#valueKind = kind;
    this.#valueStart = json.textStart;
    this.#valueEnd = json.textEnd;
    this.#valueHasEscapes = json.hasEscapes;
  }

  #addValue(owner: Owner, key: KnownKey): void {
    const json = this.#json;
    const writer = this.#writer;
    switch (this.#valueKind) {
      case TEXT:
        if (this.#valueHasEscapes) this.#unescapeValue();
        else json.text = json.bytes;
        if (this.#valueHasEscapes) writer.addText(owner, key, json.text, json.textStart, json.textEnd);
        else writer.addText(owner, key, json.bytes, this.#valueStart, this.#valueEnd);
        break;
      case INTEGER:
        this.#addInteger(owner, key);
        break;
      case DOUBLE: {
        const text = this.#valueText();
        // More digits than a double has would be lost in it, and with them a card number.
        if (/^\d{16,20}$/.test(text)) writer.addNumberText(owner, key, text);
        else if (text.trim() === '' || (Number.isNaN(Number(text)) && text !== 'NaN')) this.#addBadNumber(key, text);
        else writer.addDouble(owner, key, Number(text));
        break;
      }
      case BOOLEAN:
        writer.addBoolean(owner, key, this.#valueIsTrue);
        break;
      case BYTES: {
        this.#unescapeValue();
        const bytes = decodeBase64(json.text, json.textStart, json.textEnd);
        if (bytes === undefined) writer.scan(key, json.text, json.textStart, json.textEnd);
        else writer.scan(key, bytes, 0, bytes.length);
        break;
      }
      case NESTED:
        this.#scanNested(key, this.#valueStart, this.#valueEnd);
        break;
    }
  }

  #addInteger(owner: Owner, key: KnownKey): void {
    const { bytes } = this.#json;
    let at = this.#valueStart;
    const end = this.#valueEnd;
    const isNegative = bytes[at] === 0x2d;
    if (isNegative) at++;
    let value = 0;
    if (end - at > 0 && end - at <= 15) {
      for (; at < end; at++) {
        const digit = bytes[at]! - 0x30;
        if (!(digit >= 0 && digit <= 9)) break;
        value = value * 10 + digit;
      }
      if (at === end) {
        this.#writer.addInteger(owner, key, isNegative && value !== 0 ? -value : value);
        return;
      }
    }
    const text = this.#valueText();
    if (/^-?\d+$/.test(text) && text.length <= LONGEST_INTEGER) {
      this.#writer.addNumberText(owner, key, BigInt(text).toString());
    } else if (/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) && Number.isSafeInteger(Number(text))) {
      this.#writer.addInteger(owner, key, Number(text));
    } else {
      this.#addBadNumber(key, text);
    }
  }

  #addBadNumber(key: KnownKey, text: string): void {
    this.#writer.scanNumberText(key, key, text);
    this.#writer.addProblem('invalid-number', 'attribute values that are not the number they should be were left out');
  }

  #unescapeValue(): void {
    const json = this.#json;
    json.textStart = this.#valueStart;
    json.textEnd = this.#valueEnd;
    json.hasEscapes = this.#valueHasEscapes;
    json.unescape();
  }

  #valueText(): string {
    this.#unescapeValue();
    return decodeUtf8(this.#json.text, this.#json.textStart, this.#json.textEnd);
  }

  /**
   * Looks for card data in an array or a list of key-values that is known to be JSON: every string and number in it is
   * looked at, in the context of the nearest key. A loop over its tokens.
   */
  #scanNested(place: KnownKey, from: number, to: number): void {
    const json = this.#json;
    const writer = this.#writer;
    const { bytes } = json;
    const after = json.at;
    const nearestKeys = [place];
    /** Nested arrays and lists that each level is in. */
    const valueDepths = [0];
    let field: number = FIELD.unknown;
    json.at = from;
    field = FIELD.arrayValue;
    while (json.at < to) {
      const byte = json.peek();
      const nearest = nearestKeys.at(-1)!;
      if (byte === QUOTE) {
        json.readString();
        if (json.at < to && json.peek() === COLON) {
          json.at++;
          field = this.#field();
          continue;
        }
        json.unescape();
        if (field === FIELD.key) {
          // An empty key is the default, which protobuf does not write.
          field = FIELD.unknown;
          if (json.textStart === json.textEnd) continue;
          const key = writer.findKey(json.text, json.textStart, json.textEnd);
          if (key.hits.length > 0) writer.addEvidence(place, key.hits);
          nearestKeys[nearestKeys.length - 1] = key;
        } else {
          const decoded =
            field === FIELD.bytesValue ? decodeBase64(json.text, json.textStart, json.textEnd) : undefined;
          if (decoded === undefined) writer.scanNested(place, nearest, json.text, json.textStart, json.textEnd);
          else writer.scanNested(place, nearest, decoded, 0, decoded.length);
        }
      } else if (byte === 0x7b || byte === 0x5b) {
        const isValue = byte === 0x7b && (field === FIELD.arrayValue || field === FIELD.kvlistValue);
        const depth = valueDepths.at(-1)! + (isValue ? 1 : 0);
        if (depth >= DEEPEST_VALUE) {
          writer.addProblem(
            'value-too-deep',
            `attribute values nested over ${String(DEEPEST_VALUE)} deep were not read`,
          );
          json.skipValue();
        } else {
          json.at++;
          nearestKeys.push(nearest);
          valueDepths.push(depth);
        }
      } else if (byte === 0x7d || byte === 0x5d) {
        json.at++;
        nearestKeys.pop();
        valueDepths.pop();
      } else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
        json.readNumber();
        writer.scanNumberText(place, nearest, decodeUtf8(bytes, json.textStart, json.textEnd));
      } else {
        // Commas, and the letters of true, false and null.
        json.at++;
        continue;
      }
      field = FIELD.unknown;
    }
    json.at = after;
  }

  /** Passes over a field that is not read, and says so if it is only misspelt. */
  #skipUnknown(field: number): void {
    const hint = MISSPELT.get(field);
    if (hint !== undefined) this.#writer.addProblem('unknown-field', hint);
    this.#json.skipValue();
  }

  /** Which field the last name is; names with escapes are resolved first. */
  #field(): number {
    const json = this.#json;
    if (!json.hasEscapes) return fieldOf(json.bytes, json.textStart, json.textEnd);
    json.unescape();
    return fieldOf(json.text, json.textStart, json.textEnd);
  }

  /** A string, unescaped; false for null. */
  #readText(): boolean {
    const json = this.#json;
    if (json.peek() !== QUOTE) {
      if (json.skipNull()) return false;
      throw json.malformed('something other than a string');
    }
    json.readString();
    json.unescape();
    return true;
  }

  #scanText(place: KnownKey): void {
    const json = this.#json;
    if (this.#readText()) this.#writer.scan(place, json.text, json.textStart, json.textEnd);
  }

  /** An id; false if it is missing, malformed or all zeros. */
  #readId(words: Uint32Array, offset: number, wordCount: number): boolean {
    const json = this.#json;
    if (!this.#readText()) return false;
    if (writeHexDigits(json.text, json.textStart, json.textEnd, words, offset, wordCount)) {
      return hasBits(words, offset, wordCount);
    }
    if (this.#isStrict || json.textStart === json.textEnd) return false;
    const isExact = writeBase64Id(json.text, json.textStart, json.textEnd, words, offset, wordCount);
    if (isExact === undefined) return false;
    if (!isExact) this.#writer.addProblem('odd-id-length', 'ids of a wrong length were brought to the right one');
    return hasBits(words, offset, wordCount);
  }

  /** No parent where it is empty or all zeros; false if it is malformed. */
  #readParentId(row: number): boolean {
    const json = this.#json;
    const { parentIds } = this.#table;
    parentIds[row * 2] = parentIds[row * 2 + 1] = 0;
    if (json.peek() === QUOTE && json.bytes[json.at + 1] === QUOTE) {
      json.at += 2;
      return true;
    }
    if (json.skipNull()) return true;
    if (this.#readId(parentIds, row * 2, 2)) return true;
    const isZeros = decodeUtf8(json.text, json.textStart, json.textEnd) === '0000000000000000';
    return isZeros || (!this.#isStrict && !hasBits(parentIds, row * 2, 2) && isAllZeroText(json));
  }

  /** Microseconds of a 64-bit number of nanoseconds in decimal: its last three digits fall away. 0 if it is none. */
  #readNanoseconds(): number {
    const json = this.#json;
    if (json.skipNull()) return 0;
    if (json.peek() === QUOTE) json.readString();
    else json.readNumber();
    const { bytes, textStart, textEnd } = json;
    let microseconds = 0;
    for (let at = textStart; at < textEnd; at++) {
      const digit = bytes[at]! - 0x30;
      if (!(digit >= 0 && digit <= 9)) return this.#readOddNanoseconds();
      if (at < textEnd - 3) microseconds = microseconds * 10 + digit;
    }
    return microseconds;
  }

  #readOddNanoseconds(): number {
    const json = this.#json;
    json.unescape();
    const nanoseconds = Number(decodeUtf8(json.text, json.textStart, json.textEnd));
    return nanoseconds > 0 && Number.isInteger(nanoseconds) ? Math.floor(nanoseconds / 1000) : 0;
  }

  /** A number, or a number in a string; a name only where that is allowed. `undefined` if it is neither. */
  #readEnum(valueOfName: (name: string) => number | undefined): number | undefined {
    const json = this.#json;
    if (json.skipNull()) return 0;
    if (json.peek() !== QUOTE) {
      json.readNumber();
      const value = Number(decodeUtf8(json.bytes, json.textStart, json.textEnd));
      return Number.isInteger(value) && value >= 0 ? value : 0;
    }
    this.#readText();
    const text = decodeUtf8(json.text, json.textStart, json.textEnd);
    if (/^\d+$/.test(text)) return Number(text);
    return this.#isStrict ? undefined : valueOfName(text);
  }

  #withPlace(error: MalformedInputError): MalformedInputError {
    let path = '';
    if (this.#resourceIndex >= 0) path += `resourceSpans[${String(this.#resourceIndex)}]`;
    if (this.#scopeIndex >= 0) path += `.scopeSpans[${String(this.#scopeIndex)}]`;
    if (this.#spanIndex >= 0) path += `.spans[${String(this.#spanIndex)}]`;
    return new MalformedInputError(`OTLP JSON: ${path === '' ? '' : `${path}: `}${error.message}`);
  }
}

/** A sign and the digits of a 64-bit number, with room for leading zeros. */
const LONGEST_INTEGER = 64;

function isAllZeroText(json: JsonScanner): boolean {
  for (let at = json.textStart; at < json.textEnd; at++) {
    const byte = json.text[at]!;
    // The digit 0, and A and = of zeros in base64.
    if (byte !== 0x30 && byte !== 0x41 && byte !== 0x3d) return false;
  }
  return true;
}

function hasBits(words: Uint32Array, offset: number, wordCount: number): boolean {
  for (let word = 0; word < wordCount; word++) if (words[offset + word] !== 0) return true;
  return false;
}

const READER = new OtlpJsonReader();
