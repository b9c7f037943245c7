/**
 * Latencies as counts in log-linear buckets: 64 equal buckets for each power of two, after Tene's HdrHistogram. Whole-number
 * arithmetic only, so every machine and every merge order gives the same bytes; adding two histograms adds their counts.
 *
 * A quantile is the middle of its bucket: at most 1/128 (0.8 %) off, and exact below 128 us.
 */
export class Histogram {
  /** Bucket index to count. */
  readonly counts = new Map<number, number>();
  count = 0;

  add(durationUs: number, times = 1): void {
    const bucket = bucketOf(durationUs);
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + times);
    this.count += times;
  }

  merge(other: Histogram): void {
    for (const [bucket, count] of other.counts) this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + count);
    this.count += other.count;
  }

  /** The value below or at which the share `q` in [0, 1] of all values lies, in whole microseconds; undefined when empty. */
  quantile(q: number): number | undefined {
    if (this.count === 0) return undefined;
    const rank = Math.max(1, Math.ceil(q * this.count));
    let seen = 0;
    for (const bucket of [...this.counts.keys()].sort((a, b) => a - b)) {
      seen += this.counts.get(bucket)!;
      if (seen >= rank) return middleOf(bucket);
    }
    return undefined;
  }
}

/** Largest relative error of a quantile. */
export const HISTOGRAM_RELATIVE_ERROR = 1 / 128;

const SUB_BUCKETS = 64;

/** Index of the bucket that holds a duration in whole microseconds (negative counts as 0). */
export function bucketOf(durationUs: number): number {
  if (durationUs < 2 * SUB_BUCKETS) return Math.max(0, Math.floor(durationUs));
  // Powers of two above 2^31 are out of reach of clz32: split off the low 24 bits first.
  const high = Math.floor(durationUs / 0x1000000);
  const exponent = high > 0 ? 24 + 31 - Math.clz32(high) : 31 - Math.clz32(durationUs);
  const shift = exponent - 6;
  return shift * SUB_BUCKETS + Math.floor(durationUs / 2 ** shift);
}

/** Middle of a bucket, in whole microseconds. */
export function middleOf(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  const low = (bucket - shift * SUB_BUCKETS) * 2 ** shift;
  return low + Math.floor((2 ** shift - 1) / 2);
}
