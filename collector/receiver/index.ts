import { decodeOtlpJson } from '../decode/otlp-json.ts';
import { decodeOtlpProtobuf } from '../decode/otlp-protobuf.ts';
import type { Receiver, SpanSink } from './contract.ts';
import { createOtlpHttpReceiver } from './otlp-http.ts';

export type { Receiver, SpanSink } from './contract.ts';

/** What every receiver can be told; each has its own defaults for the rest. */
export interface ReceiverOptions {
  readonly hosts?: readonly string[];
  readonly port?: number;
  /** Told of errors that are ours; the sender gets a plain answer. */
  readonly onError?: (error: unknown) => void;
}

export interface ReceiverKind {
  readonly name: string;
  readonly defaultPort: number;
  readonly create: (sink: SpanSink, options?: ReceiverOptions) => Receiver;
}

/** Every endpoint that senders can push to. A new one is its file and its line here. */
export const RECEIVERS: readonly ReceiverKind[] = [
  {
    name: 'otlp-http',
    defaultPort: 4318,
    create: (sink, options) =>
      createOtlpHttpReceiver(sink, {
        decoders: {
          protobuf: decodeOtlpProtobuf,
          // Files may bend the specification, senders may not: they learn of it while it can be mended.
          json: (bytes, table) => decodeOtlpJson(bytes, table, { strict: true }),
        },
        ...options,
      }),
  },
];
