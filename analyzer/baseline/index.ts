export { baselineOf } from './baseline.ts';
export type { BaselineOptions } from './baseline.ts';
export { formatBaseline, parseBaseline } from './baseline-text.ts';
export type { ParsedBaseline } from './baseline-text.ts';
export { compareWithBaseline } from './compare.ts';
export type { CompareOptions } from './compare.ts';
