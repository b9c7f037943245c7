import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { conclude } from '../analyzer/analyze.ts';
import { baselineOf } from '../analyzer/baseline/index.ts';
import type { Check } from '../analyzer/model/check.ts';
import { writeBaseline } from './baseline-file.ts';
import { check } from './check.ts';
import { EXIT, explain } from './exit.ts';
import { CHECK_FORMATS } from './formats.ts';
import { loadRollup } from './load.ts';
import { loadPolicy } from './policy.ts';

const CASES = fileURLToPath(new URL('../fixtures/checks/', import.meta.url));
const BASELINE = 'ringfence.baseline.json';
/** The map is built from web/ and has tests of its own. */
const FORMATS = CHECK_FORMATS.filter((format) => format !== 'html');
const ENDINGS: Readonly<Record<string, string>> = {
  terminal: 'txt',
  markdown: 'md.txt',
  junit: 'xml.txt',
  github: 'txt',
};

let before: string;
let folder: string;
beforeEach(() => {
  before = process.cwd();
  folder = mkdtempSync(join(tmpdir(), 'ringfence-case-'));
});
afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

/** Exit code and answers of a check in a folder as a user has it; of a check that could not run, the words instead. */
async function run(
  name: string,
): Promise<{ readonly exitCode: number; readonly answers: ReadonlyMap<string, string> }> {
  cpSync(join(CASES, name), folder, { recursive: true });
  process.chdir(folder);
  const policy = existsSync('policy.yaml') ? { policy: 'policy.yaml' } : {};
  try {
    if (existsSync('before.json') && !existsSync(BASELINE)) {
      const declared = await loadPolicy(policy.policy);
      await writeBaseline(
        BASELINE,
        baselineOf(conclude((await loadRollup(['before.json'], declared, undefined)).rollup, declared), declared),
      );
    }
    const format = FORMATS.map((each) => ({ format: each, file: `answer.${each}` }));
    const exitCode = await check(['after.json'], { ...policy, format, today: '2026-11-22', wait: 0 });
    return { exitCode, answers: new Map(FORMATS.map((each) => [each, readFileSync(`answer.${each}`, 'utf8')])) };
  } catch (error) {
    return { exitCode: EXIT.couldNotRun, answers: new Map([['error', `ringfence: ${explain(error)}\n`]]) };
  }
}

const NAMES = readdirSync(CASES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

it('are all there', () => {
  expect(NAMES.length).toBeGreaterThan(20);
});

describe.each(NAMES)('%s', (name) => {
  it('ends and answers as expected, in every format', async () => {
    const { exitCode, answers } = await run(name);
    const expected = join(CASES, name, 'expected');
    await expect(`${exitCode}\n`).toMatchFileSnapshot(join(expected, 'exit-code.txt'));
    for (const [format, text] of answers) {
      await expect(format === 'json' ? withoutAnalysis(text) : text).toMatchFileSnapshot(
        join(expected, `${format}.${ENDINGS[format] ?? (format === 'error' ? 'txt' : 'json.txt')}`),
      );
    }
  });
});

it('gives the same bytes whatever the order of the spans', async () => {
  const { answers } = await run('grown-component');
  const lines = readFileSync('after.json', 'utf8').trim().split('\n').slice(1, -1);
  const shuffled = lines.map((line) => line.replace(/,$/, '')).reverse();
  writeFileSync('after.json', `[${shuffled.join(',')}]`);
  const format = [{ format: 'json' as const, file: 'again.json' }];
  await check(['after.json'], { format, today: '2026-11-22', wait: 0 });
  expect(readFileSync('again.json', 'utf8')).toBe(answers.get('json'));
});

/** What of the analysis a case is about stands in the findings. */
function withoutAnalysis(text: string): string {
  const { analysis, ...rest } = JSON.parse(text) as Check;
  return `${JSON.stringify({ ...rest, analysis: { traceCount: analysis.traceCount } }, undefined, 2)}\n`;
}
