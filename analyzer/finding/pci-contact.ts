import type { Rollup } from '../rollup/rollup.ts';
import type { DependencyGraph } from './dependency-graph.ts';
import { smallestThree } from './pci-claim.ts';
import { timeOf } from './time.ts';

/** Two nodes that exchanged calls or messages. */
export interface Contact {
  readonly caller: string;
  readonly callee: string;
  /** In call direction, with the topic or queue between them. */
  readonly path: readonly string[];
  readonly callCount: number;
  readonly traceIds: readonly string[];
  /** ISO 8601; undefined where no call had a usable time. */
  readonly firstSeen: string | undefined;
  readonly lastSeen: string | undefined;
}

/**
 * Who is connected with whom: by a call of any kind, or by messages that the one published and the other is known to have taken,
 * by parent or span link. The topic is on the way then, not a hop of its own: what the one sent, the other has. Callers without
 * spans are nobody in particular and in no contact.
 */
export function contactsOf(graph: DependencyGraph, rollup: Rollup): Contact[] {
  const contacts: Contact[] = [];
  const isSomebody = (node: string) => graph.hasNode(node) && graph.getNodeAttribute(node, 'kind') !== 'unknown-caller';
  graph.forEachDirectedEdge((_key, { callCount, seen }, caller, callee) => {
    if (caller === callee || !isSomebody(caller) || !isSomebody(callee)) return;
    contacts.push({
      caller,
      callee,
      path: [caller, callee],
      callCount,
      traceIds: smallestThree(seen.flatMap(({ traceIds }) => traceIds)),
      firstSeen: timeOf(Math.min(...seen.map(({ firstSeenUs }) => firstSeenUs))) ?? undefined,
      lastSeen: timeOf(Math.max(...seen.map(({ lastSeenUs }) => lastSeenUs))) ?? undefined,
    });
  });
  for (const key of [...rollup.viaDestinations.keys()].sort()) {
    const { producer, consumer, destination, callCount, traceIds } = rollup.viaDestinations.get(key)!;
    if (producer === consumer || !isSomebody(producer) || !isSomebody(consumer)) continue;
    const path = [producer, destination, consumer];
    const times = { firstSeen: undefined, lastSeen: undefined };
    contacts.push({ caller: producer, callee: consumer, path, callCount, traceIds: [...traceIds], ...times });
  }
  return contacts;
}
