import { type CriticalPathFinder, type IsRefuted, mayBeRefuted } from './critical-path.ts';
import { LateSiblings } from './late-siblings.ts';
import type { SpanTree } from './span-tree.ts';

/**
 * What would have become of a request, had some of its work taken another time: the events of `CriticalPathFinder` with what
 * each of them waits for, ready to be timed anew.
 *
 * A span has two events, its start and its end. An end waits for the span's own start and for the end of every child that was
 * awaited; a start waits for the start of the parent and for the end of every awaited sibling that was over by then. What an
 * event takes beyond the last it waits for is *its own time*: of the span itself at its end, of the parent at its start.
 * Timed anew with those own times, every event falls on the time that was observed; with others, one sees what follows:
 *
 * - *slack* of a span: how much later it could have ended with the answer as early as it was;
 * - *drag* of some spans: how much earlier the answer had come, had they taken no time of their own;
 * - *what if*: the duration of the request with the own time of some spans scaled.
 *
 * What is assumed: gaps that were seen stay as they are, whoever waited for somebody still does, and there is no queueing.
 * So a drag is never more than the time on the critical path, and may be less: another chain takes over.
 *
 * The siblings that a start waits for are a beginning of the list by end, so one node for each such beginning stands for them:
 * O(n log n) to load, O(n) for each question, no recursion.
 */
export class EventModel {
  /** As observed, of the root. */
  durationUs = 0;
  /** Spans under the root that it waits for, itself included. */
  spanCount = 0;

  #parents = new Int32Array(0);
  /** By turn: a span's number for its start, its complement for its end. Everything an event waits for has an earlier turn. */
  #turns = new Int32Array(0);
  #startOwnUs = new Float64Array(0);
  #endOwnUs = new Float64Array(0);
  /** Children by end, those of a span at `[firstPlaces, firstPlaces + childCounts)`; place of each span in it. */
  #byEnd = new Int32Array(0);
  #firstPlaces = new Int32Array(0);
  #childCounts = new Int32Array(0);
  #places = new Int32Array(0);
  /** So many of the first siblings by end the start of a span waits for. */
  #waitsFor = new Int32Array(0);
  /** Instead of those: the siblings themselves, where other traces refute the order of some. */
  readonly #waitsForThese = new Map<number, readonly number[]>();
  /** A sibling waited for that ended a little later, and by how much. */
  readonly #late = new Map<number, { readonly sibling: number; readonly lagUs: number }>();
  #seenEndUs = new Float64Array(0);
  readonly #lateSiblings = new LateSiblings();

  // Times while one question is answered; by place, the latest end up to there.
  #startUs = new Float64Array(0);
  #endUs = new Float64Array(0);
  #latestUs = new Float64Array(0);
  #filled = new Int32Array(0);

  /** Takes up what lies under a root, of a trace that `finder` has loaded with the same `joined` and `isRefuted`. */
  load(tree: SpanTree, finder: CriticalPathFinder, joined: Uint8Array, root: number, isRefuted?: IsRefuted): void {
    this.#reserve(tree.count);
    const { seenStartUs, seenEndUs } = finder;
    this.#seenEndUs = seenEndUs;
    this.durationUs = seenEndUs[root]! - seenStartUs[root]!;
    this.#waitsForThese.clear();
    this.#late.clear();
    this.#lateSiblings.load(tree, joined, seenStartUs, seenEndUs);
    this.#parents[root] = -1;
    const turns = this.#turns;
    const byStart = (a: number, b: number) =>
      seenStartUs[a]! - seenStartUs[b]! || seenEndUs[a]! - seenEndUs[b]! || a - b;
    const open = [root];
    let turn = 0;
    let placed = 0;
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      turns[turn++] = next;
      if (next < 0) continue;
      const span = next;
      open.push(~span);
      const below = tree.children.subarray(tree.childStarts[span], tree.childStarts[span + 1]);
      const children = below.filter((child) => joined[child] === 1);
      if (!isSorted(children, byStart)) children.sort(byStart);
      for (let at = children.length - 1; at >= 0; at--) open.push(children[at]!);
      this.#firstPlaces[span] = placed;
      this.#childCounts[span] = children.length;
      this.#placeChildren(span, children, seenStartUs, mayBeRefuted(tree, span) ? isRefuted : undefined);
      placed += children.length;
    }
    this.spanCount = turn / 2;
    this.#measureOwnTimes(seenStartUs);
  }

  /** Duration of the request, had the own time of each span been scaled by `scaleOf` of it, each in [0, infinity). */
  duration(scaleOf: (span: number) => number): number {
    const [startUs, endUs] = [this.#startUs, this.#endUs];
    this.#filled.fill(0);
    for (let turn = 0; turn < this.spanCount * 2; turn++) {
      const event = this.#turns[turn]!;
      if (event >= 0) {
        const parent = this.#parents[event]!;
        if (parent < 0) startUs[event] = 0;
        else startUs[event] = this.#baseOfStart(event) + this.#startOwnUs[event]! * scaleOf(parent);
      } else {
        endUs[~event] = this.#baseOfEnd(~event) + this.#endOwnUs[~event]! * scaleOf(~event);
      }
    }
    return endUs[~this.#turns[this.spanCount * 2 - 1]!]!;
  }

  /** Microseconds that the answer had come earlier, had the spans `isIn` names taken no time of their own. */
  drag(isIn: (span: number) => boolean): number {
    return this.durationUs - this.duration((span) => (isIn(span) ? 0 : 1));
  }

  /** How much later each span could have ended, by its number; absent for what nobody waits for. */
  slacks(): Map<number, number> {
    const lastOfStart = this.#startUs;
    const latest = this.#latestUs.fill(Infinity);
    const settled = this.#filled;
    const lastOfLate = new Map<number, number>();
    const wait = (span: number, us: number) => lastOfLate.set(span, Math.min(us, lastOfLate.get(span) ?? Infinity));
    const slacks = new Map<number, number>();
    const rootStartUs = this.#seenEndUs[this.#turns[0]!]! - this.durationUs;
    for (let turn = this.spanCount * 2 - 1; turn >= 0; turn--) {
      const event = this.#turns[turn]!;
      if (event < 0) {
        const span = ~event;
        const parent = this.#parents[span]!;
        const last =
          parent < 0
            ? this.durationUs
            : Math.min(this.#settle(parent, this.#places[span]!), lastOfLate.get(span) ?? Infinity);
        slacks.set(span, last - (this.#seenEndUs[span]! - rootStartUs));
        lastOfStart[span] = last - this.#endOwnUs[span]!;
        const count = this.#childCounts[span]!;
        const end = this.#firstPlaces[span]! + count;
        settled[span] = end;
        if (count > 0) latest[end - 1] = lastOfStart[span]!;
      } else {
        const parent = this.#parents[event]!;
        if (parent < 0) continue;
        const last = lastOfStart[event]! - this.#startOwnUs[event]!;
        lastOfStart[parent] = Math.min(lastOfStart[parent]!, last);
        const late = this.#late.get(event);
        if (late !== undefined) wait(late.sibling, last + late.lagUs);
        const these = this.#waitsForThese.get(event);
        if (these !== undefined) for (const sibling of these) wait(sibling, last);
        else if (this.#waitsFor[event]! > 0) {
          const place = this.#firstPlaces[parent]! + this.#waitsFor[event]! - 1;
          latest[place] = Math.min(latest[place]!, last);
        }
      }
    }
    return slacks;
  }

  #reserve(count: number): void {
    if (this.#parents.length >= count) return;
    const size = Math.max(count, this.#parents.length * 2, 64);
    this.#parents = new Int32Array(size);
    this.#turns = new Int32Array(size * 2);
    this.#startOwnUs = new Float64Array(size);
    this.#endOwnUs = new Float64Array(size);
    this.#byEnd = new Int32Array(size);
    this.#firstPlaces = new Int32Array(size);
    this.#childCounts = new Int32Array(size);
    this.#places = new Int32Array(size);
    this.#waitsFor = new Int32Array(size);
    this.#startUs = new Float64Array(size);
    this.#endUs = new Float64Array(size);
    this.#latestUs = new Float64Array(size);
    this.#filled = new Int32Array(size);
  }

  /** `children` come by start, end and number: what comes first never waits for what comes later. */
  #placeChildren(
    parent: number,
    children: Uint32Array,
    seenStartUs: Float64Array,
    isRefuted: IsRefuted | undefined,
  ): void {
    const endUs = this.#seenEndUs;
    const first = this.#firstPlaces[parent]!;
    const isInstant = (span: number) => seenStartUs[span] === endUs[span];
    // An instant that falls on the end of others comes after them, and after the instants before it.
    const byEnd = children
      .slice()
      .sort((a, b) => endUs[a]! - endUs[b]! || Number(isInstant(a)) - Number(isInstant(b)) || a - b);
    for (const [at, child] of byEnd.entries()) {
      this.#byEnd[first + at] = child;
      this.#places[child] = first + at;
    }
    let over = 0;
    for (const child of children) {
      this.#parents[child] = parent;
      while (over < byEnd.length && endUs[byEnd[over]!]! <= seenStartUs[child]!) over++;
      const count = isInstant(child) ? this.#places[child]! - first : over;
      this.#waitsFor[child] = count;
      if (isRefuted !== undefined) this.#exclude(child, byEnd.subarray(0, count), isRefuted);
      if (!isInstant(child)) this.#findLate(parent, child, byEnd, over, seenStartUs, isRefuted);
    }
  }

  #exclude(child: number, siblings: Uint32Array, isRefuted: IsRefuted): void {
    const left = siblings.filter((sibling) => !isRefuted(sibling, child));
    if (left.length < siblings.length) this.#waitsForThese.set(child, [...left]);
  }

  #findLate(
    parent: number,
    child: number,
    byEnd: Uint32Array,
    over: number,
    seenStartUs: Float64Array,
    isRefuted: IsRefuted | undefined,
  ): void {
    const endUs = this.#seenEndUs;
    const sibling = byEnd[over];
    if (sibling === undefined || sibling === child) return;
    const isTied = over + 1 < byEnd.length && endUs[byEnd[over + 1]!] === endUs[sibling];
    if (isTied || !this.#lateSiblings.isWaitedFor(parent, sibling, child)) return;
    if (isRefuted?.(sibling, child) === true) return;
    this.#late.set(child, { sibling, lagUs: endUs[sibling]! - seenStartUs[child]! });
  }

  #measureOwnTimes(seenStartUs: Float64Array): void {
    const root = this.#turns[0]!;
    const zeroUs = seenStartUs[root]!;
    const [startUs, endUs] = [this.#startUs, this.#endUs];
    this.#filled.fill(0);
    for (let turn = 0; turn < this.spanCount * 2; turn++) {
      const event = this.#turns[turn]!;
      if (event >= 0) {
        startUs[event] = seenStartUs[event]! - zeroUs;
        this.#startOwnUs[event] = event === root ? 0 : startUs[event] - this.#baseOfStart(event);
      } else {
        const span = ~event;
        endUs[span] = this.#seenEndUs[span]! - zeroUs;
        this.#endOwnUs[span] = endUs[span] - this.#baseOfEnd(span);
      }
    }
  }

  /** When the last of what a start waits for has happened, from the times found so far. */
  #baseOfStart(span: number): number {
    const parent = this.#parents[span]!;
    let base = this.#startUs[parent]!;
    const these = this.#waitsForThese.get(span);
    if (these !== undefined) {
      for (const sibling of these) base = Math.max(base, this.#endUs[sibling]!);
    } else if (this.#waitsFor[span]! > 0) {
      base = Math.max(base, this.#latestOf(parent, this.#waitsFor[span]!));
    }
    const late = this.#late.get(span);
    return late === undefined ? base : Math.max(base, this.#endUs[late.sibling]! - late.lagUs);
  }

  #baseOfEnd(span: number): number {
    const count = this.#childCounts[span]!;
    return count === 0 ? this.#startUs[span]! : Math.max(this.#startUs[span]!, this.#latestOf(span, count));
  }

  /** The latest end of the first `count` children by observed end: each of them has had its turn. */
  #latestOf(parent: number, count: number): number {
    const first = this.#firstPlaces[parent]!;
    const latest = this.#latestUs;
    for (let at = this.#filled[parent]!; at < count; at++) {
      const endUs = this.#endUs[this.#byEnd[first + at]!]!;
      latest[first + at] = at === 0 ? endUs : Math.max(latest[first + at - 1]!, endUs);
    }
    this.#filled[parent] = Math.max(this.#filled[parent]!, count);
    return latest[first + count - 1]!;
  }

  /**
   * Going back: the earliest of what waits for a place or one behind it. A start that is still to come waits for places before
   * all those asked for so far, so what is settled stays.
   */
  #settle(parent: number, place: number): number {
    const latest = this.#latestUs;
    const end = this.#firstPlaces[parent]! + this.#childCounts[parent]!;
    for (let at = this.#filled[parent]! - 1; at >= place; at--) {
      if (at + 1 < end) latest[at] = Math.min(latest[at]!, latest[at + 1]!);
    }
    this.#filled[parent] = Math.min(this.#filled[parent]!, place);
    return latest[place]!;
  }
}

function isSorted(spans: Uint32Array, compare: (a: number, b: number) => number): boolean {
  for (let at = 1; at < spans.length; at++) if (compare(spans[at - 1]!, spans[at]!) > 0) return false;
  return true;
}
