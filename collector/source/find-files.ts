import type { Dirent, Stats } from 'node:fs';
import { glob, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { nearestName } from '../../analyzer/model/nearest-name.ts';
import { errorCode, SourceError } from './source-error.ts';

export interface FoundFile {
  readonly path: string;
  readonly byteCount: number;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** True if the user named this one file: then failing on it is failing. */
  readonly isSingle: boolean;
}

/** The files a file name, a folder or a glob stands for, sorted by path. Throws `SourceError` if there are none. */
export async function findFiles(source: string): Promise<FoundFiles> {
  const found = await statOf(source);
  if (found?.isDirectory() === true) {
    const files = await filesIn(source);
    if (files.length === 0)
      throw new SourceError(`${source}: the folder holds no files; name the folder the traces are in`);
    return { files, isSingle: false };
  }
  if (found !== undefined) return { files: [{ path: source, byteCount: found.size }], isSingle: true };
  if (!/[*?[{]/.test(source)) throw new SourceError(`${source}: no such file or folder${await suggestion(source)}`);
  const files = await filesMatching(source);
  if (files.length === 0)
    throw new SourceError(`${source}: no file matches; in quotes the pattern is ours to match, ** goes into folders`);
  return { files, isSingle: false };
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    throw new SourceError(`${path}: cannot be read (${code ?? 'unknown reason'})`);
  }
}

/** A loop over the folders still to see. Hidden ones are left out, and linked ones, which may lead in a circle. */
async function filesIn(folder: string): Promise<readonly FoundFile[]> {
  const files: FoundFile[] = [];
  const open = [folder];
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    for (const entry of await entriesOf(current)) {
      if (entry.name.startsWith('.')) continue;
      const path = join(current, entry.name);
      if (entry.isDirectory()) open.push(path);
      else if (entry.isFile() || entry.isSymbolicLink()) files.push(...(await fileAt(path)));
    }
  }
  return files.sort(byPath);
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw new SourceError(`${folder}: the folder cannot be read (${errorCode(error) ?? 'unknown reason'})`);
  }
}

async function filesMatching(pattern: string): Promise<readonly FoundFile[]> {
  const files: FoundFile[] = [];
  for await (const path of glob(pattern)) files.push(...(await fileAt(path)));
  return files.sort(byPath);
}

/** One or none: what is no file, or is gone by now, is none. */
async function fileAt(path: string): Promise<readonly FoundFile[]> {
  const found = await statOf(path);
  return found?.isFile() === true ? [{ path, byteCount: found.size }] : [];
}

/** By code unit, so that the order is the same in every language. */
function byPath(a: FoundFile, b: FoundFile): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

async function suggestion(path: string): Promise<string> {
  const folder = dirname(path);
  try {
    const meant = nearestName(basename(path), await readdir(folder));
    return meant === undefined ? '' : ` (did you mean "${join(folder, meant)}"?)`;
  } catch {
    return ` (nor is there a folder ${folder})`;
  }
}
