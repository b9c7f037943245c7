import type { AnalyzedCycle, DependencyMode, NodeKind, PciClass } from './analysis.ts';

/** What came, went or changed between two looks at a system: `ringfence diff`. Every list is sorted. */
export interface SystemDifference {
  readonly schema: 'ringfence.diff/1';
  readonly before: DifferenceSide;
  readonly after: DifferenceSide;
  readonly isSame: boolean;
  readonly services: Changes<DifferentService>;
  readonly dependencies: Changes<DifferentDependency>;
  readonly cycles: Changes<DifferentCycle>;
  readonly criticalServices: Changes<string>;
  readonly pciScope: Changes<DifferentScope>;
  readonly cdeDependencies: Changes<{ readonly caller: string; readonly callee: string }>;
  readonly externalPeers: Changes<string>;
}

export interface DifferenceSide {
  /** As it was named. */
  readonly label: string;
  /** Of a baseline, services and calls between them only; then the other side is reduced to the same. */
  readonly kind: 'analysis' | 'baseline';
  /** Of a baseline a rough figure, rounded down. */
  readonly traceCount: number;
}

export interface Changes<Fact> {
  readonly came: readonly Fact[];
  /** Not seen any more; traces are a sample, so that is no proof that it is gone. */
  readonly went: readonly Fact[];
  /** In both, and not the same. */
  readonly changed: readonly { readonly before: Fact; readonly after: Fact }[];
}

export interface DifferentService {
  readonly id: string;
  readonly kind: NodeKind;
}

export interface DifferentDependency {
  readonly caller: string;
  readonly callee: string;
  /** Sorted: `sync` means that somebody waits. */
  readonly modes: readonly DependencyMode[];
}

export interface DifferentCycle {
  readonly services: readonly string[];
  /** Null where a baseline knows the circle: it tells only those that somebody waits in. */
  readonly class: AnalyzedCycle['class'] | null;
}

export interface DifferentScope {
  readonly service: string;
  readonly class: PciClass;
}
