import { SPAN_FLAG } from '../model/span.ts';
import type { SpanTable } from '../model/span-table.ts';
import { mix } from '../model/string-table.ts';
import { correctClocks } from './clock-skew.ts';
import { compareForms, type MergedSpans, mergeSpans, parentForm } from './merge-spans.ts';
import type { SpanTree } from './span-tree.ts';

/** The tree of rows `[from, to)`, all of one trace. */
export function buildSpanTree(table: SpanTable, from = 0, to = table.count): SpanTree {
  const rows = Uint32Array.from({ length: to - from }, (_, at) => from + at);
  return new ReusableSpanTree().build(table, rows, 0, rows.length);
}

/**
 * A span tree that is built again and again, for one trace after the other, in the same columns; so these are longer than
 * `count`. The order of the rows does not matter: whatever ties there are, the contents of the spans decide them.
 */
export class ReusableSpanTree implements SpanTree {
  table!: SpanTable;
  count = 0;
  rows = new Uint32Array(0);
  parents = new Int32Array(0);
  childStarts = new Uint32Array(1);
  children = new Uint32Array(0);
  topDown = new Uint32Array(0);
  startUs = new Float64Array(0);
  endUs = new Float64Array(0);
  roots: { readonly node: number; readonly isOrphan: boolean }[] = [];
  isComplete = true;
  clockShiftUs: Float64Array | undefined;
  readonly problems = new Map<string, number>();
  /** All flags of all rows, or-ed. */
  flags = 0;

  /** Open addressing over span ids; a slot holds a node plus one. */
  #slots = new Uint32Array(256);
  #slotMask = 255;
  /** Set where a span id came twice. */
  #merged: MergedSpans | undefined;
  #isBroken = new Uint8Array(0);
  readonly #seed: number;

  /** Span ids come from outside: whoever knows the seed can choose ids that collide. */
  constructor(seed = 0x9e3779b9) {
    this.#seed = seed;
  }

  /** Takes `rows[from .. to)`, all of one trace. */
  build(table: SpanTable, rows: Uint32Array, from: number, to: number): this {
    this.table = table;
    this.count = to - from;
    this.roots.length = 0;
    this.problems.clear();
    this.#merged = undefined;
    this.#reserve(this.count);
    this.#takeInOrder(rows, from);
    this.#indexIds();
    this.#findParents();
    this.#findChildren();
    this.#walkDown();
    if ((this.flags & SPAN_FLAG.noTime) !== 0) this.#lendTimes();
    this.#noteFlags();
    const shifts = correctClocks(this);
    this.clockShiftUs = shifts?.shiftUs;
    this.#note('clock-skew', shifts?.movedCount ?? 0);
    this.#note('clock-skew-inconsistent', shifts?.inconsistentCount ?? 0);
    return this;
  }

  /** The node with a span id (of several: the one that called), or -1. */
  nodeOf(high: number, low: number): number {
    const { rows, table } = this;
    const { spanIds } = table;
    const mask = this.#slotMask;
    for (let slot = this.#hash(high, low) & mask; ; slot = (slot + 1) & mask) {
      const node = this.#slots[slot]! - 1;
      if (node < 0) return -1;
      const at = rows[node]! * 2;
      if (spanIds[at] === high && spanIds[at + 1] === low) return node;
    }
  }

  #hash(high: number, low: number): number {
    return mix(high ^ mix(low ^ this.#seed));
  }

  #reserve(count: number): void {
    if (this.rows.length >= count && this.rows.length > 0) return;
    const size = Math.max(64, count, Math.min(this.rows.length * 2, 1 << 20));
    this.rows = new Uint32Array(size);
    this.parents = new Int32Array(size);
    this.childStarts = new Uint32Array(size + 1);
    this.children = new Uint32Array(size);
    this.topDown = new Uint32Array(size);
    this.startUs = new Float64Array(size);
    this.endUs = new Float64Array(size);
    this.#isBroken = new Uint8Array(size);
  }

  /** Fills rows and times in order of start, end, span id, and then of what tells spans with one id apart. */
  #takeInOrder(source: Uint32Array, from: number): void {
    const { table, rows, startUs, endUs, count } = this;
    let flags = 0;
    if (count <= 96) {
      for (let at = 0; at < count; at++) {
        const row = source[from + at]!;
        const rowStartUs = table.startUs[row]!;
        flags |= table.flags[row]!;
        let to = at;
        while (to > 0) {
          const before = startUs[to - 1]!;
          if (before < rowStartUs || (before === rowStartUs && compareTies(table, rows[to - 1]!, row) <= 0)) break;
          startUs[to] = before;
          rows[to] = rows[to - 1]!;
          to--;
        }
        startUs[to] = rowStartUs;
        rows[to] = row;
      }
    } else {
      for (let at = 0; at < count; at++) {
        const row = source[from + at]!;
        flags |= table.flags[row]!;
        rows[at] = row;
      }
      sortRows(table, rows, 0, count, 0);
      for (let at = 0; at < count; at++) startUs[at] = table.startUs[rows[at]!]!;
    }
    for (let at = 0; at < count; at++) endUs[at] = table.endUs[rows[at]!]!;
    this.flags = flags;
  }

  /** Puts every id into the hash table; where an id comes twice, merges first. */
  #indexIds(): void {
    if (this.#insertAll()) return;
    const merged = mergeSpans(this.table, this.rows, this.count);
    this.#merged = merged;
    let count = 0;
    for (const node of merged.kept) {
      this.rows[count] = this.rows[node]!;
      this.startUs[count] = this.startUs[node]!;
      this.endUs[count] = this.endUs[node]!;
      count++;
    }
    this.count = count;
    this.#insertAll();
    this.#note('span-id-collision', merged.collisionCount);
  }

  /** False if an id came twice; the table then holds the first of each. */
  #insertAll(): boolean {
    const { rows, count } = this;
    const { spanIds } = this.table;
    let size = 64;
    while (size < count * 2) size *= 2;
    if (this.#slots.length < size) this.#slots = new Uint32Array(size);
    else this.#slots.fill(0, 0, size);
    const slots = this.#slots;
    const mask = (this.#slotMask = size - 1);
    let isUnique = true;
    nodes: for (let node = 0; node < count; node++) {
      const at = rows[node]! * 2;
      const high = spanIds[at]!;
      const low = spanIds[at + 1]!;
      let slot = this.#hash(high, low) & mask;
      for (let known = slots[slot]!; known !== 0; known = slots[slot]!) {
        const other = rows[known - 1]! * 2;
        if (spanIds[other] === high && spanIds[other + 1] === low) {
          isUnique = false;
          continue nodes;
        }
        slot = (slot + 1) & mask;
      }
      slots[slot] = node + 1;
    }
    return isUnique;
  }

  #findParents(): void {
    const { rows, parents, count } = this;
    const { parentIds, spanIds, flags } = this.table;
    const isBroken = this.#isBroken;
    let orphanCount = 0;
    for (let node = 0; node < count; node++) {
      const row = rows[node]!;
      const high = parentIds[row * 2]!;
      const low = parentIds[row * 2 + 1]!;
      parents[node] = -1;
      isBroken[node] = 0;
      if (high === 0 && low === 0) continue;
      if (high === spanIds[row * 2] && low === spanIds[row * 2 + 1]) {
        // Zipkin drops such a parent without a word; so do we, but with one.
        if ((flags[row]! & SPAN_FLAG.selfParent) === 0) this.#note('self-parent', 1);
        continue;
      }
      const parent = this.nodeOf(high, low);
      parents[node] = parent;
      if (parent < 0) {
        isBroken[node] = 1;
        orphanCount++;
      }
    }
    if (this.#merged !== undefined) orphanCount -= this.#reparentForms(this.#merged);
    this.#note('orphan', orphanCount);
  }

  /** Server halves go under the client half of their id, children under the half of their own service. */
  #reparentForms({ forms, clientOf }: MergedSpans): number {
    const { table, rows, parents, count } = this;
    const isBroken = this.#isBroken;
    const nodeOfRow = new Map<number, number>();
    for (let node = 0; node < count; node++) nodeOfRow.set(rows[node]!, node);
    let found = 0;
    for (let node = 0; node < count; node++) {
      const row = rows[node]!;
      const client = clientOf.get(row);
      if (client !== undefined) {
        parents[node] = nodeOfRow.get(client)!;
        found += isBroken[node]!;
        isBroken[node] = 0;
      } else if (parents[node]! >= 0) {
        const parent = parentForm(table, forms, row);
        if (parent !== undefined) parents[node] = nodeOfRow.get(parent)!;
      }
    }
    return found;
  }

  /** Counting sort of the nodes by parent, so children stay in node order. */
  #findChildren(): void {
    const { parents, childStarts, children, count } = this;
    childStarts.fill(0, 0, count + 1);
    for (let node = 0; node < count; node++) {
      const parent = parents[node]!;
      if (parent >= 0) childStarts[parent]!++;
    }
    let end = 0;
    for (let node = 0; node < count; node++) childStarts[node] = end += childStarts[node]!;
    childStarts[count] = end;
    for (let node = count - 1; node >= 0; node--) {
      const parent = parents[node]!;
      if (parent >= 0) children[--childStarts[parent]!] = node;
    }
  }

  /** Lists roots, and nodes below them root by root; what is reached from no root lies under a parent cycle. */
  #walkDown(): void {
    const { parents, count, roots } = this;
    const isBroken = this.#isBroken;
    let reached = 0;
    let isComplete = true;
    for (let node = 0; node < count; node++) {
      if (parents[node]! >= 0) continue;
      const isOrphan = isBroken[node] === 1;
      roots.push({ node, isOrphan });
      if (isOrphan) isComplete = false;
      reached = this.#walkFrom(node, reached);
    }
    this.isComplete = isComplete;
    if (reached < count) this.#cutCycles(reached);
  }

  #walkFrom(root: number, reached: number): number {
    const { topDown, childStarts, children } = this;
    let next = reached;
    topDown[reached++] = root;
    while (next < reached) {
      const node = topDown[next++]!;
      const end = childStarts[node + 1]!;
      for (let at = childStarts[node]!; at < end; at++) topDown[reached++] = children[at]!;
    }
    return reached;
  }

  /** Makes the span with the smallest id of each parent cycle a root: an orphan, since whom it answered is unknown. */
  #cutCycles(reached: number): void {
    const { topDown, parents, count } = this;
    const UNSEEN = 0;
    const DONE = 1;
    const marks = new Uint32Array(count);
    for (let at = 0; at < reached; at++) marks[topDown[at]!] = DONE;
    for (let node = 0; node < count; node++) {
      const ownMark = node + 2;
      let at = node;
      while (marks[at] === UNSEEN) {
        marks[at] = ownMark;
        at = parents[at]!;
      }
      if (marks[at] === ownMark) {
        let smallest = at;
        for (let member = parents[at]!; member !== at; member = parents[member]!) {
          if (this.#compareIds(member, smallest) < 0) smallest = member;
        }
        parents[smallest] = -1;
        this.#isBroken[smallest] = 1;
        this.#note('parent-cycle', 1);
      }
      for (let done = node; done >= 0 && marks[done] === ownMark; done = parents[done]!) marks[done] = DONE;
    }
    this.roots.length = 0;
    this.#findChildren();
    this.#walkDown();
  }

  #compareIds(node: number, other: number): number {
    const { spanIds } = this.table;
    const at = this.rows[node]! * 2;
    const to = this.rows[other]! * 2;
    return spanIds[at]! - spanIds[to]! || spanIds[at + 1]! - spanIds[to + 1]! || node - other;
  }

  /** A span without times takes none, at the start of its parent. */
  #lendTimes(): void {
    const { topDown, parents, startUs, endUs, rows, table, count } = this;
    for (let at = 0; at < count; at++) {
      const node = topDown[at]!;
      const parent = parents[node]!;
      if (parent >= 0 && (table.flags[rows[node]!]! & SPAN_FLAG.noTime) !== 0) {
        startUs[node] = endUs[node] = startUs[parent]!;
      }
    }
  }

  #noteFlags(): void {
    const noted = this.flags & (SPAN_FLAG.endBeforeStart | SPAN_FLAG.selfParent | SPAN_FLAG.noTime);
    if (noted === 0) return;
    for (let node = 0; node < this.count; node++) {
      const flags = this.table.flags[this.rows[node]!]!;
      if ((flags & SPAN_FLAG.endBeforeStart) !== 0) this.#note('end-before-start', 1);
      if ((flags & SPAN_FLAG.selfParent) !== 0) this.#note('self-parent', 1);
      if ((flags & SPAN_FLAG.noTime) !== 0) this.#note('no-time', 1);
    }
  }

  #note(problem: string, spanCount: number): void {
    if (spanCount > 0) this.problems.set(problem, (this.problems.get(problem) ?? 0) + spanCount);
  }
}

/** Order of two rows that start together. */
function compareTies(table: SpanTable, row: number, other: number): number {
  return (
    table.endUs[row]! - table.endUs[other]! ||
    table.spanIds[row * 2]! - table.spanIds[other * 2]! ||
    table.spanIds[row * 2 + 1]! - table.spanIds[other * 2 + 1]! ||
    compareForms(table, row, other)
  );
}

const SORT_KEYS: readonly ((table: SpanTable, row: number) => number)[] = [
  (table, row) => table.startUs[row]!,
  (table, row) => table.endUs[row]!,
  (table, row) => table.spanIds[row * 2]!,
  (table, row) => table.spanIds[row * 2 + 1]!,
];

/**
 * Sorts `rows[from .. to)` by the key of a level, and runs of equal keys by the next level. Key and place go into one whole
 * number, which the native sort of numbers takes in a third of the time a comparison function needs.
 */
function sortRows(table: SpanTable, rows: Uint32Array, from: number, to: number, level: number): void {
  const keyOf = SORT_KEYS[level];
  const count = to - from;
  const source = rows.slice(from, to);
  if (keyOf === undefined) {
    rows.set(
      source.sort((a, b) => compareForms(table, a, b)),
      from,
    );
    return;
  }
  let smallest = Infinity;
  let largest = -Infinity;
  let isSorted = true;
  for (let at = 0; at < count; at++) {
    const key = keyOf(table, source[at]!);
    if (key < largest) isSorted = false;
    if (key < smallest) smallest = key;
    if (key > largest) largest = key;
  }
  if (!isSorted && (largest - smallest + 1) * count <= Number.MAX_SAFE_INTEGER) {
    const keys = new Float64Array(count);
    for (let at = 0; at < count; at++) keys[at] = (keyOf(table, source[at]!) - smallest) * count + at;
    keys.sort();
    for (let at = 0; at < count; at++) rows[from + at] = source[keys[at]! % count]!;
  } else if (!isSorted) {
    rows.set(
      source.sort((a, b) => keyOf(table, a) - keyOf(table, b)),
      from,
    );
  }
  for (let start = from; start < to;) {
    const key = keyOf(table, rows[start]!);
    let end = start + 1;
    while (end < to && keyOf(table, rows[end]!) === key) end++;
    if (end - start > 1) sortRows(table, rows, start, end, level + 1);
    start = end;
  }
}
