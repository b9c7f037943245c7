import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What the journal asks of a file; a seam, so that tests can make the disk full or broken. */
export interface SegmentFile {
  /** Writes all bytes of all buffers from `position` on. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>;
  /** Returns when the bytes are on the disk. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** Makes a new file, which must not exist, durable as an entry of its folder. */
export type CreateSegmentFile = (path: string) => Promise<SegmentFile>;

export async function createSegmentFile(path: string): Promise<SegmentFile> {
  const handle = await open(path, 'wx', 0o600);
  await syncFolder(dirname(path));
  return {
    write: async (buffers, position) => {
      let waiting = [...buffers];
      while (waiting.length > 0) {
        const { bytesWritten } = await handle.writev(waiting, position);
        position += bytesWritten;
        waiting = withoutFirst(waiting, bytesWritten);
      }
    },
    sync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  };
}

/** A file or folder that was made is only there after a power cut if the folder it is in was synced too. */
export async function syncFolder(path: string): Promise<void> {
  // Windows has no handle on a folder, and needs none.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The kernel may write less than it was asked to. */
function withoutFirst(buffers: Uint8Array[], byteCount: number): Uint8Array[] {
  let at = 0;
  while (at < buffers.length && byteCount >= buffers[at]!.byteLength) byteCount -= buffers[at++]!.byteLength;
  const rest = buffers.slice(at);
  if (byteCount > 0) rest[0] = rest[0]!.subarray(byteCount);
  return rest;
}
