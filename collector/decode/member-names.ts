import { encodeUtf8, equalBytes, viewOf } from '../../analyzer/model/string-table.ts';
import type { JsonScanner } from './json-scanner.ts';

/** The members that some kind of JSON object has and that are read, found by the bytes of their names. */
export class MemberNames {
  readonly #names: readonly Uint8Array[];
  /** Open addressing by length, first and last letter; 0 is a free slot. */
  readonly #slots = new Uint8Array(SLOT_COUNT);
  /** Each as `"name":`, which is how it mostly stands. */
  readonly #openings: readonly DataView[];
  /** By member: the one that came after it last time. The first comes after `UNKNOWN_MEMBER`. */
  readonly #next: Uint8Array;
  #last = UNKNOWN_MEMBER;

  /** The numbers are those of the names' places in the list, the first being 1. */
  constructor(names: readonly string[]) {
    this.#names = ['', ...names].map(encodeUtf8);
    this.#openings = ['', ...names].map((name) => viewOf(encodeUtf8(`"${name}":`)));
    this.#next = new Uint8Array(this.#names.length);
    for (let member = 1; member < this.#names.length; member++) {
      const name = this.#names[member]!;
      let slot = slotOf(name.length, name[0]!, name.at(-1)!);
      while (this.#slots[slot] !== UNKNOWN_MEMBER) slot = (slot + 1) & (SLOT_COUNT - 1);
      this.#slots[slot] = member;
    }
  }

  /** Enters an object with these members, as the scanner has it. */
  openObject(json: JsonScanner): boolean {
    this.#last = UNKNOWN_MEMBER;
    return json.openObject();
  }

  /** Reads a name and the colon after it, as the scanner does, and says which member it is, 0 for all others. Most come in the same order. */
  read(json: JsonScanner): number {
    const expected = this.#next[this.#last]!;
    const opening = this.#openings[expected]!;
    const length = opening.byteLength;
    if (json.at + length <= json.end && equalBytes(opening, 0, json.view, json.at, length)) {
      json.at += length;
      this.#last = expected;
      return expected;
    }
    json.readName();
    json.unescape();
    const member = this.find(json.text, json.textStart, json.textEnd);
    if (member !== UNKNOWN_MEMBER) this.#next[this.#last] = this.#last = member;
    return member;
  }

  /** The number of the name `bytes[start, end)`, or 0. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length === 0) return UNKNOWN_MEMBER;
    for (let slot = slotOf(length, bytes[start]!, bytes[end - 1]!); ; slot = (slot + 1) & (SLOT_COUNT - 1)) {
      const member = this.#slots[slot]!;
      if (member === UNKNOWN_MEMBER) return UNKNOWN_MEMBER;
      const name = this.#names[member]!;
      if (name.length !== length) continue;
      let at = 0;
      while (at < length && name[at] === bytes[start + at]) at++;
      if (at === length) return member;
    }
  }
}

const UNKNOWN_MEMBER = 0;
/** Far more than any object has members that are read: most look-ups end at the first slot. */
const SLOT_COUNT = 256;

function slotOf(length: number, first: number, last: number): number {
  return (length * 37 + first * 5 + last * 67) & (SLOT_COUNT - 1);
}
