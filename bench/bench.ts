/** One line of the bench: a ratio to a baseline in the same run, or a value with a unit. */
export interface BenchResult {
  readonly figure: string;
  readonly ratio?: number;
  readonly value?: number;
  readonly unit: string;
  readonly atLeast: number;
  readonly aim: number;
  readonly better: 'higher' | 'lower';
  /** What was measured on what, in a line. */
  readonly detail: string;
}
