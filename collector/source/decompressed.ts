import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { errorCode } from './source-error.ts';

/** Packed bytes that do not unpack. */
export class UnpackingError extends Error {
  override readonly name = 'UnpackingError';
}

/** The bytes as they are, or unpacked if they start as gzip (RFC 1952) or zstd (RFC 8878) does. Throws `UnpackingError`. */
export async function* decompressed(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  // A pipe may hand over its first bytes one by one.
  let head = new Uint8Array(0);
  while (head.length < LONGEST_MAGIC) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const all = startingWith(head, iterator);
  const unpack = startsWith(head, GZIP)
    ? gunzipped(all)
    : startsWith(head, ZSTD)
      ? zstdDecompressed(all[Symbol.asyncIterator]())
      : undefined;
  if (unpack === undefined) {
    yield* all;
    return;
  }
  try {
    for await (const chunk of unpack) yield chunk as Uint8Array;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'Z_BUF_ERROR') throw new UnpackingError('the compressed data is cut off');
    if (code?.startsWith('Z_') === true || code?.startsWith('ZSTD_') === true) {
      throw new UnpackingError('the compressed data is broken or cut off');
    }
    throw error;
  }
}

function gunzipped(chunks: AsyncIterable<Uint8Array>): AsyncIterable<unknown> {
  const unpack = createGunzip(OPTIONS);
  // An error of either side destroys the other, and whoever reads it gets it.
  pipeline(Readable.from(chunks), unpack, () => undefined);
  return unpack;
}

/** Frame by frame: Node stops behind the first and drops the rest of the piece without a word. */
async function* zstdDecompressed(chunks: AsyncIterator<Uint8Array>): AsyncIterable<unknown> {
  let rest: Uint8Array | undefined;
  for (;;) {
    const unpack = createZstdDecompress(OPTIONS);
    let isOver = false;
    let givenBytes = 0;
    let goOn: () => void = () => undefined;
    unpack.once('end', () => goOn());
    const feed = async () => {
      while (!isOver) {
        if (rest === undefined || rest.length === 0) {
          const next = await chunks.next();
          if (next.done === true) break;
          rest = next.value;
        }
        const piece = rest;
        givenBytes += piece.length;
        // Behind a frame nobody answers; the piece is kept, to see what of it was used.
        await new Promise<void>((resolve) => {
          goOn = resolve;
          unpack.write(piece, () => resolve());
        });
        if (givenBytes === unpack.bytesWritten) rest = undefined;
        else break;
      }
      unpack.end();
    };
    const feeding = feed().catch((error: unknown) => unpack.destroy(error as Error));
    try {
      yield* unpack;
    } finally {
      isOver = true;
    }
    await feeding;
    const unusedBytes = givenBytes - unpack.bytesWritten;
    if (rest === undefined || unusedBytes === 0) return;
    rest = rest.subarray(rest.length - unusedBytes);
  }
}

/** Large pieces: the default of 16 KiB spends more time between pieces than on them. */
const OPTIONS = { chunkSize: 4 * 1024 * 1024 };
const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];
const LONGEST_MAGIC = 4;

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

async function* startingWith(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  if (head.length > 0) yield head;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}
