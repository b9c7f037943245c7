import { SPAN_FLAG, SPAN_KIND } from '../model/span.ts';
import type { SpanTree } from './span-tree.ts';

/**
 * How far a child may outlive a parent that waits for it. Within one process it should be nothing, but SDKs take a start from
 * a clock of whole milliseconds and add the duration from a finer one (OpenTelemetry for JavaScript does), and two hosts
 * seldom agree better. With less, one plain call in ten of the demo counted as fire-and-forget.
 */
const TOLERANCE_US = 1000;

/**
 * For each node 1 if its parent waits for it, else 0; roots count as joined. What nobody waits for cannot delay anybody:
 * a fire-and-forget call is never critical, however long it runs.
 */
export function joinedChildren(tree: SpanTree, joined: Uint8Array = new Uint8Array(tree.count)): Uint8Array {
  const { table, rows, parents, startUs, endUs } = tree;
  for (let node = 0; node < tree.count; node++) {
    const parent = parents[node]!;
    joined[node] = 1;
    if (parent < 0) continue;
    const row = rows[node]!;
    const parentRow = rows[parent]!;
    const kind = table.kinds[row]!;
    const parentKind = table.kinds[parentRow]!;
    if ((table.flags[row]! & SPAN_FLAG.followsFrom) !== 0) joined[node] = 0;
    else if (parentKind === SPAN_KIND.producer && kind !== SPAN_KIND.internal) joined[node] = 0;
    else if (kind === SPAN_KIND.consumer && isRemote(tree, node, parent)) joined[node] = 0;
    // A caller always has its answer, or its timeout, when its span ends; what runs on behind it is abandoned work.
    else if (parentKind === SPAN_KIND.client && kind === SPAN_KIND.server) joined[node] = 1;
    // A parent without a duration ended at a time nobody knows: in old Zipkin data that is one span in ten.
    else if (endUs[parent] === startUs[parent]) joined[node] = 1;
    // |--parent--|
    //       |--child-----|
    else if (endUs[node]! > endUs[parent]! + TOLERANCE_US) joined[node] = 0;
  }
  return joined;
}

function isRemote(tree: SpanTree, node: number, parent: number): boolean {
  return tree.table.resources[tree.rows[node]!] !== tree.table.resources[tree.rows[parent]!];
}
