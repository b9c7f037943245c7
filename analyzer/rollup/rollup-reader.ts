import { CARD_BRANDS, CARD_STRENGTHS } from '../model/span.ts';
import { addWeights } from '../model/sampling-weight.ts';
import { StringTable, viewOf } from '../model/string-table.ts';
import { ByteReader } from './bytes.ts';
import { addTraceIds } from './example-codec.ts';
import { PendingHistogram, PendingHistograms } from './histogram-codec.ts';
import {
  addressIn,
  callSiteIn,
  cardEvidenceIn,
  dependencyIn,
  entryClassIn,
  entryPartIn,
  entryPointIn,
  nodeIn,
  operationIn,
  partClassIn,
  reentryIn,
  seenValueIn,
  viaDestinationIn,
} from './merge-rollups.ts';
import { Recall } from './recall.ts';
import type {
  CallSiteRollup,
  DependencyRollup,
  EntryPartRollup,
  EntryPointRollup,
  NodeRollup,
  OperationRollup,
  Rollup,
} from './rollup.ts';
import { DEPENDENCY_MODES, DIMENSIONS, NODE_KINDS, ROLLUP_FORMAT } from './rollup-format.ts';

/** So many stored rollups are held at most until their latencies are added up. */
const MOST_PENDING_BLOBS = 64;

/**
 * Adds stored rollups to one in memory without building the rollups in between: a window of many minutes is read at the
 * speed of its numbers. Throws a RangeError if bytes are cut off or of another format; the target is then half changed.
 * It is whole after `finish`: latencies come last.
 */
export class RollupReader {
  readonly #target: Rollup;
  readonly #strings = new StringTable();
  readonly #nodes = new Recall<KnownNode>();
  /** By pair of names, then mode. */
  readonly #dependencies = new Recall<KnownDependency>();
  readonly #entryPoints = new Recall<KnownEntryPoint>();
  readonly #histograms = new PendingHistograms();
  #reader = new ByteReader(new Uint8Array(0));
  /** The name table of the bytes being read, as ids of the names of all bytes read so far. */
  #names = new Uint32Array(1);
  /** What times are counted from. */
  #baseUs = 0;

  constructor(target: Rollup) {
    this.#target = target;
  }

  add(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    this.#reader = reader;
    const format = reader.readNumber();
    if (format !== ROLLUP_FORMAT) {
      throw new RangeError(`stored rollup has format ${format}, this version reads ${ROLLUP_FORMAT}`);
    }
    this.#histograms.beginBlob(bytes);
    this.#readNames();
    this.#addTotals();
    this.#nodes.rewind();
    for (let left = reader.readNumber(); left > 0; left--) this.#addNode();
    this.#dependencies.rewind();
    for (let left = reader.readNumber(); left > 0; left--) this.#addDependency();
    this.#entryPoints.rewind();
    for (let left = reader.readNumber(); left > 0; left--) this.#addEntryPoint();
    for (let left = reader.readNumber(); left > 0; left--) this.#addReentry();
    for (let left = reader.readNumber(); left > 0; left--) this.#addCardEvidence();
    for (let left = reader.readNumber(); left > 0; left--) this.#addViaDestination();
    for (let left = reader.readNumber(); left > 0; left--) this.#addAddress();
    for (let left = reader.readNumber(); left > 0; left--) this.#addProblem();
    if (this.#histograms.blobCount >= MOST_PENDING_BLOBS) this.finish();
  }

  /** Adds what was put off. More may be added afterwards, and finished again. */
  finish(): void {
    this.#histograms.settle();
  }

  #readNames(): void {
    const reader = this.#reader;
    const { bytes } = reader;
    const strings = this.#strings;
    const view = viewOf(bytes);
    const before = this.#names;
    const names = new Uint32Array(reader.readNumber() + 1);
    for (let at = 1; at < names.length; at++) {
      const length = reader.readNumber();
      const start = reader.skip(length);
      // The table of the minute before is mostly the same.
      const guess = at < before.length ? before[at]! : 0;
      const isGuessRight = guess !== 0 && strings.isString(guess, view, start, start + length);
      names[at] = isGuessRight ? guess : strings.internBytes(bytes, start, start + length, view);
    }
    this.#names = names;
  }

  #addTotals(): void {
    const reader = this.#reader;
    const target = this.#target;
    target.traceCount += reader.readNumber();
    target.incompleteTraceCount += reader.readNumber();
    target.spanCount += reader.readNumber();
    target.weighedTraceCount += reader.readNumber();
    this.#baseUs = 0;
    if (reader.readNumber() === 1) {
      this.#baseUs = reader.readNumber();
      target.fromUs = Math.min(target.fromUs, this.#baseUs);
      target.toUs = Math.max(target.toUs, this.#baseUs + reader.readNumber());
    }
    this.#addNames(target.environments);
  }

  #addNode(): void {
    const reader = this.#reader;
    const id = this.#nameId();
    const name = this.#nameId();
    const namespace = this.#nameId();
    const kind = reader.readNumber();
    const system = this.#nameId();
    let known = this.#nodes.find(id);
    if (known === undefined) {
      const node = nodeIn(this.#target, {
        id: this.#text(id),
        name: this.#text(name),
        namespace: absent(this.#text(namespace)),
        kind: NODE_KINDS[kind]!,
        system: absent(this.#text(system)),
      });
      known = this.#nodes.add(id, { node, operations: new Recall() });
    }
    const { node, operations } = known;
    const systemName = absent(this.#text(system));
    if (systemName !== undefined && (node.system === undefined || systemName < node.system)) node.system = systemName;
    node.spanCount += reader.readNumber();
    node.orphanCount += reader.readNumber();
    node.unknownKindCount += reader.readNumber();
    this.#addSeen(node);
    for (let left = reader.readNumber(); left > 0; left--) {
      const seen = seenValueIn(node, { dimension: DIMENSIONS[reader.readNumber()]!, value: this.#name() });
      seen.spanCount += reader.readNumber();
      this.#addSeen(seen);
    }
    this.#addNames(node.criticalities);
    this.#addNames(node.pciScopes);
    operations.rewind();
    for (let left = reader.readNumber(); left > 0; left--) {
      const operationName = this.#nameId();
      let knownOperation = operations.find(operationName);
      if (knownOperation === undefined) {
        const operation = operationIn(node, this.#text(operationName));
        knownOperation = operations.add(operationName, { operation, latency: new PendingHistogram(operation.latency) });
      }
      const { operation, latency } = knownOperation;
      operation.callCount += reader.readNumber();
      operation.errorCount += reader.readNumber();
      this.#histograms.note(reader, latency);
    }
  }

  #addDependency(): void {
    const reader = this.#reader;
    const caller = this.#nameId();
    const callee = this.#nameId();
    const mode = reader.readNumber();
    const key = pairKey(caller, callee) * DEPENDENCY_MODES.length + mode;
    let known = this.#dependencies.find(key);
    if (known === undefined) {
      const identity = { caller: this.#text(caller), callee: this.#text(callee), mode: DEPENDENCY_MODES[mode]! };
      const dependency = dependencyIn(this.#target, identity);
      known = this.#dependencies.add(key, {
        dependency,
        latency: new PendingHistogram(dependency.latency),
        callSites: new Recall(),
        examplesCeiling: undefined,
      });
    }
    const { dependency, latency, callSites } = known;
    dependency.callCount += reader.readNumber();
    dependency.errorCount += reader.readNumber();
    dependency.traceCount += reader.readNumber();
    dependency.clientOnlyCount += reader.readNumber();
    dependency.serverOnlyCount += reader.readNumber();
    dependency.crossRegionCount += reader.readNumber();
    dependency.callWeight = addWeights(dependency.callWeight, reader.readNumber());
    dependency.criticalUs += reader.readNumber();
    dependency.cardEvidenceCount += reader.readNumber();
    this.#addSeen(dependency);
    this.#histograms.note(reader, latency);
    known.examplesCeiling = addTraceIds(reader, dependency.traceIds, known.examplesCeiling);
    callSites.rewind();
    for (let left = reader.readNumber(); left > 0; left--) {
      const callerOperation = this.#nameId();
      const calleeOperation = this.#nameId();
      const siteKey = pairKey(callerOperation, calleeOperation);
      const site =
        callSites.find(siteKey) ??
        callSites.add(siteKey, callSiteIn(dependency, this.#text(callerOperation), this.#text(calleeOperation)));
      site.callCount += reader.readNumber();
      site.errorCount += reader.readNumber();
      site.failedParentFailed += reader.readNumber();
      site.failedParentOk += reader.readNumber();
      site.okParentFailed += reader.readNumber();
      site.okParentOk += reader.readNumber();
      site.offPathCount += reader.readNumber();
      site.lastUseCount += reader.readNumber();
      site.unjoinedCount += reader.readNumber();
      site.unjoinedByOkCount += reader.readNumber();
    }
  }

  #addEntryPoint(): void {
    const reader = this.#reader;
    const node = this.#nameId();
    const operation = this.#nameId();
    const key = pairKey(node, operation);
    let known = this.#entryPoints.find(key);
    if (known === undefined) {
      const entry = entryPointIn(this.#target, { node: this.#text(node), operation: this.#text(operation) });
      known = this.#entryPoints.add(key, {
        entry,
        latency: new PendingHistogram(entry.latency),
        parts: new Recall(),
      });
    }
    const { entry, latency, parts } = known;
    entry.traceCount += reader.readNumber();
    entry.completeTraceCount += reader.readNumber();
    entry.serverTraceCount += reader.readNumber();
    entry.errorCount += reader.readNumber();
    entry.traceWeight = addWeights(entry.traceWeight, reader.readNumber());
    entry.totalUs += reader.readNumber();
    entry.retryWasteUs += reader.readNumber();
    entry.retryTraceCount += reader.readNumber();
    for (let left = reader.readNumber(); left > 0; left--) {
      const durationClass = entryClassIn(entry, reader.readNumber());
      durationClass.traceCount += reader.readNumber();
      durationClass.totalUs += reader.readNumber();
    }
    this.#histograms.note(reader, latency);
    addTraceIds(reader, entry.traceIds);
    parts.rewind();
    for (let left = reader.readNumber(); left > 0; left--) {
      const partName = this.#nameId();
      const part = parts.find(partName) ?? parts.add(partName, entryPartIn(entry, this.#text(partName)));
      part.criticalUs += reader.readNumber();
      part.criticalTraceCount += reader.readNumber();
      part.joinedTraceCount += reader.readNumber();
      part.failedRootFailed += reader.readNumber();
      part.failedRootOk += reader.readNumber();
      part.okRootFailed += reader.readNumber();
      part.okRootOk += reader.readNumber();
      for (let classes = reader.readNumber(); classes > 0; classes--) {
        const durationClass = partClassIn(part, reader.readNumber());
        durationClass.criticalUs += reader.readNumber();
        durationClass.criticalTraceCount += reader.readNumber();
      }
      addTraceIds(reader, part.traceIds);
    }
  }

  #addReentry(): void {
    const reader = this.#reader;
    const members = Array.from({ length: reader.readNumber() }, () => this.#name());
    const reentry = reentryIn(this.#target, members);
    reentry.traceCount += reader.readNumber();
    addTraceIds(reader, reentry.traceIds);
  }

  #addCardEvidence(): void {
    const reader = this.#reader;
    const evidence = cardEvidenceIn(this.#target, {
      node: this.#name(),
      operation: this.#name(),
      place: this.#name(),
      brand: CARD_BRANDS[reader.readNumber()]!,
      strength: CARD_STRENGTHS[reader.readNumber()]!,
    });
    evidence.count += reader.readNumber();
    this.#addSeen(evidence);
    addTraceIds(reader, evidence.traceIds);
  }

  #addViaDestination(): void {
    const reader = this.#reader;
    const identity = { producer: this.#name(), consumer: this.#name(), destination: this.#name() };
    const pair = viaDestinationIn(this.#target, identity);
    pair.callCount += reader.readNumber();
    pair.traceCount += reader.readNumber();
    addTraceIds(reader, pair.traceIds);
  }

  #addAddress(): void {
    const identity = { address: this.#name(), service: this.#name() };
    addressIn(this.#target, identity).callCount += this.#reader.readNumber();
  }

  #addProblem(): void {
    const { problems } = this.#target;
    const kind = this.#name();
    problems.set(kind, (problems.get(kind) ?? 0) + this.#reader.readNumber());
  }

  #addSeen(seen: { firstSeenUs: number; lastSeenUs: number }): void {
    const reader = this.#reader;
    if (reader.readNumber() === 0) return;
    const firstSeenUs = this.#baseUs + reader.readSigned();
    const lastSeenUs = firstSeenUs + reader.readSigned();
    if (firstSeenUs < seen.firstSeenUs) seen.firstSeenUs = firstSeenUs;
    if (lastSeenUs > seen.lastSeenUs) seen.lastSeenUs = lastSeenUs;
  }

  #addNames(values: Set<string>): void {
    for (let left = this.#reader.readNumber(); left > 0; left--) values.add(this.#name());
  }

  #nameId(): number {
    return this.#names[this.#reader.readNumber()]!;
  }

  #name(): string {
    return this.#text(this.#nameId());
  }

  #text(id: number): string {
    return this.#strings.text(id);
  }
}

interface KnownNode {
  readonly node: NodeRollup;
  readonly operations: Recall<KnownOperation>;
}

interface KnownOperation {
  readonly operation: OperationRollup;
  readonly latency: PendingHistogram;
}

interface KnownDependency {
  readonly dependency: DependencyRollup;
  readonly latency: PendingHistogram;
  readonly callSites: Recall<CallSiteRollup>;
  examplesCeiling: number | undefined;
}

interface KnownEntryPoint {
  readonly entry: EntryPointRollup;
  readonly latency: PendingHistogram;
  readonly parts: Recall<EntryPartRollup>;
}

/** One number of two name ids; 16 million names are more than any rollup has, and leave room for a mode. */
function pairKey(first: number, second: number): number {
  return first * 0x1000000 + second;
}

function absent(text: string): string | undefined {
  return text === '' ? undefined : text;
}
