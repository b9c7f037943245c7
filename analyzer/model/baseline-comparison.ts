import type { BreakProposal, CycleEdge, PciClass, Problem } from './analysis.ts';
import type { AcceptedEdge, BaselineCall, BaselineDependency } from './baseline.ts';

/** What a baseline and an analysis have to say about each other. */
export interface BaselineComparison {
  /** One for each new call on a circle, by component, then caller and callee. */
  readonly newCycles: readonly NewCycle[];
  /** Accepted circles, and what was seen of them. */
  readonly knownCycles: readonly KnownCycle[];
  /** Calls that somebody accepted by name, and what was seen of them. */
  readonly acceptances: readonly KnownAcceptance[];
  /** Calls and events between services that the baseline does not know, on a circle or not. */
  readonly newDependencies: readonly BaselineDependency[];
  readonly newCriticalServices: readonly string[];
  readonly newPciScope: readonly NewPciScope[];
  readonly newCdeDependencies: readonly BaselineCall[];
  readonly newExternalPeers: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * Of something the baseline accepts: all of it was seen; some of it was not, which proves nothing, since traces are a sample;
 * or it is gone, since its callers did so much that it would have been seen.
 */
export type SeenState = 'present' | 'unseen' | 'resolved';

/** The shortest circle that a new call closes. */
export interface NewCycle {
  /** The id it has in the analysis. */
  readonly id: string;
  /** The new call. */
  readonly caller: string;
  readonly callee: string;
  /** In call direction from the smallest service on. */
  readonly services: readonly string[];
  /** The services of its strongly connected component, sorted. */
  readonly component: readonly string[];
  /** Each call of the circle, in order. */
  readonly edges: readonly CycleEdge[];
  /** Why the call counts as new: never seen; seen as an event so far; or accepted, until a day that has passed. */
  readonly cause: 'unknown' | 'was-async' | 'acceptance-expired';
  /** The acceptance that has run out. */
  readonly expired: AcceptedEdge | null;
  /** A trace in which the whole circle happened in one request; null where none is known. */
  readonly witnessTraceId: string | null;
  /** When the call was first seen in this input, ISO 8601 in UTC. */
  readonly firstSeen: string;
  /** Operations of the new call, most called first. */
  readonly callSites: readonly { readonly callerOperation: string; readonly calleeOperation: string }[];
  /** Accepted calls that lie on a circle now, and did not before. */
  readonly nowCyclic: readonly { readonly caller: string; readonly callee: string }[];
  readonly breakAt: readonly BreakProposal[];
}

export interface KnownCycle {
  readonly services: readonly string[];
  readonly state: SeenState;
  /** Its calls that were not seen. */
  readonly missing: readonly MissingCall[];
}

export interface KnownAcceptance extends AcceptedEdge {
  readonly state: SeenState;
  /** The day it was accepted until has passed. */
  readonly isExpired: boolean;
}

export interface MissingCall extends BaselineCall {
  /** How many requests its caller worked on this time. */
  readonly callerRequestCount: number;
}

export interface NewPciScope {
  readonly service: string;
  readonly class: PciClass;
  /** Its class in the baseline. */
  readonly was: PciClass;
}
