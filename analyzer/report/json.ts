import type { Report } from './report.ts';

/** The analysis itself, its fields in a fixed order; the schema is `Analysis`. */
export const json: Report = (analysis) => `${JSON.stringify(analysis, undefined, 2)}\n`;
