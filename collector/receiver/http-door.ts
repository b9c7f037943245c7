import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import { encodeUtf8 } from '../../analyzer/model/string-table.ts';
import { BodyMemory } from './body-memory.ts';
import { ByteBudget, type Reservation } from './byte-budget.ts';
import type { Receiver } from './contract.ts';
import { Cors, type CorsOptions } from './cors.ts';
import { checkSupported, type Compression, decompress } from './decompress.ts';
import { checkOrigin, pathOf } from './http-origin.ts';
import { listenOnHosts, LOOPBACK_HOSTS } from './listen.ts';
import { RPC_CODE, type RpcCode } from './otlp-messages.ts';
import { badRequest, comeBackLater, Refusal, tooLarge } from './refusal.ts';
import { announcedLength, Disconnected, readBody } from './request-body.ts';

/** What every receiver over HTTP can be told. */
export interface HttpDoorOptions {
  /** Addresses to listen on, all with one port. Default both loopbacks. */
  readonly hosts?: readonly string[];
  /** 0 for any. */
  readonly port: number;
  /** Of one body, before and after decompression. Default 64 MiB, as OTLP recommends. */
  readonly bodyByteLimit?: number;
  /** Of all bodies under way. Default 128 MiB. */
  readonly underWayByteLimit?: number;
  /** What bodies may be packed with. Default gzip. */
  readonly compressions?: readonly Compression[];
  /** Default none: pages of other origins may not send. */
  readonly cors?: CorsOptions;
  readonly headersTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  /** How long `close` waits for requests under way. Default 10,000. */
  readonly closeTimeoutMs?: number;
  /** Told of errors that are ours; the sender gets a plain answer. */
  readonly onError?: (error: unknown) => void;
}

export interface HttpAnswer {
  readonly httpStatus: number;
  /** Of a body that is not empty. */
  readonly contentType?: string;
  readonly body: Uint8Array;
}

/** What a protocol over HTTP has of its own. `Route` is what a request asks for, by its path and its Content-Type. */
export interface HttpProtocol<Route> {
  /** Paths that spans are posted to. */
  readonly paths: readonly string[];
  /** To a request that sends nothing, such as a question after our health. */
  readonly glance?: (request: IncomingMessage) => HttpAnswer | undefined;
  /** Throws a `Refusal` for a path or a type that is none of ours. The method is POST. */
  route(request: IncomingMessage): Route;
  /** Resolves when the spans in a body are safe. Throws a `Refusal`. */
  take(bytes: Uint8Array, route: Route): Promise<HttpAnswer>;
  /** A refusal in the words of the protocol; without a request if there was none that could be read. */
  refuse(refusal: Refusal, request: IncomingMessage | undefined): HttpAnswer;
  /** What a body is called that cannot be unpacked, if the protocol has a word for it. */
  readonly corruptBody?: string;
}

/** The rest of a body that was refused is thrown away so long, for the sender to read the answer in peace. */
const LINGER_MS = 5_000;

/** Statuses of requests that Node itself gives up on, by error code; anything else is 400. */
const PARSER_REFUSALS: Readonly<Record<string, { httpStatus: number; code: RpcCode; message: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    httpStatus: 408,
    code: RPC_CODE.deadlineExceeded,
    message: 'the request came too slowly',
  },
  HPE_HEADER_OVERFLOW: { httpStatus: 431, code: RPC_CODE.invalidArgument, message: 'the headers are too long' },
};

/**
 * What all receivers over HTTP have in common: ports, origins, limits, decompression, time limits and refusals. Throws a
 * `RangeError` for options that make no sense.
 */
export function openHttpDoor<Route>(protocol: HttpProtocol<Route>, options: HttpDoorOptions): Receiver {
  return new HttpDoor(protocol, options);
}

/** In lower case and without parameters; empty if there is none. */
export function mediaTypeOf(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/** A refusal as one line of text, which is how Zipkin and Jaeger answer. */
export function textAnswer({ httpStatus, status }: Refusal): HttpAnswer {
  const reason = status.badRequest ?? status.message;
  return { httpStatus, contentType: 'text/plain; charset=utf-8', body: encodeUtf8(`${reason}\n`) };
}

class HttpDoor<Route> implements Receiver {
  readonly #protocol: HttpProtocol<Route>;
  readonly #options: HttpDoorOptions;
  readonly #hosts: readonly string[];
  readonly #bodyByteLimit: number;
  readonly #compressions: readonly Compression[];
  readonly #cors: Cors;
  readonly #budget: ByteBudget;
  readonly #memory = new BodyMemory();
  /** The answer in the making on each connection. */
  readonly #responses = new WeakMap<Duplex, ServerResponse>();
  #servers: readonly Server[] = [];
  #isClosing = false;

  constructor(protocol: HttpProtocol<Route>, options: HttpDoorOptions) {
    this.#protocol = protocol;
    this.#options = options;
    this.#hosts = options.hosts ?? LOOPBACK_HOSTS;
    this.#compressions = options.compressions ?? ['gzip'];
    this.#cors = new Cors(options.cors);
    checkSupported(this.#compressions);
    this.#bodyByteLimit = options.bodyByteLimit ?? 64 << 20;
    this.#budget = new ByteBudget(options.underWayByteLimit ?? 128 << 20);
  }

  async listen(): Promise<number> {
    const { servers, port } = await listenOnHosts(this.#hosts, this.#options.port, () => this.#createServer());
    this.#servers = servers;
    return port;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const servers = this.#servers;
    this.#servers = [];
    const timer = setTimeout(() => {
      for (const server of servers) server.closeAllConnections();
    }, this.#options.closeTimeoutMs ?? 10_000);
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    clearTimeout(timer);
  }

  #createServer(): Server {
    const server = createServer({
      headersTimeout: this.#options.headersTimeoutMs ?? 10_000,
      requestTimeout: this.#options.requestTimeoutMs ?? 30_000,
      connectionsCheckingInterval: Math.min(2_000, (this.#options.headersTimeoutMs ?? 10_000) / 2),
      keepAliveTimeout: 5_000,
    });
    server.on('request', (request, response) => void this.#serve(request, response, false));
    server.on('checkContinue', (request, response) => void this.#serve(request, response, true));
    server.on('checkExpectation', (request, response) => {
      const message = 'the only expectation that can be met is 100-continue';
      this.#refuse(request, response, new Refusal(417, { code: RPC_CODE.invalidArgument, message }));
    });
    server.on('clientError', (error, socket) => this.#refuseUnparsed(error, socket));
    return server;
  }

  async #serve(request: IncomingMessage, response: ServerResponse, isContinueExpected: boolean): Promise<void> {
    this.#remember(request, response);
    const reservation = this.#budget.reserve();
    let memory: Buffer | undefined;
    try {
      checkOrigin(request, this.#hosts, this.#cors);
      if (this.#answerOptions(request, response)) return;
      const glance = this.#protocol.glance?.(request);
      if (glance !== undefined) {
        this.#answer(response, glance);
        return;
      }
      const route = this.#checkHead(request, reservation);
      if (isContinueExpected) response.writeContinue();
      memory = this.#memory.take(announcedLength(request) ?? Infinity);
      const bytes = await this.#readBody(request, reservation, memory);
      this.#answer(response, await this.#protocol.take(bytes, route));
    } catch (error) {
      if (error instanceof Disconnected) return;
      if (error instanceof Refusal) this.#refuse(request, response, error);
      else this.#refuseForOurFault(request, response, error);
    } finally {
      reservation.release();
      if (memory !== undefined) this.#memory.giveBack(memory);
    }
  }

  #remember(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#responses.set(socket, response);
    const forget = () => {
      const isOver = response.writableFinished && request.closed;
      if (isOver && this.#responses.get(socket) === response) this.#responses.delete(socket);
    };
    response.once('finish', forget);
    request.once('close', forget);
  }

  /** All that can be said before the body was read. Reserves the length that was announced. */
  #checkHead(request: IncomingMessage, reservation: Reservation): Route {
    const path = pathOf(request.url ?? '');
    if (this.#protocol.paths.includes(path) && request.method !== 'POST') {
      const message = `traces are sent to ${path} with POST`;
      throw new Refusal(405, { code: RPC_CODE.unimplemented, message }, { Allow: 'POST, OPTIONS' });
    }
    const route = this.#protocol.route(request);
    if (this.#compressionOf(request) === undefined) {
      const message = `Content-Encoding must be absent or one of ${[...this.#compressions, 'identity'].join(', ')}`;
      const headers = { 'Accept-Encoding': this.#compressions.join(', ') };
      throw new Refusal(415, { code: RPC_CODE.invalidArgument, message }, headers);
    }
    const announced = announcedLength(request) ?? 0;
    if (announced > this.#bodyByteLimit) throw tooLarge(this.#bodyByteLimit);
    if (this.#isClosing) throw comeBackLater('the collector is shutting down');
    reservation.grow(announced);
    return route;
  }

  async #readBody(request: IncomingMessage, reservation: Reservation, memory: Buffer | undefined): Promise<Uint8Array> {
    const body = await readBody(request, this.#bodyByteLimit, reservation, memory);
    const compression = this.#compressionOf(request);
    if (compression === undefined || compression === 'identity') return body;
    try {
      return await decompress(compression, body, this.#bodyByteLimit, reservation);
    } catch (error) {
      const { corruptBody } = this.#protocol;
      const isCorrupt = error instanceof Refusal && error.httpStatus === 400;
      throw isCorrupt && corruptBody !== undefined ? badRequest(corruptBody) : error;
    }
  }

  #compressionOf(request: IncomingMessage): Compression | 'identity' | undefined {
    const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
    return encoding === 'identity' ? encoding : this.#compressions.find((compression) => compression === encoding);
  }

  /** What a browser asks first. */
  #answerOptions(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== 'OPTIONS' || !this.#protocol.paths.includes(pathOf(request.url ?? ''))) return false;
    const corsHeaders = { ...this.#cors.headersFor(request), ...this.#cors.preflightHeadersFor(request) };
    response.writeHead(204, { Allow: 'POST, OPTIONS', ...corsHeaders }).end();
    return true;
  }

  #answer(
    response: ServerResponse,
    { httpStatus, contentType, body }: HttpAnswer,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    response.writeHead(httpStatus, {
      ...(contentType === undefined ? {} : { 'Content-Type': contentType }),
      'Content-Length': body.length,
      'X-Content-Type-Options': 'nosniff',
      ...this.#cors.headersFor(response.req),
      ...(this.#isClosing ? { Connection: 'close' } : {}),
      ...headers,
    });
    // One write instead of two where there is nothing to add, as to nearly every export.
    if (body.length === 0) response.end();
    else response.end(body);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    if (response.headersSent || response.destroyed) return;
    // A sender that was not told to continue may send the body or the next request now: there is no telling them apart.
    const connection = request.headers.expect === undefined ? {} : { Connection: 'close' };
    this.#answer(response, this.#protocol.refuse(refusal, request), { ...connection, ...refusal.headers });
    if (request.complete) return;
    // Closing at once would make the sender lose the answer while it still sends.
    request.resume();
    const timer = setTimeout(() => request.socket.destroy(), LINGER_MS);
    request.once('close', () => clearTimeout(timer));
  }

  #refuseForOurFault(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    this.#options.onError?.(error);
    this.#refuse(request, response, comeBackLater('the collector has a problem'));
  }

  /** Requests that Node could not parse or waited for too long never reach `#serve`, or are still waiting in it. */
  #refuseUnparsed(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (error.code === 'ECONNRESET' || !socket.writable || this.#responses.get(socket)?.headersSent === true) {
      socket.destroy();
      return;
    }
    const known = PARSER_REFUSALS[error.code ?? ''];
    const { httpStatus = 400, code = RPC_CODE.invalidArgument, message = 'this is not an HTTP request' } = known ?? {};
    const { contentType, body } = this.#protocol.refuse(new Refusal(httpStatus, { code, message }), undefined);
    const head = [
      `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus]}`,
      `Content-Type: ${contentType ?? 'text/plain'}`,
      `Content-Length: ${body.length}`,
      'Connection: close',
    ];
    socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]));
  }
}
