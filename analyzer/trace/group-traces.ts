import type { SpanTable } from '../model/span-table.ts';
import { grown, mix } from '../model/string-table.ts';

/**
 * Rows of a table by trace: trace `t` has the rows `rows[starts[t] .. starts[t + 1])`, in table order. Made once and used for
 * many tables, since it keeps its columns.
 *
 * Some tracers cut trace ids to 64 bits, so one trace arrives under two ids. A short id joins the long one that ends in it,
 * if there is just one (Zipkin does the same); the trace then bears the long id.
 */
export class TraceGroups {
  count = 0;
  rows = new Uint32Array(256);
  starts = new Uint32Array(64);
  /** A row of each trace that bears the trace's id. */
  idRows = new Uint32Array(64);
  #groupOfRow = new Uint32Array(256);
  #slots = new Uint32Array(256);
  readonly #seed: number;

  constructor(seed = 0x9e3779b9) {
    this.#seed = seed;
  }

  group(table: SpanTable, from: number, to: number): void {
    this.count = 0;
    this.#slots.fill(0);
    const rowCount = to - from;
    if (this.rows.length < rowCount) {
      this.rows = new Uint32Array(rowCount * 2);
      this.#groupOfRow = new Uint32Array(rowCount * 2);
    }
    const groups = this.#groupOfRow;
    const { traceIds } = table;
    let group = -1;
    let shortCount = 0;
    for (let row = from; row < to; row++) {
      const isAsBefore = group >= 0 && isSameTrace(traceIds, row, this.idRows[group]!);
      if (!isAsBefore) {
        const known = this.count;
        group = this.#groupOf(traceIds, row);
        if (this.count > known && traceIds[row * 4] === 0 && traceIds[row * 4 + 1] === 0) shortCount++;
      }
      groups[row - from] = group;
    }
    if (shortCount > 0 && shortCount < this.count) this.#joinShortIds(traceIds, rowCount);
    this.#sortRows(from, rowCount);
  }

  #groupOf(traceIds: Uint32Array, row: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#hash(traceIds, row) & mask; ; slot = (slot + 1) & mask) {
      const known = this.#slots[slot]! - 1;
      if (known < 0) return this.#add(traceIds, row, slot);
      if (isSameTrace(traceIds, row, this.idRows[known]!)) return known;
    }
  }

  #add(traceIds: Uint32Array, row: number, slot: number): number {
    const group = this.count++;
    if (group + 1 >= this.starts.length) {
      this.starts = grown(this.starts, this.starts.length * 2);
      this.idRows = grown(this.idRows, this.starts.length);
    }
    this.idRows[group] = row;
    this.#slots[slot] = group + 1;
    if (this.count * 2 > this.#slots.length) this.#rehash(traceIds);
    return group;
  }

  #rehash(traceIds: Uint32Array): void {
    this.#slots = new Uint32Array(this.#slots.length * 4);
    const mask = this.#slots.length - 1;
    for (let group = 0; group < this.count; group++) {
      let slot = this.#hash(traceIds, this.idRows[group]!) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = group + 1;
    }
  }

  #hash(traceIds: Uint32Array, row: number): number {
    const at = row * 4;
    const low = mix(traceIds[at + 3]! ^ mix(traceIds[at + 2]! ^ this.#seed));
    return mix(traceIds[at + 1]! ^ mix(traceIds[at]! ^ low));
  }

  #joinShortIds(traceIds: Uint32Array, rowCount: number): void {
    const AMBIGUOUS = -1;
    const longOfLowHalf = new Map<string, number>();
    const isShort: boolean[] = [];
    const lowHalves: string[] = [];
    for (let group = 0; group < this.count; group++) {
      const at = this.idRows[group]! * 4;
      const lowHalf = `${traceIds[at + 2]!} ${traceIds[at + 3]!}`;
      isShort.push(traceIds[at] === 0 && traceIds[at + 1] === 0);
      lowHalves.push(lowHalf);
      if (!isShort[group]!) longOfLowHalf.set(lowHalf, longOfLowHalf.has(lowHalf) ? AMBIGUOUS : group);
    }
    const targets = lowHalves.map((lowHalf, group) => {
      const long = isShort[group]! ? (longOfLowHalf.get(lowHalf) ?? AMBIGUOUS) : AMBIGUOUS;
      return long === AMBIGUOUS ? group : long;
    });
    const numbers = new Uint32Array(this.count);
    let count = 0;
    for (const [group, target] of targets.entries()) {
      if (target !== group) continue;
      this.idRows[count] = this.idRows[group]!;
      numbers[group] = count++;
    }
    for (let at = 0; at < rowCount; at++) this.#groupOfRow[at] = numbers[targets[this.#groupOfRow[at]!]!]!;
    this.count = count;
  }

  /** Counting sort of the rows by group. */
  #sortRows(from: number, rowCount: number): void {
    const { starts, rows } = this;
    const groups = this.#groupOfRow;
    starts.fill(0, 0, this.count + 1);
    for (let at = 0; at < rowCount; at++) starts[groups[at]!]!++;
    let end = 0;
    for (let group = 0; group < this.count; group++) starts[group] = end += starts[group]!;
    starts[this.count] = end;
    for (let at = rowCount - 1; at >= 0; at--) rows[--starts[groups[at]!]!] = from + at;
  }
}

function isSameTrace(traceIds: Uint32Array, row: number, other: number): boolean {
  const at = row * 4;
  const to = other * 4;
  return (
    traceIds[at + 3] === traceIds[to + 3] &&
    traceIds[at + 2] === traceIds[to + 2] &&
    traceIds[at + 1] === traceIds[to + 1] &&
    traceIds[at] === traceIds[to]
  );
}
