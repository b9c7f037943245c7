import type { Receiver, SpanSink } from './contract.ts';
import { type HttpDoorOptions, type HttpProtocol, mediaTypeOf, openHttpDoor } from './http-door.ts';
import { pathOf } from './http-origin.ts';
import { type OtlpDecoders, OtlpExport } from './otlp-export.ts';
import { CONTENT_TYPE, type OtlpEncoding, RPC_CODE, statusBody } from './otlp-messages.ts';
import { Refusal } from './refusal.ts';

/** Default port 4318. */
export interface OtlpHttpOptions extends Partial<HttpDoorOptions> {
  readonly decoders: OtlpDecoders;
}

const PATH = '/v1/traces';

/**
 * OTLP over HTTP, traces only: `POST /v1/traces`, protobuf and JSON on one port, gzip
 * (opentelemetry-proto, docs/specification.md, 1.11). 200 means the spans survive a kill and a power cut. Throws a
 * `RangeError` for options that make no sense.
 */
export function createOtlpHttpReceiver(sink: SpanSink, options: OtlpHttpOptions): Receiver {
  const otlpExport = new OtlpExport(sink, options.decoders, options.onError);
  const protocol: HttpProtocol<OtlpEncoding> = {
    paths: [PATH],
    route: (request) => {
      checkPath(pathOf(request.url ?? ''));
      const encoding = encodingOf(mediaTypeOf(request));
      if (encoding !== undefined) return encoding;
      const message = 'Content-Type must be application/x-protobuf or application/json';
      throw new Refusal(415, { code: RPC_CODE.invalidArgument, message });
    },
    take: async (bytes, encoding) => ({
      httpStatus: 200,
      contentType: CONTENT_TYPE[encoding],
      body: await otlpExport.answer(bytes, encoding),
    }),
    refuse: ({ httpStatus, status }, request) => {
      const encoding = (request && encodingOf(mediaTypeOf(request))) ?? 'json';
      return { httpStatus, contentType: CONTENT_TYPE[encoding], body: statusBody(encoding, status) };
    },
  };
  return openHttpDoor(protocol, { ...options, port: options.port ?? 4318 });
}

function checkPath(path: string): void {
  if (path === PATH) return;
  const message = /^\/v1[^/]*\/(metrics|logs|profiles)$/.test(path)
    ? `this collector takes traces only, at ${PATH}`
    : `there is nothing here; traces go to ${PATH}`;
  throw new Refusal(404, { code: RPC_CODE.unimplemented, message });
}

function encodingOf(type: string): OtlpEncoding | undefined {
  if (type === CONTENT_TYPE.protobuf) return 'protobuf';
  return type === CONTENT_TYPE.json ? 'json' : undefined;
}
