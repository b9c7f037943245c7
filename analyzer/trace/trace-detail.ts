import type { TraceDetail, TraceSection, TraceSpan } from '../model/analysis.ts';
import { SPAN_KIND_NAMES } from '../model/span.ts';
import type { SpanTable } from '../model/span-table.ts';
import { buildSpanTree } from './build-span-tree.ts';
import { CriticalPathFinder } from './critical-path.ts';
import { EventModel } from './event-model.ts';
import { Failures } from './failures.ts';
import { joinedChildren } from './joined-children.ts';
import { Nodes } from './nodes.ts';
import { Operations } from './operations.ts';
import { RowAttributes } from './row-attributes.ts';
import type { SpanTree } from './span-tree.ts';

/** One trace, rows `[from, to)` of a table, for reading: spans in the order of a waterfall, and the critical path of its root. */
export function traceDetail(table: SpanTable, from = 0, to = table.count): TraceDetail {
  if (from >= to) throw new Error('traceDetail needs at least one span');
  const tree = buildSpanTree(table, from, to);
  const joined = joinedChildren(tree);
  const root = mainRoot(tree);
  const zeroUs = tree.startUs[root]!;
  const finder = new CriticalPathFinder();
  finder.load(tree, joined);
  finder.find(root);
  const figures = new PathFigures(tree, joined, root, finder);
  return {
    traceId: table.traceId(from),
    durationUs: tree.endUs[root]! - zeroUs,
    startedAt: new Date(zeroUs / 1000).toISOString(),
    isComplete: tree.isComplete,
    spans: spansOf(tree, joined, zeroUs, figures),
    sections: sectionsOf(tree, finder, zeroUs),
    problems: [...tree.problems]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, count]) => ({ kind, message: kind.replaceAll('-', ' '), count })),
  };
}

/** Whose answer the trace is about: a true root before an orphan, then the earliest, then the longest. */
function mainRoot({ roots, startUs, endUs }: SpanTree): number {
  let best = roots[0]!;
  for (const root of roots) {
    const order =
      Number(root.isOrphan) - Number(best.isOrphan) ||
      startUs[root.node]! - startUs[best.node]! ||
      endUs[best.node]! - endUs[root.node]!;
    if (order < 0) best = root;
  }
  return best.node;
}

function spansOf(tree: SpanTree, joined: Uint8Array, zeroUs: number, figures: PathFigures): TraceSpan[] {
  const { table, parents, childStarts, children } = tree;
  const nodes = new Nodes(table.dictionary.resources);
  const operations = new Operations(table.dictionary.strings);
  const failures = new Failures(table.dictionary.strings);
  const attributes = new RowAttributes();
  const spans: TraceSpan[] = [];
  const depths = new Uint32Array(tree.count);
  const open = tree.roots.map(({ node }) => node).reverse();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const row = tree.rows[node]!;
    const parent = parents[node]!;
    depths[node] = parent < 0 ? 0 : depths[parent]! + 1;
    attributes.load(table, row);
    const span = table.span(row);
    const shiftUs = tree.clockShiftUs?.[node] ?? 0;
    spans.push({
      spanId: span.spanId,
      parentSpanId: parent < 0 ? (span.parentSpanId ?? null) : table.spanId(tree.rows[parent]!),
      depth: depths[node]!,
      service: nodes.get(nodes.ofResource(table.resources[row]!)).id,
      operation: operations.text(operations.of(attributes, table.names[row]!)),
      kind: SPAN_KIND_NAMES[table.kinds[row]!]!,
      startUs: tree.startUs[node]! - zeroUs,
      endUs: tree.endUs[node]! - zeroUs,
      isError: failures.isFailed(table.statuses[row]!, table.kinds[row]!, attributes),
      isJoined: joined[node] === 1,
      ...(shiftUs === 0 ? {} : { clockShiftUs: shiftUs }),
      ...figures.of(node),
      attributes: span.attributes,
    });
    const below = children.slice(childStarts[node], childStarts[node + 1]);
    if (tree.clockShiftUs !== undefined) below.sort((a, b) => tree.startUs[a]! - tree.startUs[b]! || a - b);
    for (let at = below.length - 1; at >= 0; at--) open.push(below[at]!);
  }
  return spans;
}

/** A drag looks at the whole trace; so many events are looked at altogether, the spans with the most time on the path first. */
const MOST_EVENTS = 20_000_000;

/** Slack, drag and abandoned work of the spans under the root of the trace. */
class PathFigures {
  readonly #finder: CriticalPathFinder;
  readonly #slacks: ReadonlyMap<number, number>;
  readonly #drags = new Map<number, number>();
  readonly #isOnPath: ReadonlySet<number>;

  /** `finder` has found the path of `root`. */
  constructor(tree: SpanTree, joined: Uint8Array, root: number, finder: CriticalPathFinder) {
    const model = new EventModel();
    model.load(tree, finder, joined, root);
    const criticalUs = new Map<number, number>();
    for (let at = 0; at < finder.count; at++) {
      const us = finder.endUs[at]! - finder.startUs[at]!;
      criticalUs.set(finder.nodes[at]!, us + (criticalUs.get(finder.nodes[at]!) ?? 0));
    }
    const longest = [...criticalUs].sort(([a, aUs], [b, bUs]) => bUs - aUs || a - b);
    for (const [node] of longest.slice(0, Math.ceil(MOST_EVENTS / (2 * model.spanCount)))) {
      this.#drags.set(
        node,
        model.drag((span) => span === node),
      );
    }
    this.#finder = finder;
    this.#slacks = model.slacks();
    this.#isOnPath = new Set(criticalUs.keys());
  }

  of(node: number): Pick<TraceSpan, 'slackUs' | 'dragUs' | 'abandonedUs'> {
    const slackUs = this.#slacks.get(node);
    const dragUs = this.#isOnPath.has(node) ? this.#drags.get(node) : 0;
    const abandonedUs = this.#finder.abandonedUs(node);
    return {
      ...(slackUs === undefined ? {} : { slackUs }),
      ...(slackUs === undefined || dragUs === undefined ? {} : { dragUs }),
      ...(abandonedUs === 0 ? {} : { abandonedUs }),
    };
  }
}

function sectionsOf(tree: SpanTree, finder: CriticalPathFinder, zeroUs: number): TraceSection[] {
  const { table } = tree;
  const nodes = new Nodes(table.dictionary.resources);
  const operations = new Operations(table.dictionary.strings);
  const attributes = new RowAttributes();
  return Array.from({ length: finder.count }, (_, at) => {
    const row = tree.rows[finder.nodes[at]!]!;
    attributes.load(table, row);
    return {
      spanId: table.spanId(row),
      service: nodes.get(nodes.ofResource(table.resources[row]!)).id,
      operation: operations.text(operations.of(attributes, table.names[row]!)),
      startUs: finder.startUs[at]! - zeroUs,
      endUs: finder.endUs[at]! - zeroUs,
    };
  });
}
