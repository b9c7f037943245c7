import type { IncomingMessage } from 'node:http';
import { createGunzip, gunzipSync } from 'node:zlib';

import { badRequest, comeBackLater, Refusal, tooLarge } from './refusal.ts';

/** Bytes of all requests under way, bounded: beyond it senders are asked to come back before anything is read. */
export class ByteBudget {
  readonly #byteLimit: number;
  #byteCount = 0;

  constructor(byteLimit: number) {
    this.#byteLimit = byteLimit;
  }

  reserve(): Reservation {
    let reserved = 0;
    return {
      grow: (byteCount) => {
        if (this.#byteCount + byteCount > this.#byteLimit) throw comeBackLater('too many requests are under way');
        this.#byteCount += byteCount;
        reserved += byteCount;
      },
      release: () => {
        this.#byteCount -= reserved;
        reserved = 0;
      },
    };
  }
}

export interface Reservation {
  /** Throws a `Refusal` if the budget has no room for so many more bytes. */
  grow(byteCount: number): void;
  release(): void;
}

/** The sender went away before its request was whole. There is nobody to answer. */
export class Disconnected extends Error {
  override readonly name = 'Disconnected';
}

/** Larger gzip bodies, and those that grow larger, are unpacked off the main thread. */
const SYNC_COMPRESSED_BYTE_LIMIT = 256 << 10;
const SYNC_BYTE_LIMIT = 4 << 20;

/**
 * Reads a body, never holding more than `byteLimit` bytes of it. What was announced in Content-Length must be reserved
 * already; what was not is reserved as it comes.
 */
export function readBody(request: IncomingMessage, byteLimit: number, reservation: Reservation): Promise<Uint8Array> {
  const isAnnounced = request.headers['content-length'] !== undefined;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const stop = () => {
      request.off('data', onData);
      request.off('end', onEnd);
      request.off('close', onClose);
    };
    const onData = (chunk: Buffer) => {
      try {
        length += chunk.length;
        if (length > byteLimit) throw tooLarge(byteLimit);
        if (!isAnnounced) reservation.grow(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        stop();
        reject(error instanceof Refusal ? error : new Disconnected());
      }
    };
    const onEnd = () => {
      stop();
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
    };
    const onClose = () => {
      stop();
      reject(new Disconnected());
    };
    request.on('data', onData);
    request.on('end', onEnd);
    request.on('close', onClose);
    // Always followed by 'close'.
    request.on('error', () => undefined);
  });
}

/** Unpacks gzip, all members of it, up to `byteLimit` bytes. */
export async function gunzip(packed: Uint8Array, byteLimit: number, reservation: Reservation): Promise<Uint8Array> {
  if (packed.length <= SYNC_COMPRESSED_BYTE_LIMIT) {
    try {
      // Long chunks are half as much work, but for small bodies they would be mostly empty.
      const chunkSize = Math.min(512 << 10, Math.max(16 << 10, packed.length * 8));
      const bytes = gunzipSync(packed, { maxOutputLength: Math.min(byteLimit, SYNC_BYTE_LIMIT), chunkSize });
      reservation.grow(bytes.length);
      return bytes;
    } catch (error) {
      if (error instanceof Refusal) throw error;
      if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw notGzip();
    }
  }
  const unpacking = createGunzip({ chunkSize: 512 << 10 });
  unpacking.end(packed);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of unpacking as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > byteLimit) throw tooLarge(byteLimit);
      reservation.grow(chunk.length);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : notGzip();
  }
  return Buffer.concat(chunks, length);
}

function notGzip(): Refusal {
  return badRequest('the body is not gzip, though Content-Encoding says so');
}
