import type { Problem } from '../../analyzer/model/analysis.ts';
import type { Decoder } from '../decode/contract.ts';
import type { SpanSink } from './contract.ts';
import { keepSpans } from './keep-spans.ts';
import { exportResponseBody, type OtlpEncoding } from './otlp-messages.ts';
import { badRequest } from './refusal.ts';

export type OtlpDecoders<Encoding extends OtlpEncoding = OtlpEncoding> = Readonly<Record<Encoding, Decoder>>;

const MAX_MESSAGE_LENGTH = 1_024;

/** What an export request means, over whatever it came. */
export class OtlpExport<Encoding extends OtlpEncoding> {
  readonly #sink: SpanSink;
  readonly #decoders: OtlpDecoders<Encoding>;
  readonly #onError: ((error: unknown) => void) | undefined;

  constructor(sink: SpanSink, decoders: OtlpDecoders<Encoding>, onError?: (error: unknown) => void) {
    this.#sink = sink;
    this.#decoders = decoders;
    this.#onError = onError;
  }

  /** From an `ExportTraceServiceRequest` to its response, when the spans are safe. Throws a `Refusal`. */
  async answer(bytes: Uint8Array, encoding: Encoding): Promise<Uint8Array> {
    const decoded = await keepSpans(bytes, this.#decoders[encoding], this.#sink, {
      malformed: (reason) => badRequest(`the body is no ExportTraceServiceRequest in ${encoding}`, reason),
      onError: this.#onError,
    });
    if (decoded.spanCount === 0 && decoded.rejectedCount > 0) {
      throw badRequest(`none of the ${decoded.rejectedCount} spans can be used`, messageOf(decoded));
    }
    return exportResponseBody(encoding, decoded.rejectedCount, messageOf(decoded));
  }
}

/** What the decoder noticed, in one line; empty if there was nothing. */
function messageOf({ problems }: { readonly problems: readonly Problem[] }): string {
  const message = problems.map((problem) => `${problem.message} (${problem.count})`).join('; ');
  return message.length <= MAX_MESSAGE_LENGTH ? message : `${message.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
}
