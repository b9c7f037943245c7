import type { Problem } from '../../analyzer/model/analysis.ts';
import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { type Decoded, type Decoder, MalformedInputError } from '../decode/contract.ts';
import type { SpanSink } from './contract.ts';
import { exportResponseBody, type OtlpEncoding } from './otlp-messages.ts';
import { badRequest, comeBackLater } from './refusal.ts';

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
    const table = this.#sink.createTable();
    const decoded = this.#decode(bytes, encoding, table);
    await this.#ingest(table);
    return exportResponseBody(encoding, decoded.rejectedCount, messageOf(decoded));
  }

  #decode(bytes: Uint8Array, encoding: Encoding, table: SpanTable): Decoded {
    let decoded: Decoded;
    try {
      decoded = this.#decoders[encoding](bytes, table);
    } catch (error) {
      if (error instanceof MalformedInputError) {
        throw badRequest(`the body is no ExportTraceServiceRequest in ${encoding}`, error.message);
      }
      // A fault of ours on this very input: the sender would run into it again with every retry.
      this.#onError?.(error);
      throw badRequest('the body cannot be read');
    }
    if (decoded.spanCount === 0 && decoded.rejectedCount > 0) {
      throw badRequest(`none of the ${decoded.rejectedCount} spans can be used`, messageOf(decoded));
    }
    return decoded;
  }

  async #ingest(table: SpanTable): Promise<void> {
    if (table.count === 0) return;
    try {
      await this.#sink.ingest(table);
    } catch (error) {
      this.#onError?.(error);
      throw comeBackLater('the spans cannot be kept at the moment');
    }
  }
}

/** What the decoder noticed, in one line; empty if there was nothing. */
function messageOf({ problems }: { readonly problems: readonly Problem[] }): string {
  const message = problems.map((problem) => `${problem.message} (${problem.count})`).join('; ');
  return message.length <= MAX_MESSAGE_LENGTH ? message : `${message.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
}
