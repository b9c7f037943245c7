import type { SpanDictionary } from '../../analyzer/model/span-table.ts';
import { decodeUtf8 } from '../../analyzer/model/string-table.ts';
import { mayHoldCardNumber } from '../redact/index.ts';
import type { JsonScanner } from './json-scanner.ts';
import { type KnownKey, NO_KEY, NOT_KEPT, OWNER } from './known-keys.ts';
import { MemberNames } from './member-names.ts';
import type { SpanWriter } from './span-writer.ts';
import { TagGuesses } from './tag-guesses.ts';
import { isPlainKey, TagWriter } from './tag-writer.ts';

const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Reads the tags of Jaeger's spans and the fields of its logs: `{"key":"…","type":"…","value":…}`, members in any order. */
export class JaegerTagReader {
  readonly #json: JsonScanner;
  readonly #writer: SpanWriter;
  readonly #tags: TagWriter;
  readonly #tagGuesses = new TagGuesses();
  readonly #fieldGuesses = new TagGuesses();
  #dictionary: SpanDictionary | undefined;

  constructor(json: JsonScanner, writer: SpanWriter) {
    this.#json = json;
    this.#writer = writer;
    this.#tags = new TagWriter(writer);
  }

  begin(dictionary: SpanDictionary): void {
    this.#dictionary = dictionary;
    this.#tagGuesses.begin(dictionary);
    this.#fieldGuesses.begin(dictionary);
  }

  beginSpan(): void {
    this.#tags.beginSpan();
  }

  get kind(): number {
    return this.#tags.kind;
  }

  get status(): number {
    return this.#tags.status;
  }

  /** False if one of the tags is out of the ordinary. */
  readTags(): boolean {
    return this.#readList(this.#tagGuesses, true);
  }

  /** The same for the fields of a log, of which nothing is kept. */
  readFields(): boolean {
    return this.#readList(this.#fieldGuesses, false);
  }

  #readList(guesses: TagGuesses, isSpan: boolean): boolean {
    const json = this.#json;
    if (json.peek() !== OPEN_BRACKET) return false;
    if (!json.openArray()) return true;
    guesses.beginTags();
    do {
      if (json.bytes[json.at] !== OPEN_BRACE && json.peek() !== OPEN_BRACE) return false;
      if (!this.#readExpected(guesses, isSpan) && !this.#readAny(guesses, isSpan)) return false;
    } while (json.moreElements());
    return true;
  }

  /** A tag that begins as expected. False, and nothing consumed, if it does not, or ends in another way. */
  #readExpected(guesses: TagGuesses, isSpan: boolean): boolean {
    const json = this.#json;
    const { bytes, view, end } = json;
    const start = json.at;
    const key = guesses.findKey(view, start, end);
    if (key === undefined) return false;
    const valueStart = guesses.at;
    if (bytes[valueStart - 1] !== QUOTE) {
      json.at = valueStart;
      const value = json.readWhole();
      if (value >= 0 && bytes[json.at] === CLOSE_BRACE && this.#addWhole(isSpan, key, value)) {
        json.at++;
        return true;
      }
      json.at = start;
      return false;
    }
    const known = guesses.findValue(key, view, valueStart, end);
    if (known >= 0) {
      json.at = guesses.at;
      if (!isSpan || this.#tags.addPlain(key, guesses.valueId(known))) return true;
    } else {
      json.at = valueStart - 1;
      json.readString();
      if (bytes[json.at] === CLOSE_BRACE) {
        json.at++;
        if (this.#addString(guesses, isSpan, key)) return true;
      }
    }
    json.at = start;
    return false;
  }

  #readAny(guesses: TagGuesses, isSpan: boolean): boolean {
    const json = this.#json;
    const { bytes } = json;
    const start = json.at;
    let key: KnownKey | undefined;
    let valueStart = -1;
    let valueEnd = -1;
    let seen = 0;
    if (!TAG_MEMBERS.openObject(json)) return true;
    do {
      const member = TAG_MEMBERS.read(json);
      if (member === 0) {
        json.skipValue();
        continue;
      }
      if ((seen & (1 << member)) !== 0) return false;
      seen |= 1 << member;
      if (member === TAG_MEMBER.key) {
        if (json.peek() !== QUOTE) return false;
        json.readString();
        if (json.hasEscapes) return false;
        key = this.#writer.findKey(bytes, json.textStart, json.textEnd);
      } else {
        json.peek();
        valueStart = json.at;
        json.skipValue();
        valueEnd = json.at;
      }
    } while (json.moreMembers());
    if (key === NO_KEY) return false;
    if (key === undefined || valueStart < 0) return true;
    const end = json.at;
    json.at = valueStart;
    const isString = bytes[valueStart] === QUOTE;
    // Only what has its value last, right before the brace, can be expected to come so again.
    if (valueEnd === end - 1) guesses.learnKey(key, bytes, start, isString ? valueStart + 1 : valueStart);
    const isOrdinary = this.#addValue(isSpan, key);
    json.at = end;
    return isOrdinary;
  }

  #addValue(isSpan: boolean, key: KnownKey): boolean {
    const json = this.#json;
    switch (json.bytes[json.at]) {
      case QUOTE:
        json.readString();
        return this.#addText(isSpan, key);
      case OPEN_BRACE:
      case OPEN_BRACKET:
        return false;
      case LETTER_N:
        return true;
      case LETTER_T:
      case LETTER_F:
        return this.#addScalarText(isSpan, key, String(json.readBoolean()));
      default: {
        const value = json.readWhole();
        if (value >= 0) return this.#addWhole(isSpan, key, value);
        json.readNumber();
        const text = decodeUtf8(json.bytes, json.textStart, json.textEnd);
        // Whole numbers that a double cannot hold come as their own digits.
        const isExact = Number.isSafeInteger(Number(text)) || !/^-?\d+$/.test(text);
        return this.#addScalarText(isSpan, key, isExact ? String(Number(text)) : text);
      }
    }
  }

  /** The string that was read last, with the brace after it, whose text is likely to come again. */
  #addString(guesses: TagGuesses, isSpan: boolean, key: KnownKey): boolean {
    const json = this.#json;
    const { bytes, view, textStart, textEnd, at } = json;
    const isLearned =
      !json.hasEscapes &&
      this.#tags.isPlain(key) &&
      guesses.canLearn(key, at - textStart) &&
      !mayHoldCardNumber(bytes, textStart, textEnd);
    if (!isLearned) return this.#addText(isSpan, key);
    const isKept = isSpan && key.attribute !== NOT_KEPT;
    const valueId = isKept ? this.#dictionary!.strings.internBytes(bytes, textStart, textEnd, view) : 0;
    guesses.learnValue(key, bytes, view, textStart, at, valueId);
    return !isSpan || this.#tags.addPlain(key, valueId);
  }

  #addText(isSpan: boolean, key: KnownKey): boolean {
    const json = this.#json;
    json.unescape();
    if (isSpan) return this.#tags.addText(key, json.text, json.textStart, json.textEnd);
    if (!isPlainKey(key)) return false;
    this.#writer.addText(OWNER.event, key, json.text, json.textStart, json.textEnd);
    return true;
  }

  #addWhole(isSpan: boolean, key: KnownKey, value: number): boolean {
    if (isSpan) return this.#tags.addWhole(key, value);
    if (!isPlainKey(key)) return false;
    this.#writer.addInteger(OWNER.event, key, value);
    return true;
  }

  #addScalarText(isSpan: boolean, key: KnownKey, text: string): boolean {
    if (isSpan) return this.#tags.addScalarText(key, text);
    if (!isPlainKey(key)) return false;
    this.#writer.addNumberText(OWNER.event, key, text);
    return true;
  }
}

const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const TAG_MEMBER = { key: 1, value: 2 } as const;
const TAG_MEMBERS = new MemberNames(Object.keys(TAG_MEMBER));
