import type { Analysis } from '../model/analysis.ts';
import type { Baseline } from '../model/baseline.ts';

/** An analysis as text. Pure: the same analysis gives the same bytes. */
export type Report = (analysis: Analysis, options: ReportOptions) => string;

export interface ReportOptions {
  /** ANSI colours; only for a terminal whose user did not set `NO_COLOR`. */
  readonly color: boolean;
  /** Columns of the terminal; text is wrapped or cut to it. */
  readonly width: number;
  /** What was confirmed last, under the names of today, for reports that say what changed since. */
  readonly lastConfirmed?: Baseline;
}
