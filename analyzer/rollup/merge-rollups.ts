import { addWeights } from '../model/sampling-weight.ts';
import { Histogram } from './histogram.ts';
import {
  type AddressRollup,
  type CallSiteRollup,
  type CardEvidenceRollup,
  type DependencyRollup,
  type EntryClassRollup,
  type EntryPartRollup,
  type EntryPointRollup,
  joinKey,
  type NodeRollup,
  type OperationRollup,
  type PartClassRollup,
  type ReentryRollup,
  type Rollup,
  type SeenValueRollup,
  type SmallestIds,
  type ViaDestinationRollup,
} from './rollup.ts';

/** How many example traces each fact keeps. */
export const EXAMPLE_LIMIT = 3;

export function emptyRollup(): Rollup {
  return {
    traceCount: 0,
    incompleteTraceCount: 0,
    spanCount: 0,
    weighedTraceCount: 0,
    fromUs: Infinity,
    toUs: -Infinity,
    environments: new Set(),
    nodes: new Map(),
    dependencies: new Map(),
    entryPoints: new Map(),
    reentries: new Map(),
    cardEvidence: new Map(),
    viaDestinations: new Map(),
    addresses: new Map(),
    problems: new Map(),
  };
}

/** Adds `other` to `target`, which is changed; `other` is not, and shares nothing with it afterwards. */
export function addRollup(target: Rollup, other: Rollup): void {
  target.traceCount += other.traceCount;
  target.incompleteTraceCount += other.incompleteTraceCount;
  target.spanCount += other.spanCount;
  target.weighedTraceCount += other.weighedTraceCount;
  target.fromUs = Math.min(target.fromUs, other.fromUs);
  target.toUs = Math.max(target.toUs, other.toUs);
  addAll(target.environments, other.environments);
  for (const node of other.nodes.values()) addNode(nodeIn(target, node), node);
  for (const dependency of other.dependencies.values()) {
    addDependency(dependencyIn(target, dependency), dependency);
  }
  for (const entry of other.entryPoints.values()) addEntryPoint(entryPointIn(target, entry), entry);
  for (const reentry of other.reentries.values()) addReentry(reentryIn(target, reentry.members), reentry);
  for (const evidence of other.cardEvidence.values()) addCardEvidence(cardEvidenceIn(target, evidence), evidence);
  for (const pair of other.viaDestinations.values()) addViaDestination(viaDestinationIn(target, pair), pair);
  for (const address of other.addresses.values()) addressIn(target, address).callCount += address.callCount;
  for (const [kind, count] of other.problems) target.problems.set(kind, (target.problems.get(kind) ?? 0) + count);
}

/** One rollup of many; none of them is changed. */
export function mergeRollups(rollups: Iterable<Rollup>): Rollup {
  const merged = emptyRollup();
  for (const rollup of rollups) addRollup(merged, rollup);
  return merged;
}

/** Puts an id among the smallest three. */
export function addExample(ids: SmallestIds, id: string): void {
  if (ids.length === EXAMPLE_LIMIT && id >= ids[EXAMPLE_LIMIT - 1]!) return;
  if (ids.includes(id)) return;
  let at = ids.length;
  while (at > 0 && ids[at - 1]! > id) at--;
  // Most come in order.
  if (at === ids.length) ids.push(id);
  else ids.splice(at, 0, id);
  if (ids.length > EXAMPLE_LIMIT) ids.pop();
}

// The functions below find an entry by its identity, or add an empty one to the rollup.

export function nodeIn(rollup: Rollup, { id, name, namespace, kind, system }: NodeIdentity): NodeRollup {
  const node = getOrAdd<string, NodeRollup>(rollup.nodes, id, () => ({
    id,
    name,
    namespace,
    kind,
    system,
    spanCount: 0,
    orphanCount: 0,
    unknownKindCount: 0,
    firstSeenUs: Infinity,
    lastSeenUs: -Infinity,
    seenValues: new Map(),
    criticalities: new Set(),
    pciScopes: new Set(),
    operations: new Map(),
  }));
  // Two spans may call one address by different systems: which was seen first must not matter.
  if (system !== undefined && (node.system === undefined || system < node.system)) node.system = system;
  return node;
}
type NodeIdentity = Pick<NodeRollup, 'id' | 'name' | 'namespace' | 'kind' | 'system'>;

export function seenValueIn(
  node: NodeRollup,
  { dimension, value }: Pick<SeenValueRollup, 'dimension' | 'value'>,
): SeenValueRollup {
  return getOrAdd(node.seenValues, joinKey(dimension, value), () => ({
    dimension,
    value,
    spanCount: 0,
    firstSeenUs: Infinity,
    lastSeenUs: -Infinity,
  }));
}

export function operationIn(node: NodeRollup, operation: string): OperationRollup {
  return getOrAdd(node.operations, operation, () => ({ callCount: 0, errorCount: 0, latency: new Histogram() }));
}

export function dependencyIn(
  rollup: Rollup,
  { caller, callee, mode }: Pick<DependencyRollup, 'caller' | 'callee' | 'mode'>,
): DependencyRollup {
  return getOrAdd(rollup.dependencies, joinKey(caller, callee, mode), () => ({
    caller,
    callee,
    mode,
    callCount: 0,
    errorCount: 0,
    traceCount: 0,
    clientOnlyCount: 0,
    serverOnlyCount: 0,
    crossRegionCount: 0,
    callWeight: 0,
    latency: new Histogram(),
    firstSeenUs: Infinity,
    lastSeenUs: -Infinity,
    traceIds: [],
    callSites: new Map(),
    criticalUs: 0,
    cardEvidenceCount: 0,
  }));
}

export function callSiteIn(
  dependency: DependencyRollup,
  callerOperation: string,
  calleeOperation: string,
): CallSiteRollup {
  return getOrAdd(dependency.callSites, joinKey(callerOperation, calleeOperation), () => ({
    callerOperation,
    calleeOperation,
    callCount: 0,
    errorCount: 0,
    failedParentFailed: 0,
    failedParentOk: 0,
    okParentFailed: 0,
    okParentOk: 0,
    offPathCount: 0,
    lastUseCount: 0,
    unjoinedCount: 0,
    unjoinedByOkCount: 0,
  }));
}

export function entryPointIn(
  rollup: Rollup,
  { node, operation }: Pick<EntryPointRollup, 'node' | 'operation'>,
): EntryPointRollup {
  return getOrAdd(rollup.entryPoints, joinKey(node, operation), () => ({
    node,
    operation,
    traceCount: 0,
    completeTraceCount: 0,
    serverTraceCount: 0,
    errorCount: 0,
    traceWeight: 0,
    totalUs: 0,
    latency: new Histogram(),
    traceIds: [],
    retryWasteUs: 0,
    retryTraceCount: 0,
    classes: new Map(),
    parts: new Map(),
  }));
}

export function entryPartIn(entry: EntryPointRollup, part: string): EntryPartRollup {
  return getOrAdd(entry.parts, part, () => ({
    classes: new Map(),
    criticalUs: 0,
    criticalTraceCount: 0,
    joinedTraceCount: 0,
    failedRootFailed: 0,
    failedRootOk: 0,
    okRootFailed: 0,
    okRootOk: 0,
    traceIds: [],
  }));
}

export function entryClassIn(entry: EntryPointRollup, durationClass: number): EntryClassRollup {
  return getOrAdd(entry.classes, durationClass, () => ({ traceCount: 0, totalUs: 0 }));
}

export function partClassIn(part: EntryPartRollup, durationClass: number): PartClassRollup {
  return getOrAdd(part.classes, durationClass, () => ({ criticalUs: 0, criticalTraceCount: 0 }));
}

export function reentryIn(rollup: Rollup, members: readonly string[]): ReentryRollup {
  return getOrAdd(rollup.reentries, joinKey(...members), () => ({ members, traceCount: 0, traceIds: [] }));
}

export function cardEvidenceIn(
  rollup: Rollup,
  { node, operation, place, brand, strength }: CardEvidenceIdentity,
): CardEvidenceRollup {
  return getOrAdd(rollup.cardEvidence, joinKey(node, operation, place, brand, strength), () => ({
    node,
    operation,
    place,
    brand,
    strength,
    count: 0,
    firstSeenUs: Infinity,
    lastSeenUs: -Infinity,
    traceIds: [],
  }));
}
type CardEvidenceIdentity = Pick<CardEvidenceRollup, 'node' | 'operation' | 'place' | 'brand' | 'strength'>;

export function viaDestinationIn(
  rollup: Rollup,
  { producer, consumer, destination }: Pick<ViaDestinationRollup, 'producer' | 'consumer' | 'destination'>,
): ViaDestinationRollup {
  return getOrAdd(rollup.viaDestinations, joinKey(producer, consumer, destination), () => ({
    producer,
    consumer,
    destination,
    callCount: 0,
    traceCount: 0,
    traceIds: [],
  }));
}

export function addressIn(
  rollup: Rollup,
  { address, service }: Pick<AddressRollup, 'address' | 'service'>,
): AddressRollup {
  return getOrAdd(rollup.addresses, joinKey(address, service), () => ({ address, service, callCount: 0 }));
}

function addNode(target: NodeRollup, other: NodeRollup): void {
  target.spanCount += other.spanCount;
  target.orphanCount += other.orphanCount;
  target.unknownKindCount += other.unknownKindCount;
  widenSeen(target, other);
  for (const seen of other.seenValues.values()) {
    const own = seenValueIn(target, seen);
    own.spanCount += seen.spanCount;
    widenSeen(own, seen);
  }
  addAll(target.criticalities, other.criticalities);
  addAll(target.pciScopes, other.pciScopes);
  for (const [name, operation] of other.operations) {
    const own = operationIn(target, name);
    own.callCount += operation.callCount;
    own.errorCount += operation.errorCount;
    own.latency.merge(operation.latency);
  }
}

function addDependency(target: DependencyRollup, other: DependencyRollup): void {
  target.callCount += other.callCount;
  target.errorCount += other.errorCount;
  target.traceCount += other.traceCount;
  target.clientOnlyCount += other.clientOnlyCount;
  target.serverOnlyCount += other.serverOnlyCount;
  target.crossRegionCount += other.crossRegionCount;
  target.callWeight = addWeights(target.callWeight, other.callWeight);
  target.latency.merge(other.latency);
  widenSeen(target, other);
  addExamples(target.traceIds, other.traceIds);
  target.criticalUs += other.criticalUs;
  target.cardEvidenceCount += other.cardEvidenceCount;
  for (const site of other.callSites.values()) {
    const own = callSiteIn(target, site.callerOperation, site.calleeOperation);
    own.callCount += site.callCount;
    own.errorCount += site.errorCount;
    own.failedParentFailed += site.failedParentFailed;
    own.failedParentOk += site.failedParentOk;
    own.okParentFailed += site.okParentFailed;
    own.okParentOk += site.okParentOk;
    own.offPathCount += site.offPathCount;
    own.lastUseCount += site.lastUseCount;
    own.unjoinedCount += site.unjoinedCount;
    own.unjoinedByOkCount += site.unjoinedByOkCount;
  }
}

function addEntryPoint(target: EntryPointRollup, other: EntryPointRollup): void {
  target.traceCount += other.traceCount;
  target.completeTraceCount += other.completeTraceCount;
  target.serverTraceCount += other.serverTraceCount;
  target.errorCount += other.errorCount;
  target.traceWeight = addWeights(target.traceWeight, other.traceWeight);
  target.totalUs += other.totalUs;
  target.retryWasteUs += other.retryWasteUs;
  target.retryTraceCount += other.retryTraceCount;
  for (const [durationClass, { traceCount, totalUs }] of other.classes) {
    const own = entryClassIn(target, durationClass);
    own.traceCount += traceCount;
    own.totalUs += totalUs;
  }
  target.latency.merge(other.latency);
  addExamples(target.traceIds, other.traceIds);
  for (const [name, part] of other.parts) {
    const own = entryPartIn(target, name);
    own.criticalUs += part.criticalUs;
    own.criticalTraceCount += part.criticalTraceCount;
    own.joinedTraceCount += part.joinedTraceCount;
    own.failedRootFailed += part.failedRootFailed;
    own.failedRootOk += part.failedRootOk;
    own.okRootFailed += part.okRootFailed;
    own.okRootOk += part.okRootOk;
    addExamples(own.traceIds, part.traceIds);
    for (const [durationClass, { criticalUs, criticalTraceCount }] of part.classes) {
      const ownClass = partClassIn(own, durationClass);
      ownClass.criticalUs += criticalUs;
      ownClass.criticalTraceCount += criticalTraceCount;
    }
  }
}

function addReentry(target: ReentryRollup, other: ReentryRollup): void {
  target.traceCount += other.traceCount;
  addExamples(target.traceIds, other.traceIds);
}

function addCardEvidence(target: CardEvidenceRollup, other: CardEvidenceRollup): void {
  target.count += other.count;
  widenSeen(target, other);
  addExamples(target.traceIds, other.traceIds);
}

function addViaDestination(target: ViaDestinationRollup, other: ViaDestinationRollup): void {
  target.callCount += other.callCount;
  target.traceCount += other.traceCount;
  addExamples(target.traceIds, other.traceIds);
}

interface Seen {
  firstSeenUs: number;
  lastSeenUs: number;
}

function widenSeen(target: Seen, other: Readonly<Seen>): void {
  target.firstSeenUs = Math.min(target.firstSeenUs, other.firstSeenUs);
  target.lastSeenUs = Math.max(target.lastSeenUs, other.lastSeenUs);
}

function addExamples(target: SmallestIds, ids: readonly string[]): void {
  for (const id of ids) addExample(target, id);
}

function addAll<T>(target: Set<T>, values: Iterable<T>): void {
  for (const value of values) target.add(value);
}

function getOrAdd<K, T>(map: Map<K, T>, key: K, create: () => T): T {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}
