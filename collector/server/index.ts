import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';

import { Api, problem, send } from './api.ts';
import { EventStream } from './events.ts';
import type { LiveState } from './state.ts';
import { serveStatic } from './static.ts';

export interface WebServerOptions {
  readonly state: LiveState;
  /** Folder of the built web map. */
  readonly webRoot: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Told of what went wrong in an answer; whoever asked is told only that something did. */
  readonly onError?: (error: unknown) => void;
}

export interface WebServer {
  readonly url: string;
  /** Ends the event streams and finishes what is under way, for a second at most. */
  close(): Promise<void>;
}

/** Nothing inline, nothing foreign: a hostile name in a trace has no way to run or to phone home. */
const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  [
    'content-security-policy',
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
      "font-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
];

const CLOSE_MS = 1000;

/** The web map and the HTTP API on one port. Rejects if the port is taken. */
export async function startWebServer({ state, webRoot, host, port, onError }: WebServerOptions): Promise<WebServer> {
  const api = new Api(state);
  const events = new EventStream(state);
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 }, (request, response) => {
    for (const [name, value] of SECURITY_HEADERS) response.setHeader(name, value);
    if (!isOwnHost(request, host)) {
      response.writeHead(421, { 'content-type': 'text/plain; charset=utf-8' }).end('unknown host\n');
      return;
    }
    try {
      answer(request, response);
    } catch (error) {
      onError?.(error);
      if (response.headersSent) response.destroy();
      else send(request, response, problem(500, 'ringfence could not answer this: the fault is its own'));
    }
  });

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = URL.parse(request.url ?? '/', 'http://ringfence');
    if (url === null) {
      response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' }).end('the address is not a URL\n');
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      send(request, response, problem(405, `${url.pathname} answers GET only`));
      return;
    }
    if (url.pathname === '/api/v1/stream') events.handle(request, response);
    else if (!api.handle(request, response, url)) void serveStatic(webRoot, url.pathname, response);
  }

  try {
    await listen(server, host, port);
  } catch (error) {
    events.close();
    throw error;
  }
  const address = server.address();
  const boundPort = typeof address === 'object' && address !== null ? address.port : port;
  const shownHost = host === '0.0.0.0' || host === '::' ? 'localhost' : isIP(host) === 6 ? `[${host}]` : host;
  return {
    url: `http://${shownHost}:${boundPort}`,
    close: () => {
      events.close();
      return new Promise((resolve) => {
        // A reader that does not read would hold the process.
        const deadline = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
        server.close(() => {
          clearTimeout(deadline);
          resolve();
        });
        server.closeIdleConnections();
      });
    },
  };
}

/**
 * On loopback only names of loopback are answered: a page elsewhere that has its own name resolve to 127.0.0.1 (DNS
 * rebinding) gets nothing. Who listens on all addresses has chosen to be asked by any name.
 */
function isOwnHost(request: IncomingMessage, listenHost: string): boolean {
  if (!LOOPBACK.test(listenHost)) return true;
  return LOOPBACK.test((request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'));
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/i;

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
