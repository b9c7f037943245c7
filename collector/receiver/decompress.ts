import type { Transform } from 'node:stream';
import zlib from 'node:zlib';

import type { Reservation } from './byte-budget.ts';
import { badRequest, Refusal, tooLarge } from './refusal.ts';

/** How a body may be packed. Brotli never: 64 MiB of it fit into a hundred bytes. */
export const COMPRESSIONS = ['gzip', 'deflate', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

interface Codec {
  readonly unpackAtOnce: (packed: Uint8Array, options: { maxOutputLength: number; chunkSize: number }) => Buffer;
  readonly createUnpacker: (options: { chunkSize: number }) => Transform;
}

const CODECS: Readonly<Record<Compression, Codec>> = {
  gzip: { unpackAtOnce: zlib.gunzipSync, createUnpacker: zlib.createGunzip },
  deflate: { unpackAtOnce: zlib.inflateSync, createUnpacker: zlib.createInflate },
  zstd: { unpackAtOnce: zlib.zstdDecompressSync, createUnpacker: zlib.createZstdDecompress },
};

/** Larger bodies, and those that grow larger, are unpacked off the main thread. */
const SYNC_COMPRESSED_BYTE_LIMIT = 256 << 10;
const SYNC_BYTE_LIMIT = 4 << 20;

/** Throws a `RangeError` for what this version of Node cannot unpack: zstd came with 22.15. */
export function checkSupported(compressions: readonly Compression[]): void {
  for (const compression of compressions) {
    const unpack: unknown = CODECS[compression].unpackAtOnce;
    if (unpack === undefined) throw new RangeError(`this version of Node cannot unpack ${compression}`);
  }
}

/**
 * Unpacks a body, all members of it, up to `byteLimit` bytes. Throws a `Refusal` if it is more, if there is no room for it,
 * or if it is not what it is said to be.
 */
export async function decompress(
  compression: Compression,
  packed: Uint8Array,
  byteLimit: number,
  reservation: Reservation,
): Promise<Uint8Array> {
  const { unpackAtOnce, createUnpacker } = CODECS[compression];
  if (packed.length <= SYNC_COMPRESSED_BYTE_LIMIT) {
    try {
      // Long chunks are half as much work, but for small bodies they would be mostly empty.
      const chunkSize = Math.min(512 << 10, Math.max(16 << 10, packed.length * 8));
      const bytes = unpackAtOnce(packed, { maxOutputLength: Math.min(byteLimit, SYNC_BYTE_LIMIT), chunkSize });
      reservation.grow(bytes.length);
      return bytes;
    } catch (error) {
      if (error instanceof Refusal) throw error;
      if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw notPacked(compression);
    }
  }
  const unpacker = createUnpacker({ chunkSize: 512 << 10 });
  unpacker.end(packed);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of unpacker as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > byteLimit) throw tooLarge(byteLimit);
      reservation.grow(chunk.length);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : notPacked(compression);
  }
  return Buffer.concat(chunks, length);
}

function notPacked(compression: Compression): Refusal {
  return badRequest(`the body is not ${compression}, though its encoding says so`);
}
