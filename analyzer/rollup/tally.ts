import { addWeights, multiplyWeights, WEIGHT_ONE } from '../model/sampling-weight.ts';
import { CARD_BRANDS, CARD_STRENGTHS, SPAN_FLAG, SPAN_KIND } from '../model/span.ts';
import { grown } from '../model/string-table.ts';
import { callOfSpan } from '../trace/call-of-span.ts';
import { CALL } from '../trace/calls.ts';
import { OUTCOME } from '../trace/call-outcomes.ts';
import { SPAN } from '../trace/dependencies.ts';
import type { TraceObserver } from '../trace/observe.ts';
import { PairTable } from '../trace/pair-table.ts';
import { durationClassOf } from './duration-class.ts';
import { DurationLog, Examples, Figures, Histograms, seenIn, widen } from './figures.ts';
import {
  addExample,
  addressIn,
  callSiteIn,
  cardEvidenceIn,
  dependencyIn,
  emptyRollup,
  entryClassIn,
  entryPartIn,
  entryPointIn,
  nodeIn,
  operationIn,
  partClassIn,
  reentryIn,
  viaDestinationIn,
} from './merge-rollups.ts';
import { ForeignLinks } from './foreign-links.ts';
import type { ProducerIndex } from './producer-index.ts';
import { ResourcesSeen } from './resources-seen.ts';
import type { Rollup } from './rollup.ts';
import {
  DELIVERY,
  EDGE,
  ENTRY,
  ENTRY_CLASS,
  MODES,
  NODE,
  OPERATION,
  PART,
  SITE,
  TOUCHED,
  WAY,
} from './tally-columns.ts';

/**
 * A rollup while it is being counted: everything is a number of some table, and every figure stands in a column. Names and
 * maps come to be in `toRollup`.
 */
export class Tally {
  #traceCount = 0;
  #incompleteTraceCount = 0;
  #spanCount = 0;
  #fromUs = Infinity;
  #toUs = -Infinity;
  readonly #problems = new Map<string, number>();
  readonly #pciScopes = new Map<number, Set<number>>();
  #weighedTraceCount = 0;
  readonly #resources = new ResourcesSeen();

  /** By node. */
  readonly #nodes = new Figures(NODE.width);
  readonly #isNodeUsed = new Set<number>();
  /** Node, operation: of roots only, calls count by site. */
  readonly #operations = new PairTable();
  readonly #operationFigures = new Figures(OPERATION.width);
  readonly #operationLatency = new Histograms();
  /** Caller node and mode, callee node. */
  readonly #edges = new PairTable();
  readonly #edgeFigures = new Figures(EDGE.width);
  readonly #edgeExamples = new Examples();
  /** Caller operation, callee operation; then dependency, such a pair. */
  readonly #operationPairs = new PairTable();
  readonly #sites = new PairTable();
  readonly #siteFigures = new Figures(SITE.width);
  /** Latency is counted once, by call site; dependencies and operations add up theirs in the end. */
  readonly #edgeLatency = new Histograms();
  /** By call site: a duration goes to the edge of the site and to the operation that it calls. */
  readonly #durations = new DurationLog((site, buckets, from, to) => this.#addLatency(site, buckets, from, to));
  /** By dependency: calls known by links from other traces alone. */
  /** Address, node. */
  readonly #addresses = new PairTable();
  readonly #addressFigures = new Figures(1);
  /** Node, operation. */
  readonly #entries = new PairTable();
  readonly #entryFigures = new Figures(ENTRY.width);
  readonly #entryLatency = new Histograms();
  readonly #entryExamples = new Examples();
  /** 0 and node; or twice the caller node plus `WAY`, and callee node, for the time between the two. */
  readonly #parts = new PairTable();
  /** Entry point, class of durations; then such a pair, part. */
  readonly #entryClasses = new PairTable();
  readonly #entryClassFigures = new Figures(ENTRY_CLASS.width);
  readonly #entryParts = new PairTable();
  readonly #entryPartFigures = new Figures(PART.width);
  readonly #entryPartExamples = new Examples();
  /** Producer, consumer; then such a pair, destination. */
  readonly #producerPairs = new PairTable();
  readonly #deliveries = new PairTable();
  readonly #deliveryFigures = new Figures(DELIVERY.width);
  readonly #deliveryExamples = new Examples();
  readonly #reentries = new Map<
    string,
    { members: string[]; traceCount: number; lastTrace: number; traceIds: string[] }
  >();
  #links = new ForeignLinks();
  readonly #cards = emptyRollup();

  // Of the trace being added: dependency and call site by call; part by part, with the parts touched.
  #edgeOfCall = new Uint32Array(64);
  #siteOfCall = new Uint32Array(64);
  #isOnPath = new Uint32Array(64);
  #callOrder = new Uint32Array(64);
  #callStarts = new Uint32Array(8);
  #partUs = new Float64Array(64);
  #partBits = new Uint8Array(64);
  #touchedParts: number[] = [];
  #trace = 0;

  /** Adds what the observer has just found. `idRow` is a row that bears the trace's id. */
  add(observer: TraceObserver, idRow: number, producers: ProducerIndex): void {
    const { tree, dependencies } = observer;
    this.#trace++;
    this.#traceCount++;
    this.#spanCount += tree.count;
    if (!tree.isComplete) this.#incompleteTraceCount++;
    if (dependencies.weights.isKnown) this.#weighedTraceCount++;
    for (const [problem, count] of tree.problems) this.#addProblem(problem, count);
    this.#addProblem('unnamed-callee', dependencies.unnamedCalleeCount);
    this.#addSpans(observer);
    this.#addCalls(observer, idRow);
    this.#addRoots(observer, idRow);
    this.#addDeliveries(observer, idRow);
    this.#addReentries(observer, idRow);
    this.#addProducers(observer, idRow, producers);
    this.#addForeignLinks(observer, idRow);
    const { pciScopes } = dependencies;
    for (let at = 0; at < pciScopes.length; at += 2) {
      const node = pciScopes[at]!;
      const scopes = this.#pciScopes.get(node);
      if (scopes === undefined) this.#pciScopes.set(node, new Set([pciScopes[at + 1]!]));
      else scopes.add(pciScopes[at + 1]!);
    }
  }

  #addProblem(problem: string, count: number): void {
    if (count > 0) this.#problems.set(problem, (this.#problems.get(problem) ?? 0) + count);
  }

  #addSpans({ tree, dependencies }: TraceObserver): void {
    const { table, rows, startUs, endUs } = tree;
    const { services } = dependencies;
    const mayLackTimes = (tree.flags & SPAN_FLAG.noTime) !== 0;
    this.#resources.reserve(dependencies.resources);
    for (let span = 0; span < tree.count; span++) {
      const row = rows[span]!;
      const at = this.#nodes.at(services[span]!);
      const { values } = this.#nodes;
      values[at]!++;
      if (table.kinds[row] === SPAN_KIND.unspecified) values[at + NODE.unknownKindCount]!++;
      const isTimeless = mayLackTimes && (table.flags[row]! & SPAN_FLAG.noTime) !== 0;
      this.#resources.add(table.resources[row]!, isTimeless ? undefined : startUs[span]!);
      if (isTimeless) continue;
      widen(values, at + NODE.firstSeenUs, startUs[span]!);
      if (startUs[span]! < this.#fromUs) this.#fromUs = startUs[span]!;
      if (endUs[span]! > this.#toUs) this.#toUs = endUs[span]!;
    }
  }

  #addCalls(observer: TraceObserver, idRow: number): void {
    const { tree, dependencies, outcomes } = observer;
    const { calls, bits } = dependencies;
    const { traceIds } = tree.table;
    if (this.#edgeOfCall.length < calls.count) {
      this.#edgeOfCall = new Uint32Array(calls.count * 2);
      this.#siteOfCall = new Uint32Array(calls.count * 2);
    }
    for (let call = 0; call < calls.count; call++) {
      const callee = calls.callees[call]!;
      const mode = calls.modes[call]!;
      const callBits = calls.bits[call]!;
      const durationUs = calls.durationUs[call]!;
      const failed = (callBits & CALL.failed) !== 0 ? 1 : 0;
      const edge = this.#edges.id(calls.callers[call]! * MODES.length + mode, callee);
      this.#edgeOfCall[call] = edge;
      const at = this.#edgeFigures.at(edge);
      const edges = this.#edgeFigures.values;
      edges[at + EDGE.callCount]!++;
      edges[at + EDGE.errorCount]! += failed;
      this.#addProvenance(observer, call, edges, at);
      if ((callBits & CALL.cardEvidence) !== 0) edges[at + EDGE.cardEvidenceCount]!++;
      if (edges[at + EDGE.lastTrace] !== this.#trace) {
        edges[at + EDGE.lastTrace] = this.#trace;
        edges[at + EDGE.traceCount]!++;
        this.#edgeExamples.add(edge, traceIds, idRow * 4);
      }
      widen(edges, at + EDGE.firstSeenUs, calls.startUs[call]!);

      const operationPair = this.#operationPairs.id(calls.callerOperations[call]!, calls.calleeOperations[call]!);
      const site = this.#sites.id(edge, operationPair);
      this.#siteOfCall[call] = site;
      const siteAt = this.#siteFigures.at(site);
      const sites = this.#siteFigures.values;
      sites[siteAt + SITE.callCount]!++;
      sites[siteAt + SITE.answeredCount]!++;
      sites[siteAt + SITE.errorCount]! += failed;
      const outcome = outcomes.outcomes[call]!;
      if (outcome !== OUTCOME.none) sites[siteAt + SITE.outcomes + outcome - 1]!++;
      sites[siteAt + SITE.lastUseCount]! += outcomes.isLastUse[call]!;
      if (calls.callerActivations[call] !== 0 && (callBits & CALL.awaited) === 0) {
        sites[siteAt + SITE.unjoinedCount]!++;
        const isByOk = outcome === OUTCOME.okParentOk || outcome === OUTCOME.failedParentOk;
        if (isByOk) sites[siteAt + SITE.unjoinedByOkCount]!++;
      }

      const answer = calls.calleeSpans[call]! - 1;
      const isOwnCall = answer >= 0 && dependencies.outers[answer] === answer;
      const calleeFailed = answer < 0 || isOwnCall ? failed : bits[answer]! & SPAN.failed;
      if (calleeFailed !== 0) sites[siteAt + SITE.calleeErrorCount]!++;
      this.#durations.add(site, durationUs);
      if (calls.addresses[call] !== 0) {
        const address = this.#addresses.id(calls.addresses[call]! - 1, callee);
        const addressAt = this.#addressFigures.at(address);
        this.#addressFigures.values[addressAt]!++;
      }
    }
  }

  /** Whose spans tell of the call, from where to where it went, and for how many calls it stands. */
  #addProvenance({ tree, dependencies }: TraceObserver, call: number, edges: Float64Array, at: number): void {
    const { calls, outers, weights, resources } = dependencies;
    const span = calls.spans[call]!;
    const answer = calls.calleeSpans[call]! - 1;
    const isSeenByCaller = span !== answer && outers[span] === span;
    if ((calls.bits[call]! & CALL.byLink) === 0) {
      if (answer < 0 && isSeenByCaller) edges[at + EDGE.clientOnlyCount]!++;
      if (!isSeenByCaller) edges[at + EDGE.serverOnlyCount]!++;
    }
    const activation = calls.callerActivations[call]! - 1;
    if (activation >= 0 && answer >= 0) {
      const { rows, table } = tree;
      const [from, to] = [table.resources[rows[activation]!]!, table.resources[rows[answer]!]!];
      if (this.#resources.isAcrossRegions(resources, from, to)) edges[at + EDGE.crossRegionCount]!++;
    }
    let weight = WEIGHT_ONE;
    if (weights.isKnown) {
      // Both ends were kept, under one decision: as often as the rarer of them is.
      weight = weights.of(span);
      if (answer >= 0) weight = Math.max(weight, weights.of(answer));
      if (activation >= 0) weight = Math.max(weight, weights.of(activation));
    }
    edges[at + EDGE.callWeight] = addWeights(edges[at + EDGE.callWeight]!, weight);
  }

  #addLatency(site: number, buckets: Uint32Array, from: number, to: number): void {
    const edge = this.#sites.firsts[site]!;
    const callee = this.#edges.seconds[edge]!;
    const operation = this.#operations.id(callee, this.#operationPairs.seconds[this.#sites.seconds[site]!]!);
    this.#operationFigures.at(operation);
    const latencyOfEdge = this.#edgeLatency.of(edge);
    const latencyOfOperation = this.#operationLatency.of(operation);
    for (let at = from; at < to; at++) {
      latencyOfEdge.addToBucket(buckets[at]!, 1);
      latencyOfOperation.addToBucket(buckets[at]!, 1);
    }
  }

  #addOperation(node: number, operation: number, failed: number, durationUs: number): void {
    const id = this.#operations.id(node, operation);
    const at = this.#operationFigures.at(id);
    const { values } = this.#operationFigures;
    values[at + OPERATION.callCount]!++;
    values[at + OPERATION.errorCount]! += failed;
    this.#operationLatency.of(id).add(durationUs);
  }

  #addRoots(observer: TraceObserver, idRow: number): void {
    const { tree, dependencies } = observer;
    const { activationCalls, activationOperations, services, bits } = dependencies;
    if (tree.isComplete) this.#sortCallsByRoot(observer);
    for (let ordinal = 0; ordinal < tree.roots.length; ordinal++) {
      const { node: root, isOrphan } = tree.roots[ordinal]!;
      const durationUs = tree.endUs[root]! - tree.startUs[root]!;
      const service = services[root]!;
      const operation = activationOperations[root]!;
      const failed = bits[root]! & SPAN.failed;
      if (activationCalls[root]! < 0) this.#addOperation(service, operation, failed, durationUs);
      if (isOrphan) {
        this.#nodes.values[this.#nodes.at(service) + NODE.orphanCount]!++;
        continue;
      }
      const entry = this.#entries.id(service, operation);
      const at = this.#entryFigures.at(entry);
      const entries = this.#entryFigures.values;
      entries[at + ENTRY.traceCount]!++;
      entries[at + ENTRY.errorCount]! += failed;
      entries[at + ENTRY.traceWeight] = addWeights(entries[at + ENTRY.traceWeight]!, dependencies.weights.of(root));
      if (dependencies.kinds[root] === SPAN_KIND.server) entries[at + ENTRY.serverTraceCount]!++;
      this.#entryLatency.of(entry).add(durationUs);
      this.#entryExamples.add(entry, tree.table.traceIds, idRow * 4);
      if (!tree.isComplete) continue;
      entries[at + ENTRY.completeTraceCount]!++;
      entries[at + ENTRY.totalUs]! += durationUs;
      const wasteUs = this.#addParts(observer, root, this.#callStarts[ordinal]!, this.#callStarts[ordinal + 1]!);
      entries[at + ENTRY.retryWasteUs]! += wasteUs;
      if (wasteUs > 0) entries[at + ENTRY.retryTraceCount]!++;
      const entryClass = this.#entryClasses.id(entry, durationClassOf(durationUs));
      const classAt = this.#entryClassFigures.at(entryClass);
      this.#entryClassFigures.values[classAt + ENTRY_CLASS.traceCount]!++;
      this.#entryClassFigures.values[classAt + ENTRY_CLASS.totalUs]! += durationUs;
      this.#addTouchedParts(entryClass, durationUs, failed !== 0, tree.table.traceIds, idRow);
    }
    if (tree.isComplete) this.#countOffPath(observer);
  }

  /** Sorts calls by the root above them: `callOrder[callStarts[root] .. callStarts[root + 1])`. */
  #sortCallsByRoot({ tree, dependencies }: TraceObserver): void {
    const { calls, roots } = dependencies;
    const rootCount = tree.roots.length;
    if (this.#callOrder.length < calls.count) this.#callOrder = new Uint32Array(calls.count * 2);
    if (this.#callStarts.length <= rootCount) this.#callStarts = new Uint32Array(rootCount * 2 + 1);
    const starts = this.#callStarts;
    starts.fill(0, 0, rootCount + 1);
    for (let call = 0; call < calls.count; call++) starts[roots[calls.spans[call]!]!]!++;
    let end = 0;
    for (let root = 0; root < rootCount; root++) starts[root] = end += starts[root]!;
    starts[rootCount] = end;
    for (let call = calls.count - 1; call >= 0; call--) this.#callOrder[--starts[roots[calls.spans[call]!]!]!] = call;
  }

  /** Who took part in answering at `root`: by calls, and by time on the critical path. Returns what of it retries wasted. */
  #addParts(observer: TraceObserver, root: number, from: number, to: number): number {
    const { tree, dependencies, criticalPath, retries } = observer;
    let wasteUs = 0;
    const { calls, services } = dependencies;
    if (this.#isOnPath.length < tree.count) this.#isOnPath = new Uint32Array(tree.count * 2);
    for (let at = from; at < to; at++) {
      const call = this.#callOrder[at]!;
      const callBits = calls.bits[call]!;
      const part = this.#touch(0, calls.callees[call]!);
      this.#partBits[part]! |=
        TOUCHED.byCall |
        ((callBits & CALL.awaitedByRoot) !== 0 ? TOUCHED.joined : 0) |
        ((callBits & (CALL.failed | CALL.outcomeFailed)) !== 0 ? TOUCHED.failed : 0);
    }
    const ownPart = this.#touch(0, services[root]!);
    this.#partBits[ownPart]! |= TOUCHED.joined;
    criticalPath.find(root);
    for (let section = 0; section < criticalPath.count; section++) {
      const owner = criticalPath.nodes[section]!;
      const us = criticalPath.endUs[section]! - criticalPath.startUs[section]!;
      for (let at = owner; at >= 0 && this.#isOnPath[at] !== this.#trace; at = tree.parents[at]!) {
        this.#isOnPath[at] = this.#trace;
      }
      const call = callOfSpan(dependencies, owner);
      if (call >= 0) {
        const edgeAt = this.#edgeOfCall[call]! * EDGE.width;
        this.#edgeFigures.values[edgeAt + EDGE.criticalUs]! += us;
      }
      let part = -1;
      if (retries.count > 0) {
        const pause = retries.pauseIn(
          owner,
          criticalPath.startUs[section]!,
          criticalPath.endUs[section]!,
          dependencies,
        );
        if (pause !== undefined) {
          part = this.#touch(calls.callers[pause.next]! * 2 + WAY.backoff, calls.callees[pause.next]!);
        }
        if (pause !== undefined || retries.isWasted[owner] === 1) wasteUs += us;
      }
      if (part < 0) part = this.#partOfSpan(observer, owner);
      this.#partUs[part]! += us;
    }
    return wasteUs;
  }

  /** Time of a CLIENT or PRODUCER span is time on the way, or time of a callee that sent no span itself. */
  #partOfSpan({ dependencies }: TraceObserver, span: number): number {
    const { calls, kinds, outers, outerCalls, services } = dependencies;
    const kind = kinds[span];
    const outer = outers[span]!;
    if ((kind === SPAN_KIND.client || kind === SPAN_KIND.producer) && outer >= 0) {
      const call = outerCalls[outer]!;
      if (call >= 0) {
        const isAnswered = calls.calleeSpans[call] !== 0;
        return this.#touch(isAnswered ? calls.callers[call]! * 2 + WAY.transport : 0, calls.callees[call]!);
      }
    }
    return this.#touch(0, services[span]!);
  }

  #touch(first: number, node: number): number {
    const part = this.#parts.id(first, node);
    if (part >= this.#partUs.length) {
      this.#partUs = grown(this.#partUs, part * 2);
      this.#partBits = grown(this.#partBits, part * 2);
    }
    if (this.#partBits[part] === 0) {
      this.#partBits[part] = TOUCHED.at;
      this.#touchedParts.push(part);
    }
    return part;
  }

  #addTouchedParts(
    entryClass: number,
    durationUs: number,
    rootFailed: boolean,
    traceIds: Uint32Array,
    idRow: number,
  ): void {
    const notableUs = Math.max(1, durationUs / 1000);
    for (const part of this.#touchedParts) {
      const entryPart = this.#entryParts.id(entryClass, part);
      const at = this.#entryPartFigures.at(entryPart);
      const { values } = this.#entryPartFigures;
      const us = this.#partUs[part]!;
      const partBits = this.#partBits[part]!;
      values[at + PART.criticalUs]! += us;
      if (us >= notableUs) {
        values[at + PART.criticalTraceCount]!++;
        this.#entryPartExamples.add(entryPart, traceIds, idRow * 4);
      }
      if ((partBits & TOUCHED.joined) !== 0) values[at + PART.joinedTraceCount]!++;
      if ((partBits & TOUCHED.byCall) !== 0) {
        const place = ((partBits & TOUCHED.failed) !== 0 ? 0 : 2) + (rootFailed ? 0 : 1);
        values[at + PART.outcomes + place]!++;
      }
      this.#partUs[part] = 0;
      this.#partBits[part] = 0;
    }
    this.#touchedParts.length = 0;
  }

  #countOffPath({ dependencies }: TraceObserver): void {
    const { calls } = dependencies;
    for (let call = 0; call < calls.count; call++) {
      if (this.#isOnPath[calls.spans[call]!] === this.#trace) continue;
      const siteAt = this.#siteOfCall[call]! * SITE.width;
      this.#siteFigures.values[siteAt + SITE.offPathCount]!++;
    }
  }

  #addDeliveries({ tree, dependencies }: TraceObserver, idRow: number): void {
    const { deliveries } = dependencies;
    for (let at = 0; at < deliveries.length; at += 3) {
      this.#addDelivery(
        deliveries[at]!,
        deliveries[at + 1]!,
        deliveries[at + 2]!,
        this.#trace,
        tree.table.traceIds,
        idRow * 4,
        DELIVERY.lastTrace,
      );
    }
  }

  /** Links are counted in the end, when other traces have come after theirs: they have a last trace of their own. */
  #addDelivery(
    producer: number,
    consumer: number,
    destination: number,
    trace: number,
    ids: Uint32Array,
    idAt: number,
    lastTrace: number,
  ): void {
    const delivery = this.#deliveries.id(this.#producerPairs.id(producer, consumer), destination);
    const at = this.#deliveryFigures.at(delivery);
    const { values } = this.#deliveryFigures;
    values[at + DELIVERY.callCount]!++;
    if (values[at + lastTrace] === trace) return;
    values[at + lastTrace] = trace;
    values[at + DELIVERY.traceCount]!++;
    this.#deliveryExamples.add(delivery, ids, idAt);
  }

  #addReentries({ tree, dependencies, reentries }: TraceObserver, idRow: number): void {
    for (const circle of reentries) {
      const members = rotatedToSmallest(circle.map((node) => dependencies.nodes.get(node).id));
      const key = members.join('\u0000');
      let reentry = this.#reentries.get(key);
      if (reentry === undefined) {
        reentry = { members, traceCount: 0, lastTrace: 0, traceIds: [] };
        this.#reentries.set(key, reentry);
      }
      if (reentry.lastTrace === this.#trace) continue;
      reentry.lastTrace = this.#trace;
      reentry.traceCount++;
      addExample(reentry.traceIds, tree.table.traceId(idRow));
    }
  }

  #addProducers({ tree, dependencies }: TraceObserver, idRow: number, producers: ProducerIndex): void {
    const { table, rows } = tree;
    for (const span of dependencies.producers) {
      producers.add(
        table.traceIds,
        idRow * 4,
        table.spanIds,
        rows[span]! * 2,
        dependencies.services[span]!,
        dependencies.activationOperations[dependencies.activations[span]!]!,
        dependencies.weights.of(span),
      );
    }
  }

  #addForeignLinks({ tree, dependencies }: TraceObserver, idRow: number): void {
    const { foreignLinks, services, activations, activationOperations } = dependencies;
    const { table } = tree;
    for (let at = 0; at < foreignLinks.length; at += 3) {
      const words = foreignLinks[at]! * 6;
      const span = foreignLinks[at + 1]!;
      const link = {
        trace: this.#trace,
        consumer: services[span]!,
        destination: foreignLinks[at + 2]!,
        operation: activationOperations[activations[span]!]!,
        weight: dependencies.weights.of(span),
        failed: dependencies.bits[span]! & SPAN.failed,
        startUs: tree.startUs[span]!,
        durationUs: tree.endUs[span]! - tree.startUs[span]!,
      };
      this.#links.add(link, table.linkIds, words, table.traceIds, idRow * 4);
    }
  }

  /** Card evidence of all rows of a trace, those of merged duplicates too; once per span. */
  addCardEvidence(
    { tree, dependencies }: TraceObserver,
    rows: Uint32Array,
    from: number,
    to: number,
    idRow: number,
  ): void {
    const { table } = tree;
    const seen = new Set<string>();
    for (let at = from; at < to; at++) {
      const row = rows[at]!;
      if ((table.flags[row]! & SPAN_FLAG.hasCardEvidence) === 0) continue;
      const { service, operation } = dependencies.describe(table, row);
      for (let piece = table.firstEvidence(row); piece < table.evidenceCount; piece++) {
        if (table.evidenceRows[piece] !== row) break;
        const kind = table.evidenceKinds[piece]!;
        const identity = {
          node: dependencies.nodes.get(service).id,
          operation: dependencies.operations.text(operation),
          place: table.dictionary.strings.text(table.evidencePlaces[piece]!),
          brand: CARD_BRANDS[kind >> 4]!,
          strength: CARD_STRENGTHS[kind & 15]!,
        };
        const once = [table.spanId(row), ...Object.values(identity)].join('\u0000');
        if (seen.has(once)) continue;
        seen.add(once);
        const evidence = cardEvidenceIn(this.#cards, identity);
        evidence.count++;
        evidence.firstSeenUs = Math.min(evidence.firstSeenUs, table.startUs[row]!);
        evidence.lastSeenUs = Math.max(evidence.lastSeenUs, table.startUs[row]!);
        addExample(evidence.traceIds, table.traceId(idRow));
        this.#isNodeUsed.add(service);
      }
    }
  }

  /** Takes over the links that another tally did not resolve; its traces are other traces than the ones to come. */
  takeLinks(other: Tally): ForeignLinks {
    this.#trace = other.#trace;
    this.#links = other.#links;
    other.#links = new ForeignLinks();
    return this.#links;
  }

  toRollup(observer: TraceObserver, producers: ProducerIndex): Rollup {
    const rollup = emptyRollup();
    this.#durations.drain();
    this.#resolveLinks(producers);
    rollup.traceCount = this.#traceCount;
    rollup.incompleteTraceCount = this.#incompleteTraceCount;
    rollup.spanCount = this.#spanCount;
    rollup.weighedTraceCount = this.#weighedTraceCount;
    rollup.fromUs = this.#fromUs;
    rollup.toUs = this.#toUs;
    for (const [problem, count] of this.#problems) rollup.problems.set(problem, count);
    for (const [key, evidence] of this.#cards.cardEvidence) rollup.cardEvidence.set(key, evidence);
    for (const { members, traceCount, traceIds } of this.#reentries.values()) {
      Object.assign(reentryIn(rollup, members), { traceCount, traceIds });
    }
    this.#writeDependencies(rollup, observer);
    this.#writeEntryPoints(rollup, observer);
    this.#writeDeliveries(rollup, observer);
    this.#writeNodes(rollup, observer);
    return rollup;
  }

  /** Links to other traces: the producer may have been seen before its consumer or after, so they wait for the end. */
  #resolveLinks(producers: ProducerIndex): void {
    const lastTraceOfEdge = new Map<number, number>();
    const { targets, traceIds } = this.#links;
    for (let number = 0; number < this.#links.count; number++) {
      const link = this.#links.get(number);
      const producer = producers.find(targets, number * 6);
      if (producer < 0) {
        this.#addProblem('unresolved-link', 1);
        continue;
      }
      const service = producers.services[producer]!;
      if (link.destination >= 0) {
        const { consumer, destination, trace } = link;
        this.#addDelivery(service, consumer, destination, trace, traceIds, number * 4, DELIVERY.lastTraceByLink);
        continue;
      }
      const edge = this.#edges.id(service * MODES.length + MODES.indexOf('async'), link.consumer);
      const at = this.#edgeFigures.at(edge);
      const edges = this.#edgeFigures.values;
      edges[at + EDGE.callCount]!++;
      edges[at + EDGE.errorCount]! += link.failed;
      const weight = multiplyWeights(link.weight, producers.weights[producer]!);
      edges[at + EDGE.callWeight] = addWeights(edges[at + EDGE.callWeight]!, weight);
      if (lastTraceOfEdge.get(edge) !== link.trace) {
        lastTraceOfEdge.set(edge, link.trace);
        edges[at + EDGE.traceCount]!++;
        this.#edgeExamples.add(edge, traceIds, number * 4);
      }
      widen(edges, at + EDGE.firstSeenUs, link.startUs);
      const operationPair = this.#operationPairs.id(producers.operations[producer]!, link.operation);
      this.#edgeLatency.of(edge).add(link.durationUs);
      const siteAt = this.#siteFigures.at(this.#sites.id(edge, operationPair));
      this.#siteFigures.values[siteAt + SITE.callCount]!++;
      this.#siteFigures.values[siteAt + SITE.errorCount]! += link.failed;
    }
  }

  #writeDependencies(rollup: Rollup, { dependencies }: TraceObserver): void {
    const { nodes, operations, virtualNodes } = dependencies;
    const written = Array.from({ length: this.#edges.count }, (_, edge) => {
      const callerAndMode = this.#edges.firsts[edge]!;
      const caller = Math.floor(callerAndMode / MODES.length);
      const callee = this.#edges.seconds[edge]!;
      this.#isNodeUsed.add(caller).add(callee);
      const dependency = dependencyIn(rollup, {
        caller: nodes.get(caller).id,
        callee: nodes.get(callee).id,
        mode: MODES[callerAndMode % MODES.length]!,
      });
      const figures = this.#edgeFigures.values.subarray(edge * EDGE.width, (edge + 1) * EDGE.width);
      dependency.callCount = figures[EDGE.callCount]!;
      dependency.errorCount = figures[EDGE.errorCount]!;
      dependency.traceCount = figures[EDGE.traceCount]!;
      dependency.clientOnlyCount = figures[EDGE.clientOnlyCount]!;
      dependency.serverOnlyCount = figures[EDGE.serverOnlyCount]!;
      dependency.crossRegionCount = figures[EDGE.crossRegionCount]!;
      dependency.callWeight = figures[EDGE.callWeight]!;
      dependency.criticalUs = figures[EDGE.criticalUs]!;
      dependency.cardEvidenceCount = figures[EDGE.cardEvidenceCount]!;
      [dependency.firstSeenUs, dependency.lastSeenUs] = seenIn(figures, EDGE.firstSeenUs);
      dependency.latency.merge(this.#edgeLatency.of(edge));
      dependency.traceIds.push(...this.#edgeExamples.of(edge));
      return dependency;
    });
    for (let site = 0; site < this.#sites.count; site++) {
      const pair = this.#sites.seconds[site]!;
      const dependency = written[this.#sites.firsts[site]!]!;
      const callSite = callSiteIn(
        dependency,
        operations.text(this.#operationPairs.firsts[pair]!),
        operations.text(this.#operationPairs.seconds[pair]!),
      );
      const figures = this.#siteFigures.values.subarray(site * SITE.width, (site + 1) * SITE.width);
      callSite.callCount = figures[SITE.callCount]!;
      callSite.errorCount = figures[SITE.errorCount]!;
      callSite.failedParentFailed = figures[SITE.outcomes + OUTCOME.failedParentFailed - 1]!;
      callSite.failedParentOk = figures[SITE.outcomes + OUTCOME.failedParentOk - 1]!;
      callSite.okParentFailed = figures[SITE.outcomes + OUTCOME.okParentFailed - 1]!;
      callSite.okParentOk = figures[SITE.outcomes + OUTCOME.okParentOk - 1]!;
      callSite.offPathCount = figures[SITE.offPathCount]!;
      callSite.lastUseCount = figures[SITE.lastUseCount]!;
      callSite.unjoinedCount = figures[SITE.unjoinedCount]!;
      callSite.unjoinedByOkCount = figures[SITE.unjoinedByOkCount]!;
    }
    for (let pair = 0; pair < this.#addresses.count; pair++) {
      const address = virtualNodes.addressText(this.#addresses.firsts[pair]!);
      const service = nodes.get(this.#addresses.seconds[pair]!).id;
      addressIn(rollup, { address, service }).callCount += this.#addressFigures.values[pair]!;
    }
  }

  #writeEntryPoints(rollup: Rollup, { dependencies }: TraceObserver): void {
    const { nodes, operations } = dependencies;
    const written = Array.from({ length: this.#entries.count }, (_, entry) => {
      const node = this.#entries.firsts[entry]!;
      this.#isNodeUsed.add(node);
      const operation = operations.text(this.#entries.seconds[entry]!);
      const entryPoint = entryPointIn(rollup, { node: nodes.get(node).id, operation });
      const figures = this.#entryFigures.values.subarray(entry * ENTRY.width, (entry + 1) * ENTRY.width);
      entryPoint.traceCount = figures[ENTRY.traceCount]!;
      entryPoint.completeTraceCount = figures[ENTRY.completeTraceCount]!;
      entryPoint.serverTraceCount = figures[ENTRY.serverTraceCount]!;
      entryPoint.errorCount = figures[ENTRY.errorCount]!;
      entryPoint.traceWeight = figures[ENTRY.traceWeight]!;
      entryPoint.totalUs = figures[ENTRY.totalUs]!;
      entryPoint.retryWasteUs = figures[ENTRY.retryWasteUs]!;
      entryPoint.retryTraceCount = figures[ENTRY.retryTraceCount]!;
      entryPoint.latency.merge(this.#entryLatency.of(entry));
      entryPoint.traceIds.push(...this.#entryExamples.of(entry));
      return entryPoint;
    });
    for (let at = 0; at < this.#entryClasses.count; at++) {
      const entryClass = entryClassIn(written[this.#entryClasses.firsts[at]!]!, this.#entryClasses.seconds[at]!);
      entryClass.traceCount = this.#entryClassFigures.values[at * ENTRY_CLASS.width + ENTRY_CLASS.traceCount]!;
      entryClass.totalUs = this.#entryClassFigures.values[at * ENTRY_CLASS.width + ENTRY_CLASS.totalUs]!;
    }
    const names = Array.from({ length: this.#parts.count }, (_, part) => {
      const first = this.#parts.firsts[part]!;
      const node = nodes.get(this.#parts.seconds[part]!).id;
      const way = first % 2 === 1 ? 'transport' : 'backoff';
      return first === 0 ? node : `${way}:${nodes.get((first - 1) >> 1).id}->${node}`;
    });
    for (let at = 0; at < this.#entryParts.count; at++) {
      const name = names[this.#entryParts.seconds[at]!]!;
      const entryClass = this.#entryParts.firsts[at]!;
      const entryPart = entryPartIn(written[this.#entryClasses.firsts[entryClass]!]!, name);
      const figures = this.#entryPartFigures.values;
      const from = at * PART.width;
      entryPart.criticalUs += figures[from + PART.criticalUs]!;
      entryPart.criticalTraceCount += figures[from + PART.criticalTraceCount]!;
      entryPart.joinedTraceCount += figures[from + PART.joinedTraceCount]!;
      entryPart.failedRootFailed += figures[from + PART.outcomes]!;
      entryPart.failedRootOk += figures[from + PART.outcomes + 1]!;
      entryPart.okRootFailed += figures[from + PART.outcomes + 2]!;
      entryPart.okRootOk += figures[from + PART.outcomes + 3]!;
      for (const id of this.#entryPartExamples.of(at)) addExample(entryPart.traceIds, id);
      if (figures[from + PART.criticalUs] === 0) continue;
      const partClass = partClassIn(entryPart, this.#entryClasses.seconds[entryClass]!);
      partClass.criticalUs = figures[from + PART.criticalUs]!;
      partClass.criticalTraceCount = figures[from + PART.criticalTraceCount]!;
    }
  }

  #writeDeliveries(rollup: Rollup, { dependencies }: TraceObserver): void {
    const { nodes } = dependencies;
    for (let delivery = 0; delivery < this.#deliveries.count; delivery++) {
      const pair = this.#deliveries.firsts[delivery]!;
      const [producer, consumer] = [this.#producerPairs.firsts[pair]!, this.#producerPairs.seconds[pair]!];
      const destination = this.#deliveries.seconds[delivery]!;
      this.#isNodeUsed.add(producer).add(consumer).add(destination);
      const via = viaDestinationIn(rollup, {
        producer: nodes.get(producer).id,
        consumer: nodes.get(consumer).id,
        destination: nodes.get(destination).id,
      });
      via.callCount = this.#deliveryFigures.values[delivery * DELIVERY.width + DELIVERY.callCount]!;
      via.traceCount = this.#deliveryFigures.values[delivery * DELIVERY.width + DELIVERY.traceCount]!;
      via.traceIds.push(...this.#deliveryExamples.of(delivery));
    }
  }

  #writeNodes(rollup: Rollup, { dependencies }: TraceObserver): void {
    const { nodes, operations, strings, resources } = dependencies;
    for (let node = 0; node < nodes.count; node++) {
      const at = this.#nodes.at(node);
      const spanCount = this.#nodes.values[at]!;
      if (spanCount === 0 && !this.#isNodeUsed.has(node)) continue;
      const written = nodeIn(rollup, nodes.get(node));
      written.spanCount = spanCount;
      written.orphanCount = this.#nodes.values[at + NODE.orphanCount]!;
      written.unknownKindCount = this.#nodes.values[at + NODE.unknownKindCount]!;
      [written.firstSeenUs, written.lastSeenUs] = seenIn(this.#nodes.values, at + NODE.firstSeenUs);
      for (const scope of this.#pciScopes.get(node) ?? []) written.pciScopes.add(strings.text(scope));
    }
    for (let id = 0; id < this.#operations.count; id++) {
      const written = nodeIn(rollup, nodes.get(this.#operations.firsts[id]!));
      const operation = operationIn(written, operations.text(this.#operations.seconds[id]!));
      operation.callCount += this.#operationFigures.values[id * OPERATION.width + OPERATION.callCount]!;
      operation.errorCount += this.#operationFigures.values[id * OPERATION.width + OPERATION.errorCount]!;
      operation.latency.merge(this.#operationLatency.of(id));
    }
    for (let site = 0; site < this.#sites.count; site++) {
      const [answeredCount, calleeErrorCount] = this.#siteFigures.values.subarray(
        site * SITE.width + SITE.answeredCount,
      );
      if (answeredCount === 0) continue;
      const written = nodeIn(rollup, nodes.get(this.#edges.seconds[this.#sites.firsts[site]!]!));
      const pair = this.#sites.seconds[site]!;
      const operation = operationIn(written, operations.text(this.#operationPairs.seconds[pair]!));
      operation.callCount += answeredCount!;
      operation.errorCount += calleeErrorCount!;
    }
    this.#resources.writeTo(rollup, nodes, resources);
  }
}

function rotatedToSmallest(members: readonly string[]): string[] {
  let smallest = 0;
  for (let at = 1; at < members.length; at++) if (members[at]! < members[smallest]!) smallest = at;
  return [...members.slice(smallest), ...members.slice(0, smallest)];
}
