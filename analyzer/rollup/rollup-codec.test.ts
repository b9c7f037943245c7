import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { randomRollup } from '../../fixtures/random-rollup.ts';
import { encodeRollup } from './encode-rollup.ts';
import { Histogram } from './histogram.ts';
import { addRollup, emptyRollup, mergeRollups } from './merge-rollups.ts';
import type { Rollup } from './rollup.ts';
import { RollupReader } from './rollup-reader.ts';

const rollup = fc
  .record({
    seed: fc.nat(),
    shapeSeed: fc.nat(3),
    serviceCount: fc.integer({ min: 3, max: 12 }),
    dependencyCount: fc.nat(15),
  })
  .map(randomRollup);

describe('a rollup as bytes', () => {
  it('reads back as it was, empty ones too', () => {
    expect(plain(decoded([encodeRollup(emptyRollup())]))).toEqual(plain(emptyRollup()));
    fc.assert(
      fc.property(rollup, (one) => {
        const bytes = encodeRollup(one);
        expect(plain(decoded([bytes]))).toEqual(plain(one));
        expect(encodeRollup(decoded([bytes]))).toEqual(bytes);
      }),
      { numRuns: 50 },
    );
  });

  it('adds up while it is read, as merging in memory does', () => {
    fc.assert(
      fc.property(fc.array(rollup, { maxLength: 4 }), (rollups) => {
        expect(encodeRollup(decoded(rollups.map(encodeRollup)))).toEqual(encodeRollup(mergeRollups(rollups)));
      }),
      { numRuns: 50 },
    );
  });

  it('says so when it is cut off or from a newer version', () => {
    const bytes = encodeRollup(randomRollup({ seed: 1, serviceCount: 3, dependencyCount: 3 }));
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => decoded([bytes.subarray(0, length)])).toThrow(RangeError);
    }
    const newer = bytes.slice();
    newer[0] = 99;
    expect(() => decoded([newer])).toThrow('format 99');
  });
});

describe('merging', () => {
  it('does not depend on order or grouping, and leaves its parts alone', () => {
    fc.assert(
      fc.property(rollup, rollup, rollup, (a, b, c) => {
        const before = encodeRollup(b);
        const left = encodeRollup(mergeRollups([mergeRollups([a, b]), c]));
        expect(encodeRollup(mergeRollups([a, mergeRollups([c, b])]))).toEqual(left);
        expect(encodeRollup(mergeRollups([c, b, a]))).toEqual(left);
        expect(encodeRollup(b)).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });

  it('has the empty rollup as its neutral element', () => {
    const one = randomRollup({ seed: 7, serviceCount: 5, dependencyCount: 8 });
    const target = emptyRollup();
    addRollup(target, one);
    expect(encodeRollup(target)).toEqual(encodeRollup(one));
    addRollup(target, emptyRollup());
    expect(encodeRollup(target)).toEqual(encodeRollup(one));
  });
});

function decoded(blobs: readonly Uint8Array[]): Rollup {
  const target = emptyRollup();
  const reader = new RollupReader(target);
  for (const bytes of blobs) reader.add(bytes);
  reader.finish();
  return target;
}

/** Maps and sets as lists, histograms as their buckets: what a rollup says, without how it is held. */
function plain(value: unknown): unknown {
  if (value instanceof Histogram) {
    const buckets: [number, number][] = [];
    value.forEachBucket((bucket, count) => buckets.push([bucket, count]));
    return { count: value.count, buckets };
  }
  if (value instanceof Map) return [...(value as Map<string, unknown>)].map(([key, item]) => [key, plain(item)]).sort();
  if (value instanceof Set) return [...(value as Set<string>)].sort();
  if (Array.isArray(value)) return value.map((item: unknown) => plain(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  return value;
}
