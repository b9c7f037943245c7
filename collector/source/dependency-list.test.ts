import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conclude } from '../../analyzer/analyze.ts';
import { EMPTY_POLICY } from '../../analyzer/model/policy.ts';
import { rollupOfDependencies } from '../../analyzer/rollup/rollup-of-dependencies.ts';
import { readDependencyList } from './dependency-list.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringfence-list-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, 'list.json');
  await writeFile(path, content);
  return path;
}

const list = [
  { parent: 'web', child: 'cart', callCount: 7 },
  { parent: 'cart', child: 'stock', callCount: 3 },
  { parent: 'stock', child: 'cart', callCount: 1, errorCount: 1 },
  { parent: 'web', child: 'cart', callCount: 2 },
];

const expected = [
  { caller: 'cart', callee: 'stock', callCount: 3, errorCount: 0 },
  { caller: 'stock', callee: 'cart', callCount: 1, errorCount: 1 },
  { caller: 'web', callee: 'cart', callCount: 9, errorCount: 0 },
];

describe('a dependency list', () => {
  it.each([
    ['as Jaeger stores it', JSON.stringify(list, undefined, 2)],
    ['as its API answers', JSON.stringify({ data: list, total: 0 })],
    ['packed', gzipSync(JSON.stringify(list))],
    ['with a byte order mark', `\uFEFF${JSON.stringify(list)}`],
  ])('is read %s', async (_, content) => {
    expect(await readDependencyList(await file(content))).toEqual(expected);
  });

  it.each([
    ['traces', '[{"traceId":"1","id":"2","name":"get"}]'],
    ['OTLP', '{"resourceSpans":[]}'],
    ['nothing', ''],
    ['no JSON', 'parent child callCount'],
    ['a broken gzip', gzipSync(JSON.stringify(list)).subarray(0, 20)],
  ])('is not taken for one: %s', async (_, content) => {
    expect(await readDependencyList(await file(content))).toBeUndefined();
  });

  it('is no folder and no glob', async () => {
    expect(await readDependencyList(folder)).toBeUndefined();
    expect(await readDependencyList(join(folder, '*.json'))).toBeUndefined();
  });

  it.each([
    ['{"parent":"a","child":"b","callCount":-1}', 'entry 2'],
    ['{"parent":"a","child":7,"callCount":1}', 'entry 2'],
    ['"text"', 'entry 2'],
    ['{"parent":', 'no JSON'],
  ])('names the entry that is broken: %s', async (entry, words) => {
    const content = `[{"parent":"a","child":"b","callCount":1},${entry}]`;
    await expect(readDependencyList(await file(content))).rejects.toThrow(words);
  });

  it('keeps card numbers out of names', async () => {
    const content = JSON.stringify([{ parent: 'web 4111111111111111', child: 'b', callCount: 1 }]);
    expect(JSON.stringify(await readDependencyList(await file(content)))).not.toContain('4111111111111111');
  });

  it('has its circles, and no verdict where no trace says anything', async () => {
    const calls = await readDependencyList(await file(JSON.stringify(list)));
    const analysis = conclude(rollupOfDependencies(calls!), EMPTY_POLICY);
    expect(analysis.cycles.map(({ services }) => services)).toEqual([['cart', 'stock']]);
    expect(analysis.services.map(({ id, callCount }) => [id, callCount])).toEqual([
      ['cart', 10],
      ['stock', 3],
      ['web', 0],
    ]);
    expect(new Set(analysis.services.map(({ criticalPath }) => criticalPath.verdict))).toEqual(
      new Set(['undetermined']),
    );
    expect([analysis.traceCount, analysis.window]).toEqual([0, { from: null, to: null }]);
  });
});
