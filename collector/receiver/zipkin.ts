import type { IncomingMessage } from 'node:http';

import { encodeUtf8 } from '../../analyzer/model/string-table.ts';
import { type Decoder, MalformedInputError } from '../decode/contract.ts';
import { detectFormat, type TraceFormat } from '../decode/detect-format.ts';
import type { Receiver, SpanSink } from './contract.ts';
import { type HttpDoorOptions, type HttpProtocol, mediaTypeOf, openHttpDoor, textAnswer } from './http-door.ts';
import { pathOf } from './http-origin.ts';
import { keepSpans } from './keep-spans.ts';
import { RPC_CODE } from './otlp-messages.ts';
import { badRequest, Refusal } from './refusal.ts';

/** Encodings as Zipkin calls them. */
export type ZipkinEncoding = 'JSON_V1' | 'JSON_V2' | 'THRIFT' | 'PROTO3';

/** Default port 9411. */
export interface ZipkinOptions extends Partial<HttpDoorOptions> {
  readonly decoders: Readonly<Record<ZipkinEncoding, Decoder>>;
}

/**
 * Zipkin over HTTP: `POST /api/v2/spans` (JSON, protobuf), `POST /api/v1/spans` (JSON, thrift) and `GET /health`, with the
 * answers of Zipkin's own server (zipkin-server, `ZipkinHttpCollector`), but for three: 202 means the spans survive a kill
 * and a power cut, a type that no Zipkin library sends is refused (a web page could send it unasked), and pages of other
 * origins are.
 */
export function createZipkinReceiver(sink: SpanSink, options: ZipkinOptions): Receiver {
  const { decoders, onError } = options;
  const protocol: HttpProtocol<ZipkinEncoding> = {
    paths: Object.keys(ENCODINGS),
    glance: ({ method, url }) =>
      (method === 'GET' || method === 'HEAD') && pathOf(url ?? '') === '/health'
        ? { httpStatus: 200, contentType: 'application/json', body: encodeUtf8('{"status":"UP"}') }
        : undefined,
    route: encodingOf,
    take: async (bytes, encoding) => {
      // What Zipkin's own server does with a body of nothing.
      if (bytes.length > 0) {
        const malformed = (reason: string) => badRequest(explain(bytes, encoding, reason));
        await keepSpans(bytes, decoders[encoding], sink, { malformed, onError });
      }
      return { httpStatus: 202, body: NOTHING };
    },
    refuse: textAnswer,
    corruptBody: 'Cannot gunzip spans',
  };
  return openHttpDoor(protocol, { ...options, port: options.port ?? 9411 });
}

const NOTHING = new Uint8Array(0);

/** By path, then by Content-Type; the empty one stands for none. */
const ENCODINGS: Readonly<Record<string, Readonly<Record<string, ZipkinEncoding>>>> = {
  '/api/v2/spans': { '': 'JSON_V2', 'application/json': 'JSON_V2', 'application/x-protobuf': 'PROTO3' },
  '/api/v1/spans': { '': 'JSON_V1', 'application/json': 'JSON_V1', 'application/x-thrift': 'THRIFT' },
};

function encodingOf(request: IncomingMessage): ZipkinEncoding {
  const path = pathOf(request.url ?? '');
  const encodings = Object.hasOwn(ENCODINGS, path) ? ENCODINGS[path] : undefined;
  if (encodings === undefined) {
    const message = `there is nothing here; spans go to ${Object.keys(ENCODINGS).join(' or ')}`;
    throw new Refusal(404, { code: RPC_CODE.unimplemented, message });
  }
  const type = mediaTypeOf(request);
  const encoding = Object.hasOwn(encodings, type) ? encodings[type] : undefined;
  if (encoding !== undefined) return encoding;
  const types = Object.keys(encodings).filter((known) => known !== '');
  const message = `Content-Type must be absent or one of ${types.join(', ')}`;
  throw new Refusal(415, { code: RPC_CODE.invalidArgument, message });
}

const ENCODING_OF_FORMAT: Readonly<Partial<Record<TraceFormat, ZipkinEncoding>>> = {
  'zipkin-json': 'JSON_V2',
  'zipkin-v1-json': 'JSON_V1',
  'zipkin-protobuf': 'PROTO3',
  'zipkin-thrift': 'THRIFT',
};

/** Why a body was refused: most often it is one of the other encodings, on the wrong path or under the wrong type. */
function explain(bytes: Uint8Array, expected: ZipkinEncoding, reason: string): string {
  const received = formatOf(bytes);
  const encoding = received === undefined ? undefined : ENCODING_OF_FORMAT[received];
  const expectation = `Expected a ${expected} encoded list`;
  return encoding === undefined || encoding === expected
    ? `${expectation}: ${reason}`
    : `${expectation}, but received: ${encoding}`;
}

function formatOf(bytes: Uint8Array): TraceFormat | undefined {
  try {
    return detectFormat(bytes);
  } catch (error) {
    if (error instanceof MalformedInputError) return undefined;
    throw error;
  }
}
