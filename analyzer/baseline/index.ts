export { acceptCycle } from './accept-cycle.ts';
export { baselineOf, EMPTY_BASELINE } from './baseline.ts';
export { formatBaseline, parseBaseline, parseMergedBaseline } from './baseline-text.ts';
export { checkOf } from './check.ts';
export { differenceOf } from './difference.ts';
export type { Look } from './difference.ts';
export { prunedBaseline } from './prune.ts';
