import type { IncomingMessage } from 'node:http';

import type { Reservation } from './byte-budget.ts';
import { Refusal, tooLarge } from './refusal.ts';

/** The sender went away before its request was whole. There is nobody to answer. */
export class Disconnected extends Error {
  override readonly name = 'Disconnected';
}

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
