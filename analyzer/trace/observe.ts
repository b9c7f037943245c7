import type { SpanDictionary, SpanTable } from '../model/span-table.ts';
import { ReusableSpanTree } from './build-span-tree.ts';
import { CallOutcomes } from './call-outcomes.ts';
import { CriticalPathFinder } from './critical-path.ts';
import { DependencyFinder } from './dependencies.ts';
import { joinedChildren } from './joined-children.ts';
import { ReentryFinder } from './re-entry.ts';
import { Retries } from './retries.ts';

/**
 * What one trace shows: the table of contents of this folder. Its parts keep their columns from trace to trace, so what was
 * found must be read before the next trace is observed.
 */
export class TraceObserver {
  readonly tree: ReusableSpanTree;
  readonly dependencies: DependencyFinder;
  readonly outcomes = new CallOutcomes();
  readonly criticalPath = new CriticalPathFinder();
  readonly retries = new Retries();
  /** Circles of services, see `ReentryFinder`. */
  reentries: readonly (readonly number[])[] = [];
  joined = new Uint8Array(0);
  readonly #reentryFinder = new ReentryFinder();

  constructor(
    dictionary: SpanDictionary,
    options: { readonly proxies?: Iterable<string>; readonly seed?: number } = {},
  ) {
    this.tree = new ReusableSpanTree(options.seed);
    this.dependencies = new DependencyFinder(dictionary, options.proxies);
  }

  /** Looks at `rows[from .. to)`, all of one trace. */
  observe(table: SpanTable, rows: Uint32Array, from: number, to: number): void {
    const { tree, dependencies } = this;
    tree.build(table, rows, from, to);
    if (this.joined.length < tree.count) this.joined = new Uint8Array(Math.max(64, tree.count * 2));
    joinedChildren(tree, this.joined);
    dependencies.find(tree, this.joined);
    this.outcomes.find(tree, dependencies);
    this.reentries = this.#reentryFinder.find(dependencies, tree.count);
    // A trace with parts missing has no critical path: the missing part may have been on it.
    if (!tree.isComplete) return;
    this.criticalPath.load(tree, this.joined);
    this.retries.find(tree, dependencies, this.criticalPath.seenStartUs, this.criticalPath.seenEndUs);
  }
}
