import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { bucketOf, Histogram, HISTOGRAM_RELATIVE_ERROR, middleOf } from './histogram.ts';

const durationUs = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 2 ** 48 }));

describe('buckets', () => {
  it('hold each duration within the stated relative error', () => {
    fc.assert(
      fc.property(durationUs, (duration) => {
        const middle = middleOf(bucketOf(duration));
        expect(Math.abs(middle - duration)).toBeLessThanOrEqual(duration * HISTOGRAM_RELATIVE_ERROR);
      }),
      { numRuns: 2000 },
    );
  });

  it('are exact below 128 us and go on without a gap', () => {
    for (let duration = 0; duration < 128; duration++) expect(middleOf(bucketOf(duration))).toBe(duration);
    for (let duration = 1; duration < 5000; duration++) {
      expect(bucketOf(duration) - bucketOf(duration - 1)).toBeOneOf([0, 1]);
    }
    // Beyond 32 bits the same rule holds.
    expect(bucketOf(2 ** 33) - bucketOf(2 ** 33 - 1)).toBe(1);
    expect(bucketOf(2 ** 33) - bucketOf(2 ** 32)).toBe(64);
  });
});

describe('Histogram', () => {
  it('has no quantile while it is empty', () => {
    expect(new Histogram().quantile(0.5)).toBeUndefined();
  });

  it('gives quantiles within the relative error of the sorted values', () => {
    fc.assert(
      fc.property(
        fc.array(durationUs, { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (durations, q) => {
          const histogram = histogramOf(durations);
          const sorted = durations.toSorted((a, b) => a - b);
          const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!;
          expect(Math.abs(histogram.quantile(q)! - exact)).toBeLessThanOrEqual(exact * HISTOGRAM_RELATIVE_ERROR);
        },
      ),
    );
  });

  it('merges to what all values together give, in any order', () => {
    fc.assert(
      fc.property(fc.array(durationUs), fc.array(durationUs), (one, other) => {
        const merged = histogramOf(one);
        merged.merge(histogramOf(other));
        const reversed = histogramOf(other);
        reversed.merge(histogramOf(one));
        const whole = bucketsOf(histogramOf([...one, ...other]));
        expect(bucketsOf(merged)).toEqual(whole);
        expect(bucketsOf(reversed)).toEqual(whole);
      }),
    );
  });
});

function histogramOf(durations: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const duration of durations) histogram.add(duration);
  return histogram;
}

function bucketsOf(histogram: Histogram): unknown {
  const buckets: [number, number][] = [];
  histogram.forEachBucket((bucket, count) => buckets.push([bucket, count]));
  return { count: histogram.count, buckets };
}
