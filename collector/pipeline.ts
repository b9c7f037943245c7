import { randomBytes } from 'node:crypto';

import { createDictionary, type SpanDictionary, SpanTable } from '../analyzer/model/span-table.ts';
import { Assembler, type AssemblerOptions, type OnTrace } from './assemble/assembler.ts';
import {
  type Checkpoint,
  decodeCheckpoint,
  EMPTY_CHECKPOINT,
  encodeCheckpoint,
  firstNeededRecordId,
} from './journal/checkpoint.ts';
import { Journal, type JournalOptions, type ReplayReport } from './journal/journal.ts';
import type { SpanSink } from './receiver/contract.ts';

/** What the pipeline asks of a store. `Delta` is whatever `takeDelta` makes; the pipeline does not look into it. */
export interface PipelineStore<Delta> {
  /** The bytes of the last commit that succeeded; undefined in a new store. */
  readCheckpoint(): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Adds the delta and replaces the checkpoint, both or neither, on the disk when it returns. */
  commit(delta: Delta, checkpoint: Uint8Array): void | Promise<void>;
}

export interface PipelineOptions<Delta> {
  readonly dataDirectory: string;
  readonly store: PipelineStore<Delta>;
  /** Gathers what a whole trace shows, or what spans that came late add to it. */
  readonly onTrace: OnTrace;
  /** Hands over what was gathered since the last call, and begins anew. */
  readonly takeDelta: () => Delta;
  /** Told of everything that went wrong without stopping the pipeline. */
  readonly onError?: (error: unknown, during: 'trace' | 'commit') => void;
  readonly assembler?: AssemblerOptions;
  readonly journal?: JournalOptions;
  /** How long an observed trace waits for the store at most, if the store is quick. Default 1,000. */
  readonly checkpointIntervalMs?: number;
  /** How often due traces are closed. Default 250. */
  readonly closeIntervalMs?: number;
  /** Names and values may fill so many bytes before a new dictionary is begun. Default 64 MiB. */
  readonly dictionaryByteLimit?: number;
}

export interface PipelineStatus {
  readonly openSpanCount: number;
  readonly openTraceCount: number;
  readonly closedTraceCount: number;
  readonly closedSpanCount: number;
  readonly closedEarlyTraceCount: number;
  readonly lateTraceCount: number;
  /** Traces that could not be observed; their spans are lost to the sums. */
  readonly failedTraceCount: number;
  /** Commits that failed one after the other up to now. */
  readonly failedCommitCount: number;
  readonly waitingByteCount: number;
  /** Why spans are refused; undefined while they are taken. */
  readonly refusal: string | undefined;
}

/** Traces are closed in slices of so many spans, so that requests are answered in between. */
const SLICE_SPAN_COUNT = 20_000;

const MOST_SPARE_TABLES = 16;
const FIRST_TABLE_ROWS = 512;
const LARGEST_SPARE_TABLE_ROWS = 8_192;

/** A checkpoint may take this share of the time; with very many open traces the interval grows. */
const CHECKPOINT_TIME_SHARE = 0.05;

/**
 * The live way of a span: journal, then assembler, then whoever observes whole traces, then the store.
 *
 * What was observed and the journal's checkpoint reach the store in one commit, so a kill at any moment neither loses an
 * acknowledged span nor counts one twice: replay begins where the store's checkpoint says.
 */
export class Pipeline<Delta> implements SpanSink {
  readonly #options: PipelineOptions<Delta>;
  readonly #assembler: Assembler;
  readonly #dictionaryByteLimit: number;
  #journal: Journal | undefined;
  #dictionary: SpanDictionary;
  /** Id of the first record that the assembler does not have. */
  #position = 0;
  #hasChanged = false;
  readonly #createdMs = performance.now();
  /** A commit that was begun and is not known to have succeeded. */
  #pendingCommit: { readonly delta: Delta; readonly bytes: Uint8Array; readonly keepFrom: number } | undefined;
  #committing: Promise<void> | undefined;
  readonly #ingesting = new Set<Promise<void>>();
  /** Tables of requests that were taken in, for requests to come: thirteen columns each that need not be made anew. */
  readonly #spareTables: SpanTable[] = [];
  #state: 'new' | 'running' | 'stopping' | 'stopped' = 'new';
  #closeTimer: NodeJS.Timeout | undefined;
  #checkpointTimer: NodeJS.Timeout | undefined;
  #failedTraceCount = 0;
  #failedCommitCount = 0;

  constructor(options: PipelineOptions<Delta>) {
    this.#options = options;
    this.#dictionary = newDictionary();
    this.#dictionaryByteLimit = options.dictionaryByteLimit ?? 64 << 20;
    this.#assembler = new Assembler(this.#dictionary, { seed: randomSeed(), ...options.assembler });
  }

  /**
   * Locks the data directory, replays what the store does not have yet, and runs. Throws `DirectoryLockedError` if another
   * process has the directory.
   */
  async start(): Promise<ReplayReport> {
    if (this.#state !== 'new') throw new Error('a pipeline starts once');
    const { dataDirectory, journal, store } = this.#options;
    this.#journal = await Journal.open(dataDirectory, journal);
    try {
      const bytes = await store.readCheckpoint();
      const checkpoint = bytes === undefined ? EMPTY_CHECKPOINT : decodeCheckpoint(bytes);
      // No commit before replay is through: its position would lie before that of the store.
      const report = await this.#journal.replay(
        checkpoint,
        () => this.#dictionary,
        (table, recordId) => this.#takeIn(table, recordId),
      );
      this.#position = Math.max(this.#position, this.#journal.nextRecordId);
      this.#state = 'running';
      this.#scheduleClose();
      this.#scheduleCheckpoint(this.#checkpointIntervalMs);
      return report;
    } catch (error) {
      await this.#journal.close();
      throw error;
    }
  }

  createTable(): SpanTable {
    const table = this.#spareTables.pop();
    return table?.dictionary === this.#dictionary ? table : new SpanTable(this.#dictionary, FIRST_TABLE_ROWS);
  }

  ingest(table: SpanTable): Promise<void> {
    if (this.#state !== 'running') return Promise.reject(new Error('the collector is not running'));
    if (table.count === 0) return Promise.resolve();
    const ingested = this.#ingest(table, this.#journal!);
    this.#ingesting.add(ingested);
    const forget = () => this.#ingesting.delete(ingested);
    ingested.then(forget, forget);
    return ingested;
  }

  /** Closes and observes every open trace now, as at the end of a command that was watched. */
  closeOpenTraces(): void {
    this.#assembler.closeAll(this.#onTrace);
  }

  /** Commits what was observed; resolves when it is in the store, rejects if the store failed. */
  async commit(): Promise<void> {
    while (this.#committing !== undefined) await this.#committing.catch(() => undefined);
    this.#committing = this.#commit();
    try {
      await this.#committing;
    } finally {
      this.#committing = undefined;
    }
  }

  /** Takes no more spans, commits, and unlocks the directory. Open traces stay in the journal for the next start. */
  async stop(): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'stopping';
    clearTimeout(this.#closeTimer);
    clearTimeout(this.#checkpointTimer);
    await Promise.allSettled(this.#ingesting);
    try {
      await this.commit();
      // The first may have been the rest of one that failed.
      await this.commit();
    } finally {
      this.#state = 'stopped';
      await this.#journal!.close();
    }
  }

  get status(): PipelineStatus {
    const { counts, openSpanCount, openTraceCount } = this.#assembler;
    const refusal = this.#state === 'running' ? this.#journal!.failure?.message : 'the collector is not running';
    return {
      ...counts,
      openSpanCount,
      openTraceCount,
      failedTraceCount: this.#failedTraceCount,
      failedCommitCount: this.#failedCommitCount,
      waitingByteCount: this.#journal?.waitingByteCount ?? 0,
      refusal,
    };
  }

  get #checkpointIntervalMs(): number {
    return this.#options.checkpointIntervalMs ?? 1_000;
  }

  async #ingest(table: SpanTable, journal: Journal): Promise<void> {
    // Appends resolve in the order of their records, and so do the steps behind this line: none overtakes another.
    const recordId = await journal.append(table, 0, table.count);
    if (recordId !== this.#position) throw new Error(`record ${recordId} came before record ${this.#position}`);
    this.#takeIn(table, recordId);
    // The receiver is done with it; a table of one odd, large request is not worth keeping.
    if (this.#spareTables.length < MOST_SPARE_TABLES && table.capacity <= LARGEST_SPARE_TABLE_ROWS) {
      table.truncate(0);
      this.#spareTables.push(table);
    }
  }

  #takeIn(table: SpanTable, recordId: number): void {
    // Replay may take longer than the idle limit, and is over in no time for the traces in it.
    const nowMs = this.#state === 'running' ? performance.now() : this.#createdMs;
    this.#assembler.add(table, 0, table.count, nowMs, recordId);
    this.#position = recordId + 1;
    this.#hasChanged = true;
    if (this.#isDictionaryFull()) {
      this.#dictionary = newDictionary();
      this.#assembler.startEpoch(this.#dictionary);
    }
    // Keeps the cap on open spans also between two ticks.
    this.#assembler.closeDue(nowMs, this.#onTrace, SLICE_SPAN_COUNT);
  }

  #isDictionaryFull(): boolean {
    const { strings, resources } = this.#dictionary;
    return strings.byteLength > this.#dictionaryByteLimit || resources.size > 100_000;
  }

  /** A trace that cannot be observed is counted and left out: it must not stop the others, nor every start from now on. */
  readonly #onTrace: OnTrace = (trace, reason, isLate) => {
    this.#hasChanged = true;
    try {
      this.#options.onTrace(trace, reason, isLate);
    } catch (error) {
      this.#failedTraceCount++;
      this.#options.onError?.(error, 'trace');
    }
  };

  #scheduleClose(): void {
    this.#closeTimer = setTimeout(() => this.#closeDue(), this.#options.closeIntervalMs ?? 250);
  }

  #closeDue(): void {
    if (this.#state !== 'running') return;
    const closedSpanCount = this.#assembler.closeDue(performance.now(), this.#onTrace, SLICE_SPAN_COUNT);
    if (closedSpanCount >= SLICE_SPAN_COUNT) setImmediate(() => this.#closeDue());
    else this.#scheduleClose();
  }

  #scheduleCheckpoint(delayMs: number): void {
    this.#checkpointTimer = setTimeout(() => {
      const startedMs = performance.now();
      void this.commit()
        .catch((error: unknown) => this.#options.onError?.(error, 'commit'))
        .then(() => {
          if (this.#state !== 'running') return;
          const tookMs = performance.now() - startedMs;
          this.#scheduleCheckpoint(Math.max(this.#checkpointIntervalMs, tookMs / CHECKPOINT_TIME_SHARE));
        });
    }, delayMs);
  }

  async #commit(): Promise<void> {
    if (this.#pendingCommit === undefined) {
      if (!this.#hasChanged) return;
      // In one go, without an await in between: the delta and the checkpoint say the same.
      this.#hasChanged = false;
      const checkpoint = this.#checkpoint();
      const delta = this.#options.takeDelta();
      this.#pendingCommit = { delta, bytes: encodeCheckpoint(checkpoint), keepFrom: firstNeededRecordId(checkpoint) };
    } else if (areEqual(await this.#options.store.readCheckpoint(), this.#pendingCommit.bytes)) {
      // The commit that seemed to fail did not.
      this.#pendingCommit = undefined;
      return;
    }
    const { delta, bytes, keepFrom } = this.#pendingCommit;
    try {
      await this.#options.store.commit(delta, bytes);
    } catch (error) {
      this.#failedCommitCount++;
      throw error;
    }
    this.#failedCommitCount = 0;
    this.#pendingCommit = undefined;
    await this.#journal!.release(keepFrom);
  }

  #checkpoint(): Checkpoint {
    const count = this.#assembler.openTraceCount;
    const openTraceIds = new Uint32Array(count * 4);
    const firstRecordIds = new Float64Array(count);
    let trace = 0;
    this.#assembler.forEachOpenTrace((ids, offset, firstRecordId) => {
      for (let word = 0; word < 4; word++) openTraceIds[trace * 4 + word] = ids[offset + word]!;
      firstRecordIds[trace++] = firstRecordId;
    });
    return { position: this.#position, openTraceIds, firstRecordIds };
  }
}

function newDictionary(): SpanDictionary {
  return createDictionary(randomSeed());
}

function randomSeed(): number {
  return randomBytes(4).readUInt32LE();
}

function areEqual(left: Uint8Array | undefined, right: Uint8Array): boolean {
  return left?.length === right.length && left.every((byte, at) => byte === right[at]);
}
