import { decodeOtlpJson } from '../decode/otlp-json.ts';
import { decodeOtlpProtobuf } from '../decode/otlp-protobuf.ts';
import type { Receiver, SpanSink } from './contract.ts';
import type { CorsOptions } from './cors.ts';
import type { Compression } from './decompress.ts';
import type { DoorName } from './doors.ts';
import { createOtlpHttpReceiver } from './otlp-http.ts';

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
} as const satisfies Record<DoorName, (sink: SpanSink, options?: ReceiverOptions) => Receiver>;
