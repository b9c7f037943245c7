import type { Analysis, TraceDetail } from '../analyzer/model/analysis.ts';
import { spanMs, type Span, type TimeWindow } from './view/session.ts';

/** What the page asks of the server. Every method rejects with an `Error` whose message is for people. */
export interface Api {
  analysis(window: TimeWindow, environment: string | null, signal: AbortSignal): Promise<Analysis>;
  /** Of any stretch of time, for comparing. */
  analysisBetween(span: Span, environment: string | null, signal: AbortSignal): Promise<Analysis>;
  trace(traceId: string, signal: AbortSignal): Promise<TraceDetail>;
  /** Calls back on every sign of life; returns what ends it. */
  listen(on: StreamListener): () => void;
}

export interface StreamListener {
  readonly onOpen: () => void;
  readonly onChange: () => void;
  readonly onLost: () => void;
}

const retryAfterMs = 3000;

export function httpApi(base: string): Api {
  return {
    analysis(window, environment, signal) {
      const url = new URL('api/v1/analysis', base);
      const span = spanMs(window);
      if (span !== undefined) url.searchParams.set('from', new Date(Date.now() - span).toISOString());
      return analysisFrom(url, environment, signal);
    },
    analysisBetween({ fromMs, toMs }, environment, signal) {
      const url = new URL('api/v1/analysis', base);
      url.searchParams.set('from', new Date(fromMs).toISOString());
      url.searchParams.set('to', new Date(toMs).toISOString());
      return analysisFrom(url, environment, signal);
    },
    async trace(traceId, signal) {
      const answer = await getJson(new URL(`api/v1/traces/${encodeURIComponent(traceId)}`, base), signal);
      if (!isRecord(answer) || !Array.isArray(answer['spans'])) throw new Error('The server sent no trace.');
      return answer as unknown as TraceDetail;
    },
    listen(on) {
      let source: EventSource | undefined;
      let retry: ReturnType<typeof setTimeout> | undefined;
      const open = (): void => {
        source = new EventSource(new URL('api/v1/stream', base));
        source.addEventListener('open', on.onOpen);
        source.addEventListener('analysis', on.onChange);
        source.addEventListener('error', () => {
          on.onLost();
          // The browser retries by itself unless the server answered with an error.
          if (source?.readyState === EventSource.CLOSED) retry = setTimeout(open, retryAfterMs);
        });
      };
      open();
      return () => {
        clearTimeout(retry);
        source?.close();
      };
    },
  };
}

async function analysisFrom(url: URL, environment: string | null, signal: AbortSignal): Promise<Analysis> {
  if (environment !== null) url.searchParams.set('environment', environment);
  const answer = await getJson(url, signal);
  if (!isRecord(answer) || answer['schema'] !== 'ringfence.analysis/1')
    throw new Error('The server speaks another version than this page. Reload the page.');
  return answer as unknown as Analysis;
}

async function getJson(url: URL, signal: AbortSignal): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, { signal, headers: { accept: 'application/json' } });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error(`No answer from ${url.host}. Is ringfence running?`, { cause: error });
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && body !== undefined) return body;
  throw new Error(messageOf(body) ?? `The server answered ${response.status}.`);
}

function messageOf(body: unknown): string | undefined {
  if (!isRecord(body) || !isRecord(body['error'])) return undefined;
  const message = body['error']['message'];
  return typeof message === 'string' ? message : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
