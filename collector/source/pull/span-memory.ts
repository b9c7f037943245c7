import { createHash } from 'node:crypto';
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { SpanTable } from '../../../analyzer/model/span-table.ts';
import { mix } from '../../../analyzer/model/string-table.ts';
import { TraceIdIndex } from '../../../analyzer/model/trace-id-index.ts';
import { errorCode, SourceError } from '../source-error.ts';

/** A key of four words, then when the span ended as a float: 24 bytes. */
const RECORD_BYTES = 24;
const VERSION = 1;

/**
 * How far a source was pulled, and which of its younger spans were taken, on the disk: what comes again is known. Spans are
 * known by a hash of trace, span, kind and service, so that both halves of a shared span are two. Appended to span by span;
 * begun anew, without what is too old to come again, at the end of each pull.
 */
export class SpanMemory {
  readonly #path: string;
  readonly #label: string;
  /** Any seed does: the ids in it are hashes already. */
  readonly #index = new TraceIdIndex(0x51ed270b);
  #endsUs = new Float64Array(256);
  readonly #key = new Uint32Array(4);
  readonly #serviceHashes = new Map<string, number>();
  #hasFile = false;
  /** Undefined before the first pull came to an end. */
  coveredToUs: number | undefined;

  private constructor(path: string, label: string) {
    this.#path = path;
    this.#label = label;
  }

  /** Reads what is there. `label` names the source, `identity` all that tells it from others. */
  static open(folder: string, label: string, identity: string): SpanMemory {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const name = createHash('sha256').update(identity).digest('hex').slice(0, 16);
    const memory = new SpanMemory(join(folder, `${name}.pulled`), label);
    memory.#read();
    return memory;
  }

  get size(): number {
    return this.#index.size;
  }

  has(table: SpanTable, row: number): boolean {
    this.#writeKey(table, row);
    return this.#index.find(this.#key, 0) >= 0;
  }

  /** Remembers every row, on the disk when it returns. */
  add(table: SpanTable): void {
    const records = Buffer.alloc(table.count * RECORD_BYTES);
    for (let row = 0; row < table.count; row++) {
      this.#writeKey(table, row);
      this.#put(this.#key, table.endUs[row]!);
      writeRecord(records, row, this.#key, 0, table.endUs[row]!);
    }
    const file = openSync(this.#path, 'a', 0o600);
    try {
      if (!this.#hasFile) writeSync(file, this.#header());
      this.#hasFile = true;
      writeAll(file, records);
      fdatasyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** Everything up to `coveredToUs` was pulled; spans that ended before `keepFromUs` are forgotten. */
  advance(coveredToUs: number, keepFromUs: number): void {
    this.coveredToUs = coveredToUs;
    for (const [slot, endUs] of this.#endsUs.entries()) {
      // Times are above zero where there is an entry.
      if (endUs === 0 || endUs >= keepFromUs) continue;
      this.#index.remove(slot);
      this.#endsUs[slot] = 0;
    }
    const records = Buffer.alloc(this.size * RECORD_BYTES);
    let at = 0;
    for (const [slot, endUs] of this.#endsUs.entries()) {
      if (endUs !== 0) writeRecord(records, at++, this.#index.ids, slot * 4, endUs);
    }
    const temporary = `${this.#path}.new`;
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeSync(file, this.#header());
      writeAll(file, records);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, this.#path);
    this.#hasFile = true;
    const folder = openSync(dirname(this.#path), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }

  #header(): string {
    const { coveredToUs } = this;
    return `${JSON.stringify({ version: VERSION, source: this.#label, ...(coveredToUs === undefined ? {} : { coveredToUs }) })}\n`;
  }

  #read(): void {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.#path);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return;
      throw new SourceError(`${this.#path}: cannot be read (${errorCode(error) ?? 'unknown reason'})`);
    }
    const end = bytes.indexOf(0x0a);
    const header = end === -1 ? undefined : headerIn(bytes.toString('utf8', 0, end));
    if (header === undefined) {
      throw new SourceError(
        `${this.#path}: not the state of a pulled source, or of another version: remove it to pull ${this.#label} from scratch (what is pulled again counts twice)`,
      );
    }
    this.coveredToUs = header.coveredToUs;
    this.#hasFile = true;
    // A last record that was cut off: its span comes again, and what is appended must not follow half a record.
    const length = bytes.length - ((bytes.length - end - 1) % RECORD_BYTES);
    if (length < bytes.length) truncateSync(this.#path, length);
    for (let at = end + 1; at < length; at += RECORD_BYTES) {
      for (let word = 0; word < 4; word++) this.#key[word] = bytes.readUInt32LE(at + word * 4);
      const endUs = bytes.readDoubleLE(at + 16);
      if (endUs > 0) this.#put(this.#key, endUs);
    }
  }

  #put(key: Uint32Array, endUs: number): void {
    const slot = this.#index.findOrAdd(key, 0);
    if (slot >= this.#endsUs.length) {
      const longer = new Float64Array(this.#index.capacity);
      longer.set(this.#endsUs);
      this.#endsUs = longer;
    }
    this.#endsUs[slot] = Math.max(1, endUs);
  }

  #writeKey(table: SpanTable, row: number): void {
    const { service, namespace = '' } = table.resource(row);
    const owner = mix(this.#hashOf(`${namespace}/${service}`) ^ table.kinds[row]!);
    for (let word = 0; word < 4; word++) {
      const span = table.spanIds[row * 2 + (word & 1)]!;
      this.#key[word] = mix(table.traceIds[row * 4 + word]! ^ mix(span ^ mix(owner + word)));
    }
  }

  #hashOf(text: string): number {
    let hash = this.#serviceHashes.get(text);
    if (hash === undefined) {
      hash = createHash('sha256').update(text).digest().readUInt32LE(0);
      this.#serviceHashes.set(text, hash);
    }
    return hash;
  }
}

function headerIn(text: string): { readonly coveredToUs: number | undefined } | undefined {
  try {
    const header: unknown = JSON.parse(text);
    if (typeof header !== 'object' || header === null || !('version' in header)) return undefined;
    if (header.version !== VERSION) return undefined;
    const coveredToUs: unknown = 'coveredToUs' in header ? header.coveredToUs : undefined;
    return coveredToUs === undefined || typeof coveredToUs === 'number' ? { coveredToUs } : undefined;
  } catch {
    return undefined;
  }
}

function writeRecord(records: Buffer, index: number, words: Uint32Array, offset: number, endUs: number): void {
  const at = index * RECORD_BYTES;
  for (let word = 0; word < 4; word++) records.writeUInt32LE(words[offset + word]!, at + word * 4);
  records.writeDoubleLE(Math.max(1, endUs), at + 16);
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}
