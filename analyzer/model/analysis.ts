import type { Coverage } from './coverage.ts';

/**
 * What leaves the analyzer, and the one type that crosses the wire: `analyze --format json`, `GET /api/v1/analysis` and
 * the web map all speak it. Field names are a public contract. Every array is sorted, so the same traces give the same bytes.
 */
export interface Analysis {
  readonly schema: 'ringfence.analysis/1';
  /** First start and last end seen, ISO 8601 in UTC; null when nothing was seen. */
  readonly window: { readonly from: string | null; readonly to: string | null };
  /** The environment asked for; null for all of them together. */
  readonly environment: string | null;
  /** Every `deployment.environment.name` seen, sorted. */
  readonly environments: readonly string[];
  readonly traceCount: number;
  readonly spanCount: number;
  /** Traces with a parent that never came. They count for the graph, not for critical-path shares. */
  readonly incompleteTraceCount: number;
  readonly services: readonly AnalyzedService[];
  readonly dependencies: readonly AnalyzedDependency[];
  readonly cycles: readonly AnalyzedCycle[];
  /** Every circle without a repeated service; only where it was asked for. */
  readonly elementaryCycles?: ElementaryCircles;
  readonly entryPoints: readonly AnalyzedEntryPoint[];
  /** Most severe first, then by kind and id. */
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
  /** How much of the traces fits together: what a dependency that was not seen is judged by. */
  readonly coverage: Coverage;
  /** The parameters and limits the verdicts rest on, for reproducing them. */
  readonly parameters: Readonly<Record<string, number>>;
}

export type NodeKind = 'service' | 'database' | 'destination' | 'external' | 'unknown-caller';
export type DependencyMode = 'sync' | 'async' | 'data';

export type CriticalPathVerdict = 'critical-path' | 'presumed' | 'value-added' | 'undetermined';
export type PciClass = 'cde' | 'connected-to' | 'security-impacting' | 'indirect' | 'not-observed';

/** One printed reason of a verdict: what rule, on what evidence. */
export interface Reason {
  /** Stable name of the rule, such as `declared`, `latency-critical`, `card-data`, `one-hop`. */
  readonly rule: string;
  /** One sentence for people, with its figures in it. */
  readonly message: string;
  /** Number of observations behind it; absent where nothing was counted. */
  readonly n?: number;
  /** Point estimate and 95 % Wilson interval of the share the rule looks at, each in [0, 1]. */
  readonly estimate?: number;
  readonly interval?: readonly [number, number];
  /** Up to three example traces. */
  readonly traceIds?: readonly string[];
  /** First and last time what it rests on was seen, ISO 8601. */
  readonly firstSeen?: string;
  readonly lastSeen?: string;
  /** The chain of nodes that shows it, in call direction; from the service to the CDE for `two-hops`, whichever way the calls run. */
  readonly witnessPath?: readonly string[];
}

export interface AnalyzedService {
  /** `namespace/name`, or just the name where there is no namespace. Databases, destinations and externals carry their kind as prefix, such as `database:orders@db:5432`. */
  readonly id: string;
  readonly name: string;
  readonly namespace: string | null;
  readonly kind: NodeKind;
  /** `db.system.name`, `messaging.system` or null. */
  readonly system: string | null;
  /** What the policy says about it; null where it says nothing. */
  readonly declared: DeclaredService | null;
  /** ISO 8601; null where nothing of it had a usable time. */
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly spanCount: number;
  /** Spans of it whose parent never came, and spans that do not say which side of a call they are. */
  readonly orphanCount: number;
  readonly unknownKindCount: number;
  /** Calls answered (as callee) and those of them that failed. */
  readonly callCount: number;
  readonly errorCount: number;
  /** Service versions seen, sorted. */
  readonly versions: readonly string[];
  /** Versions, regions, zones, clusters and Kubernetes namespaces of those who sent its spans, by dimension and value. */
  readonly dimensions: readonly SeenDimension[];
  /** Addresses whose unanswered calls count for it, since it answered there otherwise; sorted. */
  readonly learnedAddresses: readonly string[];
  readonly operations: readonly AnalyzedOperation[];
  readonly criticalPath: {
    readonly verdict: CriticalPathVerdict;
    /** Share of all entry-point time spent in this service on the critical path, in [0, 1]; null below 30 traces. */
    readonly share: number | null;
    /** Share of complete traces in which it is on the critical path; null below 30 traces. */
    readonly frequency: number | null;
    /**
     * Share of complete traces that wait for it through calls of which none was seen to be optional, in [0, 1]: what is gone while
     * it is down, as far as nobody copes. Null below 30 traces.
     */
    readonly blastRadius: number | null;
    readonly reasons: readonly Reason[];
  };
  /** Distinct services that call it; itself does not count. */
  readonly callerCount: number;
  /** Distinct services that it calls. */
  readonly calleeCount: number;
  /** How many services requests reach through it alone, and those right behind it, sorted; null where it stands in nobody's way. */
  readonly onlyWayTo: { readonly serviceCount: number; readonly services: readonly string[] } | null;
  readonly pci: { readonly class: PciClass; readonly basis: PciBasis; readonly reasons: readonly Reason[] };
  /** Its place on the ladder and what it has of what that asks for; null for what is no service of ours. */
  readonly scorecard: Scorecard | null;
}

export interface Scorecard {
  /** The highest of its classes; each asks for more than the one before. */
  readonly class: 'value-added' | 'critical-path' | 'pci';
  readonly prerequisites: readonly ScoredPrerequisite[];
}

export interface ScoredPrerequisite {
  readonly name: string;
  /** `seen` in traces; `attested` in the policy; `missing`: traces or the policy show that it is not there; `unknown`: nothing says. */
  readonly status: 'seen' | 'attested' | 'missing' | 'unknown';
  readonly message: string;
}

/** From the policy, word for word; null for what it leaves out. */
export interface DeclaredService {
  readonly owner: string | null;
  readonly function: string | null;
  readonly role: string | null;
  readonly confirmedBy: string | null;
  /** ISO date. */
  readonly confirmedOn: string | null;
  /** ISO date on which its PCI declaration has to be confirmed again. */
  readonly expires: string | null;
}

export type PciBasis = 'declared' | 'evidence' | 'candidate' | 'observed' | 'none';

/** A value that resources of a service carried. */
export interface SeenDimension {
  readonly dimension: 'version' | 'region' | 'zone' | 'cluster' | 'k8sNamespace';
  readonly value: string;
  readonly spanCount: number;
  /** ISO 8601; null where no span with it had a usable time. */
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
}

export interface AnalyzedOperation {
  readonly name: string;
  readonly callCount: number;
  readonly errorCount: number;
  readonly p50Us: number;
  readonly p95Us: number;
}

export interface AnalyzedDependency {
  readonly caller: string;
  readonly callee: string;
  readonly mode: DependencyMode;
  readonly callCount: number;
  readonly errorCount: number;
  /** Calls before sampling, as far as the spans say how they were sampled; null where none does. `callCount` stays what was seen. */
  readonly estimatedCallCount: number | null;
  /** Calls known by the caller's span alone, and by the callee's alone. Of all others both halves were seen. */
  readonly clientOnlyCallCount: number;
  readonly serverOnlyCallCount: number;
  /** Calls whose two ends name different regions, or different clusters where one of them names no region. */
  readonly crossRegionCallCount: number;
  /** Distinct traces it was seen in. */
  readonly traceCount: number;
  /** Quantiles of the callee-side duration, from a histogram whose relative error is stated in `parameters`. */
  readonly p50Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** Up to three examples, sorted. */
  readonly traceIds: readonly string[];
  /** Caller operation to callee operation, most called first, at most 20. */
  readonly callSites: readonly AnalyzedCallSite[];
  readonly hardness: DependencyHardness;
  /** True where the edge lies inside a strongly connected component of the same services. */
  readonly inCycle: boolean;
  /** Calls with card data, or authentication data, on the span of either end. */
  readonly cardEvidenceCount: number;
  /** Both ends in different PCI classes with one end in the CDE. */
  readonly crossesCde: boolean;
  /** Share of entry-point time this call's transport and callee took on the critical path; null below 30 traces. */
  readonly criticalShare: number | null;
}

/**
 * Whether the caller fails with the callee. `hard` and `soft` were seen in failures; `presumed-hard` (it waits) and `presumed-soft`
 * (it does not) go by structure, where too few failures were seen; `undetermined` where failures were seen and do not decide.
 */
export interface DependencyHardness {
  readonly verdict: 'hard' | 'soft' | 'presumed-hard' | 'presumed-soft' | 'undetermined';
  /** Failed calls, how often the caller failed with them, with 95 % Wilson interval; null without a failure. */
  readonly n: number;
  readonly estimate: number | null;
  readonly interval: readonly [number, number] | null;
}

export interface AnalyzedCallSite {
  readonly callerOperation: string;
  readonly calleeOperation: string;
  readonly callCount: number;
  readonly errorCount: number;
  /** Whether callers wait there, over all traces, in whatever mode its calls were counted: see `docs/critical-path.md`. */
  readonly waiting: 'awaited' | 'not-awaited' | 'unclear';
}

export type CycleClass = 're-entrant' | 'operation' | 'structural' | 'soft' | 'self-call';

export interface AnalyzedCycle {
  /** First 12 hex digits of SHA-256 over level, class family and rotated members: stable over time and rotation. */
  readonly id: string;
  readonly class: CycleClass;
  /** In call direction, starting at the smallest id; the last calls the first. */
  readonly services: readonly string[];
  /** The strongly connected component it lies in: `A`, `B`, ... in order of size, then name. */
  readonly component: string;
  /** A trace in which the whole circle happened in one request; null where no single request shows it. */
  readonly witnessTraceId: string | null;
  /** Each edge of the circle with its evidence, in order. */
  readonly edges: readonly CycleEdge[];
  /** Where to break it, best first. */
  readonly breakAt: readonly BreakProposal[];
}

export interface ElementaryCircles {
  /** Circles of calls, then those that an event closes; each starts at its smallest service, in the order of their names. */
  readonly circles: readonly { readonly services: readonly string[]; readonly isSoft: boolean }[];
  /** There are more than were asked for. */
  readonly isTruncated: boolean;
  /** Longer ones were not looked for. */
  readonly maxLength: number;
}

export interface CycleEdge {
  readonly caller: string;
  readonly callee: string;
  readonly mode: DependencyMode;
  readonly callCount: number;
  readonly traceIds: readonly string[];
}

export interface BreakProposal {
  readonly caller: string;
  readonly callee: string;
  readonly reasons: readonly string[];
  /** What to build instead; absent where no more is known than the call itself. */
  readonly plan?: BreakPlan;
}

export interface BreakPlan {
  /** One for each call site, most called first. */
  readonly changes: readonly BreakChange[];
  /** What speaks for it, each with the figures behind it. */
  readonly clues: readonly BreakClue[];
  /** At most this share of all request time is saved, in [0, 1]; null below 30 traces. */
  readonly savedShare: number | null;
  /** Ids of the listed circles that it opens. */
  readonly opens: readonly string[];
  readonly cautions: readonly string[];
}

export interface BreakChange {
  readonly callerOperation: string;
  readonly calleeOperation: string;
  readonly callCount: number;
  /** `event`: the caller publishes instead of calling. `copy`: the callee publishes its changes, and the caller asks no more. */
  readonly how: 'event' | 'copy';
  readonly publisher: string;
  /** What to call the event, in the past tense: `order created`. */
  readonly event: string;
  readonly subscriber: string;
}

export interface BreakClue {
  readonly clue: 'unjoined' | 'off-path' | 'last-use' | 'failure-tolerated' | 'write' | 'read-of-own-data';
  readonly count: number;
  readonly n: number;
  /** 95 % Wilson interval of `count` out of `n`. */
  readonly interval: readonly [number, number];
}

export interface AnalyzedEntryPoint {
  readonly service: string;
  readonly operation: string;
  readonly traceCount: number;
  /** Requests before sampling, as far as the spans say how they were sampled; null where none does. */
  readonly estimatedTraceCount: number | null;
  readonly errorCount: number;
  readonly p50Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
  /** Largest share first; shares over services, transport, external calls and backoff add up to 1. Empty below 30 complete traces. */
  readonly criticalShare: readonly CriticalShare[];
  /** What complete requests spent their time on: all of them, the middle and the slow tail, in this order. Empty where none is complete. */
  readonly traffic: readonly TrafficSlice[];
  /** Time in tries that were made again and the pauses between; part of the shares above. Null below 30 complete traces. */
  readonly retryWaste: RetryWaste | null;
  readonly traceIds: readonly string[];
}

/** Some of the complete traces of an entry point, by how long they took. */
export interface TrafficSlice {
  /** All, those around the median (45 % to 55 %), those from p95 on; the latter two in coarse classes of durations. */
  readonly slice: 'all' | 'middle' | 'tail';
  readonly traceCount: number;
  /** They took from the first on and less than the second, in microseconds. */
  readonly fromUs: number;
  readonly toUs: number;
  /** False below 30 traces: then no share is stated. */
  readonly isSufficient: boolean;
  /** Largest share first; the shares add up to 1. */
  readonly parts: readonly SlicePart[];
}

export interface SlicePart {
  /** A node id, `transport:caller->callee`, or `backoff:caller->callee`. */
  readonly part: string;
  /** Work of a service; the way to one that answered; one that sent no span of its own; the pause before a call was made again. */
  readonly category: 'self' | 'transport' | 'external' | 'backoff';
  /** Its own time on the critical path over all time of these traces, in [0, 1]. */
  readonly share: number;
  /** Share of these traces it is on the critical path of, with its 95 % Wilson interval. */
  readonly frequency: number;
  readonly interval: readonly [number, number];
}

export interface RetryWaste {
  /** Of all time. */
  readonly share: number;
  /** Share of traces with some, with its 95 % Wilson interval. */
  readonly frequency: number;
  readonly interval: readonly [number, number];
}

export interface CriticalShare {
  /** A node id, `transport:caller->callee`, or `backoff:caller->callee`. */
  readonly service: string;
  /** Its exclusive time on the critical path over all entry-point time, in [0, 1]. */
  readonly share: number;
  /** Share of traces in which it is on the critical path at all, in [0, 1]. */
  readonly frequency: number;
}

export type Severity = 'error' | 'warning' | 'note';
export type FindingKind =
  | 'cycle'
  | 'critical-service'
  | 'pci-scope'
  | 'card-data'
  | 'scope-conflict'
  | 'missing-prerequisite'
  | 'service-boundary';

/** Something an architect should act on. Identity is `kind` and subject, never the wording or a count. */
export interface Finding {
  readonly kind: FindingKind;
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly message: string;
  /** Nodes concerned, in the order that tells the story. */
  readonly services: readonly string[];
  readonly traceIds: readonly string[];
}

/** Something the input or the policy did that the reader should know. Never quotes input values. */
export interface Problem {
  readonly kind: string;
  readonly message: string;
  readonly count: number;
}

/** One trace for the waterfall: `GET /api/v1/traces/:traceId`. Times count from the start of the trace, in microseconds. */
export interface TraceDetail {
  readonly traceId: string;
  readonly durationUs: number;
  readonly startedAt: string;
  readonly isComplete: boolean;
  /** In reading order: parents before children, siblings by start. */
  readonly spans: readonly TraceSpan[];
  /** Newest first; they add up to the duration of the root. */
  readonly sections: readonly TraceSection[];
  readonly problems: readonly Problem[];
}

export interface TraceSpan {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly depth: number;
  readonly service: string;
  readonly operation: string;
  readonly kind: string;
  readonly startUs: number;
  readonly endUs: number;
  readonly isError: boolean;
  /** False where the parent does not wait for it. */
  readonly isJoined: boolean;
  /** Microseconds added to start and end, since the clock of its host disagreed with its callers'; absent where nothing was. */
  readonly clockShiftUs?: number;
  /** How much later it could have ended without the answer being later; absent where the request does not wait for it. */
  readonly slackUs?: number;
  /** How much earlier the answer had come, had it taken no time of its own; absent where slack is, and in traces too large to tell. */
  readonly dragUs?: number;
  /** How long it ran on when its caller had given up waiting; absent where it did not. */
  readonly abandonedUs?: number;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface TraceSection {
  readonly spanId: string;
  readonly service: string;
  readonly operation: string;
  readonly startUs: number;
  readonly endUs: number;
}
