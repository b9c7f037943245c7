/**
 * One figure of `npm run bench`. Most are ratios to a baseline measured in the same run on the same bytes, since absolute
 * figures say more about the machine than about the code.
 */
export interface BenchResult {
  readonly figure: string;
  /** Ours against the baseline; absent where the figure is absolute. */
  readonly ratio?: number;
  readonly value?: number;
  readonly unit: string;
  /** What the ratio is of, with its unit. */
  readonly ours?: string;
  readonly baseline?: string;
  readonly atLeast: number;
  readonly aim: number;
  readonly better: 'higher' | 'lower';
  readonly detail: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
