import { SPAN_KIND } from '../model/span.ts';
import type { SpanTree } from './span-tree.ts';

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
  /** Awaited children of a visited parent in order of their end, at `childStarts[parent]`; how many are still ahead. */
  #byEnd = new Uint32Array(0);
  #ahead = new Int32Array(0);

  #tree: SpanTree | undefined;
  #joined: Uint8Array = new Uint8Array(0);

  /** Takes up a trace; `joined` is what `joinedChildren` returns for it. O(n), once for all of its roots. */
  load(tree: SpanTree, joined: Uint8Array): void {
    this.#tree = tree;
    this.#joined = joined;
    this.#prepare(tree);
    this.#seeAsParentsDo(tree, joined);
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
    for (;;) {
      if (atEnd) {
        const last = this.#lastToEnd(tree, node, joined);
        if (last < 0) {
          this.#section(node, seenStartUs[node]!, seenEndUs[node]!);
          atEnd = false;
        } else {
          this.#section(node, seenEndUs[last]!, seenEndUs[node]!);
          node = last;
        }
      } else {
        if (node === root) return;
        const parent = parents[node]!;
        const before = this.#lastToEndBefore(tree, parent, node);
        if (before < 0) {
          this.#section(parent, seenStartUs[parent]!, seenStartUs[node]!);
          node = parent;
        } else {
          this.#section(parent, seenEndUs[before]!, seenStartUs[node]!);
          node = before;
          atEnd = true;
        }
      }
    }
  }

  #prepare(tree: SpanTree): void {
    if (this.seenStartUs.length < tree.count) {
      const size = Math.max(tree.count, this.seenStartUs.length * 2, 256);
      this.seenStartUs = new Float64Array(size);
      this.seenEndUs = new Float64Array(size);
      this.#shiftUs = new Float64Array(size);
      this.#byEnd = new Uint32Array(size);
      this.#ahead = new Int32Array(size);
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
    return count === 0 ? -1 : this.#byEnd[start + count - 1]!;
  }

  /** The awaited sibling that ended last at or before the start of `node`, or -1. */
  #lastToEndBefore(tree: SpanTree, parent: number, node: number): number {
    const first = tree.childStarts[parent]!;
    const startUs = this.seenStartUs[node]!;
    const isInstant = this.seenEndUs[node] === startUs;
    let ahead = this.#ahead[parent]! - 1;
    while (ahead >= 0) {
      const endUs = this.seenEndUs[this.#byEnd[first + ahead]!]!;
      // Two instants at one time have no order but their ids, and the smaller was taken first: the rest is skipped.
      if (isInstant ? endUs < startUs : endUs <= startUs) break;
      ahead--;
    }
    this.#ahead[parent] = ahead;
    return ahead < 0 ? -1 : this.#byEnd[first + ahead]!;
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
