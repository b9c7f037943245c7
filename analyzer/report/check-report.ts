import type { Check } from '../model/check.ts';
import type { ReportOptions } from './report.ts';

/** A check as text. Pure: the same check gives the same bytes. */
export type CheckReport = (check: Check, options: ReportOptions) => string;
