import { type SpanDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { grown } from '../../analyzer/model/string-table.ts';
import { ClosedTraceIds } from './closed-trace-ids.ts';
import { DictionaryTranslation } from './dictionary-translation.ts';
import { type Chunk, NO_ROW, OpenRows } from './open-rows.ts';
import { NO_SLOT, SlotOrder } from './slot-order.ts';
import { TraceIdIndex } from '../../analyzer/model/trace-id-index.ts';

export interface AssemblerOptions {
  /** Secret of the hash tables. Default a constant, for tests. */
  readonly seed?: number;
  /** A trace is whole when no span of it came for so long. Default 10,000. */
  readonly idleLimitMs?: number;
  /** No trace stays open longer. Default 300,000. */
  readonly maxAgeMs?: number;
  /** Above it the oldest traces are closed early. Default 1,000,000. */
  readonly maxOpenSpanCount?: number;
  /** Rows per chunk of the open spans, a power of two. Default 16,384. */
  readonly chunkRowCount?: number;
  /** Closed traces remembered at least, to know a late span. Default 65,536. */
  readonly rememberedTraceCount?: number;
}

/** Why a trace was closed: `full` is the cap on open spans. */
export type CloseReason = 'idle' | 'age' | 'full' | 'end';

/**
 * Receives one whole trace, or, if it `isLate`, what came of a trace after it was closed. The table belongs to the assembler
 * and holds other rows after the call returns. It is called when the assembler's own books are already right, so it may
 * throw.
 */
export type OnTrace = (trace: SpanTable, reason: CloseReason, isLate: boolean) => void;

/** What the assembler did since it was made. */
export interface AssemblerCounts {
  closedTraceCount: number;
  closedSpanCount: number;
  /** Traces closed before their time since too many spans were open. */
  closedEarlyTraceCount: number;
  /** Traces opened again, for spans that came after their trace was closed. */
  lateTraceCount: number;
}

/** Scratch tables longer than this are not kept for the next trace. */
const SCRATCH_ROW_LIMIT = 1 << 16;

/** Chunks may hold this many times the live rows before the sparsest are emptied. */
const SPARSENESS_LIMIT = 1.5;

/**
 * Spans in, whole traces out. A trace closes after `idleLimitMs` without a new span, at `maxAgeMs`, or, oldest first, when
 * too many spans are open. Constant time per span, whatever the traces' length; no timers: time is an argument, in
 * milliseconds of any clock that starts anywhere; a step back counts as no step.
 *
 * Traces close only in `closeDue` and `closeAll`, never in `add`. So all rows of one `add` (one journal record) are in
 * before any trace closes, and an open trace's rows are exactly those of its id since the record that opened it. The
 * journal's checkpoint rests on this.
 */
export class Assembler {
  readonly counts: AssemblerCounts = {
    closedTraceCount: 0,
    closedSpanCount: 0,
    closedEarlyTraceCount: 0,
    lateTraceCount: 0,
  };
  readonly #idleLimitMs: number;
  readonly #maxAgeMs: number;
  readonly #maxOpenSpanCount: number;
  readonly #rows: OpenRows;
  readonly #index: TraceIdIndex;
  readonly #closedIds: ClosedTraceIds;
  /** Open traces, the one that waits longest for a span first. */
  readonly #byLastSpan = new SlotOrder();
  /** Open traces, the oldest first. */
  readonly #byAge = new SlotOrder();
  #nowMs = -Infinity;

  // One entry per open trace, by its slot in the index.
  #firstRows = new Uint32Array(256);
  #lastRows = new Uint32Array(256);
  #openedMs = new Float64Array(256);
  #lastSpanMs = new Float64Array(256);
  #firstRecords = new Float64Array(256);
  #isLate = new Uint8Array(256);

  #scratch: SpanTable | undefined;
  #translation: DictionaryTranslation | undefined;

  constructor(dictionary: SpanDictionary, options: AssemblerOptions = {}) {
    const seed = options.seed ?? 0x2545f491;
    this.#idleLimitMs = options.idleLimitMs ?? 10_000;
    this.#maxAgeMs = options.maxAgeMs ?? 300_000;
    this.#maxOpenSpanCount = options.maxOpenSpanCount ?? 1_000_000;
    this.#rows = new OpenRows(dictionary, options.chunkRowCount ?? 1 << 14);
    this.#index = new TraceIdIndex(seed);
    this.#closedIds = new ClosedTraceIds(seed, options.rememberedTraceCount ?? 1 << 16);
  }

  get openSpanCount(): number {
    return this.#rows.liveCount;
  }

  get openTraceCount(): number {
    return this.#index.size;
  }

  /** Bytes of everything held, dictionaries not counted. */
  get byteLength(): number {
    return (
      this.#rows.byteLength +
      this.#index.byteLength +
      this.#closedIds.byteLength +
      this.#byLastSpan.byteLength +
      this.#byAge.byteLength +
      this.#firstRows.byteLength +
      this.#lastRows.byteLength +
      this.#openedMs.byteLength +
      this.#lastSpanMs.byteLength +
      this.#firstRecords.byteLength +
      this.#isLate.byteLength +
      (this.#scratch?.byteLength ?? 0)
    );
  }

  /**
   * Takes in rows `[from, to)`; the table may be reused afterwards. `recordId` says where the journal has them; ids ascend.
   */
  add(table: SpanTable, from: number, to: number, nowMs: number, recordId = 0): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    const isForeign = table.dictionary !== this.#rows.dictionary;
    const translation = isForeign ? this.#translationFrom(table.dictionary) : undefined;
    while (from < to) {
      const chunk = this.#rows.writable();
      const at = chunk.table.count;
      const until = Math.min(to, from + this.#rows.chunkRowCount - at);
      if (translation === undefined) chunk.table.appendRows(table, from, until);
      else for (let row = from; row < until; row++) translation.appendRow(table, row, chunk.table);
      this.#rows.added(chunk, until - from);
      this.#link(chunk, at, recordId);
      from = until;
    }
  }

  /**
   * Hands over the traces that are due, and the oldest ones as long as too many spans are open. Stops after `spanLimit`
   * spans, for whoever must not hold up others for long. Returns the number of spans handed over.
   */
  closeDue(nowMs: number, onTrace: OnTrace, spanLimit = Infinity): number {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    const before = this.counts.closedSpanCount;
    const isWithinLimit = () => this.counts.closedSpanCount - before < spanLimit;
    while (isWithinLimit()) {
      const slot = this.#byLastSpan.first;
      if (slot === NO_SLOT || this.#nowMs - this.#lastSpanMs[slot]! < this.#idleLimitMs) break;
      this.#close(slot, 'idle', onTrace);
    }
    while (isWithinLimit()) {
      const slot = this.#byAge.first;
      if (slot === NO_SLOT || this.#nowMs - this.#openedMs[slot]! < this.#maxAgeMs) break;
      this.#close(slot, 'age', onTrace);
    }
    while (isWithinLimit() && this.openSpanCount > this.#maxOpenSpanCount) {
      this.counts.closedEarlyTraceCount++;
      this.#close(this.#byAge.first, 'full', onTrace);
    }
    this.#emptySparseChunks();
    return this.counts.closedSpanCount - before;
  }

  /** Hands over every trace, oldest first. */
  closeAll(onTrace: OnTrace): void {
    while (this.#byAge.first !== NO_SLOT) this.#close(this.#byAge.first, 'end', onTrace);
  }

  /**
   * From now on spans are kept over another dictionary, so that the one before can be forgotten once its traces are
   * closed. Traces with spans of both are handed over in the newer one.
   */
  startEpoch(dictionary: SpanDictionary): void {
    this.#rows.startEpoch(dictionary);
    this.#scratch = undefined;
    this.#translation = undefined;
  }

  /** Every open trace, oldest first: its id is four words of `ids` at `offset`. */
  forEachOpenTrace(visit: (ids: Uint32Array, offset: number, firstRecordId: number) => void): void {
    for (let slot = this.#byAge.first; slot !== NO_SLOT; slot = this.#byAge.after(slot)) {
      visit(this.#index.ids, slot * 4, this.#firstRecords[slot]!);
    }
  }

  /** Appends the chunk's rows from `from` on to the lists of their traces. */
  #link(chunk: Chunk, from: number, recordId: number): void {
    const { traceIds, count } = chunk.table;
    let slot = NO_SLOT;
    for (let row = from; row < count; row++) {
      if (slot === NO_SLOT || !isSameTrace(traceIds, row - 1, row)) {
        slot = this.#slotOf(traceIds, row * 4, recordId);
      }
      const handle = this.#rows.handle(chunk, row);
      chunk.next[row] = NO_ROW;
      const last = this.#lastRows[slot]!;
      if (last === NO_ROW) this.#firstRows[slot] = handle;
      else this.#rows.chunkOf(last).next[this.#rows.rowOf(last)] = handle;
      this.#lastRows[slot] = handle;
    }
  }

  /** The open trace of an id, touched or begun. */
  #slotOf(traceIds: Uint32Array, offset: number, recordId: number): number {
    const openCount = this.#index.size;
    const slot = this.#index.findOrAdd(traceIds, offset);
    if (this.#index.size === openCount) {
      this.#lastSpanMs[slot] = this.#nowMs;
      this.#byLastSpan.moveToEnd(slot);
      return slot;
    }
    if (slot >= this.#firstRows.length) this.#growTo(this.#index.capacity);
    this.#firstRows[slot] = this.#lastRows[slot] = NO_ROW;
    this.#openedMs[slot] = this.#lastSpanMs[slot] = this.#nowMs;
    this.#firstRecords[slot] = recordId;
    this.#byLastSpan.append(slot);
    this.#byAge.append(slot);
    const isLate = this.#closedIds.has(traceIds, offset);
    this.#isLate[slot] = isLate ? 1 : 0;
    if (isLate) this.counts.lateTraceCount++;
    return slot;
  }

  #growTo(capacity: number): void {
    this.#firstRows = grown(this.#firstRows, capacity);
    this.#lastRows = grown(this.#lastRows, capacity);
    this.#openedMs = grown(this.#openedMs, capacity);
    this.#lastSpanMs = grown(this.#lastSpanMs, capacity);
    this.#firstRecords = grown(this.#firstRecords, capacity);
    this.#isLate = grown(this.#isLate, capacity);
  }

  #close(slot: number, reason: CloseReason, onTrace: OnTrace): void {
    const trace = this.#emptyScratch();
    for (let handle = this.#firstRows[slot]!; handle !== NO_ROW;) {
      const chunk = this.#rows.chunkOf(handle);
      const row = this.#rows.rowOf(handle);
      handle = chunk.next[row]!;
      this.#copyRow(chunk.table, row, trace);
      this.#rows.release(chunk, row);
    }
    this.#closedIds.add(this.#index.ids, slot * 4);
    this.#index.remove(slot);
    this.#byLastSpan.remove(slot);
    this.#byAge.remove(slot);
    this.counts.closedTraceCount++;
    this.counts.closedSpanCount += trace.count;
    onTrace(trace, reason, this.#isLate[slot] === 1);
  }

  /** Long-lived rows keep mostly dead chunks alive; they move to the chunk of the day when too much room is wasted. */
  #emptySparseChunks(): void {
    const { chunkRowCount } = this.#rows;
    while (this.#rows.roomCount > SPARSENESS_LIMIT * this.#rows.liveCount + 2 * chunkRowCount) {
      const chunk = this.#rows.sparsest();
      // An epoch's last chunk may be half empty from the start. Moving a dense chunk would win nothing.
      if (chunk === undefined || chunk.liveCount > chunkRowCount / SPARSENESS_LIMIT) return;
      for (let row = 0; row < chunk.table.count && chunk.liveCount > 0; row++) {
        if (this.#rows.isLive(chunk, row)) this.#moveRows(chunk, this.#index.find(chunk.table.traceIds, row * 4));
      }
    }
  }

  /** Walks a trace's list and moves those of its rows that lie in `chunk`. */
  #moveRows(chunk: Chunk, slot: number): void {
    let previous = NO_ROW;
    for (let handle = this.#firstRows[slot]!; handle !== NO_ROW;) {
      const home = this.#rows.chunkOf(handle);
      const row = this.#rows.rowOf(handle);
      const next = home.next[row]!;
      if (home === chunk) {
        const target = this.#rows.writable();
        const moved = this.#copyRow(chunk.table, row, target.table);
        this.#rows.added(target, 1);
        target.next[moved] = next;
        handle = this.#rows.handle(target, moved);
        if (previous === NO_ROW) this.#firstRows[slot] = handle;
        else this.#rows.chunkOf(previous).next[this.#rows.rowOf(previous)] = handle;
        if (next === NO_ROW) this.#lastRows[slot] = handle;
        this.#rows.release(chunk, row);
      }
      previous = handle;
      handle = next;
    }
  }

  #copyRow(from: SpanTable, row: number, to: SpanTable): number {
    if (from.dictionary === to.dictionary) return to.appendRow(from, row);
    return this.#translationFrom(from.dictionary).appendRow(from, row, to);
  }

  #translationFrom(source: SpanDictionary): DictionaryTranslation {
    if (this.#translation?.source !== source) {
      this.#translation = new DictionaryTranslation(source, this.#rows.dictionary);
    }
    return this.#translation;
  }

  #emptyScratch(): SpanTable {
    if (this.#scratch === undefined || this.#scratch.capacity > SCRATCH_ROW_LIMIT) {
      this.#scratch = new SpanTable(this.#rows.dictionary);
    }
    this.#scratch.truncate(0);
    return this.#scratch;
  }
}

function isSameTrace(traceIds: Uint32Array, row: number, otherRow: number): boolean {
  for (let word = 0; word < 4; word++) if (traceIds[row * 4 + word] !== traceIds[otherRow * 4 + word]) return false;
  return true;
}
