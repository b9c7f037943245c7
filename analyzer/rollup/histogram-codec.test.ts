import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ByteReader, ByteWriter } from './bytes.ts';
import { Histogram } from './histogram.ts';
import { PendingHistogram, PendingHistograms, writeHistogram } from './histogram-codec.ts';

type Buckets = readonly (readonly [bucket: number, count: number])[];

const buckets = fc.uniqueArray(
  fc.tuple(
    fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 3000 })),
    fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2 ** 40 })),
  ),
  { selector: ([bucket]) => bucket },
);

describe('a histogram as bytes', () => {
  it('reads back with any gap and any count, and adds up over several', () => {
    fc.assert(
      fc.property(fc.array(buckets, { maxLength: 4 }), (all) => {
        const merged = new Histogram();
        for (const one of all) merged.merge(histogramOf(one));
        expect(bucketsOf(readBack(all.map(bytesOf)))).toEqual(bucketsOf(merged));
      }),
      { numRuns: 300 },
    );
  });

  it('takes one byte for a bucket that holds a few and stands near the one before', () => {
    // Its length, the first bucket, the width; then 15 right there, 1 after a gap of 14.
    expect([...bytesOf([[100, 15], [115, 1]])]).toEqual([4, 100, 16, 0x0f, 0xe1]); // prettier-ignore
  });

  it.each([
    ['a bucket beyond the width', [4, 100, 2, 0x01, 0x21]],
    ['a width beyond any duration', [5, 100, 0xff, 0xff, 0x7f, 0x01]],
    ['a length beyond the end', [9, 100, 2, 0x01]],
  ])('refuses %s', (_, bytes) => {
    expect(() => readBack([Uint8Array.from(bytes)])).toThrow(RangeError);
  });
});

function histogramOf(filled: Buckets): Histogram {
  const histogram = new Histogram();
  for (const [bucket, count] of filled) histogram.addToBucket(bucket, count);
  return histogram;
}

function bytesOf(filled: Buckets): Uint8Array {
  const writer = new ByteWriter();
  writeHistogram(writer, histogramOf(filled));
  return writer.bytes().slice();
}

function readBack(blobs: readonly Uint8Array[]): Histogram {
  const pending = new PendingHistogram(new Histogram());
  const histograms = new PendingHistograms();
  for (const bytes of blobs) {
    histograms.beginBlob(bytes);
    const reader = new ByteReader(bytes);
    histograms.note(reader, pending);
    expect(reader.at).toBe(bytes.length);
  }
  histograms.settle();
  return pending.histogram;
}

function bucketsOf(histogram: Histogram): unknown {
  const filled: [number, number][] = [];
  histogram.forEachBucket((bucket, count) => filled.push([bucket, count]));
  return { count: histogram.count, filled };
}
