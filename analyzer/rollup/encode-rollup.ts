import { CARD_BRANDS, CARD_STRENGTHS } from '../model/span.ts';
import { encodeUtf8 } from '../model/string-table.ts';
import { ByteWriter } from './bytes.ts';
import { writeTraceIds } from './example-codec.ts';
import { writeHistogram } from './histogram-codec.ts';
import type { Rollup } from './rollup.ts';
import { DEPENDENCY_MODES, DIMENSIONS, NODE_KINDS, ROLLUP_FORMAT } from './rollup-format.ts';

/**
 * A rollup as bytes, for the store. All names stand once, in a table at the front; everything else is numbers (LEB128, seven
 * bits a byte) in the order of the sorted keys, so equal rollups have equal bytes whatever way they came about.
 */
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
  body.writeNumber(rollup.weighedTraceCount);
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
    body.writeNumber(node.orphanCount);
    body.writeNumber(node.unknownKindCount);
    writeSeen(node);
    body.writeNumber(node.seenValues.size);
    for (const seen of sortedValues(node.seenValues)) {
      body.writeNumber(DIMENSIONS.indexOf(seen.dimension));
      writeName(seen.value);
      body.writeNumber(seen.spanCount);
      writeSeen(seen);
    }
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
    body.writeNumber(DEPENDENCY_MODES.indexOf(dependency.mode));
    body.writeNumber(dependency.callCount);
    body.writeNumber(dependency.errorCount);
    body.writeNumber(dependency.traceCount);
    body.writeNumber(dependency.clientOnlyCount);
    body.writeNumber(dependency.serverOnlyCount);
    body.writeNumber(dependency.crossRegionCount);
    body.writeNumber(dependency.callWeight);
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
      body.writeNumber(site.unjoinedByOkCount);
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
    body.writeNumber(entry.traceWeight);
    body.writeNumber(entry.totalUs);
    body.writeNumber(entry.retryWasteUs);
    body.writeNumber(entry.retryTraceCount);
    body.writeNumber(entry.classes.size);
    for (const [durationClass, { traceCount, totalUs }] of byNumber(entry.classes)) {
      body.writeNumber(durationClass);
      body.writeNumber(traceCount);
      body.writeNumber(totalUs);
    }
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
      body.writeNumber(part.classes.size);
      for (const [durationClass, { criticalUs, criticalTraceCount }] of byNumber(part.classes)) {
        body.writeNumber(durationClass);
        body.writeNumber(criticalUs);
        body.writeNumber(criticalTraceCount);
      }
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
  whole.writeNumber(ROLLUP_FORMAT);
  names.writeTo(whole);
  whole.writeBytes(body.bytes());
  return whole.bytes();
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

function sortedEntries<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function byNumber<T>(map: ReadonlyMap<number, T>): [number, T][] {
  return [...map].sort(([a], [b]) => a - b);
}

function sortedValues<T>(map: ReadonlyMap<string, T>): T[] {
  return sortedEntries(map).map(([, value]) => value);
}
