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
  return wholeWeight((weight * other) / WEIGHT_ONE);
}

export function wholeWeight(weight: number): number {
  return Math.min(Math.round(weight), Number.MAX_SAFE_INTEGER);
}
