import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { observed } from '../../fixtures/drawn-rollup.ts';
import { drawnTrace } from '../../fixtures/drawn-trace.ts';
import { durationClassOf } from '../rollup/duration-class.ts';
import { retryWaste, trafficSlices } from './traffic-slice.ts';

/** A request that `payments` answers first and a database then; all times in microseconds. */
function request(number: number, paymentsUs: number, databaseUs: number) {
  const endUs = 1000 + paymentsUs + databaseUs;
  return drawnTrace(
    `
    checkout SERVER 0-${endUs} http.request.method=POST http.route=/pay
      checkout CLIENT 0-${paymentsUs + 500}
        payments SERVER 250-${paymentsUs + 250}
      checkout CLIENT ${paymentsUs + 500}-${paymentsUs + 500 + databaseUs} db.system.name=mysql db.namespace=orders server.address=db`,
    (number + 1).toString(16).padStart(32, '0'),
  );
}

function slicesOf(requests: readonly (readonly [paymentsUs: number, databaseUs: number])[]) {
  const rollup = observed(requests.flatMap(([paymentsUs, databaseUs], at) => request(at, paymentsUs, databaseUs)));
  const entry = [...rollup.entryPoints.values()][0]!;
  return { entry, slices: trafficSlices(entry, rollup.nodes, 30) };
}

const usual = Array.from({ length: 900 }, () => [8000, 1000] as const);
const slow = Array.from({ length: 100 }, () => [8000, 91_000] as const);

describe('slices of the traffic', () => {
  it('tell what slow requests wait for from what the usual ones do', () => {
    const [all, middle, tail] = slicesOf([...usual, ...slow]).slices;
    expect([all!.traceCount, middle!.traceCount, tail!.traceCount]).toEqual([1000, 900, 100]);
    expect([middle!.fromUs, middle!.toUs]).toEqual([8192, 10_240]);
    expect([tail!.fromUs, tail!.toUs]).toEqual([98_304, 114_688]);
    const summary = (slice: typeof all) =>
      slice!.parts.map(({ part, category, share }) => `${part} ${category} ${share.toFixed(3)}`);
    expect(summary(middle)).toEqual([
      'payments self 0.800',
      'database:orders@db external 0.100',
      'checkout self 0.050',
      'transport:checkout->payments transport 0.050',
    ]);
    expect(summary(tail)[0]).toBe('database:orders@db external 0.910');
    expect(tail!.parts[0]).toMatchObject({ frequency: 1, interval: [100 / (100 + 1.96 ** 2), 1] });
  });

  it('say insufficient below 30 traces, each on its own', () => {
    const { slices } = slicesOf([...usual.slice(0, 60), ...slow.slice(0, 5)]);
    expect(slices.map(({ slice, isSufficient }) => [slice, isSufficient])).toEqual([
      ['all', true],
      ['middle', true],
      ['tail', false],
    ]);
    expect(slices[2]).toMatchObject({ traceCount: 5, parts: [] });
    const few = slicesOf(usual.slice(0, 29));
    expect(few.slices.every(({ isSufficient }) => !isSufficient)).toBe(true);
    expect(retryWaste(few.entry, 30)).toBeNull();
    expect(retryWaste(few.entry, 29)).toMatchObject({ share: 0, frequency: 0 });
  });

  it('hold the quantiles they are named after, and shares that add up', () => {
    const duration = fc.integer({ min: 0, max: 300_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(duration, duration), { minLength: 30, maxLength: 60 }), (requests) => {
        const { slices } = slicesOf(requests);
        const totals = requests.map(([one, other]) => 1000 + one + other).sort((a, b) => a - b);
        const at = (q: number) => totals[Math.ceil(q * totals.length) - 1]!;
        for (const slice of slices.filter(({ isSufficient }) => isSufficient)) {
          expect(slice.parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
          expect(slice.traceCount).toBe(totals.filter((us) => us >= slice.fromUs && us < slice.toUs).length);
        }
        const [all, middle, tail] = slices;
        expect(durationClassOf(all!.fromUs)).toBe(durationClassOf(totals[0]!));
        for (const us of [at(0.45), at(0.5), at(0.55)]) expect(us >= middle!.fromUs && us < middle!.toUs).toBe(true);
        for (const us of [at(0.95), at(1)]) expect(us >= tail!.fromUs && us < tail!.toUs).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
