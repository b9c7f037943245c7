import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WILSON_Z, wilson } from './wilson.ts';

describe('wilson', () => {
  it.each([
    { successCount: 0, n: 0, lower: 0, upper: 1 },
    { successCount: 0, n: 4, lower: 0, upper: 0.4899 },
    { successCount: 4, n: 4, lower: 0.5101, upper: 1 },
    { successCount: 35, n: 35, lower: 0.9011, upper: 1 },
    { successCount: 212, n: 230, lower: 0.8797, upper: 0.9499 },
  ])('$successCount of $n lies in [$lower, $upper]', ({ successCount, n, lower, upper }) => {
    const interval = wilson(successCount, n);
    expect(interval[0]).toBeCloseTo(lower, 4);
    expect(interval[1]).toBeCloseTo(upper, 4);
  });

  const observations = fc
    .integer({ min: 1, max: 100_000 })
    .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));

  it('is where (share - p)^2 = z^2 p (1 - p) / n, found by bisection', () => {
    fc.assert(
      fc.property(observations, ([successCount, n]) => {
        const share = successCount / n;
        const [lower, upper] = wilson(successCount, n);
        expect(lower).toBeCloseTo(bisect(0, share, share, n), 9);
        expect(upper).toBeCloseTo(bisect(1, share, share, n), 9);
      }),
    );
  });

  it('grows with the successes, mirrors at the half and stays in [0, 1]', () => {
    fc.assert(
      fc.property(observations, ([successCount, n]) => {
        const [lower, upper] = wilson(successCount, n);
        const [mirroredLower, mirroredUpper] = wilson(n - successCount, n);
        expect(lower).toBeCloseTo(1 - mirroredUpper, 12);
        expect(upper).toBeCloseTo(1 - mirroredLower, 12);
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(upper).toBeLessThanOrEqual(1);
        expect(lower).toBeLessThanOrEqual(upper);
        if (successCount < n) expect(wilson(successCount + 1, n)[0]).toBeGreaterThan(lower);
      }),
    );
  });
});

/** The p between `outside` and `inside` at which the distance to the share just equals z standard errors. */
function bisect(outside: number, inside: number, share: number, n: number): number {
  let rejected = outside;
  let accepted = inside;
  for (let step = 0; step < 200; step++) {
    const middle = (rejected + accepted) / 2;
    const isAccepted = (share - middle) ** 2 <= (WILSON_Z ** 2 * middle * (1 - middle)) / n;
    if (isAccepted) accepted = middle;
    else rejected = middle;
  }
  return accepted;
}
