import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODULES = join(ROOT, 'node_modules');

/**
 * The tarball of `npm pack`, unpacked where npm would put it: below node_modules of an empty folder. Its dependencies are
 * those of this checkout, since tests ask no registry.
 */
let folder: string;
let inside: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringfence-package-'));
  const { npm_execpath: npm } = process.env;
  const pack = ['pack', '--silent', '--pack-destination', folder];
  const env = { ...process.env, PATH: `${join(MODULES, '.bin')}:${process.env['PATH'] ?? ''}` };
  if (npm === undefined) execFileSync('npm', pack, { cwd: ROOT, env });
  else execFileSync(process.execPath, [npm, ...pack], { cwd: ROOT, env });
  const [tarball = ''] = readdirSync(folder);
  execFileSync('tar', ['xzf', tarball], { cwd: folder });
  inside = join(folder, 'project/node_modules/ringfence');
  mkdirSync(join(folder, 'project/node_modules'), { recursive: true });
  execFileSync('mv', ['package', inside], { cwd: folder });
  for (const name of readdirSync(MODULES)) {
    // Those of the workspace are not for whoever installs the package.
    if (!name.startsWith('.') && name !== 'ringfence' && name !== 'graphology-cycles')
      symlinkSync(join(MODULES, name), join(folder, 'project/node_modules', name));
  }
}, 300_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(...args: readonly string[]) {
  return spawnSync(process.execPath, [join(inside, 'cli/bin.js'), ...args], {
    cwd: join(folder, 'project'),
    encoding: 'utf8',
  });
}

describe('the package', () => {
  it('says its version and what it can do', () => {
    expect(run('--version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
    expect(run('--help').stdout).toContain('ringfence check traces/');
  });

  it('checks traces, without a line of TypeScript', () => {
    const { status, stdout, stderr } = run('check', join(ROOT, 'fixtures/traces/cloud.jsonl.gz'));
    expect(stderr).toBe('');
    expect(stdout).toContain('✗ New circle: compute/droplets → money/billing → money/accounts → compute/droplets');
    expect(status).toBe(1);
    const names = readdirSync(inside, { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => /\.tsx?$|\.test\.|\.map$/.test(name))).toEqual([]);
  });

  it('brings the map and the schemas', () => {
    expect(existsSync(join(inside, 'dist/node/dist/web/index.html'))).toBe(true);
    expect(readdirSync(join(inside, 'schema')).sort()).toEqual([
      'analysis.json',
      'baseline.json',
      'check.json',
      'diff.json',
    ]);
  });
});
