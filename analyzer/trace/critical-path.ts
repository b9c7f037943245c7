import { SPAN_KIND } from '../model/span.ts';
import { LateSiblings } from './late-siblings.ts';
import type { SpanTree } from './span-tree.ts';

/** Whether other traces show that `after` does not wait for its sibling `before`, though it began when that was over. */
export type IsRefuted = (before: number, after: number) => boolean;

/** Under parents with more children than this nothing is refuted, since each child is compared with each. */
const MOST_CHILDREN_COMPARED = 1000;

export function mayBeRefuted({ childStarts }: SpanTree, parent: number): boolean {
  return childStarts[parent + 1]! - childStarts[parent]! <= MOST_CHILDREN_COMPARED;
}

/**
 * The critical path of one request: who held up the answer, microsecond by microsecond.
 *
 * Walks back from the end of the root. An end waits for the last child that was awaited, a start for the last sibling that
 * had ended by then, else for the parent's start; the time in between belongs to the span that did the waiting (the events
 * of Chow et al., The Mystery Machine, OSDI 2014; unlike CRISP, Zhang et al., USENIX ATC 2022, what nobody waits for is never
 * on it, and a child around its parent is clipped, not dropped). So the sections are disjoint, in order, and add up to the root's duration exactly.
 *
 * ```
 * |-------------root-------------|        newest section first:
 *    |--a--|   |------b-----|             root, b, root, a, root
 * ```
 *
 * One finder serves many traces: it keeps its scratch columns. O(n log n) in the spans under the root, no recursion.
 */
export class CriticalPathFinder {
  /** Sections of the last search, newest first. Times are microseconds since the epoch. */
  count = 0;
  nodes = new Uint32Array(64);
  startUs = new Float64Array(64);
  endUs = new Float64Array(64);

  /** Start and end of each node as its parent experiences them: clipped to the parent, moved where clocks disagree. */
  seenStartUs = new Float64Array(0);
  seenEndUs = new Float64Array(0);
  #shiftUs = new Float64Array(0);
  /** Awaited children of a visited parent in order of their end, at `childStarts[parent]`; how many are still ahead, and of how many. */
  #byEnd = new Uint32Array(0);
  #ahead = new Int32Array(0);
  #counts = new Int32Array(0);

  readonly #lateSiblings = new LateSiblings();

  #tree: SpanTree | undefined;
  #joined: Uint8Array = new Uint8Array(0);
  #isRefuted: IsRefuted | undefined;

  /**
   * Takes up a trace; `joined` is what `joinedChildren` returns for it, `isRefuted` what other traces say against the order
   * of two siblings. O(n), once for all of its roots.
   */
  load(tree: SpanTree, joined: Uint8Array, isRefuted?: IsRefuted): void {
    this.#tree = tree;
    this.#joined = joined;
    this.#isRefuted = isRefuted;
    this.#prepare(tree);
    this.#seeAsParentsDo(tree, joined);
    this.#lateSiblings.load(tree, joined, this.seenStartUs, this.seenEndUs);
  }

  /** Finds the path of one root of the loaded trace, or of a span that nobody waits for: there too an answer is made. */
  find(root: number): void {
    const tree = this.#tree;
    if (tree === undefined) throw new Error('load a trace before asking for its critical path');
    const joined = this.#joined;
    this.count = 0;
    const { parents } = tree;
    const { seenStartUs, seenEndUs } = this;
    let node = root;
    let atEnd = true;
    // A sibling may be waited for that ended, by another clock, a little late: the next section then ends where this one began.
    let untilUs = seenEndUs[root]!;
    for (;;) {
      let fromUs: number;
      let owner = node;
      if (atEnd) {
        const last = this.#lastToEnd(tree, node, joined);
        fromUs = last < 0 ? seenStartUs[node]! : seenEndUs[last]!;
        if (last < 0) atEnd = false;
        else node = last;
      } else {
        if (node === root) return;
        owner = parents[node]!;
        const before = this.#lastToEndBefore(tree, owner, node);
        fromUs = before < 0 ? seenStartUs[owner]! : seenEndUs[before]!;
        atEnd = before >= 0;
        node = atEnd ? before : owner;
      }
      if (fromUs < untilUs) {
        this.#section(owner, fromUs, untilUs);
        untilUs = fromUs;
      }
    }
  }

  /** How long a server ran on after its client had gone: work that nobody waited for any more. */
  abandonedUs(node: number): number {
    const tree = this.#tree;
    const parent = tree?.parents[node] ?? -1;
    if (tree === undefined || parent < 0 || this.#joined[node] !== 1 || !isServerOfClient(tree, node, parent)) return 0;
    return Math.max(0, tree.endUs[node]! + this.#shiftUs[node]! - this.seenEndUs[node]!);
  }

  #prepare(tree: SpanTree): void {
    if (this.seenStartUs.length < tree.count) {
      const size = Math.max(tree.count, this.seenStartUs.length * 2, 256);
      this.seenStartUs = new Float64Array(size);
      this.seenEndUs = new Float64Array(size);
      this.#shiftUs = new Float64Array(size);
      this.#byEnd = new Uint32Array(size);
      this.#ahead = new Int32Array(size);
      this.#counts = new Int32Array(size);
    }
  }

  /** Fills `seenStartUs` and `seenEndUs` top down. Roots and what nobody waits for keep their own times. */
  #seeAsParentsDo(tree: SpanTree, joined: Uint8Array): void {
    const { seenStartUs, seenEndUs } = this;
    const shiftUs = this.#shiftUs;
    for (let at = 0; at < tree.count; at++) {
      const node = tree.topDown[at]!;
      const parent = tree.parents[node]!;
      let startUs = tree.startUs[node]!;
      let endUs = tree.endUs[node]!;
      shiftUs[node] = 0;
      if (parent >= 0 && joined[node] === 1) {
        const fromUs = seenStartUs[parent]!;
        const toUs = seenEndUs[parent]!;
        let shift = shiftUs[parent]!;
        // |--client--|
        //               |--server--|      no time in common: the clocks disagree, so the server goes into the middle
        if (isServerOfClient(tree, node, parent) && (startUs + shift >= toUs || endUs + shift <= fromUs)) {
          const durationUs = Math.min(endUs - startUs, toUs - fromUs);
          shift = fromUs + Math.floor((toUs - fromUs - durationUs) / 2) - startUs;
        }
        shiftUs[node] = shift;
        startUs = Math.min(Math.max(startUs + shift, fromUs), toUs);
        endUs = Math.max(startUs, Math.min(endUs + shift, toUs));
      }
      seenStartUs[node] = startUs;
      seenEndUs[node] = endUs;
    }
  }

  /** The awaited child that ended last: of several at the same time the one that started first, then the smallest id. */
  #lastToEnd(tree: SpanTree, parent: number, joined: Uint8Array): number {
    const start = tree.childStarts[parent]!;
    const end = tree.childStarts[parent + 1]!;
    let count = 0;
    let isInOrder = true;
    let lastUs = -Infinity;
    for (let at = start; at < end; at++) {
      const child = tree.children[at]!;
      if (joined[child] !== 1) continue;
      this.#byEnd[start + count++] = child;
      isInOrder &&= lastUs <= this.seenStartUs[child]!;
      lastUs = this.seenStartUs[child]!;
    }
    // Children come in order of their start, but for those that were moved since clocks disagree.
    if (!isInOrder) {
      this.#byEnd.subarray(start, start + count).sort((a, b) => this.seenStartUs[a]! - this.seenStartUs[b]! || a - b);
    }
    this.#sortByEnd(start, count);
    this.#ahead[parent] = count - 1;
    this.#counts[parent] = count;
    return count === 0 ? -1 : this.#byEnd[start + count - 1]!;
  }

  /** The awaited sibling that ended last at or before the start of `node`, or, by another clock, a little later; or -1. */
  #lastToEndBefore(tree: SpanTree, parent: number, node: number): number {
    const first = tree.childStarts[parent]!;
    const startUs = this.seenStartUs[node]!;
    const isInstant = this.seenEndUs[node] === startUs;
    const isRefuted = mayBeRefuted(tree, parent) ? this.#isRefuted : undefined;
    // What one did not wait for, the one before it may have: then the search begins anew.
    let ahead = (isRefuted === undefined ? this.#ahead[parent]! : this.#counts[parent]!) - 1;
    while (ahead >= 0) {
      const endUs = this.seenEndUs[this.#byEnd[first + ahead]!]!;
      // Two instants at one time have no order but their ids, and the smaller was taken first: the rest is skipped.
      if (isInstant && isRefuted === undefined ? endUs < startUs : endUs <= startUs) break;
      ahead--;
    }
    const late = isInstant ? -1 : this.#endedLate(parent, node, ahead + 1, isRefuted);
    if (isRefuted !== undefined) {
      const isWaitedFor = (sibling: number) => this.#comesBefore(sibling, node) && !isRefuted(sibling, node);
      while (ahead >= 0 && !isWaitedFor(this.#byEnd[first + ahead]!)) ahead--;
    }
    const before = ahead < 0 ? -1 : this.#byEnd[first + ahead]!;
    const isLate = late >= 0 && (before < 0 || this.seenEndUs[before]! < startUs || this.#comesBefore(late, before));
    if (!isLate) this.#ahead[parent] = ahead;
    return isLate ? late : before;
  }

  /** The sibling at a place if `node` waited for it though it ended after the start of `node`; then that is where to go on. */
  #endedLate(parent: number, node: number, place: number, isRefuted: IsRefuted | undefined): number {
    const at = this.#tree!.childStarts[parent]! + place;
    const sibling = this.#byEnd[at]!;
    if (sibling === node) return -1;
    const nextEndUs = this.seenEndUs[this.#byEnd[at + 1]!]!;
    if (nextEndUs === this.seenEndUs[sibling] || !this.#lateSiblings.isWaitedFor(parent, sibling, node)) return -1;
    if (isRefuted?.(sibling, node) === true) return -1;
    this.#ahead[parent] = place;
    return sibling;
  }

  /** The order that settles ties: by start, end and number. */
  #comesBefore(one: number, other: number): boolean {
    const { seenStartUs, seenEndUs } = this;
    return (seenStartUs[one]! - seenStartUs[other]! || seenEndUs[one]! - seenEndUs[other]! || one - other) < 0;
  }

  /** Sorts by end; among equal ends the earlier-started comes later, so that walking back meets it first. */
  #sortByEnd(start: number, count: number): void {
    const byEnd = this.#byEnd;
    const { seenEndUs } = this;
    if (count > 24) {
      this.#sortManyByEnd(start, count);
      return;
    }
    // Children stand in order of their start; insertion keeps equal ends reversed.
    for (let at = start + 1; at < start + count; at++) {
      const child = byEnd[at]!;
      const endUs = seenEndUs[child]!;
      let to = at;
      while (to > start && seenEndUs[byEnd[to - 1]!]! >= endUs) {
        byEnd[to] = byEnd[to - 1]!;
        to--;
      }
      byEnd[to] = child;
    }
  }

  #sortManyByEnd(start: number, count: number): void {
    const children = this.#byEnd.slice(start, start + count);
    const ranks = new Float64Array(count);
    let firstUs = Infinity;
    let lastUs = -Infinity;
    for (let at = 0; at < count; at++) {
      const endUs = this.seenEndUs[children[at]!]!;
      firstUs = Math.min(firstUs, endUs);
      lastUs = Math.max(lastUs, endUs);
    }
    // One number holds end and place, as long as it stays a whole number: the native sort is then the fastest there is.
    if ((lastUs - firstUs + 1) * count <= Number.MAX_SAFE_INTEGER) {
      for (let at = 0; at < count; at++) {
        ranks[at] = (this.seenEndUs[children[at]!]! - firstUs) * count + (count - 1 - at);
      }
      ranks.sort();
      for (let at = 0; at < count; at++) this.#byEnd[start + at] = children[count - 1 - (ranks[at]! % count)]!;
    } else {
      const places = Array.from(children.keys());
      places.sort((a, b) => this.seenEndUs[children[a]!]! - this.seenEndUs[children[b]!]! || b - a);
      for (let at = 0; at < count; at++) this.#byEnd[start + at] = children[places[at]!]!;
    }
  }

  #section(node: number, startUs: number, endUs: number): void {
    if (endUs <= startUs) return;
    if (this.count === this.nodes.length) {
      const size = this.count * 2;
      const nodes = new Uint32Array(size);
      const starts = new Float64Array(size);
      const ends = new Float64Array(size);
      nodes.set(this.nodes);
      starts.set(this.startUs);
      ends.set(this.endUs);
      this.nodes = nodes;
      this.startUs = starts;
      this.endUs = ends;
    }
    this.nodes[this.count] = node;
    this.startUs[this.count] = startUs;
    this.endUs[this.count] = endUs;
    this.count++;
  }
}

function isServerOfClient(tree: SpanTree, node: number, parent: number): boolean {
  const { kinds } = tree.table;
  return kinds[tree.rows[parent]!] === SPAN_KIND.client && kinds[tree.rows[node]!] === SPAN_KIND.server;
}
