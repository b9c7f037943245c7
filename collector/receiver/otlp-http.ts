import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import { ByteBudget, type Reservation } from './byte-budget.ts';
import type { Receiver, SpanSink } from './contract.ts';
import { Cors, type CorsOptions } from './cors.ts';
import { type Compression, decompress, isSupported } from './decompress.ts';
import { checkOrigin, pathOf } from './http-origin.ts';
import { listenOnHosts, LOOPBACK_HOSTS } from './listen.ts';
import { type OtlpDecoders, OtlpExport } from './otlp-export.ts';
import { CONTENT_TYPE, type OtlpEncoding, RPC_CODE, type RpcCode, statusBody } from './otlp-messages.ts';
import { comeBackLater, Refusal, tooLarge } from './refusal.ts';
import { Disconnected, readBody } from './request-body.ts';

export interface OtlpHttpOptions {
  readonly decoders: OtlpDecoders;
  /** Addresses to listen on, all with one port. Default both loopbacks. */
  readonly hosts?: readonly string[];
  /** Default 4318; 0 for any. */
  readonly port?: number;
  /** Of one body, before and after decompression. Default 64 MiB, as the specification recommends. */
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

const PATH = '/v1/traces';
const MAX_CONNECTION_COUNT = 20_000;
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
 * OTLP over HTTP, traces only: `POST /v1/traces`, protobuf and JSON on one port, gzip
 * (opentelemetry-proto, docs/specification.md, 1.11). 200 means the spans survive a kill and a power cut. Throws a
 * `RangeError` for options that make no sense.
 */
export function createOtlpHttpReceiver(sink: SpanSink, options: OtlpHttpOptions): Receiver {
  return new OtlpHttpReceiver(sink, options);
}

class OtlpHttpReceiver implements Receiver {
  readonly #export: OtlpExport;
  readonly #options: OtlpHttpOptions;
  readonly #hosts: readonly string[];
  readonly #bodyByteLimit: number;
  readonly #compressions: readonly Compression[];
  readonly #cors: Cors;
  readonly #budget: ByteBudget;
  /** The answer in the making on each connection. */
  readonly #responses = new WeakMap<Duplex, ServerResponse>();
  #servers: readonly Server[] = [];
  #isClosing = false;

  constructor(sink: SpanSink, options: OtlpHttpOptions) {
    this.#export = new OtlpExport(sink, options.decoders, options.onError);
    this.#options = options;
    this.#hosts = options.hosts ?? LOOPBACK_HOSTS;
    this.#compressions = options.compressions ?? ['gzip'];
    this.#cors = new Cors(options.cors);
    for (const compression of this.#compressions) {
      if (!isSupported(compression)) throw new RangeError(`${compression} is not in this version of Node`);
    }
    this.#bodyByteLimit = options.bodyByteLimit ?? 64 << 20;
    this.#budget = new ByteBudget(options.underWayByteLimit ?? 128 << 20);
  }

  async listen(): Promise<number> {
    const { servers, port } = await listenOnHosts(this.#hosts, this.#options.port ?? 4318, () => this.#createServer());
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
    server.maxConnections = MAX_CONNECTION_COUNT;
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
    try {
      checkOrigin(request, this.#hosts, this.#cors);
      if (this.#answerOptions(request, response)) return;
      const encoding = this.#checkHead(request, reservation);
      if (isContinueExpected) response.writeContinue();
      const bytes = await this.#readBody(request, reservation);
      this.#answer(response, 200, encoding, await this.#export.answer(bytes, encoding));
    } catch (error) {
      if (error instanceof Disconnected) return;
      if (error instanceof Refusal) this.#refuse(request, response, error);
      else this.#refuseForOurFault(request, response, error);
    } finally {
      reservation.release();
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
  #checkHead(request: IncomingMessage, reservation: Reservation): OtlpEncoding {
    const path = pathOf(request.url ?? '');
    if (path !== PATH) {
      const message = /^\/v1[^/]*\/(metrics|logs|profiles)$/.test(path)
        ? `this collector takes traces only, at ${PATH}`
        : `there is nothing here; traces go to ${PATH}`;
      throw new Refusal(404, { code: RPC_CODE.unimplemented, message });
    }
    if (request.method !== 'POST') {
      const message = `traces are sent to ${PATH} with POST`;
      throw new Refusal(405, { code: RPC_CODE.unimplemented, message }, { Allow: 'POST, OPTIONS' });
    }
    const encoding = encodingOf(request);
    if (encoding === undefined) {
      const message = 'Content-Type must be application/x-protobuf or application/json';
      throw new Refusal(415, { code: RPC_CODE.invalidArgument, message });
    }
    if (this.#compressionOf(request) === undefined) {
      const message = `Content-Encoding must be absent or one of ${[...this.#compressions, 'identity'].join(', ')}`;
      const headers = { 'Accept-Encoding': this.#compressions.join(', ') };
      throw new Refusal(415, { code: RPC_CODE.invalidArgument, message }, headers);
    }
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > this.#bodyByteLimit) throw tooLarge(this.#bodyByteLimit);
    if (this.#isClosing) throw comeBackLater('the collector is shutting down');
    reservation.grow(announced);
    return encoding;
  }

  async #readBody(request: IncomingMessage, reservation: Reservation): Promise<Uint8Array> {
    const body = await readBody(request, this.#bodyByteLimit, reservation);
    const compression = this.#compressionOf(request);
    if (compression === undefined || compression === 'identity') return body;
    return decompress(compression, body, this.#bodyByteLimit, reservation);
  }

  #compressionOf(request: IncomingMessage): Compression | 'identity' | undefined {
    const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
    return encoding === 'identity' ? encoding : this.#compressions.find((compression) => compression === encoding);
  }

  /** What a browser asks first. */
  #answerOptions(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== 'OPTIONS' || pathOf(request.url ?? '') !== PATH) return false;
    const corsHeaders = { ...this.#cors.headersFor(request), ...this.#cors.preflightHeadersFor(request) };
    response.writeHead(204, { Allow: 'POST, OPTIONS', ...corsHeaders }).end();
    return true;
  }

  #answer(
    response: ServerResponse,
    httpStatus: number,
    encoding: OtlpEncoding,
    body: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    response.writeHead(httpStatus, {
      'Content-Type': CONTENT_TYPE[encoding],
      'Content-Length': body.length,
      'X-Content-Type-Options': 'nosniff',
      ...this.#cors.headersFor(response.req),
      ...(this.#isClosing ? { Connection: 'close' } : {}),
      ...headers,
    });
    response.end(body);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, { httpStatus, status, headers }: Refusal): void {
    if (response.headersSent || response.destroyed) return;
    const encoding = encodingOf(request) ?? 'json';
    // A sender that was not told to continue may send the body or the next request now: there is no telling them apart.
    const connection = request.headers.expect === undefined ? {} : { Connection: 'close' };
    this.#answer(response, httpStatus, encoding, statusBody(encoding, status), { ...connection, ...headers });
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
    const { httpStatus, code, message } = PARSER_REFUSALS[error.code ?? ''] ?? {
      httpStatus: 400,
      code: RPC_CODE.invalidArgument,
      message: 'this is not an HTTP request',
    };
    const body = statusBody('json', { code, message });
    const head = [
      `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus]}`,
      `Content-Type: ${CONTENT_TYPE.json}`,
      `Content-Length: ${body.length}`,
      'Connection: close',
    ];
    socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]));
  }
}

function encodingOf(request: IncomingMessage): OtlpEncoding | undefined {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (type === CONTENT_TYPE.protobuf) return 'protobuf';
  return type === CONTENT_TYPE.json ? 'json' : undefined;
}
