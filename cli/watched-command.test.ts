import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Check } from '../analyzer/model/check.ts';
import { runCommand } from '../fixtures/command.ts';

// Each of these starts processes of its own, on machines that may have better to do.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const PROJECT = fileURLToPath(new URL('../fixtures/node-project/', import.meta.url));
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringfence-watch-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A script in a file of its own, run by `ringfence check -- node FILE`. */
function watch(script: string, options: readonly string[] = []) {
  const file = join(folder, `${Math.abs(script.length)}-${script.slice(0, 9).replace(/\W/g, '')}.mjs`);
  writeFileSync(file, script);
  return runCommand(['check', '--wait', '0.3', ...options, '--', process.execPath, file], { cwd: folder });
}

describe('a project with the OpenTelemetry SDK, unchanged', () => {
  const baseline = () => join(folder, 'project.json');
  const run = (settings: NodeJS.ProcessEnv, options: readonly string[] = []) =>
    runCommand(
      [
        'check',
        '--wait',
        '1',
        '--import',
        join(PROJECT, 'instrumentation.mjs'),
        ...options,
        '--',
        process.execPath,
        'test.mjs',
      ],
      { cwd: PROJECT, env: settings },
    );

  it('passes, and fails when a change closes a circle', () => {
    const before = run({});
    expect(before.stdout).toMatch(/^test passed\n/);
    expect(before.stdout).toContain('✓ Nothing new  1 trace');
    expect(before.exitCode).toBe(0);

    const known = {
      schema: 'ringfence.baseline/1',
      dependencies: [{ caller: 'shop', callee: 'stock', mode: 'sync' }],
    };
    writeFileSync(baseline(), JSON.stringify(known));
    const after = run({ CIRCLE: '1' }, ['--baseline', baseline()]);
    expect(after.stdout).toMatch(/^test passed\n✗ New circle: shop → stock → shop\n/);
    expect(after.stdout).toContain('closed by  stock → shop, a call that the baseline does not know');
    expect(after.stdout).toContain('call       GET /items → GET /prices');
    expect(after.stdout).toContain('witness    one request runs all the way round: trace ');
    expect(after.exitCode).toBe(1);
  });

  it('ends with the exit code of its own test where that fails', () => {
    const { exitCode, stdout } = run({ CIRCLE: '1', BROKEN: '1' });
    expect(stdout).toMatch(/^test failed\n✗ New circle/);
    expect(exitCode).toBe(7);
  });
});

describe('a command', () => {
  const SPANS = {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'late' } }] },
        scopeSpans: [
          {
            spans: [
              {
                traceId: '0af7651916cd43dd8448eb211c80319c',
                spanId: 'b7ad6b7169203331',
                name: 'GET /',
                kind: 2,
                startTimeUnixNano: '1700000000000000000',
                endTimeUnixNano: '1700000000100000000',
              },
            ],
          },
        ],
      },
    ],
  };
  const send = `await fetch(process.env.OTEL_EXPORTER_OTLP_ENDPOINT + '/v1/traces', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(JSON.stringify(SPANS))} });`;

  it('is told where to send, whatever was set before, and its output passes through', () => {
    const { stdout, stderr, exitCode } = watch(
      `const { env } = process;
       console.log(env.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\\d+$/, 'PORT'), env.OTEL_EXPORTER_OTLP_PROTOCOL,
         env.OTEL_TRACES_EXPORTER, env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? 'none');
       console.error('to the other stream');
       ${send}`,
    );
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:PORT http\/protobuf otlp none\n/);
    expect(stderr).toBe('to the other stream\n');
    expect(exitCode).toBe(0);
  });

  it('may leave something behind that still sends: late spans are waited for', () => {
    const { stdout, exitCode } = watch(
      `import { spawn } from 'node:child_process';
       const late = "setTimeout(async () => {" + ${JSON.stringify(send)} + "}, 100)";
       spawn(process.execPath, ['--input-type=module', '-e', late], { detached: true, stdio: 'ignore' }).unref();`,
      ['--wait', '3', '--format', 'json'],
    );
    expect((JSON.parse(stdout) as Check).analysis.services.map(({ id }) => id)).toEqual(['late']);
    expect(exitCode).toBe(0);
  });

  it.each([
    { name: 'that sends nothing', script: '', exitCode: 2, says: /not a single span arrived while it ran/ },
    { name: 'that sends nothing and fails', script: 'process.exit(5)', exitCode: 5, says: /not a single span/ },
    { name: 'that ends with 256', script: `${send} process.exit(256)`, exitCode: 0, says: /^$/ },
    { name: 'that is killed', script: `${send} process.kill(process.pid, 'SIGKILL')`, exitCode: 137, says: /^$/ },
  ])('$name', ({ script, exitCode, says }) => {
    const result = watch(script);
    expect(result.stderr).toMatch(says);
    expect(result.exitCode).toBe(exitCode);
  });

  it('that does not exist could not run', () => {
    const { exitCode, stderr } = runCommand(['check', '--', 'no-such-command-anywhere'], { cwd: folder });
    expect(stderr).toBe('ringfence: no-such-command-anywhere: cannot be started (no such command)\n');
    expect(exitCode).toBe(2);
  });

  it('gets the signals, and decides what becomes of them', async () => {
    const file = join(folder, 'signals.mjs');
    writeFileSync(
      file,
      `process.on('SIGTERM', async () => { ${send} console.log('tidied up'); process.exit(9); });
       setInterval(() => {}, 1000); console.log('ready');`,
    );
    const child = spawn(process.execPath, [MAIN, 'check', '--wait', '0.2', '--', process.execPath, file], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output === 'ready\n') child.kill('SIGTERM');
    });
    const exitCode = await new Promise((resolve) => child.once('exit', resolve));
    expect(output).toMatch(/^ready\ntidied up\n✓ Nothing new/);
    expect(exitCode).toBe(9);
  });
});
