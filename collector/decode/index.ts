import type { SpanTable } from '../../analyzer/model/span-table.ts';
import type { Decoded, Decoder } from './contract.ts';
import { detectFormat, type TraceFormat } from './detect-format.ts';
import { decodeJaeger } from './jaeger.ts';
import { decodeJaegerThrift } from './jaeger-thrift.ts';
import { decodeOtlpFrames } from './otlp-frames.ts';
import { decodeOtlpJson, decodeOtlpJsonLines } from './otlp-json.ts';
import { decodeOtlpProtobuf } from './otlp-protobuf.ts';
import { decodeZipkin, decodeZipkinV1 } from './zipkin.ts';
import { decodeZipkinProtobuf } from './zipkin-protobuf.ts';
import { decodeZipkinThrift } from './zipkin-thrift.ts';

export { type Decoded, type Decoder, MalformedInputError } from './contract.ts';
export { detectFormat, type TraceFormat } from './detect-format.ts';

/** Every format ringfence reads. A new one is its file, its line here, its signs in `detect-format.ts` and a case. */
export const DECODERS: Readonly<Record<TraceFormat, Decoder>> = {
  'otlp-json': decodeOtlpJson,
  'otlp-json-lines': decodeOtlpJsonLines,
  'otlp-protobuf': decodeOtlpProtobuf,
  'otlp-protobuf-frames': decodeOtlpFrames,
  'zipkin-json': decodeZipkin,
  'zipkin-v1-json': decodeZipkinV1,
  'zipkin-protobuf': decodeZipkinProtobuf,
  'zipkin-thrift': decodeZipkinThrift,
  'jaeger-json': decodeJaeger,
  'jaeger-thrift': decodeJaegerThrift,
};

/**
 * Appends the spans of a document of any known format to the table. Throws `MalformedInputError` if it is none, or cannot
 * be read; the table is then as it was.
 */
export function decode(bytes: Uint8Array, table: SpanTable): Decoded & { readonly format: TraceFormat } {
  const format = detectFormat(bytes);
  // Editors put a byte order mark in front of what they save; on the wire it is an error, in a file it is not.
  const content = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  return { ...DECODERS[format](content, table), format };
}
