import { bucketOf, lowerEdgeOf } from './histogram.ts';

/** Buckets of a latency histogram to a class: four classes to a power of two, each 14 to 25 % wide. */
const BUCKETS = 16;

/**
 * Number of the class that a request's duration falls into. What requests spent their time on is summed up by such classes,
 * so that the typical ones and the slow ones can be told apart when all of them are known, at the price of coarse edges.
 */
export function durationClassOf(durationUs: number): number {
  return Math.floor(bucketOf(durationUs) / BUCKETS);
}

/** Durations of a class: from the first edge on, below the second; microseconds. */
export function edgesOfClass(durationClass: number): readonly [fromUs: number, toUs: number] {
  return [lowerEdgeOf(durationClass * BUCKETS), lowerEdgeOf((durationClass + 1) * BUCKETS)];
}
