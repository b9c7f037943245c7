import { traceIdHex } from '../model/identifiers.ts';
import { grown } from '../model/string-table.ts';
import { bucketOf, Histogram } from './histogram.ts';
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

/** Widens first and last seen, side by side at `at`; each is kept plus one microsecond, so 0 is never. */
export function widen(values: Float64Array, at: number, us: number): void {
  const first = values[at]!;
  if (first === 0 || us + 1 < first) values[at] = us + 1;
  if (us + 1 > values[at + 1]!) values[at + 1] = us + 1;
}

export function seenIn(values: Float64Array, at: number): [firstSeenUs: number, lastSeenUs: number] {
  return values[at] === 0 ? [Infinity, -Infinity] : [values[at]! - 1, values[at + 1]! - 1];
}

/** A histogram for each of many rows. */
export class Histograms {
  readonly #histograms: Histogram[] = [];

  of(row: number): Histogram {
    return (this.#histograms[row] ??= new Histogram());
  }
}

/** Row by row, the buckets of the durations that came for it. */
export type OnBuckets = (row: number, buckets: Uint32Array, from: number, to: number) => void;

/**
 * Durations of many rows, noted one behind the other and handed on row by row when there are enough. A histogram is some
 * kilobytes: to jump into another one with every call is a cache miss with every call, and half the cost of adding it up.
 */
export class DurationLog {
  #count = 0;
  readonly #rows = new Uint32Array(LOG_LENGTH);
  readonly #buckets = new Uint32Array(LOG_LENGTH);
  readonly #sorted = new Uint32Array(LOG_LENGTH);
  #ends = new Uint32Array(256);
  readonly #onBuckets: OnBuckets;

  constructor(onBuckets: OnBuckets) {
    this.#onBuckets = onBuckets;
  }

  add(row: number, durationUs: number): void {
    if (this.#count === LOG_LENGTH) this.drain();
    this.#rows[this.#count] = row;
    this.#buckets[this.#count++] = bucketOf(durationUs);
  }

  /** Hands on all that was noted: a counting sort by row. */
  drain(): void {
    const count = this.#count;
    this.#count = 0;
    let rowCount = 0;
    for (let at = 0; at < count; at++) rowCount = Math.max(rowCount, this.#rows[at]! + 1);
    if (this.#ends.length < rowCount) this.#ends = new Uint32Array(rowCount * 2);
    const ends = this.#ends;
    ends.fill(0, 0, rowCount);
    for (let at = 0; at < count; at++) ends[this.#rows[at]!]!++;
    for (let row = 1; row < rowCount; row++) ends[row]! += ends[row - 1]!;
    for (let at = count - 1; at >= 0; at--) this.#sorted[--ends[this.#rows[at]!]!] = this.#buckets[at]!;
    // Having gone down, each end is now the start of its row.
    for (let row = 0; row < rowCount; row++) {
      const to = row + 1 < rowCount ? ends[row + 1]! : count;
      if (ends[row]! < to) this.#onBuckets(row, this.#sorted, ends[row]!, to);
    }
  }
}

const LOG_LENGTH = 1 << 14;

/** The smallest few trace ids of each of many rows, as words. */
export class Examples {
  #counts = new Uint8Array(64);
  #words = new Uint32Array(64 * WORDS_A_ROW);
  readonly #texts = new IdTexts();

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
    return Array.from({ length: count }, (_, place) => this.#texts.of(this.#words, row * WORDS_A_ROW + place * 4));
  }
}

/** Trace ids in hex. One trace is an example of many things: its text is made once, and kept once in memory. */
class IdTexts {
  /** By the last bits of an id: the last text made of one with these, and its words. */
  #texts: string[] = [];
  #words = new Uint32Array(0);

  of(words: Uint32Array, at: number): string {
    if (this.#texts.length === 0) {
      this.#texts = new Array<string>(ID_TEXT_SLOTS).fill('');
      this.#words = new Uint32Array(ID_TEXT_SLOTS * 4);
    }
    const slot = words[at + 3]! & (ID_TEXT_SLOTS - 1);
    if (this.#texts[slot] !== '' && compareIds(words, at, this.#words, slot * 4) === 0) return this.#texts[slot]!;
    for (let word = 0; word < 4; word++) this.#words[slot * 4 + word] = words[at + word]!;
    return (this.#texts[slot] = traceIdHex(words, at));
  }
}

const ID_TEXT_SLOTS = 1 << 12;

const WORDS_A_ROW = EXAMPLE_LIMIT * 4;

function compareIds(ids: Uint32Array, at: number, others: Uint32Array, to: number): number {
  for (let word = 0; word < 4; word++) {
    const order = ids[at + word]! - others[to + word]!;
    if (order !== 0) return order;
  }
  return 0;
}
