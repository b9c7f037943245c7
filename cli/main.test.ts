import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Analysis, TraceDetail } from '../analyzer/model/analysis.ts';
import type { Check } from '../analyzer/model/check.ts';
import { runCommand, startCommand } from '../fixtures/command.ts';

const inRepo = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const WITH_CIRCLE = inRepo('fixtures/traces/cloud.jsonl.gz');
const WITH_EVENT = inRepo('fixtures/traces/cloud-events.jsonl.gz');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringfence-cli-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('ringfence', () => {
  it('says what it can do, and its version', () => {
    const help = runCommand(['--help']);
    expect(help.exitCode).toBe(0);
    for (const command of ['serve', 'demo', 'check', 'analyze', 'trace', 'baseline'])
      expect(help.stdout).toContain(command);
    expect(runCommand(['--version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    { args: ['chekc', 'x'], says: /unknown command 'chekc'\n\(Did you mean check\?\)/ },
    { args: ['check'], says: /missing required argument 'source'/ },
    { args: ['analyze', 'x', '--format', 'pdf'], says: /Allowed choices are terminal, json/ },
    { args: ['serve', '--port', '70000'], says: /whole number from 0 to 65535/ },
    { args: ['check', 'no-such-file.json'], says: /no-such-file\.json: no such file or folder/ },
    {
      args: ['check', 'http://127.0.0.1:65530'],
      says: /http:..127\.0\.0\.1:65530: no answer \(\w+\): is ringfence serve running there/,
    },
    {
      args: ['check', WITH_CIRCLE, '--baseline', 'missing.json'],
      says: /there is no baseline missing\.json: write it with/,
    },
    { args: ['analyze', WITH_CIRCLE, '--policy', 'missing.yaml'], says: /missing\.yaml/ },
    { args: ['analyze', WITH_CIRCLE, '--output', 'no/such/folder.md'], says: /cannot write no\/such\/folder\.md/ },
    {
      args: ['trace', WITH_CIRCLE, '--trace', 'abc'],
      says: /has no trace abc; one it has is [0-9a-f]{32}/,
    },
  ])('could not run: $args', ({ args, says }) => {
    const { exitCode, stdout, stderr } = runCommand(args, { cwd: folder });
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('internal error');
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });

  it('calls an input without a span a failure, not a success', () => {
    const empty = join(folder, 'empty.json');
    writeFileSync(empty, '{"resourceSpans":[]}');
    const { exitCode, stderr } = runCommand(['check', empty]);
    expect(stderr).toMatch(/empty\.json: not a single span in it/);
    expect(exitCode).toBe(2);
  });

  it('tells an old Node so in one line', () => {
    // The file is plain JavaScript; a version in its place shows what an old Node would print.
    const text = readFileSync(inRepo('cli/bin.js'), 'utf8').replace('process.versions.node.split', '"20.20.2".split');
    const file = join(folder, 'bin.mjs');
    writeFileSync(file, text);
    const { status, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    expect(stderr).toMatch(/^ringfence needs Node 24 or newer.*\n$/);
    expect(status).toBe(2);
  });
});

describe('analyze', () => {
  it('finds in the recorded demo what was put into it', () => {
    const { exitCode, stdout } = runCommand(['analyze', WITH_CIRCLE, '--format', 'json']);
    expect(exitCode).toBe(0);
    const analysis = JSON.parse(stdout) as Analysis;
    expect(analysis.schema).toBe('ringfence.analysis/1');
    expect(analysis.environments).toEqual(['demo']);
    const cycles = new Map(analysis.cycles.map((cycle) => [cycle.class, cycle]));
    expect(cycles.get('re-entrant')?.services).toEqual(['compute/droplets', 'money/billing', 'money/accounts']);
    expect(cycles.get('re-entrant')?.witnessTraceId).toMatch(/^[0-9a-f]{32}$/);
    expect(cycles.get('structural')?.services).toEqual(['compute/images', 'compute/regions']);
    expect(cycles.get('soft')?.services).toEqual(['compute/actions', 'compute/droplets']);
    const classOf = (id: string): string | undefined =>
      analysis.services.find((service) => service.id === id)?.pci.class;
    expect(classOf('money/payments')).toBe('cde');
    expect(classOf('money/card-vault')).toBe('cde');
    expect(classOf('money/invoicing')).toBe('connected-to');
    expect(analysis.findings.map(({ kind }) => kind)).toContain('card-data');
    // The number itself was in the recording, and is nowhere here.
    expect(gunzipSync(readFileSync(WITH_CIRCLE)).toString()).toContain('4111111111111111');
    expect(stdout).not.toContain('4111111111111111');
    for (const { criticalShare } of analysis.entryPoints) {
      if (criticalShare.length === 0) continue;
      expect(criticalShare.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    }
  });

  it('says the same whatever the order of lines and files', () => {
    const lines = gunzipSync(readFileSync(WITH_CIRCLE)).toString().trimEnd().split('\n');
    const parts = join(folder, 'parts');
    mkdirSync(parts);
    lines.reverse();
    const third = Math.ceil(lines.length / 3);
    for (let part = 0; part < 3; part++) {
      writeFileSync(join(parts, `${part}.jsonl`), lines.slice(part * third, (part + 1) * third).join('\n'));
    }
    const whole = runCommand(['analyze', WITH_CIRCLE, '--format', 'json']);
    expect(runCommand(['analyze', parts, '--format', 'json']).stdout).toBe(whole.stdout);
    expect(runCommand(['analyze', join(parts, '*.jsonl'), '--format', 'json']).stdout).toBe(whole.stdout);
    const input = readFileSync(WITH_CIRCLE);
    expect(runCommand(['analyze', '-', '--format', 'json'], { input }).stdout).toBe(whole.stdout);
  });

  it.each(['terminal', 'markdown', 'mermaid', 'dot'])('writes %s to a file', (format) => {
    const file = join(folder, `report.${format}`);
    const { exitCode, stdout } = runCommand(['analyze', WITH_CIRCLE, '--format', format, '--output', file]);
    expect([exitCode, stdout]).toEqual([0, '']);
    expect(readFileSync(file, 'utf8')).toContain('compute/droplets');
  });

  it('never throws two environments together unasked', () => {
    const lines = gunzipSync(readFileSync(WITH_CIRCLE)).toString().trimEnd().split('\n');
    const file = join(folder, 'two-environments.jsonl');
    writeFileSync(
      file,
      [...lines.slice(0, 280), ...lines.slice(280).map((line) => line.replaceAll('"demo"', '"live"'))].join('\n'),
    );
    const { exitCode, stderr } = runCommand(['analyze', file]);
    expect(stderr).toMatch(
      /the traces are of 2 environments \(demo, live\).*--environment demo, or all with --environment '\*'/,
    );
    expect(exitCode).toBe(2);
    const countOf = (environment: string) => {
      const { stdout } = runCommand(['analyze', file, '--format', 'json', '--environment', environment]);
      const { traceCount, ...analysis } = JSON.parse(stdout) as Analysis;
      expect(analysis.environment).toBe(environment === '*' ? null : environment);
      return traceCount;
    };
    expect(countOf('demo') + countOf('live')).toBe(countOf('*'));
  });

  it('shows one environment when asked', () => {
    const { stdout } = runCommand(['analyze', WITH_CIRCLE, '--format', 'json', '--environment', 'demo']);
    expect((JSON.parse(stdout) as Analysis).traceCount).toBe(385);
    const { exitCode, stderr } = runCommand(['analyze', WITH_CIRCLE, '--environment', 'production']);
    expect(stderr).toMatch(/no trace of the environment production; there is: demo/);
    expect(exitCode).toBe(2);
  });
});

describe('check', () => {
  it('fails on the circle that the baseline does not know, and passes the other way round', () => {
    const known = join(folder, 'known.json');
    expect(runCommand(['baseline', WITH_EVENT, '--baseline', known]).exitCode).toBe(0);
    expect(runCommand(['check', WITH_EVENT, '--baseline', known]).exitCode).toBe(0);
    const failing = runCommand(['check', WITH_CIRCLE, '--baseline', known]);
    expect(failing.stdout).toContain(
      'New circle: compute/droplets → money/billing → money/accounts → compute/droplets',
    );
    expect(failing.stdout).toContain('money/accounts → compute/droplets');
    expect(failing.exitCode).toBe(1);
    const json = runCommand(['check', WITH_CIRCLE, '--baseline', known, '--format', 'json']);
    const { comparison } = JSON.parse(json.stdout) as Check;
    expect(comparison.newCycles.map(({ caller, callee }) => [caller, callee])).toEqual([
      ['money/accounts', 'compute/droplets'],
    ]);

    const old = join(folder, 'old.json');
    expect(runCommand(['baseline', WITH_CIRCLE, '--baseline', old]).exitCode).toBe(0);
    expect(runCommand(['check', WITH_EVENT, '--baseline', old]).exitCode).toBe(0);
    expect(runCommand(['check', WITH_CIRCLE, '--baseline', old]).exitCode).toBe(0);
    // Writing it again from the same traces changes nothing.
    const before = readFileSync(old, 'utf8');
    runCommand(['baseline', WITH_CIRCLE, '--baseline', old]);
    expect(readFileSync(old, 'utf8')).toBe(before);
  });

  it('takes every circle for new where there is no baseline, and says how to make one', () => {
    const empty = mkdtempSync(join(folder, 'empty-'));
    const { exitCode, stdout } = runCommand(['check', WITH_CIRCLE], { cwd: empty });
    expect(exitCode).toBe(1);
    expect(stdout).toContain('no baseline yet (ringfence.baseline.json)');
    expect(stdout).toContain('ringfence baseline');
  });

  it('names what is wrong with a baseline', () => {
    const file = join(folder, 'broken.json');
    writeFileSync(file, '<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> main\n');
    const { exitCode, stderr } = runCommand(['check', WITH_CIRCLE, '--baseline', file]);
    expect(stderr).toMatch(/broken\.json: it holds a merge conflict: run `ringfence baseline` again/);
    expect(exitCode).toBe(2);
  });
});

describe('trace', () => {
  it('cuts a request into sections that add up to its duration', () => {
    const { stdout } = runCommand(['trace', WITH_CIRCLE, '--format', 'json']);
    const trace = JSON.parse(stdout) as TraceDetail;
    expect(trace.sections.reduce((sum, { startUs, endUs }) => sum + endUs - startUs, 0)).toBe(trace.durationUs);
    const again = runCommand(['trace', WITH_CIRCLE, '--trace', trace.traceId]);
    expect(again.stdout).toContain(`trace ${trace.traceId}`);
    expect(again.exitCode).toBe(0);
  });
});

const FREE_PORTS = ['--port', '0', '--otlp-port', '0', '--grpc-port', '0', '--zipkin-port', '0'];

describe('why', () => {
  it('says over whom a service is reached, and what hides a call', () => {
    const { exitCode, stdout } = runCommand(['why', 'bff', 'card-vault', WITH_CIRCLE]);
    expect([exitCode, stdout.split('\n')[0]]).toEqual([0, expect.stringContaining('but reaches it: edge/bff →')]);
    const nobody = runCommand(['why', 'bff', 'paymants', WITH_CIRCLE]);
    expect([nobody.exitCode, nobody.stdout]).toEqual([0, expect.stringContaining('Did you mean payments?')]);
  });
});

describe('serve', () => {
  it('takes spans, shows what they say, and keeps it over a restart', async () => {
    const data = join(folder, 'data');
    const line = gunzipSync(readFileSync(WITH_CIRCLE)).toString().split('\n')[0]!;
    let traceCount = 0;
    for (let start = 0; start < 2; start++) {
      const command = startCommand(['serve', '--data', data, ...FREE_PORTS]);
      const [, web] = await command.printed(/ringfence {3}(\S+)/);
      const [, otlp] = await command.printed(/OTLP\/HTTP {3}(\S+)/);
      if (start === 0) {
        const headers = { 'content-type': 'application/json' };
        expect((await fetch(otlp!, { method: 'POST', headers, body: line })).status).toBe(200);
        // Another one may not have the directory meanwhile.
        const second = runCommand(['serve', '--data', data, ...FREE_PORTS]);
        expect(second.stderr).toMatch(/in use by another ringfence/);
        expect(second.exitCode).toBe(2);
      }
      // Ten seconds without a span close a trace, in this run or in the next.
      for (let waitedMs = 0; traceCount === 0 && start === 1 && waitedMs < 25_000; waitedMs += 250) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        ({ traceCount } = (await (await fetch(`${web!}/api/v1/analysis`)).json()) as Analysis);
      }
      expect(await command.interrupt()).toBe(0);
    }
    expect(traceCount).toBeGreaterThan(0);
  });
});
