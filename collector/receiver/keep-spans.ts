import { type Decoded, type Decoder, MalformedInputError } from '../decode/contract.ts';
import type { SpanSink } from './contract.ts';
import { badRequest, comeBackLater, type Refusal } from './refusal.ts';

/**
 * From a body to spans that are safe; says what the decoder noticed. Throws a `Refusal`: what `malformed` makes of a body
 * that cannot be read, or one that asks the sender to come back.
 */
export async function keepSpans(
  bytes: Uint8Array,
  decoder: Decoder,
  sink: SpanSink,
  {
    malformed,
    onError,
  }: { readonly malformed: (reason: string) => Refusal; readonly onError?: ((error: unknown) => void) | undefined },
): Promise<Decoded> {
  const table = sink.createTable();
  let decoded: Decoded;
  try {
    decoded = decoder(bytes, table);
  } catch (error) {
    if (error instanceof MalformedInputError) throw malformed(error.message);
    // A fault of ours on this very input: the sender would run into it again with every retry.
    onError?.(error);
    throw badRequest('the body cannot be read');
  }
  if (table.count === 0) return decoded;
  try {
    await sink.ingest(table);
  } catch (error) {
    onError?.(error);
    throw comeBackLater('the spans cannot be kept at the moment');
  }
  return decoded;
}
