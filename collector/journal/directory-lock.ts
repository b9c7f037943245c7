import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * One process per data directory. The lock is one of the operating system, taken through an empty SQLite file: it ends with
 * its process, however that ends, so there is no stale lock to judge and no process id that another process may have been
 * given meanwhile (in a container every start has the same one). `lock.pid` is only there to name the holder.
 */
export class DirectoryLock {
  readonly #database: DatabaseSync;
  readonly #pidFile: string;

  /** Throws `DirectoryLockedError` if another process, or another part of this one, has the directory. */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#pidFile = join(directory, 'lock.pid');
    this.#database = new DatabaseSync(join(directory, 'lock'));
    try {
      this.#database.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      this.#database.close();
      if (!isBusy(error)) throw error;
      throw new DirectoryLockedError(directory, holderOf(this.#pidFile));
    }
    writeFileSync(this.#pidFile, `${process.pid}\n`, { mode: 0o600 });
  }

  release(): void {
    rmSync(this.#pidFile, { force: true });
    this.#database.close();
  }
}

export class DirectoryLockedError extends Error {
  override readonly name = 'DirectoryLockedError';
  readonly pid: number | undefined;

  constructor(directory: string, pid: number | undefined) {
    const holder = pid === undefined ? 'another process' : `process ${pid}`;
    super(`the data directory ${directory} is in use by ${holder}; stop it, or name another directory with --data`);
    this.pid = pid;
  }
}

function holderOf(pidFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    // Between taking the lock and writing its id a process has no name.
    return undefined;
  }
}

function isBusy(error: unknown): boolean {
  const SQLITE_BUSY = 5;
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
