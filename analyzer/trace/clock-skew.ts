import { SPAN_FLAG, SPAN_KIND } from '../model/span.ts';
import type { SpanTree } from './span-tree.ts';

/** What was moved, and by how much. */
export interface ClockShifts {
  /** By node: microseconds added to its start and its end; 0 for most. */
  readonly shiftUs: Float64Array;
  readonly movedCount: number;
  /** Server spans moved on their own, since the calls between their two hosts ask for different shifts. */
  readonly inconsistentCount: number;
}

/**
 * Moves the times of spans whose host's clock disagrees with that of its callers, in place; undefined if no span was moved.
 *
 * Only a CLIENT span with its SERVER span on another known host says something about two clocks: the server worked while the
 * client waited. So each such pair allows the server's host a range of shifts, and the pairs of two hosts in a trace share
 * one clock difference: of what all of them allow, the shift nearest to none.
 *
 * ```
 * |------client------|             host h1         allowed for h2: at least client start - server start,
 *        |--server--------|        host h2         at most client end - server end
 * ```
 *
 * A server that ran longer than its client waited (a timeout) only has to start after it. Messages, references to a parent
 * that does not wait and spans on one host never move anything: a late consumer is late (Jaeger centred those, its issues
 * 1459 and 4072 tell what came of it). What lies below a moved server on the same clock moves with it.
 */
export function correctClocks(tree: SpanTree): ClockShifts | undefined {
  if (!hasDisagreement(tree)) return undefined;
  const ranges = rangesByHosts(tree);
  const shiftUs = new Float64Array(tree.count);
  let movedCount = 0;
  let inconsistentCount = 0;
  for (let at = 0; at < tree.count; at++) {
    const node = tree.topDown[at]!;
    const parent = tree.parents[node]!;
    if (parent < 0 || isDetached(tree, node, parent)) continue;
    let shift = shiftUs[parent]!;
    if (isPairOfHosts(tree, node, parent)) {
      const [clientHost, serverHost] = [hostOf(tree, parent)!, hostOf(tree, node)!];
      const { leastUs, mostUs } = ranges.get(pairKey(clientHost, serverHost))!;
      if (leastUs <= mostUs) {
        shift += nearestToNone(leastUs, mostUs) * direction(clientHost, serverHost);
      } else {
        const own = middleUnlessNested(allowedShift(tree, node, parent));
        if (own !== 0) inconsistentCount++;
        shift += own;
      }
    }
    shiftUs[node] = shift;
  }
  for (let node = 0; node < tree.count; node++) {
    if (shiftUs[node] === 0) continue;
    tree.startUs[node]! += shiftUs[node]!;
    tree.endUs[node]! += shiftUs[node]!;
    movedCount++;
  }
  return movedCount === 0 ? undefined : { shiftUs, movedCount, inconsistentCount };
}

interface ShiftRange {
  leastUs: number;
  mostUs: number;
}

/** Quick look, without allocating anything: most traces have nothing to correct. */
function hasDisagreement(tree: SpanTree): boolean {
  const { table, rows, parents, startUs, endUs } = tree;
  const { kinds } = table;
  for (let node = 0; node < tree.count; node++) {
    const parent = parents[node]!;
    if (parent < 0 || kinds[rows[node]!] !== SPAN_KIND.server || kinds[rows[parent]!] !== SPAN_KIND.client) continue;
    const isEarly = startUs[node]! < startUs[parent]!;
    if ((isEarly || endUs[node]! > endUs[parent]!) && isPairOfHosts(tree, node, parent)) {
      const { leastUs, mostUs } = allowedShift(tree, node, parent);
      if (leastUs > 0 || mostUs < 0) return true;
    }
  }
  return false;
}

function rangesByHosts(tree: SpanTree): Map<string, ShiftRange> {
  const ranges = new Map<string, ShiftRange>();
  for (let node = 0; node < tree.count; node++) {
    const parent = tree.parents[node]!;
    if (parent < 0 || !isPairOfHosts(tree, node, parent)) continue;
    const [clientHost, serverHost] = [hostOf(tree, parent)!, hostOf(tree, node)!];
    const allowed = allowedShift(tree, node, parent);
    const isForward = direction(clientHost, serverHost) === 1;
    const leastUs = isForward ? allowed.leastUs : -allowed.mostUs;
    const mostUs = isForward ? allowed.mostUs : -allowed.leastUs;
    const key = pairKey(clientHost, serverHost);
    const known = ranges.get(key);
    if (known === undefined) {
      ranges.set(key, { leastUs, mostUs });
    } else {
      known.leastUs = Math.max(known.leastUs, leastUs);
      known.mostUs = Math.min(known.mostUs, mostUs);
    }
  }
  return ranges;
}

/** By how much the server may be moved so that it lies within its client. */
function allowedShift({ startUs, endUs }: SpanTree, server: number, client: number): ShiftRange {
  const leastUs = startUs[client]! - startUs[server]!;
  const mostUs = endUs[client]! - endUs[server]!;
  // A client without a duration ended at a time nobody knows: in old Zipkin data that is one span in ten.
  const hasEnd = endUs[client]! > startUs[client]! && mostUs >= leastUs;
  return { leastUs, mostUs: hasEnd ? mostUs : Infinity };
}

function isPairOfHosts(tree: SpanTree, node: number, parent: number): boolean {
  const { table, rows } = tree;
  const row = rows[node]!;
  const parentRow = rows[parent]!;
  if (table.kinds[row] !== SPAN_KIND.server || table.kinds[parentRow] !== SPAN_KIND.client) return false;
  const { flags } = table;
  if (((flags[row]! | flags[parentRow]!) & SPAN_FLAG.noTime) !== 0) return false;
  if ((flags[row]! & SPAN_FLAG.followsFrom) !== 0) return false;
  const host = hostOf(tree, node);
  const parentHost = hostOf(tree, parent);
  return host !== undefined && parentHost !== undefined && host !== parentHost;
}

/** What nobody waits for keeps its own times, unless it runs on its parent's clock. */
function isDetached(tree: SpanTree, node: number, parent: number): boolean {
  const { table, rows } = tree;
  const row = rows[node]!;
  const parentRow = rows[parent]!;
  const isAsync =
    table.kinds[row] === SPAN_KIND.consumer ||
    table.kinds[parentRow] === SPAN_KIND.producer ||
    (table.flags[row]! & SPAN_FLAG.followsFrom) !== 0;
  if (!isAsync || table.resources[row] === table.resources[parentRow]) return false;
  const host = hostOf(tree, node);
  return host === undefined || host !== hostOf(tree, parent);
}

function hostOf({ table, rows }: SpanTree, node: number): string | undefined {
  return table.resource(rows[node]!).host;
}

/** Both directions between two hosts speak of one difference, seen from the host whose name comes first. */
function direction(clientHost: string, serverHost: string): 1 | -1 {
  return clientHost < serverHost ? 1 : -1;
}

function pairKey(host: string, other: string): string {
  return host < other ? `${host}\u0000${other}` : `${other}\u0000${host}`;
}

function nearestToNone(leastUs: number, mostUs: number): number {
  return leastUs > 0 ? leastUs : mostUs < 0 ? mostUs : 0;
}

function middleUnlessNested({ leastUs, mostUs }: ShiftRange): number {
  if (leastUs <= 0 && mostUs >= 0) return 0;
  return mostUs === Infinity ? leastUs : Math.floor((leastUs + mostUs) / 2);
}
