import { grown, mix } from './string-table.ts';

/**
 * Trace ids (four words each) and a small number for every one of them: open addressing with linear probing. Numbers of
 * removed ids are handed out again, so arrays indexed by them stay short.
 *
 * Seeded, and every bit of the id reaches every bit of the hash: ids come from outside, and generators that fill only half
 * of an id, or count upwards, are common.
 */
export class TraceIdIndex {
  /** Four words per slot. */
  ids: Uint32Array;
  #hashes: Uint32Array;
  /** Slot + 1; 0 is free. */
  #table: Uint32Array;
  #freeSlots: number[] = [];
  #slotCount = 0;
  #size = 0;
  readonly #seed: number;

  constructor(seed: number, capacity = 256) {
    this.#seed = seed >>> 0;
    this.ids = new Uint32Array(capacity * 4);
    this.#hashes = new Uint32Array(capacity);
    this.#table = new Uint32Array(tableLength(capacity));
  }

  get size(): number {
    return this.#size;
  }

  /** Slots that fit before the arrays grow: how long arrays indexed by slot must be. */
  get capacity(): number {
    return this.#hashes.length;
  }

  get byteLength(): number {
    return this.ids.byteLength + this.#hashes.byteLength + this.#table.byteLength + this.#freeSlots.length * 8;
  }

  /** The slot of an id; -1 where there is none. */
  find(words: Uint32Array, offset: number): number {
    const hash = this.#hash(words, offset);
    const mask = this.#table.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const entry = this.#table[at]!;
      if (entry === 0) return -1;
      if (this.#hashes[entry - 1] === hash && this.#isAt(entry - 1, words, offset)) return entry - 1;
    }
  }

  /** The slot of an id, a new one where there is none; `size` tells which it was. */
  findOrAdd(words: Uint32Array, offset: number): number {
    const hash = this.#hash(words, offset);
    const mask = this.#table.length - 1;
    let at = hash & mask;
    for (; ; at = (at + 1) & mask) {
      const entry = this.#table[at]!;
      if (entry === 0) break;
      if (this.#hashes[entry - 1] === hash && this.#isAt(entry - 1, words, offset)) return entry - 1;
    }
    const slot = this.#freeSlots.pop() ?? this.#slotCount++;
    if (slot >= this.#hashes.length) {
      this.ids = grown(this.ids, this.ids.length * 2);
      this.#hashes = grown(this.#hashes, this.#hashes.length * 2);
    }
    for (let word = 0; word < 4; word++) this.ids[slot * 4 + word] = words[offset + word]!;
    this.#hashes[slot] = hash;
    this.#table[at] = slot + 1;
    this.#size++;
    if (this.#size * 2 > this.#table.length) this.#rehash();
    return slot;
  }

  remove(slot: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let hole = this.#hashes[slot]! & mask;
    while (table[hole] !== slot + 1) hole = (hole + 1) & mask;
    // What follows moves up as long as it may, so no marks of removed entries pile up.
    for (let at = (hole + 1) & mask; table[at] !== 0; at = (at + 1) & mask) {
      const home = this.#hashes[table[at]! - 1]! & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      table[hole] = table[at]!;
      hole = at;
    }
    table[hole] = 0;
    this.#freeSlots.push(slot);
    this.#size--;
  }

  clear(): void {
    this.#table.fill(0);
    this.#freeSlots = [];
    this.#slotCount = 0;
    this.#size = 0;
  }

  #hash(words: Uint32Array, offset: number): number {
    let hash = this.#seed;
    for (let word = 0; word < 4; word++) hash = mix(hash ^ words[offset + word]!);
    return hash;
  }

  #isAt(slot: number, words: Uint32Array, offset: number): boolean {
    const at = slot * 4;
    return (
      this.ids[at + 3] === words[offset + 3] &&
      this.ids[at + 2] === words[offset + 2] &&
      this.ids[at + 1] === words[offset + 1] &&
      this.ids[at] === words[offset]
    );
  }

  #rehash(): void {
    const longer = new Uint32Array(this.#table.length * 2);
    const mask = longer.length - 1;
    for (const entry of this.#table) {
      if (entry === 0) continue;
      let at = this.#hashes[entry - 1]! & mask;
      while (longer[at] !== 0) at = (at + 1) & mask;
      longer[at] = entry;
    }
    this.#table = longer;
  }
}

/** A power of two, at most half full. */
function tableLength(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(8, capacity * 2)));
}
