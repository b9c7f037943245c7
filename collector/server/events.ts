import type { IncomingMessage, ServerResponse } from 'node:http';

import type { LiveState } from './state.ts';

const TICK_MS = 1000;
const HEARTBEAT_MS = 15_000;
/** A reader that does not read is let go rather than buffered for. */
const MOST_BUFFERED_BYTES = 64 * 1024;
const MOST_READERS = 200;

/**
 * `GET /api/v1/stream`: server-sent events. An `analysis` event says that there is something new to fetch, at most one a
 * second; its data is `{ revision, traceCount, spanCount }`.
 */
export class EventStream {
  readonly #state: LiveState;
  readonly #readers = new Set<ServerResponse>();
  readonly #timer: NodeJS.Timeout;
  #sentRevision = -1;
  #sentAtMs = 0;

  constructor(state: LiveState) {
    this.#state = state;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    if (this.#readers.size >= MOST_READERS) {
      response.writeHead(503, { 'retry-after': '30' }).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.write(`retry: 2000\n\n${this.#event()}`);
    this.#readers.add(response);
    response.on('close', () => this.#readers.delete(response));
  }

  close(): void {
    clearInterval(this.#timer);
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }

  #tick(): void {
    const nowMs = performance.now();
    const isNew = this.#state.revision !== this.#sentRevision;
    if (this.#readers.size === 0 || (!isNew && nowMs - this.#sentAtMs < HEARTBEAT_MS)) return;
    const text = isNew ? this.#event() : ': still here\n\n';
    this.#sentRevision = this.#state.revision;
    this.#sentAtMs = nowMs;
    for (const reader of this.#readers) {
      if (reader.writableLength > MOST_BUFFERED_BYTES) reader.destroy();
      else reader.write(text);
    }
  }

  #event(): string {
    const { revision } = this.#state;
    const { traces_total: traceCount, spans_total: spanCount } = this.#state.counters();
    return `event: analysis\ndata: ${JSON.stringify({ revision, traceCount, spanCount })}\n\n`;
  }
}
