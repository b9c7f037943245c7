import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzip } from 'node:zlib';

import { explainEdge } from '../../analyzer/coverage/why.ts';
import { ROLLUP_MEDIA_TYPE } from './rollup-media-type.ts';
import type { AnalysisWindow, LiveState } from './state.ts';

/** The answer to one request, before it is written. */
interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

/** Answers kept for the next one who asks the same: a window of days costs tens of milliseconds, and walls poll. */
const CACHED_ANSWERS = 16;

/** `/api/v1/...`, `/healthz`, `/readyz` and `/metrics`. The contract is in `Analysis` and `TraceDetail`. */
export class Api {
  readonly #state: LiveState;
  readonly #answers = new Map<string, { revision: number; answer: Answer }>();

  constructor(state: LiveState) {
    this.#state = state;
  }

  /** True if the path was one of ours and is being answered. */
  handle(request: IncomingMessage, response: ServerResponse, url: URL): boolean {
    const answer = this.#answer(url);
    if (answer !== undefined) send(request, response, answer);
    return answer !== undefined;
  }

  #answer(url: URL): Answer | undefined {
    if (url.pathname === '/healthz') return text(200, 'ok\n');
    if (url.pathname === '/readyz') {
      const reason = this.#state.unready();
      return reason === undefined ? text(200, 'ready\n') : text(503, `${reason}\n`);
    }
    if (url.pathname === '/metrics') return text(200, prometheusText(this.#state.counters()));
    if (url.pathname === '/api/v1/analysis') return this.#analysis(url);
    if (url.pathname === '/api/v1/rollup') return this.#rollup(url);
    if (url.pathname === '/api/v1/why') return this.#why(url);
    if (url.pathname.startsWith('/api/v1/traces/')) return this.#trace(url.pathname.slice('/api/v1/traces/'.length));
    if (url.pathname.startsWith('/api/')) return problem(404, `there is no ${url.pathname}; see /api/v1/analysis`);
    return undefined;
  }

  #analysis(url: URL): Answer {
    const window = windowOf(url.searchParams);
    if (typeof window === 'string') return problem(400, window);
    const { revision } = this.#state;
    const key = JSON.stringify([window.fromUs ?? null, window.toUs ?? null, window.environment ?? null]);
    const known = this.#answers.get(key);
    if (known?.revision === revision) return known.answer;
    const answer = json(200, this.#state.analyze(window));
    this.#answers.delete(key);
    this.#answers.set(key, { revision, answer });
    if (this.#answers.size > CACHED_ANSWERS) this.#answers.delete(this.#answers.keys().next().value!);
    return answer;
  }

  #why(url: URL): Answer {
    const window = windowOf(url.searchParams);
    if (typeof window === 'string') return problem(400, window);
    const caller = url.searchParams.get('caller') ?? '';
    const callee = url.searchParams.get('callee') ?? '';
    if (caller === '' || callee === '')
      return problem(400, 'name two services: /api/v1/why?caller=checkout&callee=payments');
    return json(200, explainEdge(this.#state.analyze(window), caller, callee));
  }

  #rollup(url: URL): Answer {
    const window = windowOf(url.searchParams);
    if (typeof window === 'string') return problem(400, window);
    return { status: 200, contentType: ROLLUP_MEDIA_TYPE, body: this.#state.rollup(window) };
  }

  #trace(traceId: string): Answer {
    if (!/^[0-9a-f]{32}$/.test(traceId)) return problem(400, 'a trace id has 32 lower-case hex digits');
    const trace = this.#state.trace(traceId);
    if (trace === undefined) {
      return problem(404, 'this trace is not kept: ringfence keeps a few examples for each dependency and finding');
    }
    return json(200, trace);
  }
}

const ISO_TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

function windowOf(parameters: URLSearchParams): AnalysisWindow | string {
  const window: { fromUs?: number; toUs?: number; environment?: string } = {};
  for (const name of ['from', 'to'] as const) {
    const value = parameters.get(name);
    if (value === null || value === '') continue;
    // Without a zone a time would mean something else on every machine.
    const milliseconds = ISO_TIME.test(value) ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(milliseconds)) return `${name} is not a time: write it like 2026-11-22T19:30:00Z`;
    window[`${name}Us`] = milliseconds * 1000;
  }
  if (window.fromUs !== undefined && window.toUs !== undefined && window.fromUs >= window.toUs) {
    return 'from must be before to';
  }
  const environment = parameters.get('environment');
  if (environment !== null && environment !== '') window.environment = environment;
  return window;
}

function json(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

export function problem(status: number, message: string): Answer {
  return json(status, { error: { message } });
}

function text(status: number, body: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

/** Prometheus text format 0.0.4; `name` or `name{label="value"}`. */
function prometheusText(counters: Readonly<Record<string, number>>): string {
  let lines = '';
  for (const [name, value] of Object.entries(counters)) {
    const type = name.endsWith('_total') ? 'counter' : 'gauge';
    lines += `# TYPE ringfence_${name} ${type}\nringfence_${name} ${value}\n`;
  }
  return lines;
}

export function send(request: IncomingMessage, response: ServerResponse, { status, contentType, body }: Answer): void {
  response.statusCode = status;
  response.setHeader('content-type', contentType);
  response.setHeader('cache-control', 'no-store');
  const end = (bytes: string | Uint8Array): void => {
    response.setHeader('content-length', Buffer.byteLength(bytes));
    response.end(request.method === 'HEAD' ? undefined : bytes);
  };
  if (body.length < SMALLEST_GZIP) {
    end(body);
    return;
  }
  response.setHeader('vary', 'accept-encoding');
  if (!takesGzip(request.headers['accept-encoding'])) {
    end(body);
    return;
  }
  gzip(body, { level: 1 }, (error, compressed) => {
    if (error === null) {
      response.setHeader('content-encoding', 'gzip');
      end(compressed);
    } else {
      end(body);
    }
  });
}

/** Shorter answers fit into a few packets as they are. */
const SMALLEST_GZIP = 4096;

/** True for `gzip`, `br, gzip;q=0.5` and `*`; false for `gzip;q=0`. */
function takesGzip(acceptEncoding = ''): boolean {
  const accepted = acceptEncoding.split(',').map((one) => one.replaceAll(' ', '').toLowerCase());
  const gzipped = accepted.find((one) => one.split(';')[0] === 'gzip') ?? accepted.find((one) => one.startsWith('*'));
  return gzipped !== undefined && !/;q=0(?:\.0*)?$/.test(gzipped);
}
