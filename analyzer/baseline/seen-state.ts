import type { Analysis } from '../model/analysis.ts';
import type { KnownAcceptance, KnownCycle, MissingCall, SeenState } from '../model/baseline-comparison.ts';
import type { Baseline, BaselineCall } from '../model/baseline.ts';
import type { Policy } from '../model/policy.ts';
import { edgeKey } from './baseline.ts';
import { hardCalls, serviceDependencies } from './hard-graph.ts';

/**
 * Requests of a caller after which a call that was not seen counts as gone. By the rule of three, a call that one request in a
 * hundred makes is missed by 300 of them once in twenty times.
 */
export const RESOLVED_REQUEST_COUNT = 300;

/** A sample less than this share of what the baseline was made from resolves nothing. */
const RESOLVING_SHARE = 0.2;

export interface SeenStates {
  readonly knownCycles: readonly KnownCycle[];
  readonly acceptances: readonly KnownAcceptance[];
}

/** What of the accepted circles and calls was seen: traces are a sample, so what is unseen is not gone yet. */
export function seenStates(analysis: Analysis, known: Baseline, policy: Policy, today: string | undefined): SeenStates {
  const look = lookFor(analysis, known, policy);
  return {
    knownCycles: known.cycles.map((services) => ({ services, ...look(callsOf(services)) })),
    acceptances: known.accepted.map((edge) => ({
      ...edge,
      state: look([{ caller: edge.caller, callee: edge.callee }]).state,
      isExpired: today !== undefined && edge.expires !== undefined && edge.expires < today,
    })),
  };
}

/** A function that tells what was seen of calls that somebody waits for, taken together. */
export function lookFor(
  analysis: Analysis,
  known: Baseline,
  policy: Policy,
): (calls: readonly BaselineCall[]) => { readonly state: SeenState; readonly missing: readonly MissingCall[] } {
  const seen = new Set(hardCalls(serviceDependencies(analysis, policy)).map(edgeKey));
  const requestCounts = new Map(analysis.services.map(({ id, callCount }) => [id, callCount]));
  const isComparable = analysis.traceCount >= known.tracesAtLeast * RESOLVING_SHARE;
  return (calls) => {
    const missing = calls
      .filter((call) => !seen.has(edgeKey(call)))
      .map((call) => ({ ...call, callerRequestCount: requestCounts.get(call.caller) ?? 0 }));
    if (missing.length === 0) return { state: 'present', missing };
    // One call that is gone opens the circle.
    const isGone = missing.some(({ callerRequestCount }) => callerRequestCount >= RESOLVED_REQUEST_COUNT);
    return { state: isComparable && isGone ? 'resolved' : 'unseen', missing };
  };
}

/** The calls of a circle, in order; the last closes it. */
export function callsOf(services: readonly string[]): BaselineCall[] {
  return services.map((caller, index) => ({ caller, callee: services[(index + 1) % services.length]! }));
}
