/**
 * A weight of 1. A weight says for how many spans one span stands, where sampling kept a part of them; weights are whole
 * numbers of 1/1024, so that sums of them do not depend on their order.
 */
export const WEIGHT_ONE = 1024;

/** Sums of weights stop at the largest whole number that is exact, so adding stays associative even there. */
export function addWeights(weight: number, other: number): number {
  return Math.min(weight + other, Number.MAX_SAFE_INTEGER);
}

/** The weight of what had to pass two independent choices. */
export function multiplyWeights(weight: number, other: number): number {
  return whole((weight * other) / WEIGHT_ONE);
}

/** `th` is 1 to 14 hex digits, filled up with zeros to 56 bits: the share of requests that was dropped. 0 if it is none. */
export function thresholdWeight(threshold: string): number {
  if (!/^[\da-f]{1,14}$/i.test(threshold)) return 0;
  const digits = threshold.padEnd(14, '0');
  const half = 2 ** 28;
  // 2^56 - T, in halves: a double cannot hold every T.
  const keptOfAll = (half - parseInt(digits.slice(0, 7), 16)) * half - parseInt(digits.slice(7), 16);
  return whole((WEIGHT_ONE * 2 ** 56) / keptOfAll);
}

/** 0 where the sampler's parameter is no probability: rate limits say nothing of how many were dropped. */
export function samplerWeight(type: string, param: string): number {
  if (type === 'const') return WEIGHT_ONE;
  const share = type === 'probabilistic' ? Number(param) : 0;
  return share > 0 && share <= 1 ? whole(WEIGHT_ONE / share) : 0;
}

function whole(weight: number): number {
  return Math.min(Math.round(weight), Number.MAX_SAFE_INTEGER);
}
