import type { SpanDictionary } from '../../analyzer/model/span-table.ts';
import { createDictionary } from '../../analyzer/model/span-table.ts';
import { equalBytes, isCleanUtf8, viewOf } from '../../analyzer/model/string-table.ts';
import { type KnownKey, NOT_KEPT } from './known-keys.ts';

/**
 * Tags as they stood in the text of late: most tags have the key that followed the last one before, and many have a value
 * that this key had before. A guess is confirmed eight bytes at a time, so what was guessed is neither searched for its end
 * nor looked at for card numbers again. Only what is free of them is remembered.
 *
 *     "http.method":"GET"                                    {"key":"http.method","type":"string","value":"GET"}
 *     |---opening---||val|                                   |---------------------opening----------------||value|
 */
export class TagGuesses {
  /** Where the value of the last confirmed opening starts, and where the last confirmed value ends. */
  at = 0;
  readonly #openings = new Uint8Array(KEY_COUNT * LONGEST_OPENING);
  readonly #openingView = viewOf(this.#openings);
  readonly #openingLengths = new Uint8Array(KEY_COUNT);
  readonly #keys: (KnownKey | undefined)[] = new Array<KnownKey | undefined>(KEY_COUNT).fill(undefined);
  /** By key: the one that came after it last time. The first of a list comes after `BEGINNING`. */
  readonly #next = new Uint16Array(KEY_COUNT + 1);
  #last = BEGINNING;
  readonly #values = new Uint8Array(KEY_COUNT * VALUES_PER_KEY * LONGEST_VALUE);
  readonly #valueView = viewOf(this.#values);
  readonly #valueLengths = new Uint8Array(KEY_COUNT * VALUES_PER_KEY);
  readonly #valueIds = new Uint32Array(KEY_COUNT * VALUES_PER_KEY);
  /** By key: how well guessing its values went of late. Those of some are always new. */
  readonly #luck = new Int8Array(KEY_COUNT);
  #learnCount = 0;
  #dictionary = NO_DICTIONARY;

  /** Starts on a document. */
  begin(dictionary: SpanDictionary): void {
    if (dictionary === this.#dictionary) return;
    this.#dictionary = dictionary;
    this.#valueLengths.fill(0);
  }

  /** Starts on a list of tags. */
  beginTags(): void {
    this.#last = BEGINNING;
  }

  /** The key of the tag at `at`, if its text begins as that of the expected tag did. Nothing is read at `end` or behind. */
  findKey(view: DataView, at: number, end: number): KnownKey | undefined {
    const id = this.#next[this.#last]!;
    const length = this.#openingLengths[id]!;
    if (length === 0 || at + length > end) return undefined;
    if (!equalBytes(this.#openingView, id * LONGEST_OPENING, view, at, length)) return undefined;
    this.#last = id;
    this.at = at + length;
    return this.#keys[id];
  }

  /** Where to find what is known of the key's value at `at`; -1 if it is another than those known. */
  findValue(key: KnownKey, view: DataView, at: number, end: number): number {
    const { id } = key;
    if (id < 0 || id >= KEY_COUNT || at + SAMPLE_LENGTH > end) return -1;
    const slot = slotOf(id, view, at);
    const length = this.#valueLengths[slot]!;
    if (length === 0 || at + length > end) return -1;
    if (!equalBytes(this.#valueView, slot * LONGEST_VALUE, view, at, length)) return -1;
    if (this.#luck[id]! < MOST_LUCK) this.#luck[id]!++;
    this.at = at + length;
    return slot;
  }

  /** The string id that was learned with a value. */
  valueId(slot: number): number {
    return this.#valueIds[slot]!;
  }

  /** The tag of this key began as `bytes[start, end)`. */
  learnKey(key: KnownKey, bytes: Uint8Array, start: number, end: number): void {
    const { id } = key;
    const length = end - start;
    if (id === NOT_KEPT || id >= KEY_COUNT || length > LONGEST_OPENING || !isCleanUtf8(bytes, start, end)) {
      this.#last = BEGINNING;
      return;
    }
    this.#next[this.#last] = id;
    this.#last = id;
    const at = id * LONGEST_OPENING;
    for (let offset = 0; offset < length; offset++) this.#openings[at + offset] = bytes[start + offset]!;
    this.#openingLengths[id] = length;
    this.#keys[id] = key;
  }

  /** Whether `learnValue` would learn a value of so many bytes, its end included. */
  canLearn(key: KnownKey, length: number): boolean {
    return key.id >= 0 && key.id < KEY_COUNT && length <= LONGEST_VALUE;
  }

  /** The value of this key was `bytes[start, end)`, its end included, free of card numbers; `valueId` is what is kept of it. */
  learnValue(key: KnownKey, bytes: Uint8Array, view: DataView, start: number, end: number, valueId: number): void {
    if (this.#luck[key.id]! > LEAST_LUCK) this.#luck[key.id]!--;
    else if (++this.#learnCount % SELDOM !== 0) return;
    if (start + SAMPLE_LENGTH > bytes.length || !isCleanUtf8(bytes, start, end)) return;
    const slot = slotOf(key.id, view, start);
    const at = slot * LONGEST_VALUE;
    for (let offset = 0; offset < end - start; offset++) this.#values[at + offset] = bytes[start + offset]!;
    this.#valueLengths[slot] = end - start;
    this.#valueIds[slot] = valueId;
  }
}

const NO_DICTIONARY = createDictionary();
/** Keys with higher numbers, which came late, are not guessed. */
const KEY_COUNT = 512;
const BEGINNING = KEY_COUNT;
const LONGEST_OPENING = 128;
const VALUES_PER_KEY = 16;
const LONGEST_VALUE = 64;
const LEAST_LUCK = -8;
const MOST_LUCK = 8;
/** Of the values of keys without luck one in so many is learned. */
const SELDOM = 16;
/** A value is sought by its first bytes. */
const SAMPLE_LENGTH = 28;

/** The quotation mark in each of four bytes, and what finds a zero among them (Mycroft's test). */
const QUOTES = 0x22222222;
const ONES = 0x01010101;
const HIGH_BITS = 0x80808080;

/** By the text up to the quotation mark that ends it. */
function slotOf(keyId: number, view: DataView, at: number): number {
  let hash = 0;
  for (let offset = 0; offset < SAMPLE_LENGTH; offset += 4) {
    const word = view.getInt32(at + offset, true);
    const other = word ^ QUOTES;
    const ends = (other - ONES) & ~other & HIGH_BITS;
    if (ends !== 0) {
      // What comes before the lowest of the marks found, which is the first.
      hash = Math.imul(hash ^ (word & (((ends & -ends) >>> 7) - 1)), 0x85ebca6b);
      break;
    }
    hash = Math.imul(hash ^ word, 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return keyId * VALUES_PER_KEY + (Math.imul(hash ^ (hash >>> 15), 0x9e3779b1) >>> 28);
}
