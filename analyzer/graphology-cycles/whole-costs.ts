/**
 * The greatest power of ten weights are multiplied by. Weights with up to six decimals compare exactly; finer ones are
 * rounded to six.
 */
const SCALES = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

/** A factor that makes whole numbers of the finite weights, as small as it can be and never so large that sums are inexact. */
export function wholeScale(weights: Float64Array): number {
  let total = 0;
  for (const weight of weights) if (weight !== Infinity) total += weight;
  let best = 1;
  for (const scale of SCALES) {
    if (total * scale > Number.MAX_SAFE_INTEGER) break;
    best = scale;
    if (weights.every((weight) => weight === Infinity || isWhole(weight * scale))) break;
  }
  return best;
}

// 0.29 * 100 is 28.999999999999996: whole but for the last bits.
function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) <= 1e-9 * Math.max(1, Math.abs(value));
}
