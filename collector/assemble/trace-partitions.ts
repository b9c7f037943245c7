import { randomBytes } from 'node:crypto';
import { createDictionary, type SpanDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { mix } from '../../analyzer/model/string-table.ts';
import { decodeRows, RowEncoder } from '../journal/row-codec.ts';
import { DictionaryTranslation } from './dictionary-translation.ts';
import { type Extent, SpillFile } from './spill-file.ts';

export interface TracePartitionsOptions {
  /** Columns may fill so many bytes before rows go to the disk, names a quarter of it. Default 32 MiB. */
  readonly memoryLimitBytes?: number;
  /** Default: the system's folder for temporary files. */
  readonly folder?: string;
  /** Of the hash that sends traces to partitions: ids come from outside. By default nobody knows it. */
  readonly seed?: number;
}

/** Rows on the disk whose trace ids have the same hash. */
interface Partition {
  readonly extents: Extent[];
  rowCount: number;
  columnByteCount: number;
  /** How often it was split; a further split needs another hash. */
  readonly depth: number;
}

/**
 * The spans of any amount of input by whole traces, in bounded memory, whatever the order they come in. While they are few
 * they stay in one table and nothing is written. From then on rows go to a temporary file, partitioned by a hash of their
 * trace id, and come back partition by partition.
 *
 *     for await (batch of input) await partitions.add(batch);
 *     for await (table of partitions.tables()) observe(table);
 *
 * Only the lower half of a trace id is hashed: the other half may be missing, and then the trace is still the same.
 */
export class TracePartitions {
  spanCount = 0;
  /** Environments that resources named, of whatever trace. */
  readonly environments = new Set<string>();
  /** What the next batch is to be over: a new one begins when the names in the last one have become too many. */
  dictionary: SpanDictionary;
  readonly #options: TracePartitionsOptions;
  readonly #memoryLimitBytes: number;
  readonly #seed: number;
  readonly #encoder = new RowEncoder();
  readonly #partitions = newPartitions(0);
  #table: SpanTable;
  /** Rows of one partition on their way to the disk. */
  #gathered: SpanTable;
  #file: SpillFile | undefined;

  constructor(options: TracePartitionsOptions = {}) {
    this.#options = options;
    this.#memoryLimitBytes = options.memoryLimitBytes ?? 32 << 20;
    this.#seed = options.seed ?? randomBytes(4).readUInt32LE();
    this.dictionary = this.#newDictionary();
    this.#table = new SpanTable(this.dictionary);
    this.#gathered = new SpanTable(this.dictionary);
  }

  /** Bytes written to the disk; 0 while everything is in memory. */
  get spilledByteCount(): number {
    return this.#file?.byteCount ?? 0;
  }

  /**
   * Takes a copy of the rows of a table, quickest if it is over `dictionary`. Throws `SpillError` if they do not fit on the
   * disk either.
   */
  async add(batch: SpanTable): Promise<void> {
    const table = this.#table;
    // Tables double when they grow.
    const growth = table.count + batch.count > table.capacity ? 2 : 1;
    if (table.count > 0 && table.byteLength * growth > this.#memoryLimitBytes) await this.#spill();
    this.spanCount += batch.count;
    if (batch.dictionary === this.dictionary) this.#table.appendRows(batch, 0, batch.count);
    else this.#translate(batch);
    if (this.#isFull(this.dictionary)) {
      await this.#spill();
      this.#forgetDictionary();
    }
  }

  /**
   * All that was added, in tables that hold their traces whole. A table may be over another dictionary than the one before,
   * and is the caller's only until the next is asked for. To be called once, at the end.
   */
  async *tables(): AsyncIterable<SpanTable> {
    this.#noteEnvironments();
    if (this.#file === undefined) {
      if (this.#table.count > 0) yield this.#table;
      return;
    }
    await this.#spill();
    this.#forgetDictionary();
    const open = this.#partitions.filter(({ rowCount }) => rowCount > 0);
    for (let partition = open.pop(); partition !== undefined; partition = open.pop()) {
      const parts = partition.columnByteCount > this.#memoryLimitBytes ? await this.#split(partition) : [];
      // One trace, or some whose ids are alike, cannot be told apart by any hash.
      if (parts.length > 1) open.push(...parts);
      else yield await this.#load(partition);
    }
  }

  /** Gives the temporary file back. */
  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  #translate(batch: SpanTable): void {
    const translation = new DictionaryTranslation(batch.dictionary, this.dictionary);
    for (let row = 0; row < batch.count; row++) translation.appendRow(batch, row, this.#table);
  }

  async #spill(): Promise<void> {
    await this.#scatter(this.#table, this.#partitions);
    // One odd, large batch must not make every later one look as if memory were full.
    if (this.#table.byteLength > this.#memoryLimitBytes) this.#table = new SpanTable(this.dictionary);
    else this.#table.truncate(0);
  }

  /** Writes the rows of a table to the partitions they belong to. */
  async #scatter(table: SpanTable, partitions: readonly Partition[]): Promise<void> {
    this.#file ??= await SpillFile.create(this.#options.folder);
    if (this.#gathered.dictionary !== table.dictionary) this.#gathered = new SpanTable(table.dictionary);
    const gathered = this.#gathered;
    const { rows, starts } = this.#byPartition(table, partitions[0]!.depth);
    for (const [number, partition] of partitions.entries()) {
      const [from, to] = [starts[number]!, starts[number + 1]!];
      if (from === to) continue;
      for (let at = from; at < to; at++) gathered.appendRow(table, rows[at]!);
      partition.extents.push(await this.#file.append(this.#encoder.encode(gathered, 0, gathered.count)));
      partition.rowCount += gathered.count;
      partition.columnByteCount += columnByteCount(gathered);
      gathered.truncate(0);
    }
  }

  /** Counting sort of the rows: those of partition `p` are `rows[starts[p] .. starts[p + 1])`, in table order. */
  #byPartition({ traceIds, count }: SpanTable, depth: number): { rows: Uint32Array; starts: Uint32Array } {
    const seed = mix(this.#seed + depth);
    const starts = new Uint32Array(PARTITION_COUNT + 1);
    const numbers = new Uint8Array(count);
    for (let row = 0; row < count; row++) {
      const hash = mix(traceIds[row * 4 + 3]! ^ mix(traceIds[row * 4 + 2]! ^ seed));
      numbers[row] = hash & (PARTITION_COUNT - 1);
      starts[numbers[row]!]!++;
    }
    let end = 0;
    for (let number = 0; number < PARTITION_COUNT; number++) starts[number] = end += starts[number]!;
    starts[PARTITION_COUNT] = end;
    const rows = new Uint32Array(count);
    for (let row = count - 1; row >= 0; row--) rows[--starts[numbers[row]!]!] = row;
    return { rows, starts };
  }

  /** The same rows by another hash; those of one partition cannot all stay together, unless they are of one trace. */
  async #split(partition: Partition): Promise<readonly Partition[]> {
    const parts = newPartitions(partition.depth + 1);
    let table = new SpanTable(this.#newDictionary());
    for (const extent of partition.extents) {
      decodeRows(await this.#file!.read(extent), table);
      if (columnByteCount(table) < this.#memoryLimitBytes / 2 && !this.#isFull(table.dictionary)) continue;
      await this.#scatter(table, parts);
      if (this.#isFull(table.dictionary)) table = new SpanTable(this.#newDictionary());
      table.truncate(0);
    }
    await this.#scatter(table, parts);
    return parts.filter(({ rowCount }) => rowCount > 0);
  }

  async #load({ extents, rowCount }: Partition): Promise<SpanTable> {
    if (this.#isFull(this.dictionary)) this.#forgetDictionary();
    if (this.#table.capacity < rowCount) this.#table = new SpanTable(this.dictionary, rowCount);
    this.#table.truncate(0);
    for (const extent of extents) decodeRows(await this.#file!.read(extent), this.#table);
    return this.#table;
  }

  #isFull({ strings, resources }: SpanDictionary): boolean {
    return strings.byteLength > this.#memoryLimitBytes / 4 + EMPTY_STRINGS_BYTES || resources.size > MOST_RESOURCES;
  }

  #forgetDictionary(): void {
    this.#noteEnvironments();
    this.dictionary = this.#newDictionary();
    this.#table = new SpanTable(this.dictionary);
    this.#gathered = new SpanTable(this.dictionary);
  }

  #noteEnvironments(): void {
    const { resources } = this.dictionary;
    for (let id = 0; id < resources.size; id++) {
      const { environment } = resources.get(id);
      if (environment !== undefined) this.environments.add(environment);
    }
  }

  #newDictionary(): SpanDictionary {
    return createDictionary(this.#seed);
  }
}

/** A power of two, at most 256. */
const PARTITION_COUNT = 64;
/** Resources are objects: instances of services, of which there are seldom thousands. */
const MOST_RESOURCES = 20_000;
const EMPTY_STRINGS_BYTES = createDictionary().strings.byteLength;

function newPartitions(depth: number): Partition[] {
  return Array.from({ length: PARTITION_COUNT }, () => ({ extents: [], rowCount: 0, columnByteCount: 0, depth }));
}

/** Bytes in use, not those in reserve. */
function columnByteCount({ count, attributeStarts, linkCount, evidenceCount }: SpanTable): number {
  return count * 63 + attributeStarts[count]! * 5 + linkCount * 28 + evidenceCount * 9;
}
