import type { SpanTree } from './span-tree.ts';

/** How far a call may begin before the one it waited for is over, at most and as a share of the parent, if two clocks say so. */
const TOLERANCE_US = 1000;
const TOLERANCE_SHARE = 0.01;

/**
 * Calls one after the other whose hosts' clocks disagree by less than anybody corrects.
 *
 * ```
 * |--------------parent--------------|
 *   |---one, host a---|
 *                    |---two, host b---|      two waited for one, and its clock is a little fast
 * ```
 *
 * Within one host times are true, so there nothing is tolerated; and an event of another sibling in between says that the
 * two did overlap.
 */
export class LateSiblings {
  #tree: SpanTree | undefined;
  #joined: Uint8Array = new Uint8Array(0);
  #startUs: Float64Array = new Float64Array(0);
  #endUs: Float64Array = new Float64Array(0);
  /** Starts of the awaited children of a parent, ascending, for the few that were asked for. */
  readonly #starts = new Map<number, Float64Array>();

  load(tree: SpanTree, joined: Uint8Array, seenStartUs: Float64Array, seenEndUs: Float64Array): void {
    this.#tree = tree;
    this.#joined = joined;
    this.#startUs = seenStartUs;
    this.#endUs = seenEndUs;
    this.#starts.clear();
  }

  /** Whether `node` waited for `sibling`, which of all siblings is the first to end after the start of `node`. */
  isWaitedFor(parent: number, sibling: number, node: number): boolean {
    const startUs = this.#startUs;
    const endUs = this.#endUs;
    const overlapUs = endUs[sibling]! - startUs[node]!;
    if (overlapUs > TOLERANCE_US || overlapUs > (endUs[parent]! - startUs[parent]!) * TOLERANCE_SHARE) return false;
    if (startUs[sibling]! >= startUs[node]! || endUs[sibling]! >= endUs[node]!) return false;
    return this.#areOnDifferentHosts(sibling, node) && !this.#startsBetween(parent, startUs[node]!, endUs[sibling]!);
  }

  #areOnDifferentHosts(one: number, other: number): boolean {
    const { table, rows } = this.#tree!;
    const [first, second] = [table.resource(rows[one]!).host, table.resource(rows[other]!).host];
    return first !== undefined && second !== undefined && first !== second;
  }

  /** Whether a child starts after `fromUs`, and not after `toUs`. */
  #startsBetween(parent: number, fromUs: number, toUs: number): boolean {
    const starts = this.#startsOf(parent);
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle]! > fromUs) high = middle;
      else low = middle + 1;
    }
    return low < starts.length && starts[low]! <= toUs;
  }

  #startsOf(parent: number): Float64Array {
    let starts = this.#starts.get(parent);
    if (starts === undefined) {
      const { childStarts, children } = this.#tree!;
      const below = children.subarray(childStarts[parent], childStarts[parent + 1]);
      starts = Float64Array.from(
        below.filter((child) => this.#joined[child] === 1),
        (child) => this.#startUs[child]!,
      );
      starts.sort();
      this.#starts.set(parent, starts);
    }
    return starts;
  }
}
