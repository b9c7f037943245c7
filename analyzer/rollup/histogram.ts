/**
 * Latencies as counts in log-linear buckets: 64 equal buckets for each power of two, after Tene's HdrHistogram. Whole-number
 * arithmetic only, so every machine and every merge order gives the same bytes; adding two histograms adds their counts.
 *
 * A quantile is the middle of its bucket: at most 1/128 (0.8 %) off, and exact below 128 us.
 */
export class Histogram {
  count = 0;
  /** Counts of the buckets from `firstBucket` on: durations of one dependency lie close together, so a window is small. */
  counts: number[] = [];
  firstBucket = 0;

  add(durationUs: number, times = 1): void {
    this.addToBucket(bucketOf(durationUs), times);
  }

  addToBucket(bucket: number, times: number): void {
    const at = bucket - this.firstBucket;
    if (at < 0 || at >= this.counts.length) {
      this.makeRoom(bucket, bucket + 1);
      this.counts[bucket - this.firstBucket]! += times;
    } else {
      this.counts[at]! += times;
    }
    this.count += times;
  }

  merge(other: Histogram): void {
    const counts = other.counts;
    let from = 0;
    let to = counts.length;
    while (from < to && counts[from] === 0) from++;
    while (to > from && counts[to - 1] === 0) to--;
    if (from === to) return;
    if (this.counts.length === 0) {
      this.counts = counts.slice(from, to);
      this.firstBucket = other.firstBucket + from;
      this.count = other.count;
      return;
    }
    this.makeRoom(other.firstBucket + from, other.firstBucket + to);
    const shift = other.firstBucket - this.firstBucket;
    for (let at = from; at < to; at++) this.counts[at + shift]! += counts[at]!;
    this.count += other.count;
  }

  /** Takes out what had been merged. */
  retract(other: Histogram): void {
    other.forEachBucket((bucket, count) => {
      const at = bucket - this.firstBucket;
      if (at < 0 || at >= this.counts.length) return;
      const taken = Math.min(count, this.counts[at]!);
      this.counts[at]! -= taken;
      this.count -= taken;
    });
  }

  /** Calls back for each bucket that holds anything, ascending. */
  forEachBucket(callback: (bucket: number, count: number) => void): void {
    for (let at = 0; at < this.counts.length; at++) {
      if (this.counts[at]! > 0) callback(this.firstBucket + at, this.counts[at]!);
    }
  }

  /** The value below or at which the share `q` in [0, 1] of all values lies, in whole microseconds; undefined when empty. */
  quantile(q: number): number | undefined {
    if (this.count === 0) return undefined;
    const rank = Math.max(1, Math.ceil(q * this.count));
    let seen = 0;
    let at = 0;
    for (; at < this.counts.length - 1; at++) {
      seen += this.counts[at]!;
      if (seen >= rank) break;
    }
    return middleOf(this.firstBucket + at);
  }

  /** Makes the window hold the buckets `[from, to)`, in steps of a power of two, so that it seldom has to grow. */
  makeRoom(from: number, to: number): void {
    const { length } = this.counts;
    if (from >= this.firstBucket && to <= this.firstBucket + length) return;
    let first = length === 0 ? from : Math.min(from, this.firstBucket);
    let end = length === 0 ? to : Math.max(to, this.firstBucket + length);
    if (length > 0 || end - first > 1) {
      first = first - (first % SUB_BUCKETS);
      end = end + SUB_BUCKETS - (end % SUB_BUCKETS);
    }
    // An ordinary array: thousands of small typed arrays cost more to make than to fill.
    const counts = new Array<number>(end - first).fill(0);
    const shift = this.firstBucket - first;
    for (let at = 0; at < length; at++) counts[at + shift] = this.counts[at]!;
    this.counts = counts;
    this.firstBucket = first;
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

/** Smallest duration of a bucket, in whole microseconds. */
export function lowerEdgeOf(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  return (bucket - shift * SUB_BUCKETS) * 2 ** shift;
}

/** Middle of a bucket, in whole microseconds. */
export function middleOf(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  return lowerEdgeOf(bucket) + Math.floor((2 ** shift - 1) / 2);
}
