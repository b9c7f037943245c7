import { SPAN_KIND, SPAN_STATUS } from '../model/span.ts';
import type { StringTable } from '../model/string-table.ts';
import { KEY, type RowAttributes } from './row-attributes.ts';

/**
 * Whether a span failed: its status decides; where that is unset, the error tag of OpenTracing, then the response code. A 404
 * is a failure for the client that asked, not for the server that answered (semantic conventions, recording errors).
 */
export class Failures {
  readonly #strings: StringTable;
  /** By string id of a status code: bits of what it means, 0 while unknown. */
  #meanings = new Uint8Array(256);

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  isFailed(status: number, kind: number, { valueIds }: RowAttributes): boolean {
    if (status !== SPAN_STATUS.unset) return status === SPAN_STATUS.error;
    const tag = valueIds[KEY.error]!;
    if (tag !== 0) return this.#strings.text(tag) !== 'false';
    const isServer = kind === SPAN_KIND.server || kind === SPAN_KIND.consumer;
    const http = valueIds[KEY.httpStatus]!;
    if (http !== 0) return (this.#meaning(http) & (isServer ? HTTP_SERVER : HTTP_CLIENT)) !== 0;
    const rpc = valueIds[KEY.rpcStatus]!;
    return rpc !== 0 && (this.#meaning(rpc) & (isServer ? RPC_SERVER : RPC_CLIENT)) !== 0;
  }

  /** A failure the caller brought about itself: it says nothing about how reliable the callee is. */
  isCallersFault({ valueIds }: RowAttributes): boolean {
    const http = valueIds[KEY.httpStatus]!;
    return http !== 0 && (this.#meaning(http) & CALLERS_FAULT) !== 0;
  }

  #meaning(stringId: number): number {
    if (stringId >= this.#meanings.length) {
      const longer = new Uint8Array(Math.max(stringId + 1, this.#meanings.length * 2));
      longer.set(this.#meanings);
      this.#meanings = longer;
    }
    const known = this.#meanings[stringId]!;
    return known === 0 ? (this.#meanings[stringId] = meaningOf(this.#strings.text(stringId))) : known;
  }
}

const KNOWN = 1;
const HTTP_CLIENT = 2;
const HTTP_SERVER = 4;
const RPC_CLIENT = 8;
const RPC_SERVER = 16;
const CALLERS_FAULT = 32;

/** gRPC codes that are the server's own failure; the others are the caller's business. */
const GRPC_SERVER_FAULTS: ReadonlySet<string> = new Set(
  '2 4 12 13 14 15 UNKNOWN DEADLINE_EXCEEDED UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS'.split(' '),
);
/** A call that its caller cancelled did not fail. */
const GRPC_NO_FAULTS: ReadonlySet<string> = new Set('0 1 OK CANCELLED'.split(' '));

function meaningOf(text: string): number {
  let meaning = KNOWN;
  const code = Number(text);
  if (code >= 400) meaning |= HTTP_CLIENT;
  if (code >= 500) meaning |= HTTP_SERVER;
  // 408 and 429 tell of a callee that cannot keep up.
  if (code >= 400 && code < 500 && code !== 408 && code !== 429) meaning |= CALLERS_FAULT;
  const name = text.toUpperCase();
  if (!GRPC_NO_FAULTS.has(name)) meaning |= RPC_CLIENT;
  if (GRPC_SERVER_FAULTS.has(name)) meaning |= RPC_SERVER;
  return meaning;
}
