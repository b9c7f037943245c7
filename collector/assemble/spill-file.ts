import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Temporary files cannot be written or read back. The message names the folder and the way out. */
export class SpillError extends Error {
  override readonly name = 'SpillError';
}

/** Where a piece lies in the file. */
export interface Extent {
  readonly offset: number;
  readonly byteCount: number;
}

/**
 * What does not fit in memory, in a file that nobody else sees: readable by its owner alone, in a folder that is too, and
 * without a name from the start. So it is gone with the process, however that ends.
 */
export class SpillFile {
  byteCount = 0;
  readonly #handle: FileHandle;
  readonly #folder: string;

  private constructor(handle: FileHandle, folder: string) {
    this.#handle = handle;
    this.#folder = folder;
  }

  static async create(folder = tmpdir()): Promise<SpillFile> {
    try {
      const own = await mkdtemp(join(folder, 'ringfence-'));
      try {
        return new SpillFile(await open(join(own, 'spans'), 'wx+', 0o600), folder);
      } finally {
        await rm(own, { recursive: true });
      }
    } catch (error) {
      throw explained(error, folder);
    }
  }

  async append(bytes: Uint8Array): Promise<Extent> {
    const offset = this.byteCount;
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, offset + at);
        at += bytesWritten;
      }
    } catch (error) {
      throw explained(error, this.#folder);
    }
    this.byteCount += bytes.length;
    return { offset, byteCount: bytes.length };
  }

  async read({ offset, byteCount }: Extent): Promise<Uint8Array> {
    const bytes = new Uint8Array(byteCount);
    try {
      for (let at = 0; at < byteCount;) {
        const { bytesRead } = await this.#handle.read(bytes, at, byteCount - at, offset + at);
        if (bytesRead === 0) throw new SpillError(`a temporary file in ${this.#folder} is shorter than it was`);
        at += bytesRead;
      }
    } catch (error) {
      throw explained(error, this.#folder);
    }
    return bytes;
  }

  /** Rights of the file, as `fs.Stats` has them. */
  async mode(): Promise<number> {
    return (await this.#handle.stat()).mode;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

function explained(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === undefined) return error;
  const reason = FULL.has(code) ? 'it is full' : code;
  return new SpillError(
    `the input is too large for memory, and the temporary folder ${folder} cannot hold it (${reason}): make room, or name another folder in TMPDIR`,
  );
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
