import { errorCode, SourceError } from '../source-error.ts';
import type { PullSource } from './pull-source.ts';

export interface HttpClientOptions {
  readonly source: PullSource;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((byteCount: number) => void) | undefined;
  /** First of the waiting times between attempts, each twice the one before. Default 500. */
  readonly backoffMs?: number | undefined;
  /** Default 60,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Of one answer, packed as well as unpacked. Default 64 MiB. */
  readonly answerByteLimit?: number | undefined;
}

export interface Answer {
  readonly bytes: Uint8Array;
  readonly isProtobuf: boolean;
}

/** One answer is larger than any may be: ask for less. */
export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';
}

/** Requests under way at a time, whatever the backend. */
export const REQUESTS_AT_ONCE = 4;

const ATTEMPTS = 4;
/** What a gateway says when it is worth asking again. */
const PASSING = new Set([429, 502, 503, 504]);
const LONGEST_WAIT_MS = 30_000;

/**
 * Asks one backend, and nobody else: a redirect is an error. Bounded in bytes and time, per answer and in all; asks again
 * where it may help. Messages name the URL without its credentials, and never quote what was answered.
 */
export class HttpClient {
  readonly #source: PullSource;
  readonly #options: HttpClientOptions;
  readonly #deadlineMs: number;
  #byteCount = 0;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#source = options.source;
    this.#deadlineMs = performance.now() + options.source.timeLimitMs;
  }

  /** Names the source in messages. */
  get label(): string {
    return this.#source.label;
  }

  /** The backend's own word, undefined for 404. Throws `SourceError` or `AnswerTooLargeError`. */
  async find(path: string, query: Query, accept = 'application/json'): Promise<Answer | undefined> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#ask(path, query, accept);
      if (!('waitMs' in outcome)) return outcome.answer;
      if (attempt === ATTEMPTS) throw this.#error(path, outcome.reason);
      const backoffMs = (this.#options.backoffMs ?? 500) * 2 ** (attempt - 1);
      const waitMs = Math.max(outcome.waitMs, backoffMs);
      if (waitMs > LONGEST_WAIT_MS) {
        throw this.#error(path, `${outcome.reason} and asks to come back in ${Math.ceil(waitMs / 1000)} s`);
      }
      await this.#wait(waitMs);
    }
  }

  /** As `find`, but what is not there is an error: then it is no such backend. */
  async get(path: string, query: Query, accept?: string): Promise<Answer> {
    const answer = await this.find(path, query, accept);
    if (answer === undefined) throw this.#error(path, `answers 404: is this a ${this.#productName}? ${BASE_PATH_HINT}`);
    return answer;
  }

  /** An error about an answer that came but cannot be used. */
  unusable(path: string, reason: string): SourceError {
    return this.#error(path, `${reason}: is this a ${this.#productName}?`);
  }

  async #ask(path: string, query: Query, accept: string): Promise<Outcome> {
    const signal = this.#signal();
    let response: Response;
    try {
      response = await fetch(this.#urlOf(path, query), {
        redirect: 'manual',
        signal,
        headers: {
          accept,
          'user-agent': 'ringfence',
          ...(this.#source.authorization === undefined ? {} : { authorization: this.#source.authorization }),
        },
      });
    } catch (error) {
      return this.#failed(path, error);
    }
    try {
      if (response.status !== 200) {
        await response.body?.cancel();
        return this.#refused(path, response);
      }
      const contentType = response.headers.get('content-type') ?? '';
      if (/^text\/html\b/i.test(contentType)) throw this.unusable(path, 'answers with a web page');
      const bytes = await this.#read(response);
      return { answer: { bytes, isProtobuf: /^application\/(x-)?(protobuf|octet-stream)\b/i.test(contentType) } };
    } catch (error) {
      if (error instanceof SourceError || error instanceof AnswerTooLargeError) throw error;
      return this.#failed(path, error);
    }
  }

  #urlOf(path: string, query: Query): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
    return `${this.#source.baseUrl}${path}${parameters.size === 0 ? '' : `?${parameters.toString()}`}`;
  }

  /** Whatever comes first: the user, the end of this request's time, or of all time there is. */
  #signal(): AbortSignal {
    this.#options.signal?.throwIfAborted();
    const leftMs = this.#deadlineMs - performance.now();
    if (leftMs <= 0) throw this.#outOfTime();
    const timeout = AbortSignal.timeout(Math.ceil(Math.min(leftMs, this.#options.requestTimeoutMs ?? 60_000)));
    return this.#options.signal === undefined ? timeout : AbortSignal.any([this.#options.signal, timeout]);
  }

  async #read(response: Response): Promise<Uint8Array> {
    const limit = this.#options.answerByteLimit ?? 64 * 2 ** 20;
    const announced = Number(response.headers.get('content-length') ?? 0);
    if (announced > limit) {
      await response.body?.cancel();
      throw new AnswerTooLargeError();
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    // Counted as it is unpacked, so that a few packed bytes cannot become gigabytes. Leaving the loop ends the request.
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      this.#byteCount += chunk.length;
      this.#options.onBytes?.(chunk.length);
      if (this.#byteCount > this.#source.byteLimit) {
        const limitMiB = Math.round(this.#source.byteLimit / 2 ** 20);
        throw new SourceError(
          `${this.#source.label}: more than ${limitMiB} MiB of traces: take a shorter lookback=, or raise maxMiB= in the URL`,
        );
      }
      if (length > limit) throw new AnswerTooLargeError();
      chunks.push(chunk);
    }
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
  }

  /** What a status other than 200 means. */
  #refused(path: string, response: Response): Outcome {
    const { status } = response;
    if (status === 404) return { answer: undefined };
    if (PASSING.has(status)) return { reason: `answers ${status}`, waitMs: retryAfterMs(response.headers) };
    if (status === 401 || status === 403) {
      const given = this.#source.authorization === undefined ? 'none were given' : 'those given are not accepted';
      throw this.#error(
        path,
        `answers ${status}: it wants credentials, and ${given}: set RINGFENCE_SOURCE_TOKEN, or name user and password in the URL`,
      );
    }
    if (status >= 300 && status < 400) {
      throw this.#error(path, `redirects${targetOf(response)}, which is not followed: name the address it means`);
    }
    if (status === 400) throw this.#error(path, `answers 400: it does not take this query${this.#queryHint}`);
    throw this.#error(path, `answers ${status}`);
  }

  /** What a request that got no answer means. */
  #failed(path: string, error: unknown): Outcome {
    this.#options.signal?.throwIfAborted();
    if (performance.now() >= this.#deadlineMs) throw this.#outOfTime();
    if (error instanceof Error && error.name === 'TimeoutError') {
      const seconds = Math.round((this.#options.requestTimeoutMs ?? 60_000) / 1000);
      throw this.#error(
        path,
        `no whole answer within ${seconds} s: a smaller pageSize= or a shorter lookback= may help`,
      );
    }
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = errorCode(cause) ?? (cause instanceof AggregateError ? errorCode(cause.errors[0]) : undefined);
    // The Fetch standard has a list of ports that other protocols own.
    if (cause instanceof Error && cause.message === 'bad port') {
      throw this.#error(path, 'is a port that is never asked by HTTP: is it the right one?');
    }
    const reason = FAILURES[code ?? ''];
    if (reason !== undefined) throw this.#error(path, reason);
    if (code?.startsWith('Z_') === true) throw this.unusable(path, 'answers with broken compressed data');
    if (code !== undefined && /CERT|SELF_SIGNED|TLS|SSL/.test(code)) {
      throw this.#error(path, `its certificate is not trusted (${code}): NODE_EXTRA_CA_CERTS names one that is`);
    }
    return { reason: `the connection broke (${code ?? 'unknown reason'})`, waitMs: 0 };
  }

  async #wait(waitMs: number): Promise<void> {
    if (performance.now() + waitMs >= this.#deadlineMs) throw this.#outOfTime();
    const { signal } = this.#options;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, waitMs);
      function done(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      }
      signal?.addEventListener('abort', done);
    });
    signal?.throwIfAborted();
  }

  #outOfTime(): SourceError {
    const seconds = Math.round(this.#source.timeLimitMs / 1000);
    return new SourceError(
      `${this.#source.label}: not through after ${seconds} s: take a shorter lookback=, or raise maxTime= in the URL`,
    );
  }

  #error(path: string, reason: string): SourceError {
    return new SourceError(`${this.#source.label}: ${this.#source.baseUrl}${path} ${reason}`);
  }

  get #productName(): string {
    return { jaeger: 'Jaeger query service', tempo: 'Tempo', zipkin: 'Zipkin' }[this.#source.backend];
  }

  get #queryHint(): string {
    return this.#source.backend === 'tempo' ? ' (a Tempo limits how long a window may be, by default to 7 days)' : '';
  }
}

export type Query = Readonly<Record<string, string | number>>;

/** An answer, or why there was none and how long to wait before asking again. */
type Outcome = { readonly answer: Answer | undefined } | { readonly reason: string; readonly waitMs: number };

const BASE_PATH_HINT = 'if it is served below a path, name the path too';

const FAILURES: Readonly<Partial<Record<string, string>>> = {
  ECONNREFUSED: 'nobody listens there (connection refused): is it running, and is the port right?',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network of the host cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'nobody answers there (connection timed out)',
  HPE_INVALID_CONSTANT: 'what answers there does not speak HTTP',
};

/** RFC 9110, 10.2.3: seconds, or a date. */
function retryAfterMs(headers: Headers): number {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now());
}

/** Where a redirect leads, without what may be secret or strange in it. */
function targetOf(response: Response): string {
  const location = response.headers.get('location');
  if (location === null || !URL.canParse(location, response.url)) return '';
  const { protocol, host } = new URL(location, response.url);
  return /^https?:$/.test(protocol) ? ` to ${protocol}//${host}` : '';
}
