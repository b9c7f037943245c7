import type { Report } from './report.ts';
import { printableJson } from './text.ts';

/** The analysis itself, its fields in a fixed order; the schema is `Analysis`. */
export const json: Report = (analysis) => `${printableJson(analysis)}\n`;
