/**
 * What a team has accepted: `ringfence.baseline.json`. It holds facts that stay the same while the system does (no clock, no
 * counts), so that a change of the file is a change of the system.
 */
export interface Baseline {
  readonly schema: 'ringfence.baseline/1';
  /** How much was seen, as the next lower of 1, 2, 5, 10, 20, 50, ...: a rough figure changes rarely. 0 for nothing. */
  readonly tracesAtLeast: number;
  /** All calls and events between services, by caller and callee. */
  readonly dependencies: readonly BaselineDependency[];
  /** Circles in which everyone waits, known and accepted. Each starts at its smallest service. */
  readonly cycles: readonly (readonly string[])[];
  /** Calls on a circle that somebody accepted by name. */
  readonly accepted: readonly AcceptedEdge[];
  readonly criticalServices: readonly string[];
  readonly pciScope: readonly BaselineScope[];
  /** Who reaches into the cardholder data environment from outside it: services, and what they reach, databases included. */
  readonly cdeDependencies: readonly BaselineCall[];
  /** Peers outside the system. */
  readonly externalPeers: readonly string[];
}

export interface BaselineCall {
  readonly caller: string;
  readonly callee: string;
}

export interface BaselineDependency extends BaselineCall {
  readonly mode: 'sync' | 'async';
}

export interface AcceptedEdge extends BaselineCall {
  readonly reason: string;
  readonly owner?: string;
  /** ISO date after which it is no longer accepted. */
  readonly expires?: string;
}

export interface BaselineScope {
  readonly service: string;
  readonly class: 'cde' | 'connected-to' | 'security-impacting';
}
