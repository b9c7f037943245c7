import type { DependencyMode, NodeKind } from '../model/analysis.ts';
import type { Resource } from '../model/resource.ts';

/** What `encodeRollup` writes and `RollupReader` reads. Goes up with every change of the layout. */
export const ROLLUP_FORMAT = 3;

/** What services are told apart by, besides name, namespace and environment: fields of their resources. */
export const DIMENSIONS = [
  'version',
  'region',
  'zone',
  'cluster',
  'k8sNamespace',
] as const satisfies readonly (keyof Resource)[];
export type Dimension = (typeof DIMENSIONS)[number];

/** Written as their places. */
export const NODE_KINDS: readonly NodeKind[] = ['service', 'database', 'destination', 'external', 'unknown-caller'];
export const DEPENDENCY_MODES: readonly DependencyMode[] = ['sync', 'async', 'data'];
