import type { Analysis, Finding } from './analysis.ts';
import type { BaselineComparison } from './baseline-comparison.ts';

/** What `ringfence check` says: what is new since the baseline, and what no baseline excuses. */
export interface Check {
  readonly schema: 'ringfence.check/1';
  /** True where a finding is an error: exit code 1. */
  readonly fails: boolean;
  /** File name of the baseline, as it was given. */
  readonly baselineFile: string;
  /** False where there is none yet: then every circle is new. */
  readonly hasBaseline: boolean;
  readonly comparison: BaselineComparison;
  /** Card data in telemetry and conflicts of scope: wrong today, whatever was there before. */
  readonly standing: readonly Finding[];
  readonly analysis: Analysis;
}
