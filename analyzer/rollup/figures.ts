import { traceIdHex } from '../model/identifiers.ts';
import { grown } from '../model/string-table.ts';
import { Histogram } from './histogram.ts';
import { EXAMPLE_LIMIT } from './merge-rollups.ts';

/** Rows of `width` figures each, all 0 at first; a row comes to be when room is made for it. */
export class Figures {
  values = new Float64Array(256);
  readonly width: number;

  constructor(width: number) {
    this.width = width;
  }

  /** Makes room for a row and returns where in `values` it starts. */
  at(row: number): number {
    const at = row * this.width;
    if (at + this.width > this.values.length) this.values = grown(this.values, (at + this.width) * 2);
    return at;
  }
}

/** A histogram for each of many rows. */
export class Histograms {
  readonly #histograms: Histogram[] = [];

  of(row: number): Histogram {
    return (this.#histograms[row] ??= new Histogram());
  }
}

/** The smallest few trace ids of each of many rows, as words. */
export class Examples {
  #counts = new Uint8Array(64);
  #words = new Uint32Array(64 * WORDS_A_ROW);

  /** Puts the id at `at` among those of the row. */
  add(row: number, ids: Uint32Array, at: number): void {
    if (row >= this.#counts.length) {
      const rows = Math.max(row + 1, this.#counts.length * 2);
      this.#counts = grown(this.#counts, rows);
      this.#words = grown(this.#words, rows * WORDS_A_ROW);
    }
    const first = row * WORDS_A_ROW;
    const count = this.#counts[row]!;
    let place = count;
    while (place > 0) {
      const order = compareIds(ids, at, this.#words, first + (place - 1) * 4);
      if (order === 0) return;
      if (order > 0) break;
      place--;
    }
    if (place === EXAMPLE_LIMIT) return;
    for (let to = Math.min(count, EXAMPLE_LIMIT - 1); to > place; to--) {
      for (let word = 0; word < 4; word++) {
        this.#words[first + to * 4 + word] = this.#words[first + (to - 1) * 4 + word]!;
      }
    }
    for (let word = 0; word < 4; word++) this.#words[first + place * 4 + word] = ids[at + word]!;
    if (count < EXAMPLE_LIMIT) this.#counts[row] = count + 1;
  }

  of(row: number): string[] {
    const count = row < this.#counts.length ? this.#counts[row]! : 0;
    return Array.from({ length: count }, (_, place) => traceIdHex(this.#words, row * WORDS_A_ROW + place * 4));
  }
}

const WORDS_A_ROW = EXAMPLE_LIMIT * 4;

function compareIds(ids: Uint32Array, at: number, others: Uint32Array, to: number): number {
  for (let word = 0; word < 4; word++) {
    const order = ids[at + word]! - others[to + word]!;
    if (order !== 0) return order;
  }
  return 0;
}
