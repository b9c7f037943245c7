import { grown, viewOf } from '../../analyzer/model/string-table.ts';
import { MalformedInputError } from './contract.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const LETTER_U = 0x75;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** 1 for what ends the plain part of a string: quote, backslash, control characters. */
export const STOPS_STRING = new Uint8Array(256).fill(1, 0, 0x20);
STOPS_STRING[QUOTE] = STOPS_STRING[BACKSLASH] = 1;

/** Byte each one-letter escape stands for; 0 for letters that are none. */
const ESCAPED = new Uint8Array(256);
for (const [letter, byte] of Object.entries({ '"': 0x22, '\\': 0x5c, '/': 0x2f, b: 8, f: 12, n: 10, r: 13, t: 9 })) {
  ESCAPED[letter.charCodeAt(0)] = byte;
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_VIEW = viewOf(NO_BYTES);

/**
 * A cursor over JSON in UTF-8 (RFC 8259, to the letter): it finds where things are and builds nothing. The caller walks:
 *
 *     if (json.openObject()) do { json.readName(); … } while (json.moreMembers());
 *
 * Strings and numbers are left as the range `textStart` to `textEnd`. Depth is no matter: passing over a value is a loop.
 */
export class JsonScanner {
  bytes = NO_BYTES;
  /** A view of the same bytes, for reading words. */
  view = NO_VIEW;
  at = 0;
  end = 0;
  textStart = 0;
  textEnd = 0;
  /** Whether the last string has escapes, so that its range is not yet its text. */
  hasEscapes = false;
  /** What the last string says, escapes resolved: `text[textStart, textEnd)` after `unescape`. */
  text = NO_BYTES;
  #unescaped = new Uint8Array(256);
  /** Closing bytes of the containers that `skipValue` is in. */
  #closers = new Uint8Array(64);

  begin(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.bytes = this.text = bytes;
    this.view = viewOf(bytes);
    this.at = start;
    this.end = end;
  }

  letGo(): void {
    this.bytes = this.text = NO_BYTES;
    this.view = NO_VIEW;
    this.at = this.end = 0;
  }

  /** The next byte that is not white space, not consumed; -1 at the end. */
  peek(): number {
    const { bytes, end } = this;
    let { at } = this;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte > 0x20) {
        this.at = at;
        return byte;
      }
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
        throw this.malformed('an impossible character');
      at++;
    }
    this.at = at;
    return -1;
  }

  /** Enters an object; false if it is empty, and then it is behind. */
  openObject(): boolean {
    if (this.peek() !== OPEN_BRACE) throw this.malformed('something other than an object');
    this.at++;
    if (this.peek() !== CLOSE_BRACE) return true;
    this.at++;
    return false;
  }

  openArray(): boolean {
    if (this.peek() !== OPEN_BRACKET) throw this.malformed('something other than an array');
    this.at++;
    if (this.peek() !== CLOSE_BRACKET) return true;
    this.at++;
    return false;
  }

  moreMembers(): boolean {
    const byte = this.peek();
    this.at++;
    if (byte === COMMA) return true;
    if (byte === CLOSE_BRACE) return false;
    this.at--;
    throw this.malformed('an object without its end');
  }

  moreElements(): boolean {
    const byte = this.peek();
    this.at++;
    if (byte === COMMA) return true;
    if (byte === CLOSE_BRACKET) return false;
    this.at--;
    throw this.malformed('an array without its end');
  }

  /** A member's name and the colon after it; the value is next. */
  readName(): void {
    if (this.peek() !== QUOTE) throw this.malformed('a member without a name');
    this.readString();
    if (this.bytes[this.at] === COLON) {
      this.at++;
      return;
    }
    if (this.peek() !== COLON) throw this.malformed('a member without a value');
    this.at++;
  }

  /** Passes over `null`, which counts as absent. */
  skipNull(): boolean {
    if (this.peek() !== 0x6e) return false;
    this.#skipWord(NULL);
    return true;
  }

  /** The string that starts here. */
  readString(): void {
    const { bytes, end } = this;
    let at = this.at + 1;
    this.textStart = at;
    this.hasEscapes = false;
    for (;;) {
      while (STOPS_STRING[bytes[at]!] === 0) at++;
      if (at >= end) {
        this.at = end;
        throw this.malformed('a string without its end');
      }
      const byte = bytes[at]!;
      if (byte === QUOTE) break;
      this.at = at;
      if (byte !== BACKSLASH) throw this.malformed('a control character in a string');
      this.hasEscapes = true;
      at = this.#skipEscape(at);
    }
    this.textEnd = at;
    this.at = at + 1;
  }

  /** Resolves the escapes of the last string: `text[textStart, textEnd)` is then what it says. */
  unescape(): void {
    const { bytes, textStart, textEnd } = this;
    this.text = bytes;
    if (!this.hasEscapes) return;
    if (this.#unescaped.length < textEnd - textStart) this.#unescaped = grown(this.#unescaped, textEnd - textStart);
    const to = this.#unescaped;
    let length = 0;
    for (let at = textStart; at < textEnd;) {
      const byte = bytes[at]!;
      if (byte !== BACKSLASH) {
        to[length++] = byte;
        at++;
      } else if (bytes[at + 1] !== LETTER_U) {
        to[length++] = ESCAPED[bytes[at + 1]!]!;
        at += 2;
      } else {
        let codePoint = hexValue(bytes, at + 2);
        at += 6;
        if (codePoint >= 0xd800 && codePoint <= 0xdfff) {
          const isPair = codePoint <= 0xdbff && bytes[at] === BACKSLASH && bytes[at + 1] === LETTER_U && at < textEnd;
          const low = isPair ? hexValue(bytes, at + 2) : 0;
          if (low >= 0xdc00 && low <= 0xdfff) {
            codePoint = 0x10000 + ((codePoint - 0xd800) << 10) + (low - 0xdc00);
            at += 6;
          } else {
            codePoint = 0xfffd;
          }
        }
        length = writeCodePoint(to, length, codePoint);
      }
    }
    this.text = to;
    this.textStart = 0;
    this.textEnd = length;
  }

  /** The number that starts here, to the letter of the grammar: `-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?`. */
  readNumber(): void {
    const { bytes } = this;
    let { at } = this;
    this.textStart = at;
    if (bytes[at] === MINUS) at++;
    if (bytes[at] === 0x30) at++;
    else at = this.#skipDigits(at);
    if (bytes[at] === 0x2e) at = this.#skipDigits(at + 1);
    if ((bytes[at]! | 0x20) === 0x65) {
      at++;
      if (bytes[at] === 0x2b || bytes[at] === MINUS) at++;
      at = this.#skipDigits(at);
    }
    if (at > this.end) throw this.malformed('a number without its end');
    this.textEnd = at;
    this.at = at;
    this.hasEscapes = false;
  }

  /** The number that starts here, if it is a whole one without a sign that a double holds; else -1, and nothing is consumed. */
  readWhole(): number {
    const { bytes } = this;
    const start = this.at;
    let at = start;
    let value = 0;
    for (; bytes[at]! >= 0x30 && bytes[at]! <= 0x39; at++) value = value * 10 + (bytes[at]! - 0x30);
    const digitCount = at - start;
    if (digitCount === 0 || value > Number.MAX_SAFE_INTEGER || (digitCount > 1 && bytes[start] === 0x30)) return -1;
    if (bytes[at] === 0x2e || (bytes[at]! | 0x20) === 0x65 || at > this.end) return -1;
    this.at = at;
    return value;
  }

  /** `true` or `false`. */
  readBoolean(): boolean {
    const isTrue = this.peek() === 0x74;
    this.#skipWord(isTrue ? TRUE : FALSE);
    return isTrue;
  }

  /** Passes over a value of any kind and depth. */
  skipValue(): void {
    let depth = 0;
    for (;;) {
      const byte = this.peek();
      if (byte === QUOTE) {
        this.readString();
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        const isOpen = byte === OPEN_BRACE ? this.openObject() : this.openArray();
        if (isOpen) {
          if (depth === this.#closers.length) this.#closers = grown(this.#closers, depth * 2);
          this.#closers[depth++] = byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
          if (byte === OPEN_BRACE) this.readName();
          continue;
        }
      } else if (byte === 0x74 || byte === 0x66) {
        this.readBoolean();
      } else if (byte === 0x6e) {
        this.#skipWord(NULL);
      } else {
        this.readNumber();
      }
      for (;;) {
        if (depth === 0) return;
        const isObject = this.#closers[depth - 1] === CLOSE_BRACE;
        if (isObject ? this.moreMembers() : this.moreElements()) {
          if (isObject) this.readName();
          break;
        }
        depth--;
      }
    }
  }

  malformed(what: string): MalformedInputError {
    return new MalformedInputError(`${what} at byte ${String(Math.min(this.at, this.end))}`);
  }

  #skipEscape(at: number): number {
    const letter = this.bytes[at + 1];
    if (letter === LETTER_U && at + 6 <= this.end && hexValue(this.bytes, at + 2) >= 0) return at + 6;
    if (letter === undefined || letter === LETTER_U || ESCAPED[letter] === 0) {
      throw this.malformed('an unknown escape in a string');
    }
    return at + 2;
  }

  #skipDigits(from: number): number {
    const { bytes } = this;
    let at = from;
    while (bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++;
    this.at = at;
    if (at === from) throw this.malformed('something that is no value');
    return at;
  }

  #skipWord(word: readonly number[]): void {
    for (let letter = 0; letter < word.length; letter++) {
      if (this.bytes[this.at + letter] !== word[letter]) throw this.malformed('something that is no value');
    }
    this.at += word.length;
    if (this.at > this.end) throw this.malformed('something that is no value');
  }
}

const NULL = [0x6e, 0x75, 0x6c, 0x6c];
const TRUE = [0x74, 0x72, 0x75, 0x65];
const FALSE = [0x66, 0x61, 0x6c, 0x73, 0x65];

/** Value of four hex digits; negative if they are not. */
function hexValue(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let position = at; position < at + 4; position++) {
    const digit = HEX_VALUE[bytes[position] ?? 0]!;
    if (digit === NOT_HEX) return -1;
    value = value * 16 + digit;
  }
  return value;
}

const NOT_HEX = 255;
/** By byte: the value of a hex digit in either case, or `NOT_HEX`. */
export const HEX_VALUE = new Uint8Array(256).fill(NOT_HEX);
for (let digit = 0; digit < 16; digit++) {
  HEX_VALUE[digit.toString(16).charCodeAt(0)] = digit;
  HEX_VALUE[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

function writeCodePoint(to: Uint8Array, length: number, codePoint: number): number {
  let at = length;
  if (codePoint < 0x80) {
    to[at++] = codePoint;
  } else if (codePoint < 0x800) {
    to[at++] = 0xc0 | (codePoint >> 6);
    to[at++] = 0x80 | (codePoint & 63);
  } else if (codePoint < 0x10000) {
    to[at++] = 0xe0 | (codePoint >> 12);
    to[at++] = 0x80 | ((codePoint >> 6) & 63);
    to[at++] = 0x80 | (codePoint & 63);
  } else {
    to[at++] = 0xf0 | (codePoint >> 18);
    to[at++] = 0x80 | ((codePoint >> 12) & 63);
    to[at++] = 0x80 | ((codePoint >> 6) & 63);
    to[at++] = 0x80 | (codePoint & 63);
  }
  return at;
}
