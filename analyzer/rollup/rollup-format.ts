import type { DependencyMode, NodeKind } from '../model/analysis.ts';

/** What `encodeRollup` writes and `RollupReader` reads. Goes up with every change of the layout. */
export const ROLLUP_FORMAT = 1;

/** Written as their places. */
export const NODE_KINDS: readonly NodeKind[] = ['service', 'database', 'destination', 'external', 'unknown-caller'];
export const DEPENDENCY_MODES: readonly DependencyMode[] = ['sync', 'async', 'data'];
