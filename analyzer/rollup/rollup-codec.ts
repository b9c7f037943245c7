import { traceIdHex } from '../model/identifiers.ts';
import type { DependencyMode, NodeKind } from '../model/analysis.ts';
import { CARD_BRANDS, CARD_STRENGTHS } from '../model/span.ts';
import { encodeUtf8, StringTable } from '../model/string-table.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import type { Histogram } from './histogram.ts';
import {
  addExample,
  addressIn,
  callSiteIn,
  cardEvidenceIn,
  dependencyIn,
  EXAMPLE_LIMIT,
  entryPartIn,
  entryPointIn,
  nodeIn,
  operationIn,
  reentryIn,
  viaDestinationIn,
} from './merge-rollups.ts';
import type { CallSiteRollup, DependencyRollup, EntryPointRollup, Rollup, SmallestIds } from './rollup.ts';

/**
 * A rollup as bytes, for the store. All names stand once, in a table at the front; everything else is numbers (LEB128, seven
 * bits a byte) in the order of the sorted keys, so equal rollups have equal bytes whatever way they came about.
 */
const FORMAT_VERSION = 1;

const NODE_KINDS: readonly NodeKind[] = ['service', 'database', 'destination', 'external', 'unknown-caller'];
const MODES: readonly DependencyMode[] = ['sync', 'async', 'data'];

export function encodeRollup(rollup: Rollup): Uint8Array {
  const names = new NameTable();
  const body = new ByteWriter();
  const writeName = (name: string): void => body.writeNumber(names.id(name));
  const isEmpty = rollup.fromUs > rollup.toUs;
  const baseUs = isEmpty ? 0 : rollup.fromUs;
  const writeSeen = (seen: { readonly firstSeenUs: number; readonly lastSeenUs: number }): void => {
    // Nodes known only by name were never seen at a time of their own.
    const wasSeen = seen.firstSeenUs <= seen.lastSeenUs;
    body.writeNumber(wasSeen ? 1 : 0);
    if (!wasSeen) return;
    body.writeSigned(seen.firstSeenUs - baseUs);
    body.writeSigned(seen.lastSeenUs - seen.firstSeenUs);
  };
  const writeNames = (values: Iterable<string>): void => {
    const sorted = [...values].sort();
    body.writeNumber(sorted.length);
    sorted.forEach(writeName);
  };

  body.writeNumber(rollup.traceCount);
  body.writeNumber(rollup.incompleteTraceCount);
  body.writeNumber(rollup.spanCount);
  body.writeNumber(isEmpty ? 0 : 1);
  if (!isEmpty) {
    body.writeNumber(rollup.fromUs);
    body.writeNumber(rollup.toUs - rollup.fromUs);
  }
  writeNames(rollup.environments);

  body.writeNumber(rollup.nodes.size);
  for (const node of sortedValues(rollup.nodes)) {
    writeName(node.id);
    writeName(node.name);
    writeName(node.namespace ?? '');
    body.writeNumber(NODE_KINDS.indexOf(node.kind));
    writeName(node.system ?? '');
    body.writeNumber(node.spanCount);
    writeSeen(node);
    writeNames(node.versions);
    writeNames(node.criticalities);
    writeNames(node.pciScopes);
    body.writeNumber(node.operations.size);
    for (const [name, operation] of sortedEntries(node.operations)) {
      writeName(name);
      body.writeNumber(operation.callCount);
      body.writeNumber(operation.errorCount);
      writeHistogram(body, operation.latency);
    }
  }

  body.writeNumber(rollup.dependencies.size);
  for (const dependency of sortedValues(rollup.dependencies)) {
    writeName(dependency.caller);
    writeName(dependency.callee);
    body.writeNumber(MODES.indexOf(dependency.mode));
    body.writeNumber(dependency.callCount);
    body.writeNumber(dependency.errorCount);
    body.writeNumber(dependency.traceCount);
    body.writeNumber(dependency.criticalUs);
    body.writeNumber(dependency.cardEvidenceCount);
    writeSeen(dependency);
    writeHistogram(body, dependency.latency);
    writeTraceIds(body, dependency.traceIds);
    body.writeNumber(dependency.callSites.size);
    for (const site of sortedValues(dependency.callSites)) {
      writeName(site.callerOperation);
      writeName(site.calleeOperation);
      body.writeNumber(site.callCount);
      body.writeNumber(site.errorCount);
      body.writeNumber(site.failedParentFailed);
      body.writeNumber(site.failedParentOk);
      body.writeNumber(site.okParentFailed);
      body.writeNumber(site.okParentOk);
      body.writeNumber(site.offPathCount);
      body.writeNumber(site.lastUseCount);
      body.writeNumber(site.unjoinedCount);
    }
  }

  body.writeNumber(rollup.entryPoints.size);
  for (const entry of sortedValues(rollup.entryPoints)) {
    writeName(entry.node);
    writeName(entry.operation);
    body.writeNumber(entry.traceCount);
    body.writeNumber(entry.completeTraceCount);
    body.writeNumber(entry.serverTraceCount);
    body.writeNumber(entry.errorCount);
    body.writeNumber(entry.totalUs);
    writeHistogram(body, entry.latency);
    writeTraceIds(body, entry.traceIds);
    body.writeNumber(entry.parts.size);
    for (const [name, part] of sortedEntries(entry.parts)) {
      writeName(name);
      body.writeNumber(part.criticalUs);
      body.writeNumber(part.criticalTraceCount);
      body.writeNumber(part.joinedTraceCount);
      body.writeNumber(part.failedRootFailed);
      body.writeNumber(part.failedRootOk);
      body.writeNumber(part.okRootFailed);
      body.writeNumber(part.okRootOk);
      writeTraceIds(body, part.traceIds);
    }
  }

  body.writeNumber(rollup.reentries.size);
  for (const reentry of sortedValues(rollup.reentries)) {
    body.writeNumber(reentry.members.length);
    reentry.members.forEach(writeName);
    body.writeNumber(reentry.traceCount);
    writeTraceIds(body, reentry.traceIds);
  }

  body.writeNumber(rollup.cardEvidence.size);
  for (const evidence of sortedValues(rollup.cardEvidence)) {
    writeName(evidence.node);
    writeName(evidence.operation);
    writeName(evidence.place);
    body.writeNumber(CARD_BRANDS.indexOf(evidence.brand));
    body.writeNumber(CARD_STRENGTHS.indexOf(evidence.strength));
    body.writeNumber(evidence.count);
    writeSeen(evidence);
    writeTraceIds(body, evidence.traceIds);
  }

  body.writeNumber(rollup.viaDestinations.size);
  for (const pair of sortedValues(rollup.viaDestinations)) {
    writeName(pair.producer);
    writeName(pair.consumer);
    writeName(pair.destination);
    body.writeNumber(pair.callCount);
    body.writeNumber(pair.traceCount);
    writeTraceIds(body, pair.traceIds);
  }

  body.writeNumber(rollup.addresses.size);
  for (const { address, service, callCount } of sortedValues(rollup.addresses)) {
    writeName(address);
    writeName(service);
    body.writeNumber(callCount);
  }

  body.writeNumber(rollup.problems.size);
  for (const [kind, count] of sortedEntries(rollup.problems)) {
    writeName(kind);
    body.writeNumber(count);
  }

  const whole = new ByteWriter();
  whole.writeNumber(FORMAT_VERSION);
  names.writeTo(whole);
  whole.writeBytes(body.bytes());
  return whole.bytes();
}

/**
 * Adds stored rollups to one in memory without building the rollups in between: a window of many minutes is read at the
 * speed of its numbers. Throws a RangeError if bytes are cut off or of a newer format.
 */
export class RollupReader {
  readonly #target: Rollup;
  readonly #strings = new StringTable();
  /** By pair of names, then mode: saves building the joined key for an edge that was there a minute ago. */
  readonly #dependencies = new Map<number, { dependency: DependencyRollup; sites: Map<number, CallSiteRollup> }>();
  readonly #entryPoints = new Map<number, EntryPointRollup>();

  constructor(target: Rollup) {
    this.#target = target;
  }

  add(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    const version = reader.readNumber();
    if (version !== FORMAT_VERSION) {
      throw new RangeError(`stored rollup has format ${version}, this version reads ${FORMAT_VERSION}`);
    }
    const names = this.#readNames(reader);
    const target = this.#target;
    const strings = this.#strings;
    const nameId = (): number => names[reader.readNumber()]!;
    const name = (): string => strings.text(nameId());
    let baseUs = 0;
    const addSeen = (seen: { firstSeenUs: number; lastSeenUs: number }): void => {
      if (reader.readNumber() === 0) return;
      const firstSeenUs = baseUs + reader.readSigned();
      const lastSeenUs = firstSeenUs + reader.readSigned();
      if (firstSeenUs < seen.firstSeenUs) seen.firstSeenUs = firstSeenUs;
      if (lastSeenUs > seen.lastSeenUs) seen.lastSeenUs = lastSeenUs;
    };
    const addNames = (values: Set<string>): void => {
      for (let left = reader.readNumber(); left > 0; left--) values.add(name());
    };

    target.traceCount += reader.readNumber();
    target.incompleteTraceCount += reader.readNumber();
    target.spanCount += reader.readNumber();
    if (reader.readNumber() === 1) {
      baseUs = reader.readNumber();
      target.fromUs = Math.min(target.fromUs, baseUs);
      target.toUs = Math.max(target.toUs, baseUs + reader.readNumber());
    }
    addNames(target.environments);

    for (let left = reader.readNumber(); left > 0; left--) {
      const id = name();
      const ownName = name();
      const namespace = name();
      const kind = NODE_KINDS[reader.readNumber()]!;
      const system = name();
      const node = nodeIn(target, { id, name: ownName, namespace: absent(namespace), kind, system: absent(system) });
      node.spanCount += reader.readNumber();
      addSeen(node);
      addNames(node.versions);
      addNames(node.criticalities);
      addNames(node.pciScopes);
      for (let operations = reader.readNumber(); operations > 0; operations--) {
        const operation = operationIn(node, name());
        operation.callCount += reader.readNumber();
        operation.errorCount += reader.readNumber();
        addHistogram(reader, operation.latency);
      }
    }

    for (let left = reader.readNumber(); left > 0; left--) {
      const { dependency, sites } = this.#dependency(nameId(), nameId(), reader.readNumber());
      dependency.callCount += reader.readNumber();
      dependency.errorCount += reader.readNumber();
      dependency.traceCount += reader.readNumber();
      dependency.criticalUs += reader.readNumber();
      dependency.cardEvidenceCount += reader.readNumber();
      addSeen(dependency);
      addHistogram(reader, dependency.latency);
      addTraceIds(reader, dependency.traceIds);
      for (let siteCount = reader.readNumber(); siteCount > 0; siteCount--) {
        const callerOperation = nameId();
        const calleeOperation = nameId();
        const siteKey = callerOperation * 0x1000000 + calleeOperation;
        let site = sites.get(siteKey);
        if (site === undefined) {
          site = callSiteIn(dependency, strings.text(callerOperation), strings.text(calleeOperation));
          sites.set(siteKey, site);
        }
        site.callCount += reader.readNumber();
        site.errorCount += reader.readNumber();
        site.failedParentFailed += reader.readNumber();
        site.failedParentOk += reader.readNumber();
        site.okParentFailed += reader.readNumber();
        site.okParentOk += reader.readNumber();
        site.offPathCount += reader.readNumber();
        site.lastUseCount += reader.readNumber();
        site.unjoinedCount += reader.readNumber();
      }
    }

    for (let left = reader.readNumber(); left > 0; left--) {
      const entry = this.#entryPoint(nameId(), nameId());
      entry.traceCount += reader.readNumber();
      entry.completeTraceCount += reader.readNumber();
      entry.serverTraceCount += reader.readNumber();
      entry.errorCount += reader.readNumber();
      entry.totalUs += reader.readNumber();
      addHistogram(reader, entry.latency);
      addTraceIds(reader, entry.traceIds);
      for (let parts = reader.readNumber(); parts > 0; parts--) {
        const part = entryPartIn(entry, name());
        part.criticalUs += reader.readNumber();
        part.criticalTraceCount += reader.readNumber();
        part.joinedTraceCount += reader.readNumber();
        part.failedRootFailed += reader.readNumber();
        part.failedRootOk += reader.readNumber();
        part.okRootFailed += reader.readNumber();
        part.okRootOk += reader.readNumber();
        addTraceIds(reader, part.traceIds);
      }
    }

    for (let left = reader.readNumber(); left > 0; left--) {
      const members = Array.from({ length: reader.readNumber() }, name);
      const reentry = reentryIn(target, members);
      reentry.traceCount += reader.readNumber();
      addTraceIds(reader, reentry.traceIds);
    }

    for (let left = reader.readNumber(); left > 0; left--) {
      const evidence = cardEvidenceIn(target, {
        node: name(),
        operation: name(),
        place: name(),
        brand: CARD_BRANDS[reader.readNumber()]!,
        strength: CARD_STRENGTHS[reader.readNumber()]!,
      });
      evidence.count += reader.readNumber();
      addSeen(evidence);
      addTraceIds(reader, evidence.traceIds);
    }

    for (let left = reader.readNumber(); left > 0; left--) {
      const pair = viaDestinationIn(target, { producer: name(), consumer: name(), destination: name() });
      pair.callCount += reader.readNumber();
      pair.traceCount += reader.readNumber();
      addTraceIds(reader, pair.traceIds);
    }

    for (let left = reader.readNumber(); left > 0; left--) {
      addressIn(target, { address: name(), service: name() }).callCount += reader.readNumber();
    }

    for (let left = reader.readNumber(); left > 0; left--) {
      const kind = name();
      target.problems.set(kind, (target.problems.get(kind) ?? 0) + reader.readNumber());
    }
  }

  /** The name table of these bytes, as ids of the names of all bytes read so far. */
  #readNames(reader: ByteReader): Uint32Array {
    const ids = new Uint32Array(reader.readNumber() + 1);
    for (let at = 1; at < ids.length; at++) {
      const length = reader.readNumber();
      const start = reader.skip(length);
      ids[at] = this.#strings.internBytes(reader.bytes, start, start + length);
    }
    return ids;
  }

  #dependency(caller: number, callee: number, mode: number) {
    const key = (caller * 0x1000000 + callee) * MODES.length + mode;
    let known = this.#dependencies.get(key);
    if (known === undefined) {
      const identity = { caller: this.#strings.text(caller), callee: this.#strings.text(callee), mode: MODES[mode]! };
      known = { dependency: dependencyIn(this.#target, identity), sites: new Map() };
      this.#dependencies.set(key, known);
    }
    return known;
  }

  #entryPoint(node: number, operation: number): EntryPointRollup {
    const key = node * 0x1000000 + operation;
    let entry = this.#entryPoints.get(key);
    if (entry === undefined) {
      const identity = { node: this.#strings.text(node), operation: this.#strings.text(operation) };
      entry = entryPointIn(this.#target, identity);
      this.#entryPoints.set(key, entry);
    }
    return entry;
  }
}

class NameTable {
  readonly #ids = new Map<string, number>([['', 0]]);

  id(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(name, id);
    }
    return id;
  }

  writeTo(writer: ByteWriter): void {
    writer.writeNumber(this.#ids.size - 1);
    for (const [name, id] of this.#ids) {
      if (id === 0) continue;
      const bytes = encodeUtf8(name);
      writer.writeNumber(bytes.length);
      writer.writeBytes(bytes);
    }
  }
}

/** First bucket and width of the window, then its counts; a run of empty buckets is a 0 and its length. */
function writeHistogram(writer: ByteWriter, histogram: Histogram): void {
  let first = -1;
  let last = -1;
  histogram.forEachBucket((bucket) => {
    if (first < 0) first = bucket;
    last = bucket;
  });
  writer.writeNumber(first < 0 ? 0 : last - first + 1);
  if (first < 0) return;
  writer.writeNumber(first);
  let next = first;
  histogram.forEachBucket((bucket, count) => {
    if (bucket > next) {
      writer.writeNumber(0);
      writer.writeNumber(bucket - next);
    }
    writer.writeNumber(count);
    next = bucket + 1;
  });
}

/** Nearly all that a stored rollup holds are counts below 128, one byte each: this loop is the cost of reading a window. */
function addHistogram(reader: ByteReader, histogram: Histogram): void {
  const width = reader.readNumber();
  if (width === 0) return;
  const first = reader.readNumber();
  histogram.makeRoom(first, first + width);
  const { counts, firstBucket } = histogram;
  const { bytes } = reader;
  let added = 0;
  const end = first + width - firstBucket;
  for (let at = first - firstBucket; at < end;) {
    let count = bytes[reader.at]!;
    if (count > 0 && count < 0x80) reader.at++;
    else count = reader.readNumber();
    if (count === 0) {
      at += reader.readNumber();
    } else {
      counts[at]! += count;
      added += count;
      at++;
    }
  }
  histogram.count += added;
}

function writeTraceIds(writer: ByteWriter, ids: SmallestIds): void {
  writer.writeNumber(ids.length);
  for (const id of ids) {
    for (let at = 0; at < 32; at += 2) writer.writeByte(Number.parseInt(id.slice(at, at + 2), 16));
  }
}

const words = new Uint32Array(4);

function addTraceIds(reader: ByteReader, ids: SmallestIds): void {
  for (let left = reader.readNumber(); left > 0; left--) {
    words[0] = reader.readWord();
    // The ids of one rollup ascend: once one is too large to be an example, so is the rest.
    if (ids.length === EXAMPLE_LIMIT && isAbove(words[0], ids[EXAMPLE_LIMIT - 1]!)) {
      reader.skip(16 * left - 4);
      return;
    }
    for (let word = 1; word < 4; word++) words[word] = reader.readWord();
    addExample(ids, traceIdHex(words, 0));
  }
}

/** Whether the first eight hex digits alone make an id larger than `id`. */
function isAbove(firstWord: number, id: string): boolean {
  for (let at = 0; at < 8; at++) {
    const digit = (firstWord >>> (28 - 4 * at)) & 15;
    const code = id.charCodeAt(at);
    const other = code < 58 ? code - 48 : code - 87;
    if (digit !== other) return digit > other;
  }
  return false;
}

function absent(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function sortedEntries<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function sortedValues<T>(map: ReadonlyMap<string, T>): T[] {
  return sortedEntries(map).map(([, value]) => value);
}
