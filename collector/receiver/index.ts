import { decodeJaegerThrift } from '../decode/jaeger-thrift.ts';
import { decodeOtlpJson } from '../decode/otlp-json.ts';
import { decodeOtlpProtobuf } from '../decode/otlp-protobuf.ts';
import { decodeZipkinProtobuf } from '../decode/zipkin-protobuf.ts';
import { decodeZipkinThrift } from '../decode/zipkin-thrift.ts';
import { decodeZipkin, decodeZipkinV1 } from '../decode/zipkin.ts';
import type { Receiver, SpanSink } from './contract.ts';
import type { CorsOptions } from './cors.ts';
import type { Compression } from './decompress.ts';
import type { DoorName } from './doors.ts';
import { createJaegerThriftReceiver } from './jaeger-thrift.ts';
import { createOtlpGrpcReceiver } from './otlp-grpc.ts';
import { createOtlpHttpReceiver } from './otlp-http.ts';
import { createZipkinReceiver } from './zipkin.ts';

/** What every receiver can be told; each has its own defaults for the rest. */
export interface ReceiverOptions {
  readonly hosts?: readonly string[];
  readonly port?: number;
  /** What bodies may be packed with, besides what every sender of the protocol may do. Default gzip. */
  readonly compressions?: readonly Compression[];
  /** Pages of other origins that may send over HTTP. Default none. */
  readonly cors?: CorsOptions;
  /** Told of errors that are ours; the sender gets a plain answer. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Every endpoint that senders can push to, by name. A new one is its file, its line here and its line in `doors.ts`; the
 * command line makes the rest of them: its option, its place in `--help`, what `serve` prints.
 */
export const RECEIVERS = {
  'otlp-http': (sink, options) =>
    createOtlpHttpReceiver(sink, {
      decoders: {
        protobuf: decodeOtlpProtobuf,
        // Files may bend the specification, senders may not: they learn of it while it can be mended.
        json: (bytes, table) => decodeOtlpJson(bytes, table, { strict: true }),
      },
      ...options,
    }),
  'otlp-grpc': (sink, options) => createOtlpGrpcReceiver(sink, { decoder: decodeOtlpProtobuf, ...options }),
  zipkin: (sink, options) =>
    createZipkinReceiver(sink, {
      decoders: {
        JSON_V2: (bytes, table) => decodeZipkin(bytes, table, { strict: true }),
        JSON_V1: (bytes, table) => decodeZipkinV1(bytes, table, { strict: true }),
        PROTO3: (bytes, table) => decodeZipkinProtobuf(bytes, table, { strict: true }),
        THRIFT: (bytes, table) => decodeZipkinThrift(bytes, table, { strict: true }),
      },
      ...options,
    }),
  'jaeger-thrift': (sink, options) => createJaegerThriftReceiver(sink, { decoder: decodeJaegerThrift, ...options }),
} as const satisfies Record<DoorName, (sink: SpanSink, options?: ReceiverOptions) => Receiver>;
