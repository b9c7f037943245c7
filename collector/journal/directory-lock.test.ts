import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { DirectoryLock, DirectoryLockedError } from './directory-lock.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringfence-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it('lets one in, and the next when that one left', () => {
  const first = new DirectoryLock(directory);
  expect(() => new DirectoryLock(directory)).toThrow(DirectoryLockedError);
  expect(() => new DirectoryLock(directory)).toThrow(`is in use by process ${process.pid}`);
  first.release();
  new DirectoryLock(directory).release();
});

it('names the process that has the directory, and is free once that was killed', async () => {
  const program = `
    const { DirectoryLock } = await import(${JSON.stringify(new URL('directory-lock.ts', import.meta.url).href)});
    globalThis.lock = new DirectoryLock(${JSON.stringify(directory)});
    process.stdout.write('locked');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  expect(() => new DirectoryLock(directory)).toThrow(`is in use by process ${child.pid}`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  new DirectoryLock(directory).release();
});

it('does not mind a name left behind, not even that of a running process', () => {
  writeFileSync(join(directory, 'lock.pid'), String(process.ppid));
  new DirectoryLock(directory).release();
});
