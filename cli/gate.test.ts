import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Baseline } from '../analyzer/model/baseline.ts';
import type { Check } from '../analyzer/model/check.ts';
import type { SystemDifference } from '../analyzer/model/difference.ts';
import { EMPTY_POLICY } from '../analyzer/model/policy.ts';
import { runCommand } from '../fixtures/command.ts';
import { type Service, startService } from './serve.ts';

// Each of these starts processes of its own, on machines that may have better to do.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const inRepo = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const WITH_CIRCLE = inRepo('fixtures/traces/cloud.jsonl.gz');
const WITH_EVENT = inRepo('fixtures/traces/cloud-events.jsonl.gz');
const CIRCLE = 'compute/droplets -> money/billing -> money/accounts -> compute/droplets';
const FILE = 'ringfence.baseline.json';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringfence-gate-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const run = (...args: readonly string[]) => runCommand(args, { cwd: folder });
const readBaseline = () => JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Baseline;

describe('baseline', () => {
  it('accepts one circle by the id that the check printed, with reason, owner and a last day', () => {
    run('baseline', WITH_EVENT);
    const before = readBaseline();
    const { stdout } = run('check', WITH_CIRCLE);
    const [, id] = /--accept ([0-9a-f]{12}) /.exec(stdout)!;
    const accepted = run(
      'baseline',
      WITH_CIRCLE,
      '--accept',
      id!,
      '--reason',
      'split in May',
      '--owner',
      'team money',
      '--expires',
      '2027-01-31',
    );
    expect(accepted.stdout).toContain('+ circle compute/droplets → money/billing → money/accounts → compute/droplets');
    const { accepted: calls, dependencies } = readBaseline();
    expect(calls).toEqual([
      {
        caller: 'money/accounts',
        callee: 'compute/droplets',
        reason: 'split in May',
        owner: 'team money',
        expires: '2027-01-31',
      },
    ]);
    // Nothing else came in with it.
    expect(dependencies).toEqual(before.dependencies);
    expect(run('check', WITH_CIRCLE, '--today', '2027-01-31').exitCode).toBe(0);
    const late = run('check', WITH_CIRCLE, '--today', '2027-02-01');
    expect(late.stdout).toContain('accepted by team money until 2027-01-31: split in May');
    expect(late.exitCode).toBe(1);
  });

  it('accepts a circle by its path, without traces', () => {
    run('baseline', WITH_EVENT);
    expect(run('baseline', '--accept', CIRCLE, '--reason', 'known').exitCode).toBe(0);
    expect(run('check', WITH_CIRCLE).exitCode).toBe(0);
  });

  it.each([
    { args: ['--accept', CIRCLE], says: /--accept needs a --reason/ },
    { args: ['--accept', 'a -> a', '--reason', 'r'], says: /name each service of the circle once/ },
    { args: ['--accept', 'abc', '--reason', 'r'], says: /name the sources it was seen in/ },
    {
      args: [WITH_EVENT, '--accept', 'abc', '--reason', 'r'],
      says: /no such circle; there is:\n {2}[0-9a-f]{12} {2}compute/,
    },
    { args: [WITH_EVENT, '--reason', 'r'], says: /belong to --accept/ },
    { args: [WITH_EVENT, '--accept', CIRCLE, '--reason', 'r', '--expires', '2027-02-30'], says: /give a date such as/ },
    { args: [WITH_EVENT, '--accept', CIRCLE, '--reason', 'r', '--prune'], says: /one after the other/ },
    { args: [], says: /baseline needs a source/ },
  ])('could not run: $args', ({ args, says }) => {
    const { exitCode, stderr } = run('baseline', ...args);
    expect(stderr).toMatch(says);
    expect(exitCode).toBe(2);
  });

  it('takes what both sides of a merge conflict know, and says by how much it grew', () => {
    run('baseline', WITH_EVENT);
    const text = readFileSync(join(folder, FILE), 'utf8');
    const line = '    { "caller": "compute/droplets", "callee": "compute/images", "mode": "sync" },';
    expect(text).toContain(line);
    const ours = line.replace('compute/images', 'ours/only');
    const theirs = line.replace('compute/images', 'theirs/only');
    writeFileSync(
      join(folder, FILE),
      text.replace(line, `<<<<<<< HEAD\n${line}\n${ours}\n=======\n${line}\n${theirs}\n>>>>>>> theirs`),
    );
    expect(run('check', WITH_EVENT)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('merge conflict') as string,
    });
    expect(run('baseline', WITH_EVENT).exitCode).toBe(0);
    const callees = readBaseline().dependencies.map(({ callee }) => callee);
    expect(callees).toEqual(expect.arrayContaining(['compute/images', 'ours/only', 'theirs/only']));
  });

  it('says by how much it grows and shrinks', () => {
    const known = { schema: 'ringfence.baseline/1', dependencies: [{ caller: 'ours', callee: 'only', mode: 'sync' }] };
    writeFileSync(join(folder, FILE), JSON.stringify(known));
    expect(run('baseline', WITH_CIRCLE).stdout).toMatch(/ {2}\+ circle compute\/droplets.* {2}\+ \d+ dependencies: /s);
    expect(run('baseline', WITH_CIRCLE, '--prune-unseen').stdout).toContain('  - 1 dependency: ours → only');
    expect(run('check', WITH_CIRCLE).stdout).not.toContain('not in the baseline');
  });
});

describe('check', () => {
  it('answers in several forms at once, one of them to standard output', () => {
    const { stdout, exitCode } = run(
      'check',
      WITH_CIRCLE,
      '--format',
      'json',
      '--format',
      'sarif=out.sarif',
      '--format',
      'junit=out.xml',
    );
    expect((JSON.parse(stdout) as Check).fails).toBe(true);
    expect(JSON.parse(readFileSync(join(folder, 'out.sarif'), 'utf8'))).toHaveProperty('runs');
    expect(readFileSync(join(folder, 'out.xml'), 'utf8')).toContain('<testsuites');
    expect(exitCode).toBe(1);
  });

  it.each([
    { args: ['--format', 'terminal', '--format', 'json'], says: /only one can go to standard output: write json=FILE/ },
    { args: ['--format', 'sarif='], says: /name the file after the =/ },
    { args: ['--format', 'pdf'], says: /Allowed choices are terminal, json/ },
    { args: ['--strict'], says: /there is no baseline ringfence\.baseline\.json/ },
    { args: ['--wait', 'long'], says: /a number of seconds/ },
  ])('could not run: $args', ({ args, says }) => {
    const { exitCode, stderr } = run('check', WITH_CIRCLE, ...args);
    expect(stderr).toMatch(says);
    expect(exitCode).toBe(2);
  });
});

describe('diff', () => {
  it('tells two recordings apart, and a baseline from a recording', () => {
    const { stdout, exitCode } = run('diff', WITH_EVENT, WITH_CIRCLE, '--format', 'json');
    const difference = JSON.parse(stdout) as SystemDifference;
    expect(exitCode).toBe(0);
    expect(difference.cycles.came.map(({ services }) => services.join(' '))).toEqual([
      'compute/droplets money/billing money/accounts',
    ]);
    expect(difference.dependencies.came).toEqual([
      { caller: 'money/accounts', callee: 'compute/droplets', modes: ['sync'] },
    ]);
    run('baseline', WITH_EVENT);
    expect(run('diff', FILE, WITH_CIRCLE).stdout).toContain('  + money/accounts → compute/droplets (sync)');
    expect(run('diff', FILE, WITH_CIRCLE, '--exit-code').exitCode).toBe(1);
    const same = run('diff', FILE, WITH_EVENT, '--exit-code');
    expect([same.exitCode, same.stdout]).toEqual([0, expect.stringContaining('✓ no difference')]);
  });
});

describe('a running ringfence', () => {
  let data: string;
  let service: Service;
  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'ringfence-gate-data-'));
    service = await startService({
      data,
      listen: '127.0.0.1',
      port: 0,
      doorPorts: { 'otlp-http': 0 },
      policy: EMPTY_POLICY,
      idleMs: 200,
    });
    const otlp = `${service.doors[0]!.url}/v1/traces`;
    const headers = { 'content-type': 'application/json' };
    for (const body of gunzipSync(readFileSync(WITH_CIRCLE)).toString().trimEnd().split('\n'))
      expect((await fetch(otlp, { method: 'POST', headers, body })).status).toBe(200);
    for (let waitedMs = 0; waitedMs < 25_000; waitedMs += 250) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      const { traceCount } = (await (await fetch(`${service.webUrl}/api/v1/analysis`)).json()) as {
        traceCount: number;
      };
      if (traceCount === 385) break;
    }
  }, 60_000);
  afterAll(async () => {
    await service.close();
    rmSync(data, { recursive: true });
  });

  it('is a source as its traces are, by our own policy', async () => {
    const { loadRollup } = await import('./load.ts');
    const { conclude } = await import('../analyzer/analyze.ts');
    const live = conclude((await loadRollup([service.webUrl], EMPTY_POLICY, undefined)).rollup, EMPTY_POLICY);
    const files = conclude((await loadRollup([WITH_CIRCLE], EMPTY_POLICY, undefined)).rollup, EMPTY_POLICY);
    expect(live.traceCount).toBe(files.traceCount);
    expect(live.cycles).toEqual(files.cycles);
    expect(live.dependencies.map(({ caller, callee, callCount }) => [caller, callee, callCount])).toEqual(
      files.dependencies.map(({ caller, callee, callCount }) => [caller, callee, callCount]),
    );
  });

  it('is asked for a window and an environment, and says what it does not have', async () => {
    const { loadRollup } = await import('./load.ts');
    const count = async (query: string, environment?: string) =>
      (await loadRollup([`${service.webUrl}${query}`], EMPTY_POLICY, environment)).rollup.traceCount;
    expect(await count('/', 'demo')).toBe(385);
    expect(await count('?environment=demo')).toBe(385);
    await expect(count('?to=2001-01-01T00:00:00Z')).rejects.toThrow(/it has seen no span in this window/);
    await expect(count('', 'production')).rejects.toThrow(/no trace of the environment production; there is: demo/);
    await expect(count('?from=yesterday')).rejects.toThrow(/answers 400: it does not understand from= or to=/);
    await expect(count('?form=2001')).rejects.toThrow(/unknown parameter "form" \(known are from, to, environment\)/);
    await expect(count('/elsewhere')).rejects.toThrow(/answers 404: that is no ringfence, or an older one/);
  });
});
