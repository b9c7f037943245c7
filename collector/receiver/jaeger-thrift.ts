import type { Problem } from '../../analyzer/model/analysis.ts';
import type { Decoder } from '../decode/contract.ts';
import type { Receiver, SpanSink } from './contract.ts';
import { type HttpDoorOptions, type HttpProtocol, mediaTypeOf, openHttpDoor, textAnswer } from './http-door.ts';
import { pathOf } from './http-origin.ts';
import { keepSpans } from './keep-spans.ts';
import { RPC_CODE } from './otlp-messages.ts';
import { badRequest, Refusal } from './refusal.ts';

/** Default port 14268. */
export interface JaegerThriftOptions extends Partial<HttpDoorOptions> {
  readonly decoder: Decoder;
}

const PATH = '/api/traces';
const TYPES = ['application/x-thrift', 'application/vnd.apache.thrift.binary'];

/**
 * Jaeger's own protocol over HTTP: `POST /api/traces` with a `Batch` in thrift, one process and its spans. 202 means they
 * survive a kill and a power cut. There is no way to say that some of them were not taken: a batch is refused if it
 * cannot be read, or if none of its spans can be used.
 */
export function createJaegerThriftReceiver(sink: SpanSink, options: JaegerThriftOptions): Receiver {
  const { decoder, onError } = options;
  const malformed = (reason: string) => badRequest(`Unable to process request body: ${reason}`);
  const protocol: HttpProtocol<undefined> = {
    paths: [PATH],
    route: (request) => {
      if (pathOf(request.url ?? '') !== PATH) {
        const message = `there is nothing here; batches go to ${PATH}`;
        throw new Refusal(404, { code: RPC_CODE.unimplemented, message });
      }
      if (TYPES.includes(mediaTypeOf(request))) return undefined;
      const message = `Content-Type must be ${TYPES.join(' or ')}`;
      throw new Refusal(415, { code: RPC_CODE.invalidArgument, message });
    },
    take: async (bytes) => {
      const { spanCount, rejectedCount, problems } = await keepSpans(bytes, decoder, sink, { malformed, onError });
      if (spanCount === 0 && rejectedCount > 0) throw malformed(reasonOf(problems));
      return { httpStatus: 202, body: new Uint8Array(0) };
    },
    refuse: textAnswer,
  };
  return openHttpDoor(protocol, { ...options, port: options.port ?? 14_268 });
}

function reasonOf(problems: readonly Problem[]): string {
  return problems[0]?.message ?? 'no span can be used';
}
