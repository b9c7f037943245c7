import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { type SpanDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { TraceIdIndex } from '../../analyzer/model/trace-id-index.ts';
import { DamagedBytesError } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { type Checkpoint, firstNeededRecordId } from './checkpoint.ts';
import { DirectoryLock } from './directory-lock.ts';
import { decodeRows, RowEncoder } from './row-codec.ts';
import {
  fillRecordHeader,
  firstRecordIdOf,
  payloadOf,
  RECORD_HEADER_LENGTH,
  type RecordPlace,
  scanSegment,
  SEGMENT_HEADER_LENGTH,
  segmentHeader,
} from './segment.ts';
import { createSegmentFile, type CreateSegmentFile, type SegmentFile, syncFolder } from './segment-file.ts';

export interface JournalOptions {
  /** A segment that has grown beyond it is followed by a new one. Default 64 MiB. */
  readonly segmentByteLimit?: number;
  /** Bytes that may wait for the disk before more are refused. Default 128 MiB. */
  readonly waitingByteLimit?: number;
  readonly createFile?: CreateSegmentFile;
}

/** What replay found. */
export interface ReplayReport {
  readonly recordCount: number;
  /** Spans that were not in the store yet. */
  readonly spanCount: number;
  /** Acknowledged records that are gone, at most: some of their spans may be in the store. */
  readonly lostRecordCount: number;
  /** Bytes of a write that a kill cut short; never acknowledged. */
  readonly tornByteCount: number;
  /** Copies of what could not be read, in `quarantine/`. */
  readonly quarantinedFiles: readonly string[];
}

/**
 * `full`: the bytes could not be written, and may be later. `saturated`: too many wait already. `failed`: the journal takes
 * nothing any more until the process starts again. `closed`: it was closed. The caller was not promised anything.
 */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly kind: 'full' | 'saturated' | 'failed' | 'closed';

  constructor(kind: JournalError['kind'], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

interface Segment {
  readonly path: string;
  readonly sequence: number;
  /** Of the records in it or, while it is empty, of the next one. */
  readonly firstRecordId: number;
}

interface ActiveSegment extends Segment {
  readonly file: SegmentFile;
  readonly marker: number;
  /** Bytes known to be on the disk. */
  length: number;
}

/** Records one behind the other in `writer`, but for their headers: what is written and synced at once. */
interface Group {
  readonly writer: ByteWriter;
  readonly appends: WaitingAppend[];
}

interface WaitingAppend {
  readonly rowCount: number;
  /** The record is `[start, end)` of what was written. */
  readonly start: number;
  readonly end: number;
  readonly resolve: (recordId: number) => void;
  readonly reject: (error: JournalError) => void;
}

/** Memory of a group that was larger is not kept for the next one. */
const SPARE_WRITER_BYTE_LIMIT = 4 << 20;

/**
 * Spans on the disk before they are acknowledged: `journal/<sequence>.wal` in the data directory, which it locks.
 *
 * - `append` resolves after fdatasync. Appends that come while one is under way share the next.
 * - `replay` gives back what the store's checkpoint (see `checkpoint.ts`) says is not in the store yet. A damaged place
 *   costs the records it touches, never the ones behind it; a copy goes to `quarantine/`. A torn end is cut off.
 * - `release` deletes the segments that hold nothing but what is in the store.
 *
 * It sees span tables only, which are redacted: no card number reaches the disk.
 */
export class Journal {
  readonly #directory: string;
  readonly #lock: DirectoryLock;
  readonly #segmentByteLimit: number;
  readonly #waitingByteLimit: number;
  readonly #createFile: CreateSegmentFile;
  readonly #encoder = new RowEncoder();
  /** Closed segments, oldest first. */
  #segments: Segment[] = [];
  #active: ActiveSegment | undefined;
  #nextSequence = 1;
  #nextRecordId = 0;
  #waiting: Group = { writer: new ByteWriter(), appends: [] };
  /** Memory of the group before, for the one to come. */
  #spareWriter: ByteWriter | undefined;
  #waitingByteCount = 0;
  #writing: Promise<void> | undefined;
  #refusal: JournalError | undefined = new JournalError('closed', 'the journal was not replayed yet');

  private constructor(directory: string, lock: DirectoryLock, options: JournalOptions) {
    this.#directory = directory;
    this.#lock = lock;
    this.#segmentByteLimit = options.segmentByteLimit ?? 64 << 20;
    this.#waitingByteLimit = options.waitingByteLimit ?? 128 << 20;
    this.#createFile = options.createFile ?? createSegmentFile;
  }

  /** Locks the data directory, which is made if need be. `replay` comes next. */
  static async open(dataDirectory: string, options: JournalOptions = {}): Promise<Journal> {
    const lock = new DirectoryLock(dataDirectory);
    try {
      await mkdir(join(dataDirectory, 'journal'), { recursive: true, mode: 0o700 });
      await syncFolder(dataDirectory);
      await syncFolder(dirname(resolve(dataDirectory)));
      return new Journal(dataDirectory, lock, options);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Bytes that wait for the disk. */
  get waitingByteCount(): number {
    return this.#waitingByteCount;
  }

  /** Why nothing can be appended; undefined while all is well. */
  get failure(): JournalError | undefined {
    return this.#refusal;
  }

  /** Id of the next record. */
  get nextRecordId(): number {
    return this.#nextRecordId;
  }

  /** Segment files on the disk. */
  get segmentCount(): number {
    return this.#segments.length + (this.#active === undefined ? 0 : 1);
  }

  /**
   * Hands over, record by record in the order of their ids, the rows that are not in the store; the table is reused. From
   * then on the journal takes appends.
   */
  async replay(
    checkpoint: Checkpoint,
    dictionary: () => SpanDictionary,
    onRows: (table: SpanTable, recordId: number) => void,
  ): Promise<ReplayReport> {
    const open = new OpenRecords(checkpoint);
    const quarantinedFiles: string[] = [];
    let recordCount = 0;
    let spanCount = 0;
    let lostRecordCount = 0;
    let tornByteCount = 0;
    const firstNeeded = firstNeededRecordId(checkpoint);
    let expectedRecordId = firstNeeded;
    let lastRecordId = -1;

    const paths = await this.#segmentPaths();
    for (const { path, sequence, isLast } of paths) {
      const bytes = await readFile(path);
      const { records, damages } = scanSegment(bytes);
      const quarantine = async (start: number, end: number) => {
        quarantinedFiles.push(await this.#quarantine(sequence, start, bytes.subarray(start, end)));
      };
      for (const { start, end, isTorn } of damages) {
        if (isLast && isTorn) {
          tornByteCount += end - start;
        } else {
          await quarantine(start, end);
          // Behind the last record no gap between ids will tell of the loss.
          if (isLast && end === bytes.length && start >= SEGMENT_HEADER_LENGTH) lostRecordCount++;
        }
        if (isLast && end === bytes.length) await truncate(path, start);
      }
      // At least one more than what came before, so that `release` never takes an earlier segment for done too soon.
      const firstRecordId = Math.max(lastRecordId + 1, firstRecordIdOf(bytes) ?? records[0]?.recordId ?? 0);
      this.#segments.push({ path, sequence, firstRecordId });
      this.#nextSequence = sequence + 1;
      for (const place of records) {
        const { recordId } = place;
        // A copy of a segment, or of a part of one.
        if (recordId <= lastRecordId) continue;
        lastRecordId = recordId;
        if (recordId >= expectedRecordId) {
          lostRecordCount += recordId - expectedRecordId;
          expectedRecordId = recordId + 1;
        }
        if (recordId < firstNeeded) continue;
        const table = this.#readRecord(bytes, place, dictionary());
        if (table === undefined) {
          lostRecordCount++;
          await quarantine(place.start, place.end);
          continue;
        }
        const fresh = open.rowsOf(table, recordId);
        recordCount++;
        spanCount += fresh.count;
        if (fresh.count > 0) onRows(fresh, recordId);
      }
    }
    // Never an id below the checkpoint's position: replay would take such a record for one that is in the store.
    lostRecordCount += Math.max(0, checkpoint.position - expectedRecordId);
    this.#nextRecordId = Math.max(lastRecordId + 1, checkpoint.position);
    this.#refusal = undefined;
    return { recordCount, spanCount, lostRecordCount, tornByteCount, quarantinedFiles };
  }

  /**
   * Puts rows `[from, to)` on the disk and returns the id of their record; ids ascend in the order of the calls. The rows
   * are copied at once. Rejects with `JournalError`.
   */
  append(table: SpanTable, from: number, to: number): Promise<number> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    if (this.#waitingByteCount > this.#waitingByteLimit) {
      return Promise.reject(new JournalError('saturated', 'the disk is slower than the spans come'));
    }
    const { writer, appends } = this.#waiting;
    const start = writer.length;
    try {
      writer.skip(RECORD_HEADER_LENGTH);
      this.#encoder.encodeTo(writer, table, from, to);
    } catch (error) {
      writer.truncate(start);
      throw error;
    }
    const end = writer.length;
    this.#waitingByteCount += end - start;
    return new Promise((resolve, reject) => {
      appends.push({ rowCount: to - from, start, end, resolve, reject });
      this.#writing ??= this.#writeWaiting();
    });
  }

  /** Deletes the segments with nothing but records below `recordId`. */
  async release(recordId: number): Promise<void> {
    const followers = [...this.#segments.slice(1), ...(this.#active === undefined ? [] : [this.#active])];
    let doneCount = 0;
    while (doneCount < followers.length && followers[doneCount]!.firstRecordId <= recordId) doneCount++;
    for (const { path } of this.#segments.splice(0, doneCount)) await rm(path, { force: true });
  }

  /** Finishes what waits, then closes the file and unlocks the directory. */
  async close(): Promise<void> {
    this.#refusal ??= new JournalError('closed', 'the journal is closed');
    await this.#writing;
    await this.#active?.file.close();
    this.#active = undefined;
    this.#lock.release();
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting.appends.length > 0) {
      const group = this.#waiting;
      this.#waiting = { writer: this.#spareWriter ?? new ByteWriter(), appends: [] };
      this.#spareWriter = undefined;
      const error = await this.#writeGroup(group);
      this.#waitingByteCount -= group.writer.length;
      group.writer.truncate(0);
      if (group.writer.capacity <= SPARE_WRITER_BYTE_LIMIT) this.#spareWriter = group.writer;
      if (error === undefined) for (const { resolve } of group.appends) resolve(this.#nextRecordId++);
      else for (const { reject } of group.appends) reject(error);
    }
    this.#writing = undefined;
  }

  /** Writes and syncs a group of appends as records with the next ids. */
  async #writeGroup({ writer, appends }: Group): Promise<JournalError | undefined> {
    // Appends that waited while the journal failed.
    if (this.#refusal !== undefined && this.#refusal.kind === 'failed') return this.#refusal;
    let segment: ActiveSegment;
    try {
      segment = await this.#segmentWithRoom();
    } catch (error) {
      return new JournalError('full', `no journal file can be written: ${messageOf(error)}`, error);
    }
    const bytes = writer.view();
    for (const [at, { rowCount, start, end }] of appends.entries()) {
      fillRecordHeader(bytes, { recordId: this.#nextRecordId + at, start, end }, { marker: segment.marker, rowCount });
    }
    try {
      await segment.file.write([bytes], segment.length);
    } catch (error) {
      return this.#takeBack(segment, error);
    }
    try {
      await segment.file.sync();
    } catch (error) {
      // A second fsync may report success for pages that the first one gave up on: never ask again.
      return this.#fail(`fsync failed (${messageOf(error)}); start again, what was acknowledged is safe`, error);
    }
    segment.length += bytes.length;
    return undefined;
  }

  /** Cuts off what a failed write left, so that the next write can try again. */
  async #takeBack(segment: ActiveSegment, error: unknown): Promise<JournalError> {
    try {
      await segment.file.truncate(segment.length);
    } catch (second) {
      return this.#fail(`a failed write cannot be taken back (${messageOf(second)})`, second);
    }
    return new JournalError('full', `the journal cannot be written: ${messageOf(error)}`, error);
  }

  #fail(message: string, cause: unknown): JournalError {
    return (this.#refusal = new JournalError('failed', `the journal stopped: ${message}`, cause));
  }

  async #segmentWithRoom(): Promise<ActiveSegment> {
    if (this.#active !== undefined && this.#active.length < this.#segmentByteLimit) return this.#active;
    const sequence = this.#nextSequence;
    const path = join(this.#directory, 'journal', segmentName(sequence));
    const marker = randomBytes(4).readUInt32LE();
    const firstRecordId = this.#nextRecordId;
    const file = await this.#createFile(path);
    try {
      await file.write([segmentHeader({ sequence, firstRecordId, marker })], 0);
      await file.sync();
    } catch (error) {
      await file.close();
      await rm(path, { force: true });
      throw error;
    }
    if (this.#active !== undefined) {
      this.#segments.push(this.#active);
      await this.#active.file.close();
    }
    this.#nextSequence++;
    this.#active = { path, sequence, firstRecordId, file, marker, length: SEGMENT_HEADER_LENGTH };
    return this.#active;
  }

  async #segmentPaths(): Promise<{ path: string; sequence: number; isLast: boolean }[]> {
    const folder = join(this.#directory, 'journal');
    const names = (await readdir(folder)).filter((name) => /^\d{10}\.wal$/.test(name)).sort();
    return names.map((name, at) => ({
      path: join(folder, name),
      sequence: Number.parseInt(name, 10),
      isLast: at === names.length - 1,
    }));
  }

  /** Undefined for a record that is whole but makes no sense. */
  #readRecord(bytes: Buffer, place: RecordPlace, dictionary: SpanDictionary): SpanTable | undefined {
    const table = new SpanTable(dictionary);
    try {
      decodeRows(payloadOf(bytes, place), table);
      return table;
    } catch (error) {
      if (error instanceof DamagedBytesError) return undefined;
      throw error;
    }
  }

  async #quarantine(sequence: number, start: number, bytes: Uint8Array): Promise<string> {
    const folder = join(this.#directory, 'quarantine');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `${segmentName(sequence)}.${start}`);
    await writeFile(path, bytes, { mode: 0o600 });
    return path;
  }
}

/** Tells the rows of a record that are in the store from those that are not. */
class OpenRecords {
  readonly #position: number;
  readonly #index = new TraceIdIndex(randomBytes(4).readUInt32LE());
  readonly #firstRecordIds: number[] = [];

  constructor({ position, openTraceIds, firstRecordIds }: Checkpoint) {
    this.#position = position;
    for (let trace = 0; trace < firstRecordIds.length; trace++) {
      this.#firstRecordIds[this.#index.findOrAdd(openTraceIds, trace * 4)] = firstRecordIds[trace]!;
    }
  }

  rowsOf(table: SpanTable, recordId: number): SpanTable {
    if (recordId >= this.#position) return table;
    const fresh = new SpanTable(table.dictionary);
    for (let row = 0; row < table.count; row++) {
      const slot = this.#index.find(table.traceIds, row * 4);
      if (slot >= 0 && recordId >= this.#firstRecordIds[slot]!) fresh.appendRow(table, row);
    }
    return fresh;
  }
}

function segmentName(sequence: number): string {
  return `${String(sequence).padStart(10, '0')}.wal`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
