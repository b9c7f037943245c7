import type { IncomingMessage } from 'node:http';

/** Pages of other origins that may send. */
export interface CorsOptions {
  /** As browsers write them: `https://shop.example:8443`. Never `*`. */
  readonly origins: readonly string[];
  /** Headers they may set besides Content-Type and Content-Encoding. */
  readonly headers?: readonly string[];
}

const HEADERS = ['content-type', 'content-encoding'];
const MAX_AGE_SECONDS = 7_200;

/**
 * Cross-origin resource sharing (the Fetch standard, section 3.3). Off, and then without a header of its own, unless origins
 * are configured.
 */
export class Cors {
  readonly #origins: ReadonlySet<string>;
  readonly #allowedHeaders: string;

  /** Throws a `RangeError` if one of the origins is none. */
  constructor({ origins, headers = [] }: CorsOptions = { origins: [] }) {
    this.#origins = new Set(origins.map(parseOrigin));
    this.#allowedHeaders = [...new Set([...HEADERS, ...headers.map((header) => header.toLowerCase())])].join(', ');
  }

  allows(origin: string): boolean {
    return this.#origins.has(origin);
  }

  /** For every answer, refusals too: without them a page cannot read why it was refused. */
  headersFor({ headers: { origin } }: IncomingMessage): Readonly<Record<string, string>> {
    if (this.#origins.size === 0) return {};
    if (origin === undefined || !this.allows(origin)) return { Vary: 'Origin' };
    return {
      Vary: 'Origin',
      'Access-Control-Allow-Origin': origin,
      // navigator.sendBeacon, with which pages send their last spans, always brings the cookies along.
      'Access-Control-Allow-Credentials': 'true',
    };
  }

  /** For the answer to a preflight, besides those of `headersFor`. */
  preflightHeadersFor({ headers: { origin } }: IncomingMessage): Readonly<Record<string, string>> {
    if (origin === undefined || !this.allows(origin)) return {};
    return {
      'Access-Control-Allow-Methods': 'POST',
      'Access-Control-Allow-Headers': this.#allowedHeaders,
      'Access-Control-Max-Age': String(MAX_AGE_SECONDS),
    };
  }
}

/** An origin as browsers send it. Throws a `RangeError` with what to write instead. */
export function parseOrigin(text: string): string {
  if (text === '*') throw new RangeError('* would let every page send with its cookies: name each origin');
  if (URL.parse(text)?.origin !== text) {
    throw new RangeError('an origin is a scheme, a host and maybe a port, in lower case: https://shop.example:8443');
  }
  return text;
}
