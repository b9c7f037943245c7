import { describe, expect, it } from 'vitest';

import { edgesOf, observed } from '../../fixtures/drawn-rollup.ts';
import { drawnTrace } from '../../fixtures/drawn-trace.ts';
import { durationClassOf, edgesOfClass } from './duration-class.ts';
import type { Rollup } from './rollup.ts';

describe('classes of durations', () => {
  it('hold every duration between their edges, a quarter wide at most', () => {
    for (let us = 0; us < 5_000_000; us += 1 + (us >> 7)) {
      const [fromUs, toUs] = edgesOfClass(durationClassOf(us));
      expect(fromUs <= us && us < toUs).toBe(true);
      if (us >= 128) expect(toUs / fromUs).toBeLessThanOrEqual(1.25);
      expect(durationClassOf(toUs)).toBe(durationClassOf(us) + 1);
    }
  });

  it('sum up what the traces of each spent their time on, and together all of it', () => {
    const traces = Array.from({ length: 12 }, (_, at) => request(at, at < 10 ? 100 : 4000));
    const rollup = observed(traces.flat());
    const entry = [...rollup.entryPoints.values()][0]!;
    expect([...entry.classes].map(([of, { traceCount, totalUs }]) => [edgesOfClass(of), traceCount, totalUs])).toEqual([
      [[1024, 1280], 10, 12_000],
      [[4096, 5120], 2, 10_000],
    ]);
    const payments = entry.parts.get('payments')!;
    expect([...payments.classes.values()]).toEqual([
      { criticalUs: 1000, criticalTraceCount: 10 },
      { criticalUs: 8000, criticalTraceCount: 2 },
    ]);
    for (const part of entry.parts.values()) {
      const classes = [...part.classes.values()];
      expect(classes.reduce((sum, { criticalUs }) => sum + criticalUs, 0)).toBe(part.criticalUs);
      expect(classes.reduce((sum, { criticalTraceCount }) => sum + criticalTraceCount, 0)).toBe(
        part.criticalTraceCount,
      );
    }
  });
});

describe('a call made again since it had failed', () => {
  // |-----------------------checkout-----------------------|
  //   |--payments, failed--|   pause   |-----payments----|
  const RETRY = `
    checkout SERVER 0-100000 http.request.method=POST http.route=/pay
      checkout CLIENT 0-30000 error
        payments SERVER 0-30000 error http.request.method=POST http.route=/charge
      checkout CLIENT 40000-100000
        payments SERVER 40000-100000 http.request.method=POST http.route=/charge`;

  it('G7: wasted the first try and the pause, which is nobody’s time', () => {
    const rollup = observed(RETRY);
    expect(partsOf(rollup)).toEqual({ payments: 90_000, 'backoff:checkout->payments': 10_000 });
    expect([...rollup.entryPoints.values()]).toMatchObject([
      { retryWasteUs: 40_000, retryTraceCount: 1, totalUs: 100_000 },
    ]);
    expect(edgesOf(rollup)).toEqual(['checkout -> payments sync 2!1']);
  });

  it('was not wasted if the first had not failed, or the two ran side by side', () => {
    for (const other of [
      RETRY.replaceAll(' error', ''),
      RETRY.replaceAll('40000-', '20000-'),
      RETRY.replace('/charge', '/refund'),
    ]) {
      expect([...observed(other).entryPoints.values()]).toMatchObject([{ retryWasteUs: 0, retryTraceCount: 0 }]);
      expect(Object.keys(partsOf(observed(other))).filter((part) => part.startsWith('backoff'))).toEqual([]);
    }
  });
});

describe('calls that nobody waits for', () => {
  it('are counted apart where their caller did not fail', () => {
    const trace = (caller: string) => `
      checkout SERVER 0-10000 http.request.method=POST http.route=/pay ${caller}
        checkout CLIENT 5000-90000
          audit SERVER 6000-80000 http.request.method=POST http.route=/log`;
    const sitesOf = (caller: string) =>
      [...observed(trace(caller)).dependencies.values()].flatMap(({ callSites }) => [...callSites.values()]);
    expect(sitesOf('')).toMatchObject([{ unjoinedCount: 1, unjoinedByOkCount: 1 }]);
    expect(sitesOf('error')).toMatchObject([{ unjoinedCount: 1, unjoinedByOkCount: 0 }]);
  });
});

function request(number: number, paymentsUs: number) {
  const id = (number + 1).toString(16).padStart(32, '0');
  const endUs = paymentsUs === 100 ? 1200 : 5000;
  return drawnTrace(
    `
    checkout SERVER 0-${endUs} http.request.method=POST http.route=/pay
      checkout CLIENT 100-${100 + paymentsUs}
        payments SERVER 100-${100 + paymentsUs}`,
    id,
  );
}

function partsOf(rollup: Rollup): Record<string, number> {
  return Object.fromEntries(
    [...rollup.entryPoints.values()].flatMap(({ parts }) =>
      [...parts].filter(([, part]) => part.criticalUs > 0).map(([name, part]) => [name, part.criticalUs]),
    ),
  );
}
