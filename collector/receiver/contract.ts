import type { SpanTable } from '../../analyzer/model/span-table.ts';

/** Where a receiver puts spans. */
export interface SpanSink {
  /** An empty table for the spans of one request. */
  createTable(): SpanTable;
  /**
   * Resolves when the spans survive a kill and a power cut; only then may the sender be told. Rejects if they cannot be
   * kept now: whatever the reason, the sender should come back later. From the call on the table is the sink's.
   */
  ingest(table: SpanTable): Promise<void>;
}

/** An endpoint that senders push to. */
export interface Receiver {
  /** Opens the port; resolves to the one that was opened, which matters where 0 was asked for. */
  listen(): Promise<number>;
  /** Takes no new request, answers those under way, then ends. */
  close(): Promise<void>;
}
