/** Two-sided 95 %. */
export const WILSON_Z = 1.96;

/**
 * The 95 % Wilson score interval of a share seen as `successCount` of `n`. After Agresti and Coull (1998), *Approximate is
 * better than "exact" for interval estimation of binomial proportions*. Without observations it is [0, 1]: nothing is known.
 */
export function wilson(successCount: number, n: number): readonly [lower: number, upper: number] {
  if (n === 0) return [0, 1];
  const share = successCount / n;
  const z2 = WILSON_Z * WILSON_Z;
  const center = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (WILSON_Z / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  // At 0 of n and n of n one bound is exactly 0 or 1; rounding must not leave it a hair beside.
  return [successCount === 0 ? 0 : Math.max(0, center - half), successCount === n ? 1 : Math.min(1, center + half)];
}
