import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';

// Each of these starts processes of its own, on machines that may have better to do.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

let folder: string;
let env: NodeJS.ProcessEnv;

/** The example project as a repository of its own, with an npx that runs this checkout. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringfence-guide-'));
  cpSync(join(ROOT, 'fixtures/node-project'), folder, { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(ROOT, 'cli/main.ts')}" "$@"\n`);
  chmodSync(join(bin, 'npx'), 0o755);
  const path = [bin, dirname(process.execPath), process.env['PATH']].join(delimiter);
  env = { ...process.env, PATH: path, NO_COLOR: '1' };
  for (const args of [
    ['init', '--quiet'],
    ['config', 'user.name', 'A'],
    ['config', 'user.email', 'a@example.org'],
  ])
    execFileSync('git', args, { cwd: folder });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('docs/ci-gate.md', () => {
  const blocks = [...read('docs/ci-gate.md').matchAll(/^```sh(?: exit=(\d))?\n([^]*?)^```$/gm)].map(
    ([, exitCode = '0', script]) => ({ exitCode: Number(exitCode), script: script! }),
  );

  it('has commands', () => {
    expect(blocks.length).toBeGreaterThan(6);
  });

  // One after the other, in one folder, as a reader would.
  it.each(blocks)('works as it stands: $script', ({ exitCode, script }) => {
    const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', script], { cwd: folder, env, encoding: 'utf8' });
    expect({ status, stderr, stdout: status === exitCode ? '' : stdout }).toEqual({
      status: exitCode,
      stderr: '',
      stdout: '',
    });
  });

  it('leaves behind what it says', () => {
    expect(read('docs/ci-gate.md')).toContain('ringfence.sarif');
    for (const file of ['ringfence.baseline.json', 'summary.md', 'ringfence.sarif', 'ringfence.xml'])
      expect(existsSync(join(folder, file))).toBe(true);
  });

  it('links only to what is there', () => {
    for (const [, path] of read('docs/ci-gate.md').matchAll(/\]\(([^)]+)\)/g))
      expect(existsSync(join(ROOT, 'docs', path!))).toBe(true);
  });
});

describe('action.yml', () => {
  interface Action {
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly runs: {
      readonly steps: readonly [{ readonly env: Readonly<Record<string, string>>; readonly run: string }];
    };
  }
  const action = parse(read('action.yml')) as Action;
  const [{ run, env: inputs }] = action.runs.steps;

  /** The script as a runner runs it, with an npx that only says how it was called. */
  function called(settings: Readonly<Record<string, string>>, exitCode = 0) {
    const bin = mkdtempSync(join(folder, 'bin-'));
    writeFileSync(join(bin, 'npx'), `#!/bin/sh\nfor arg; do echo "<$arg>"; done\nexit ${exitCode}\n`);
    chmodSync(join(bin, 'npx'), 0o755);
    const empty = Object.fromEntries(Object.keys(inputs).map((name) => [name, '']));
    const runner = { RUNNER_TEMP: '/tmp/r', GITHUB_STEP_SUMMARY: '/tmp/s', PACKAGE: 'ringfence@0' };
    const path = [bin, process.env['PATH']].join(delimiter);
    const { status, stdout } = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', run], {
      env: { ...empty, ...runner, ...settings, PATH: path },
      encoding: 'utf8',
    });
    const args = [...stdout.matchAll(/^<(.*)>$/gm)].map(([, arg]) => arg);
    return { status, stdout, args: args.slice(args.indexOf('check')) };
  }

  it('gives every input to the script as a variable, and none as code', () => {
    expect(Object.values(inputs)).toEqual(
      Object.keys(action.inputs).map((name) => expect.stringContaining(`inputs.${name} }}`) as string),
    );
    expect(run).not.toContain('${{');
  });

  it.each([
    { settings: { SOURCES: 'traces/\nmore.json' }, args: ['traces/', 'more.json'] },
    { settings: { COMMAND: 'npm test && echo "$(id)"' }, args: ['--', 'bash', '-c', 'npm test && echo "$(id)"'] },
    {
      settings: { SOURCES: 'a', BASELINE: 'b c.json', STRICT: 'true' },
      args: ['--baseline', 'b c.json', '--strict', 'a'],
    },
    { settings: { SOURCES: '$(id)', SARIF: 'o.sarif' }, args: ['--format', 'sarif=o.sarif', '$(id)'] },
  ])('calls ringfence with $settings', ({ settings, args }) => {
    const result = called(settings);
    expect(result.args.slice(7)).toEqual(args);
    expect(result.status).toBe(0);
  });

  it('ends as ringfence ended, with commands of the runner stopped in between', () => {
    const { status, stdout } = called({ SOURCES: 'x' }, 1);
    expect(status).toBe(1);
    const [, token] = /^::stop-commands::(.+)$/m.exec(stdout)!;
    expect(stdout.trimEnd().endsWith(`::${token!}::`)).toBe(true);
  });
});

describe('examples', () => {
  it.each(['docs/examples/github-workflow.yml', 'docs/examples/gitlab-ci.yml'])('%s is YAML', (path) => {
    expect(parse(read(path))).toBeTypeOf('object');
  });
});
