import { grown, mix } from '../model/string-table.ts';

/**
 * Pairs of small numbers kept once, each known by a dense number from 0 on, in the order in which they first came. Longer
 * keys are pairs of pairs. Hot code asks for the number and keeps its figures in columns.
 */
export class PairTable {
  count = 0;
  firsts = new Uint32Array(64);
  seconds = new Uint32Array(64);
  /** Open addressing, linear probing; a slot holds the number plus one. */
  #slots = new Uint32Array(256);

  id(first: number, second: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hashOf(first, second) & mask; ; slot = (slot + 1) & mask) {
      const known = slots[slot]! - 1;
      if (known < 0) return this.#add(first, second, slot);
      if (this.firsts[known] === first && this.seconds[known] === second) return known;
    }
  }

  #add(first: number, second: number, slot: number): number {
    const id = this.count++;
    if (id === this.firsts.length) {
      this.firsts = grown(this.firsts, id * 2);
      this.seconds = grown(this.seconds, id * 2);
    }
    this.firsts[id] = first;
    this.seconds[id] = second;
    this.#slots[slot] = id + 1;
    if (this.count * 4 > this.#slots.length) this.#rehash();
    return id;
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 4);
    const mask = slots.length - 1;
    for (let id = 0; id < this.count; id++) {
      let slot = hashOf(this.firsts[id]!, this.seconds[id]!) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    this.#slots = slots;
  }
}

function hashOf(first: number, second: number): number {
  return mix(Math.imul(first, 0x9e3779b1) ^ second);
}
