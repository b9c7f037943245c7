import {
  type Metadata,
  type ServerInterceptor,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
} from '@grpc/grpc-js';
import type { ServerHttp2Stream } from 'node:http2';

import type { ByteBudget, Reservation } from './byte-budget.ts';
import { type Compression, COMPRESSIONS } from './decompress.ts';
import { grpcStatusOf } from './grpc-method.ts';
import { RPC_CODE } from './otlp-messages.ts';
import { badRequest, Refusal, tooLarge } from './refusal.ts';

export interface GrpcAdmissionOptions {
  readonly budget: ByteBudget;
  readonly byteLimit: number;
  readonly compressions: readonly Compression[];
  readonly timeoutMs: number;
}

/** A request that was let in. */
export interface AdmittedRequest {
  /** What its message is packed with. */
  readonly compression: Compression | undefined;
  /** Holds its packed bytes already. */
  readonly reservation: Reservation;
}

/**
 * What grpc-js keeps to itself: it reads a message whole and unpacks it, however much it becomes, before anyone is asked. The
 * version is pinned; the tests of admission fail where these two fields move.
 */
interface Internals {
  readonly stream: ServerHttp2Stream;
  incomingEncoding: string;
}

/** One byte says whether the message is packed, four its length (gRPC over HTTP2, "Length-Prefixed-Message"). */
const PREFIX_BYTE_COUNT = 5;

/** Decides about a request by the length before its message, so that memory is bounded whatever is sent. */
export class GrpcAdmission {
  readonly #options: GrpcAdmissionOptions;
  readonly #calls = new WeakMap<Metadata, ArrivingCall>();

  constructor(options: GrpcAdmissionOptions) {
    this.#options = options;
  }

  readonly interceptor: ServerInterceptor = (_, call) => {
    const arriving = new ArrivingCall(call, this.#options);
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, forward) => {
            this.#calls.set(metadata, arriving);
            forward(metadata);
          },
          onReceiveHalfClose: (forward) => {
            arriving.stopTimer();
            forward();
          },
        }),
    });
  };

  /** Hands over a request that has arrived whole, by the metadata of its call. Whoever takes it releases its reservation. */
  take(metadata: Metadata): AdmittedRequest {
    return this.#calls.get(metadata)!.take();
  }
}

class ArrivingCall {
  readonly #call: ServerInterceptingCallInterface;
  readonly #options: GrpcAdmissionOptions;
  readonly #reservation: Reservation;
  readonly #encoding: string;
  readonly #timer: NodeJS.Timeout;
  #prefix = Buffer.alloc(0);
  #compression: Compression | undefined;
  #isTaken = false;

  constructor(call: ServerInterceptingCallInterface, options: GrpcAdmissionOptions) {
    this.#call = call;
    this.#options = options;
    this.#reservation = options.budget.reserve();
    const internals = call as unknown as Internals;
    this.#encoding = internals.incomingEncoding.toLowerCase();
    // Unpacked here instead, where its size is watched.
    internals.incomingEncoding = 'identity';
    internals.stream.prependListener('data', this.#onData);
    internals.stream.once('close', () => this.#onClose());
    this.#timer = setTimeout(() => {
      const message = 'the request came too slowly';
      this.#refuse(new Refusal(408, { code: RPC_CODE.deadlineExceeded, message }));
    }, options.timeoutMs);
  }

  stopTimer(): void {
    clearTimeout(this.#timer);
  }

  take(): AdmittedRequest {
    this.#isTaken = true;
    return { compression: this.#compression, reservation: this.#reservation };
  }

  #onData = (chunk: Buffer): void => {
    if (this.#prefix.length === PREFIX_BYTE_COUNT) return;
    this.#prefix = Buffer.concat([this.#prefix, chunk.subarray(0, PREFIX_BYTE_COUNT - this.#prefix.length)]);
    if (this.#prefix.length < PREFIX_BYTE_COUNT) return;
    try {
      this.#admit(this.#prefix[0] === 1, this.#prefix.readUInt32BE(1));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refuse(error);
    }
  };

  #admit(isCompressed: boolean, byteCount: number): void {
    const { byteLimit, compressions } = this.#options;
    if (byteCount > byteLimit) throw tooLarge(byteLimit);
    if (isCompressed) {
      if (this.#encoding === 'identity') throw badRequest('the message is compressed, but grpc-encoding is missing');
      this.#compression = compressions.find((compression) => compression === this.#encoding);
      if (this.#compression === undefined) {
        const message = `grpc-encoding must be absent or one of ${[...compressions, 'identity'].join(', ')}`;
        throw new Refusal(415, { code: RPC_CODE.unimplemented, message });
      }
    }
    this.#reservation.grow(byteCount);
  }

  #refuse(refusal: Refusal): void {
    this.#call.sendStatus(grpcStatusOf(refusal));
  }

  #onClose(): void {
    this.stopTimer();
    if (!this.#isTaken) this.#reservation.release();
  }
}

/** grpc-js announces the first two itself. */
export function grpcCompressions(switchedOn: readonly Compression[]): readonly Compression[] {
  return COMPRESSIONS.filter((compression) => compression !== 'zstd' || switchedOn.includes(compression));
}
