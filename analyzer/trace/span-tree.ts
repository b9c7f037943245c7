import type { SpanTable } from '../model/span-table.ts';

/**
 * One trace as a forest. Node `i` stands for table row `rows[i]`; duplicates are merged, ids are unique, parent cycles and
 * self-parents are cut. Nodes are in a fixed order (start, end, span id) whatever order the spans came in, and everything
 * below is an index into it. Traversals are loops over `topDown`, so a trace 100,000 deep is no deeper than any other.
 */
export interface SpanTree {
  readonly table: SpanTable;
  readonly count: number;
  readonly rows: Uint32Array;
  /** Parent node, or -1 for a root. */
  readonly parents: Int32Array;
  /** Children of node `i`: `children[childStarts[i] .. childStarts[i + 1])`, ascending, so by start as it was sent. */
  readonly childStarts: Uint32Array;
  readonly children: Uint32Array;
  /** All nodes, each after its parent. */
  readonly topDown: Uint32Array;
  /** Start and end in whole microseconds since the epoch after clean-up (and clock-skew correction, where made). */
  readonly startUs: Float64Array;
  readonly endUs: Float64Array;
  /** By node, what was added to both to correct a clock; undefined where no clock in the trace had to be corrected. */
  readonly clockShiftUs: Float64Array | undefined;
  /** Nodes without a parent. `orphan` means: it names a parent that never came. */
  readonly roots: readonly { readonly node: number; readonly isOrphan: boolean }[];
  /** True if no node is an orphan. */
  readonly isComplete: boolean;
  /** What had to be repaired, by kind, in spans. */
  readonly problems: ReadonlyMap<string, number>;
}
