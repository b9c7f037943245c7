import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall } from '@grpc/grpc-js';
import { createServer, type Server as NetServer } from 'node:net';

import type { Decoder } from '../decode/contract.ts';
import { ByteBudget } from './byte-budget.ts';
import type { Receiver, SpanSink } from './contract.ts';
import { checkSupported, type Compression, decompress } from './decompress.ts';
import { GrpcAdmission, grpcCompressions } from './grpc-admission.ts';
import { GrpcHealth } from './grpc-health.ts';
import { grpcStatusOf, rawMethod } from './grpc-method.ts';
import { listenOnHosts, LOOPBACK_HOSTS } from './listen.ts';
import { OtlpExport } from './otlp-export.ts';
import { RPC_CODE } from './otlp-messages.ts';
import { comeBackLater, Refusal } from './refusal.ts';

export interface OtlpGrpcOptions {
  readonly decoder: Decoder;
  /** Addresses to listen on, all with one port. Default both loopbacks. */
  readonly hosts?: readonly string[];
  /** Default 4317; 0 for any. */
  readonly port?: number;
  /** Of one message, before and after decompression. Default 64 MiB, as the specification recommends. */
  readonly messageByteLimit?: number;
  /** Of all messages under way. Default 128 MiB. */
  readonly underWayByteLimit?: number;
  /** Calls at a time on one connection; more wait their turn at the sender. Default 256. */
  readonly maxConcurrentStreams?: number;
  /** gzip and deflate are always taken; zstd where it is named. */
  readonly compressions?: readonly Compression[];
  /** For a message to arrive. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** How long `close` waits for calls under way. Default 10,000. */
  readonly closeTimeoutMs?: number;
  /** Told of errors that are ours; the sender gets a plain answer. */
  readonly onError?: (error: unknown) => void;
}

const TRACE_SERVICE = 'opentelemetry.proto.collector.trace.v1.TraceService';
const OTHER_SERVICES = [
  'opentelemetry.proto.collector.metrics.v1.MetricsService',
  'opentelemetry.proto.collector.logs.v1.LogsService',
  'opentelemetry.proto.collector.profiles.v1development.ProfilesService',
];

/**
 * OTLP over gRPC, traces only (opentelemetry-proto, docs/specification.md, 1.11). OK means the spans survive a kill and a
 * power cut. Throws a `RangeError` for options that make no sense.
 */
export function createOtlpGrpcReceiver(sink: SpanSink, options: OtlpGrpcOptions): Receiver {
  return new OtlpGrpcReceiver(sink, options);
}

class OtlpGrpcReceiver implements Receiver {
  readonly #options: OtlpGrpcOptions;
  readonly #messageByteLimit: number;
  readonly #export: OtlpExport<'protobuf'>;
  readonly #admission: GrpcAdmission;
  readonly #health = new GrpcHealth([TRACE_SERVICE]);
  readonly #server: Server;
  #listeners: readonly NetServer[] = [];

  constructor(sink: SpanSink, options: OtlpGrpcOptions) {
    this.#options = options;
    checkSupported(options.compressions ?? []);
    this.#messageByteLimit = options.messageByteLimit ?? 64 << 20;
    this.#export = new OtlpExport(sink, { protobuf: options.decoder }, options.onError);
    this.#admission = new GrpcAdmission({
      budget: new ByteBudget(options.underWayByteLimit ?? 128 << 20),
      byteLimit: this.#messageByteLimit,
      compressions: grpcCompressions(options.compressions ?? []),
      timeoutMs: options.requestTimeoutMs ?? 30_000,
    });
    this.#server = this.#createServer();
  }

  async listen(): Promise<number> {
    // Accepted here and handed over: so a port that is taken is the same error as for every other receiver.
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    const { servers, port } = await listenOnHosts(
      this.#options.hosts ?? LOOPBACK_HOSTS,
      this.#options.port ?? 4317,
      () => createServer((socket) => injector.injectConnection(socket)),
    );
    this.#listeners = servers;
    return port;
  }

  async close(): Promise<void> {
    this.#health.stopServing();
    const timer = setTimeout(() => this.#server.forceShutdown(), this.#options.closeTimeoutMs ?? 10_000);
    const listenersClosed = this.#listeners.map((listener) => new Promise((resolve) => listener.close(resolve)));
    this.#server.tryShutdown(() => undefined);
    await Promise.all(listenersClosed);
    clearTimeout(timer);
  }

  #createServer(): Server {
    const server = new Server({
      interceptors: [this.#admission.interceptor],
      'grpc.max_receive_message_length': this.#messageByteLimit,
      'grpc.max_concurrent_streams': this.#options.maxConcurrentStreams ?? 256,
      // Senders that vanished without a word hold no connection for long.
      'grpc.keepalive_time_ms': 60_000,
      'grpc.keepalive_timeout_ms': 20_000,
    });
    server.addService(
      { Export: rawMethod(TRACE_SERVICE, 'Export') },
      { Export: (call: Call, respond: sendUnaryData<Buffer>) => void this.#answer(call, respond) },
    );
    for (const service of OTHER_SERVICES) {
      server.addService(
        { Export: rawMethod(service, 'Export') },
        {
          Export: (_: Call, respond: sendUnaryData<Buffer>) => {
            const message = `this collector takes traces only, with ${TRACE_SERVICE}`;
            respond(grpcStatusOf(new Refusal(404, { code: RPC_CODE.unimplemented, message })));
          },
        },
      );
    }
    this.#health.addTo(server);
    return server;
  }

  async #answer(call: Call, respond: sendUnaryData<Buffer>): Promise<void> {
    const { compression, reservation } = this.#admission.take(call.metadata);
    try {
      const bytes =
        compression === undefined
          ? call.request
          : await decompress(compression, call.request, this.#messageByteLimit, reservation);
      respond(null, Buffer.from(await this.#export.answer(bytes, 'protobuf')));
    } catch (error) {
      if (!(error instanceof Refusal)) this.#options.onError?.(error);
      respond(grpcStatusOf(error instanceof Refusal ? error : comeBackLater('the collector has a problem')));
    } finally {
      reservation.release();
    }
  }
}

type Call = ServerUnaryCall<Buffer, Buffer>;
