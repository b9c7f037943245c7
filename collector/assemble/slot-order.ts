import { grown } from '../../analyzer/model/string-table.ts';

export const NO_SLOT = 0xffffffff;

/** Slots in an order of their own: a doubly linked list in two arrays, every step in constant time. */
export class SlotOrder {
  #first = NO_SLOT;
  #last = NO_SLOT;
  #previous = new Uint32Array(256);
  #next = new Uint32Array(256);

  /** `NO_SLOT` while empty. */
  get first(): number {
    return this.#first;
  }

  get byteLength(): number {
    return this.#previous.byteLength + this.#next.byteLength;
  }

  /** The slot after this one; `NO_SLOT` after the last. */
  after(slot: number): number {
    return this.#next[slot]!;
  }

  append(slot: number): void {
    if (slot >= this.#next.length) {
      const length = Math.max(this.#next.length * 2, slot + 1);
      this.#previous = grown(this.#previous, length);
      this.#next = grown(this.#next, length);
    }
    this.#previous[slot] = this.#last;
    this.#next[slot] = NO_SLOT;
    if (this.#last === NO_SLOT) this.#first = slot;
    else this.#next[this.#last] = slot;
    this.#last = slot;
  }

  remove(slot: number): void {
    const previous = this.#previous[slot]!;
    const next = this.#next[slot]!;
    if (previous === NO_SLOT) this.#first = next;
    else this.#next[previous] = next;
    if (next === NO_SLOT) this.#last = previous;
    else this.#previous[next] = previous;
  }

  moveToEnd(slot: number): void {
    if (this.#last === slot) return;
    this.remove(slot);
    this.append(slot);
  }
}
