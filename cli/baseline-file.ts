import { readFile, rename, writeFile } from 'node:fs/promises';

import { formatBaseline, parseBaseline, parseMergedBaseline } from '../analyzer/baseline/index.ts';
import type { Baseline } from '../analyzer/model/baseline.ts';
import { UsageError } from './exit.ts';

/** The baseline in a file; undefined if there is no such file. */
export function readBaseline(path: string): Promise<Baseline | undefined> {
  return readWith(parseBaseline, path);
}

/** As `readBaseline`; of a file with a merge conflict, what both sides know. */
export function readMergedBaseline(path: string): Promise<Baseline | undefined> {
  return readWith(parseMergedBaseline, path);
}

async function readWith(parse: typeof parseBaseline, path: string): Promise<Baseline | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError(`cannot read the baseline ${path}: ${(error as Error).message}`);
  }
  const parsed = parse(text);
  if ('problem' in parsed) throw new UsageError(`${path}: ${parsed.problem}`);
  return parsed.baseline;
}

/** Writes beside, then renames: a baseline is never half there. */
export async function writeBaseline(path: string, baseline: Baseline): Promise<void> {
  try {
    await writeFile(`${path}.new`, formatBaseline(baseline));
    await rename(`${path}.new`, path);
  } catch (error) {
    throw new UsageError(`cannot write the baseline ${path}: ${(error as Error).message}`);
  }
}
