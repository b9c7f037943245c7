import type { Rollup } from '../rollup/rollup.ts';
import type { DependencyGraph } from './dependency-graph.ts';

/** Two nodes that exchanged calls or messages. */
export interface Contact {
  readonly caller: string;
  readonly callee: string;
  /** In call direction, with the topic or queue between them. */
  readonly path: readonly string[];
  readonly callCount: number;
  readonly traceIds: readonly string[];
  /** Microseconds since the epoch; `Infinity` and `-Infinity` where no call had a usable time. */
  readonly firstSeenUs: number;
  readonly lastSeenUs: number;
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
      traceIds: seen.flatMap(({ traceIds }) => traceIds),
      firstSeenUs: Math.min(...seen.map(({ firstSeenUs }) => firstSeenUs)),
      lastSeenUs: Math.max(...seen.map(({ lastSeenUs }) => lastSeenUs)),
    });
  });
  for (const key of [...rollup.viaDestinations.keys()].sort()) {
    const { producer, consumer, destination, callCount, traceIds } = rollup.viaDestinations.get(key)!;
    if (producer === consumer || !isSomebody(producer) || !isSomebody(consumer)) continue;
    const path = [producer, destination, consumer];
    const times = { firstSeenUs: Infinity, lastSeenUs: -Infinity };
    contacts.push({ caller: producer, callee: consumer, path, callCount, traceIds: [...traceIds], ...times });
  }
  return contacts;
}
