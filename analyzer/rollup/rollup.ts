import type { CardBrand, CardStrength } from '../model/span.ts';
import type { DependencyMode, NodeKind } from '../model/analysis.ts';
import type { Dimension } from './rollup-format.ts';
import type { Histogram } from './histogram.ts';

/**
 * What many traces showed, small and mergeable: a commutative monoid under `mergeRollups` with `emptyRollup()` as its
 * neutral element. Every figure is a sum of whole numbers, a minimum, a maximum, or a set cut to its smallest members, so
 * the order and the batching of what came in never change a byte. Size grows with dependencies, not with spans.
 */
export interface Rollup {
  traceCount: number;
  /** Traces with a parent that never came. */
  incompleteTraceCount: number;
  spanCount: number;
  /** Traces of which some span says how it was sampled. */
  weighedTraceCount: number;
  /** First start and last end, microseconds since the epoch; `Infinity` and `-Infinity` while empty. */
  fromUs: number;
  toUs: number;
  readonly environments: Set<string>;
  /** By node id. */
  readonly nodes: Map<string, NodeRollup>;
  /** By `joinKey(caller, callee, mode)`. */
  readonly dependencies: Map<string, DependencyRollup>;
  /**
   * By `joinKey(address, service)`: which service answered calls to an address. A call whose callee sent no span leads to
   * `external:address`; where these pairs agree, that node is the service in disguise.
   */
  readonly addresses: Map<string, AddressRollup>;
  /** By `joinKey(node, operation)`: where requests come in from outside. */
  readonly entryPoints: Map<string, EntryPointRollup>;
  /** By `joinKey(...members)`: service chains that came back to their first member within one request. */
  readonly reentries: Map<string, ReentryRollup>;
  /** By `joinKey(node, operation, place, brand, strength)`. */
  readonly cardEvidence: Map<string, CardEvidenceRollup>;
  /** By `joinKey(producer, consumer, destination)`: who really reaches whom through a topic or queue. */
  readonly viaDestinations: Map<string, ViaDestinationRollup>;
  /** Problems of single traces by kind, such as `orphan` or `parent-cycle`, in spans. */
  readonly problems: Map<string, number>;
}

export interface NodeRollup {
  readonly id: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly kind: NodeKind;
  /** `db.system.name` or `messaging.system`; of several that spans name, the first by name. */
  system: string | undefined;
  spanCount: number;
  /** Spans of it whose parent never came, and spans that do not say which side of a call they are. */
  orphanCount: number;
  unknownKindCount: number;
  firstSeenUs: number;
  lastSeenUs: number;
  /** By `joinKey(dimension, value)`: versions, regions and the like of those who sent its spans. */
  readonly seenValues: Map<string, SeenValueRollup>;
  /** `service.criticality` values seen. */
  readonly criticalities: Set<string>;
  /** `pci.scope` values seen. */
  readonly pciScopes: Set<string>;
  /** Calls answered, by operation of the enclosing server, consumer or root span. */
  readonly operations: Map<string, OperationRollup>;
}

/** A value of a resource attribute. */
export interface SeenValueRollup {
  readonly dimension: Dimension;
  readonly value: string;
  spanCount: number;
  firstSeenUs: number;
  lastSeenUs: number;
}

export interface OperationRollup {
  callCount: number;
  errorCount: number;
  readonly latency: Histogram;
}

export interface DependencyRollup {
  readonly caller: string;
  readonly callee: string;
  readonly mode: DependencyMode;
  callCount: number;
  errorCount: number;
  traceCount: number;
  /** Calls known by their caller's span alone, and by their callee's alone; all others are known by both. */
  clientOnlyCount: number;
  serverOnlyCount: number;
  /** Calls between services in different regions. */
  crossRegionCount: number;
  /** For how many calls these stand, in 1/1024 (`WEIGHT_ONE`): equal to `callCount` where no span says how it was sampled. */
  callWeight: number;
  readonly latency: Histogram;
  firstSeenUs: number;
  lastSeenUs: number;
  /** The smallest three trace ids. */
  readonly traceIds: SmallestIds;
  /** By `joinKey(callerOperation, calleeOperation)`. */
  readonly callSites: Map<string, CallSiteRollup>;
  /** Sum over complete traces of the callee-side plus transport time on the critical path of the entry. */
  criticalUs: number;
  /** Calls with strong card evidence or authentication data on the span of either end. */
  cardEvidenceCount: number;
}

/** An address that an instrumented service answered. */
export interface AddressRollup {
  /** `host` or `host:port`, as in `external:host:port`. */
  readonly address: string;
  readonly service: string;
  callCount: number;
}

export interface CallSiteRollup {
  readonly callerOperation: string;
  readonly calleeOperation: string;
  callCount: number;
  errorCount: number;
  /** Logical calls that failed while the caller's enclosing span failed too, or did not. */
  failedParentFailed: number;
  failedParentOk: number;
  okParentFailed: number;
  okParentOk: number;
  /** Calls whose time the critical path of the entry does not touch. */
  offPathCount: number;
  /** Calls after whose end no sibling call of the same parent starts. */
  lastUseCount: number;
  /** Calls the caller did not wait for; then those of callers that did not fail: one that gives up waits for nobody. */
  unjoinedCount: number;
  unjoinedByOkCount: number;
}

export interface EntryPointRollup {
  readonly node: string;
  readonly operation: string;
  /** All traces, then those that are complete: shares look only at the latter. */
  traceCount: number;
  completeTraceCount: number;
  /** Traces whose root is a SERVER span: the others are jobs, consumers and instrumented clients. */
  serverTraceCount: number;
  errorCount: number;
  /** For how many requests the traces stand, in 1/1024 (`WEIGHT_ONE`). */
  traceWeight: number;
  /** Sum of the root durations of complete traces. */
  totalUs: number;
  readonly latency: Histogram;
  readonly traceIds: SmallestIds;
  /** Time on the critical path in tries that were repeated and in the pauses before the next, and complete traces with some. */
  retryWasteUs: number;
  retryTraceCount: number;
  /** Complete traces by `durationClassOf` their root. */
  readonly classes: Map<number, EntryClassRollup>;
  /** By node id, `transport:caller->callee` or `backoff:caller->callee`: parts that add up to `totalUs`. */
  readonly parts: Map<string, EntryPartRollup>;
}

export interface EntryClassRollup {
  traceCount: number;
  totalUs: number;
}

/** What a part has in the traces of one class of durations. */
export interface PartClassRollup {
  criticalUs: number;
  criticalTraceCount: number;
}

export interface EntryPartRollup {
  /** By `durationClassOf` the root; together `criticalUs` and `criticalTraceCount`. */
  readonly classes: Map<number, PartClassRollup>;
  /** Time on the critical path. */
  criticalUs: number;
  /** Complete traces in which that is at least max(1 us, 0.1 % of the duration). */
  criticalTraceCount: number;
  /** Complete traces in which the part answers through calls that the entry waits for. */
  joinedTraceCount: number;
  /** Root outcome against outcome of the calls to this part, per trace. */
  failedRootFailed: number;
  failedRootOk: number;
  okRootFailed: number;
  okRootOk: number;
  /** The smallest three ids of traces with it on the critical path. */
  readonly traceIds: SmallestIds;
}

export interface ReentryRollup {
  /** In call direction; the last member calls the first again. Starts at the smallest id. */
  readonly members: readonly string[];
  traceCount: number;
  readonly traceIds: SmallestIds;
}

/** A message of `producer` that `consumer` took from `destination`, known by parent or span link, never by the topic alone. */
export interface ViaDestinationRollup {
  readonly producer: string;
  readonly consumer: string;
  readonly destination: string;
  callCount: number;
  traceCount: number;
  readonly traceIds: SmallestIds;
}

export interface CardEvidenceRollup {
  readonly node: string;
  readonly operation: string;
  readonly place: string;
  readonly brand: CardBrand;
  readonly strength: CardStrength;
  count: number;
  firstSeenUs: number;
  lastSeenUs: number;
  readonly traceIds: SmallestIds;
}

/** At most three ids, ascending: the smallest of all that were ever added, whatever the order. */
export type SmallestIds = string[];

/** Map keys from several names; `\u0000` never occurs in a name, since decoders replace it. */
export function joinKey(...parts: readonly string[]): string {
  return parts.join('\u0000');
}
