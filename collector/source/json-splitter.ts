import type { TraceFormat } from '../decode/index.ts';
import type { OnRecord, RecordSplitter } from './record-splitter.ts';

/** The list whose elements are records of their own, by the way to it, and what makes a document of one element. */
const LISTS: Partial<Record<TraceFormat, { readonly way: RegExp; readonly before: string; readonly after: string }>> = {
  'otlp-json': { way: /^\{(trace\{)?(resourceSpans|batches)\[$/, before: '{"resourceSpans":[', after: ']}' },
  'jaeger-json': { way: /^(\{data)?\[$/, before: '{"data":[', after: ']}' },
  'zipkin-json': { way: /^\[$/, before: '[', after: ']' },
  'zipkin-v1-json': { way: /^\[$/, before: '[', after: ']' },
};

/** A splitter for one large document of JSON, undefined for a format that is none. */
export function jsonSplitter(format: TraceFormat): RecordSplitter | undefined {
  const list = LISTS[format];
  return list === undefined ? undefined : new JsonSplitter(format, list);
}

/** Follows brackets and strings only: what is broken inside an element is the decoder's to find. */
class JsonSplitter implements RecordSplitter {
  readonly format: TraceFormat;
  readonly #way: RegExp;
  readonly #before: Uint8Array;
  readonly #after: Uint8Array;
  /** The way to the open container, for each depth outside of elements. */
  readonly #ways = [''];
  #key = '';
  #elementNumber = 0;
  /** Of the input, at the start of the bytes that come next. */
  #offset = 0;
  /** How far the open element was looked through; 0 while none is open. */
  #scanned = 0;
  #depth = 0;
  #isInString = false;

  constructor(format: TraceFormat, list: { readonly way: RegExp; readonly before: string; readonly after: string }) {
    this.format = format;
    this.#way = list.way;
    this.#before = Buffer.from(list.before);
    this.#after = Buffer.from(list.after);
  }

  mayEndIn(): boolean {
    return true;
  }

  split(bytes: Uint8Array, onRecord: OnRecord): number {
    const used = this.#walk(bytes, onRecord);
    this.#offset += used;
    return used;
  }

  end(bytes: Uint8Array, onRecord: OnRecord): string | undefined {
    const used = this.split(bytes, onRecord);
    if (this.#ways.length === 1 && !bytes.subarray(used).some((byte) => byte > 0x20)) return undefined;
    return `the JSON is cut off, or brackets are missing after byte ${this.#offset}`;
  }

  #walk(bytes: Uint8Array, onRecord: OnRecord): number {
    let at = 0;
    while (at < bytes.length) {
      const byte = bytes[at]!;
      const isInList = this.#way.test(this.#ways.at(-1)!);
      if (isInList && byte !== COMMA && byte !== CLOSE_BRACKET && byte > 0x20) {
        const end = this.#endOfElement(bytes, at);
        if (end === -1) return at;
        const record = Buffer.concat([this.#before, bytes.subarray(at, end), this.#after]);
        onRecord(record, this.format, `record ${++this.#elementNumber} at byte ${this.#offset + at}`);
        at = end;
        continue;
      }
      if (byte === QUOTE) {
        const end = endOfString(bytes, at + 1);
        if (end >= bytes.length) return at;
        this.#key = end - at > LONGEST_KEY ? '' : Buffer.from(bytes.subarray(at + 1, end)).toString('latin1');
        at = end;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        this.#ways.push(this.#ways.length > DEEPEST ? '' : this.#ways.at(-1)! + this.#key + String.fromCharCode(byte));
        this.#key = '';
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (this.#ways.length > 1) this.#ways.pop();
      } else if (byte === COMMA) {
        this.#key = '';
      }
      at++;
    }
    return at;
  }

  /** Goes on where it stopped the last time; -1 if the element does not end in these bytes. */
  #endOfElement(bytes: Uint8Array, start: number): number {
    let depth = this.#depth;
    let isInString = this.#isInString;
    let at = start + this.#scanned;
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (isInString) {
        if (byte === BACKSLASH) at++;
        else if (byte === QUOTE) isInString = false;
      } else if (byte === QUOTE) isInString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        // A scalar ends with the list itself.
        if (depth === 0) return this.#close(at);
        if (--depth === 0) return this.#close(at + 1);
      } else if (byte === COMMA && depth === 0) return this.#close(at);
    }
    this.#depth = depth;
    this.#isInString = isInString;
    this.#scanned = at - start;
    return -1;
  }

  #close(end: number): number {
    this.#depth = this.#scanned = 0;
    this.#isInString = false;
    return end;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const LONGEST_KEY = 64;
/** No list of records lies deeper. */
const DEEPEST = 4;

/** Offset of the closing quote. */
function endOfString(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
