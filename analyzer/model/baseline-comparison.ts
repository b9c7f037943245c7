import type { BreakProposal, CycleEdge, Finding, PciClass, Problem } from './analysis.ts';
import type { AcceptedEdge } from './baseline.ts';

/** What a check against a baseline has to say. */
export interface BaselineComparison {
  /** True where a finding is an error: the check fails. */
  readonly fails: boolean;
  /** One for each new call on a circle, by component, then caller and callee. */
  readonly newCycles: readonly NewCycle[];
  /** Accepted circles of which a call was not seen this time. Traces are a sample, so this is news and no failure. */
  readonly unseenCycles: readonly UnseenCycle[];
  readonly newCriticalServices: readonly string[];
  readonly newPciScope: readonly NewPciScope[];
  /** What is new, weighed by the policy: most severe first, then by kind and id. */
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
}

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
  /** When the call was first seen in this input, ISO 8601 in UTC. */
  readonly firstSeen: string;
  /** Operations of the new call, most called first. */
  readonly callSites: readonly { readonly callerOperation: string; readonly calleeOperation: string }[];
  /** Accepted calls that lie on a circle now, and did not before. */
  readonly nowCyclic: readonly { readonly caller: string; readonly callee: string }[];
  readonly breakAt: readonly BreakProposal[];
}

export interface UnseenCycle {
  readonly services: readonly string[];
  /** Its calls that were not seen. */
  readonly missing: readonly { readonly caller: string; readonly callee: string }[];
}

export interface NewPciScope {
  readonly service: string;
  readonly class: PciClass;
  /** Its class in the baseline. */
  readonly was: PciClass;
}
