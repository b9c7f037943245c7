import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { runCommand } from '../fixtures/command.ts';

const CLOUD = fileURLToPath(new URL('../fixtures/traces/cloud.jsonl.gz', import.meta.url));

interface Answer {
  readonly entryPoints: readonly {
    readonly operation: string;
    readonly traceCount: number;
    readonly changedTraceCount: number;
    readonly before: { readonly p50Us: number; readonly p95Us: number } | null;
    readonly after: { readonly p50Us: number; readonly p95Us: number } | null;
  }[];
}

function entryPointsIf(...changes: string[]): Answer['entryPoints'] {
  const { stdout, exitCode } = runCommand(['what-if', ...changes, CLOUD, '--format', 'json']);
  expect(exitCode).toBe(0);
  return (JSON.parse(stdout) as Answer).entryPoints;
}

describe('what-if', () => {
  it('says by entry point how long requests would have taken', () => {
    const { stdout, exitCode } = runCommand(['what-if', 'billing=0.5', CLOUD]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('billing twice as fast\n');
    expect(stdout).toMatch(
      /edge\/bff GET \/dashboard\/:account\n {4}p50 from 47\.9 ms to 30\.\d ms .* n=58, 52 of them/,
    );
    expect(stdout).toMatch(/\d entry points insufficient \(n up to 29, 30 needed\)/);
  });

  it('takes a service by plain name or id, and several changes', () => {
    expect(entryPointsIf('billing=0.5')).toEqual(entryPointsIf('money/billing=0.5'));
    const [one, both] = [entryPointsIf('billing=0'), entryPointsIf('billing=0', 'public-api=0')];
    for (const [at, { after }] of both.entries()) {
      if (after !== null) expect(after.p50Us).toBeLessThanOrEqual(one[at]!.after!.p50Us);
    }
    for (const { before, after, changedTraceCount } of entryPointsIf('billing=1')) {
      expect([after, changedTraceCount]).toEqual([before, 0]);
    }
  });

  it.each([
    { args: ['biling=0.5', CLOUD], says: /no trace has a service biling \(did you mean billing\?\)/ },
    { args: [CLOUD], says: /say what is changed first, such as payments=0\.5/ },
    { args: ['billing=-1', CLOUD], says: /say what is changed first/ },
    { args: ['billing=0.5'], says: /name a source of traces/ },
    { args: ['billing=0.5', 'http://127.0.0.1:1'], says: /a running ringfence keeps sums/ },
    { args: ['billing=0.5', CLOUD, '--environment', 'moon'], says: /no trace of the environment moon/ },
  ])('could not run: $args', ({ args, says }) => {
    const { exitCode, stdout, stderr } = runCommand(['what-if', ...args]);
    expect(stderr).toMatch(says);
    expect([stdout, exitCode]).toEqual(['', 2]);
  });
});
