import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { decodeDependencyList, isDependencyList, type ListedDependency } from '../decode/dependency-list.ts';
import { MalformedInputError } from '../decode/index.ts';
import { decompressed, UnpackingError } from './decompressed.ts';
import { SourceError } from './source-error.ts';

const MOST_BYTES = 256 * 1024 * 1024;

/**
 * The dependency list in a file, plain or packed; undefined where it is anything else, or no file at all, which is for
 * others to read. Throws `SourceError` where the list is broken.
 */
export async function readDependencyList(path: string): Promise<readonly ListedDependency[] | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  try {
    const bytes = await listBytes(path);
    return bytes === undefined ? undefined : decodeDependencyList(bytes);
  } catch (error) {
    if (error instanceof MalformedInputError) throw new SourceError(`${path}: ${error.message}`);
    // Whoever reads it as traces has the better words for it.
    if (error instanceof UnpackingError) return undefined;
    throw error;
  }
}

/** All of it if its beginning is that of a dependency list. */
async function listBytes(path: string): Promise<Uint8Array | undefined> {
  const stream = createReadStream(path);
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  try {
    for await (const chunk of decompressed(stream as AsyncIterable<Uint8Array>)) {
      if (byteCount === 0 && !isDependencyList(chunk)) return undefined;
      byteCount += chunk.length;
      if (byteCount > MOST_BYTES) throw new SourceError(`${path}: more than ${MOST_BYTES / 2 ** 20} MiB`);
      chunks.push(chunk);
    }
  } finally {
    stream.destroy();
  }
  return byteCount === 0 ? undefined : Buffer.concat(chunks);
}
