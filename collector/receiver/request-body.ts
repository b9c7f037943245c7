import type { IncomingMessage } from 'node:http';

import type { Reservation } from './byte-budget.ts';
import { Refusal, tooLarge } from './refusal.ts';

/** The sender went away before its request was whole. There is nobody to answer. */
export class Disconnected extends Error {
  override readonly name = 'Disconnected';
}

/** Undefined where a body comes without Content-Length. */
export function announcedLength(request: IncomingMessage): number | undefined {
  const text = request.headers['content-length'];
  return text === undefined ? undefined : Number(text);
}

/**
 * Reads a body, never holding more than `byteLimit` bytes of it. What was announced in Content-Length must be reserved
 * already; what was not is reserved as it comes. A body that was announced goes into `memory` if there is any, which must
 * be long enough; the result is a part of it then.
 */
export function readBody(
  request: IncomingMessage,
  byteLimit: number,
  reservation: Reservation,
  memory?: Buffer,
): Promise<Uint8Array> {
  const isAnnounced = announcedLength(request) !== undefined;
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
        if (memory === undefined) {
          chunks.push(chunk);
        } else {
          memory.set(chunk, length - chunk.length);
          letGo(chunk);
        }
      } catch (error) {
        stop();
        reject(error instanceof Refusal ? error : new Disconnected());
      }
    };
    const onEnd = () => {
      stop();
      if (memory !== undefined) resolve(memory.subarray(0, length));
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
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

/** Frees a chunk that was copied, for the collector need not find out that it is garbage: see `BodyMemory`. */
function letGo({ buffer, byteLength }: Buffer): void {
  // Not if it is a piece of a buffer that others have a piece of too.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
