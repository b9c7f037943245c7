import { RPC_CODE, type RpcStatus } from './otlp-messages.ts';

const RETRY_DELAY_SECONDS = 1;

/** A request that is answered with an error: thrown where it is found out, written in one place. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly httpStatus: number;
  readonly status: RpcStatus;
  readonly headers: Readonly<Record<string, string>>;

  constructor(httpStatus: number, status: RpcStatus, headers: Readonly<Record<string, string>> = {}) {
    super(status.message);
    this.httpStatus = httpStatus;
    this.status = status;
    this.headers = headers;
  }
}

/** Something that is full now and need not be in a second: the sender keeps its spans and comes back. */
export function comeBackLater(message: string): Refusal {
  const status = { code: RPC_CODE.unavailable, message, retryDelaySeconds: RETRY_DELAY_SECONDS };
  return new Refusal(503, status, { 'Retry-After': String(RETRY_DELAY_SECONDS) });
}

export function badRequest(message: string, detail = message): Refusal {
  return new Refusal(400, { code: RPC_CODE.invalidArgument, message, badRequest: detail });
}

export function tooLarge(byteLimit: number): Refusal {
  // Without a delay: the same request is as large next time.
  const message = `a request may have at most ${byteLimit} bytes, before and after decompression; send smaller batches`;
  return new Refusal(413, { code: RPC_CODE.resourceExhausted, message });
}
