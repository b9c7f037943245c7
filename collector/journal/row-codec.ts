import { ATTRIBUTES, attributeKey, type AttributeName } from '../../analyzer/model/attribute-keys.ts';
import { RESOURCE_FIELDS, type Resource } from '../../analyzer/model/resource.ts';
import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { type SpanDictionary } from '../../analyzer/model/span-table.ts';
import { CARD_BRANDS, CARD_STRENGTHS, SPAN_KIND_NAMES } from '../../analyzer/model/span.ts';
import { grown } from '../../analyzer/model/string-table.ts';
import { ByteReader, DamagedBytesError } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

const ANY_U32 = 2 ** 32;
const KNOWN_ATTRIBUTES = new Set<string>(ATTRIBUTES.map(({ name }) => name));
const KNOWN_FIELDS = new Set<string>(RESOURCE_FIELDS);

/**
 * Rows of a span table as bytes that stand for themselves: columns, with a string table and resources of their own, so that
 * they read back into any table, in any later process. About 60 bytes a span with four attributes.
 *
 *     row count · strings · resources · attribute names · row columns · attributes · links · card evidence
 *
 * Attributes and resource fields are named, not numbered: a later version may number them differently.
 */
export class RowEncoder {
  readonly #writer = new ByteWriter();
  readonly #strings = new LocalNumbers(1);
  readonly #resources = new LocalNumbers(0);
  readonly #attributeNames = new LocalNumbers(0);
  #scratch = new Uint32Array(256);

  encode(table: SpanTable, from: number, to: number): Uint8Array<ArrayBuffer> {
    this.#number(table, from, to);
    this.#writer.varint(to - from);
    this.#writeStrings(table.dictionary);
    this.#writeResources(table.dictionary);
    this.#writer.varint(this.#attributeNames.size);
    for (const key of this.#attributeNames.members) {
      this.#writer.varint(this.#strings.of(nameId(table.dictionary, key)));
    }
    this.#writeRows(table, from, to);
    this.#writeAttributes(table, from, to);
    this.#writeLinks(table, from, to);
    this.#writeEvidence(table, from, to);
    for (const numbers of [this.#strings, this.#resources, this.#attributeNames]) numbers.clear();
    return this.#writer.take();
  }

  /** Gives every string, resource and attribute name of the rows its local number. */
  #number(table: SpanTable, from: number, to: number): void {
    const { dictionary } = table;
    for (let row = from; row < to; row++) {
      this.#resources.add(table.resources[row]!);
      this.#addString(table.names[row]!);
    }
    for (let at = table.attributeStarts[from]!; at < table.attributeStarts[to]!; at++) {
      this.#attributeNames.add(table.attributeKeys[at]!);
      this.#addString(table.attributeValues[at]!);
    }
    for (let piece = table.firstEvidence(from); piece < table.firstEvidence(to); piece++) {
      this.#addString(table.evidencePlaces[piece]!);
    }
    for (const key of this.#attributeNames.members) this.#addString(nameId(dictionary, key));
    for (const id of this.#resources.members) {
      for (const [field, value] of fieldsOf(dictionary.resources.get(id))) {
        this.#addString(dictionary.strings.intern(field));
        this.#addString(dictionary.strings.intern(value));
      }
    }
  }

  #addString(id: number): void {
    // The empty string is 0 here as in every string table.
    if (id !== 0) this.#strings.add(id);
  }

  #writeStrings({ strings }: SpanDictionary): void {
    const ids = this.#strings.members;
    this.#writer.varint(ids.length);
    this.#writeColumn(ids.length, (at) => {
      const [start, end] = strings.range(ids[at]!);
      return end - start;
    });
    for (const id of ids) {
      const [start, end] = strings.range(id);
      this.#writer.raw(strings.pool.subarray(start, end));
    }
  }

  #writeResources({ strings, resources }: SpanDictionary): void {
    this.#writer.varint(this.#resources.size);
    for (const id of this.#resources.members) {
      const fields = fieldsOf(resources.get(id));
      this.#writer.varint(fields.length);
      for (const [field, value] of fields) {
        this.#writer.varint(this.#stringNumber(strings.intern(field)));
        this.#writer.varint(this.#stringNumber(strings.intern(value)));
      }
    }
  }

  #writeRows(table: SpanTable, from: number, to: number): void {
    const writer = this.#writer;
    const count = to - from;
    writer.raw(table.traceIds.subarray(from * 4, to * 4));
    writer.raw(table.spanIds.subarray(from * 2, to * 2));
    writer.raw(table.parentIds.subarray(from * 2, to * 2));
    writer.raw(table.startUs.subarray(from, to));
    // A duration fits four bytes, unless it is over 71 minutes or nonsense.
    const areDurationsSmall = hasSmallDurations(table, from, to);
    writer.byte(areDurationsSmall ? 1 : 0);
    if (areDurationsSmall) this.#writeColumn(count, (at) => table.endUs[from + at]! - table.startUs[from + at]!);
    else writer.raw(table.endUs.subarray(from, to));
    this.#writeColumn(count, (at) => this.#stringNumber(table.names[from + at]!));
    this.#writeColumn(count, (at) => this.#resources.of(table.resources[from + at]!));
    writer.raw(table.kinds.subarray(from, to));
    writer.raw(table.statuses.subarray(from, to));
    writer.raw(table.flags.subarray(from, to));
  }

  #writeAttributes(table: SpanTable, from: number, to: number): void {
    const starts = table.attributeStarts;
    this.#writeColumn(to - from, (at) => starts[from + at + 1]! - starts[from + at]!);
    const first = starts[from]!;
    const count = starts[to]! - first;
    this.#writeColumn(count, (at) => this.#attributeNames.of(table.attributeKeys[first + at]!));
    this.#writeColumn(count, (at) => this.#stringNumber(table.attributeValues[first + at]!));
  }

  #writeLinks(table: SpanTable, from: number, to: number): void {
    const first = table.firstLink(from);
    const count = table.firstLink(to) - first;
    this.#writer.varint(count);
    this.#writeColumn(count, (at) => table.linkRows[first + at]! - from);
    this.#writer.raw(table.linkIds.subarray(first * 6, (first + count) * 6));
  }

  #writeEvidence(table: SpanTable, from: number, to: number): void {
    const first = table.firstEvidence(from);
    const count = table.firstEvidence(to) - first;
    this.#writer.varint(count);
    this.#writeColumn(count, (at) => table.evidenceRows[first + at]! - from);
    this.#writeColumn(count, (at) => this.#stringNumber(table.evidencePlaces[first + at]!));
    this.#writer.raw(table.evidenceKinds.subarray(first, first + count));
  }

  #writeColumn(count: number, value: (at: number) => number): void {
    if (count > this.#scratch.length) this.#scratch = grown(this.#scratch, Math.max(count, this.#scratch.length * 2));
    for (let at = 0; at < count; at++) this.#scratch[at] = value(at);
    this.#writer.column(this.#scratch, count);
  }

  #stringNumber(id: number): number {
    return id === 0 ? 0 : this.#strings.of(id);
  }
}

/** Appends the rows of a record to a table. Throws `DamagedBytesError`, and leaves the table as it was, if they make no sense. */
export function decodeRows(bytes: Uint8Array, table: SpanTable): number {
  const countBefore = table.count;
  try {
    return readRows(new ByteReader(bytes), table);
  } catch (error) {
    table.truncate(countBefore);
    throw error;
  }
}

function readRows(reader: ByteReader, table: SpanTable): number {
  const count = reader.count();
  const strings = readStrings(reader, table.dictionary);
  const resources = readResources(reader, table.dictionary, strings);
  const attributeKeys = readAttributeNames(reader, table.dictionary, strings);
  const from = table.count;
  const to = from + count;
  table.reserve(count);
  reader.raw(table.traceIds.subarray(from * 4, to * 4));
  reader.raw(table.spanIds.subarray(from * 2, to * 2));
  reader.raw(table.parentIds.subarray(from * 2, to * 2));
  reader.raw(table.startUs.subarray(from, to));
  if (reader.byte() === 1) {
    const durations = reader.column(count, ANY_U32);
    for (let at = 0; at < count; at++) table.endUs[from + at] = table.startUs[from + at]! + durations[at]!;
  } else {
    reader.raw(table.endUs.subarray(from, to));
  }
  const names = reader.column(count, strings.length);
  const resourceNumbers = reader.column(count, resources.length);
  for (let at = 0; at < count; at++) {
    table.names[from + at] = strings[names[at]!]!;
    table.resources[from + at] = resources[resourceNumbers[at]!]!;
  }
  reader.raw(table.kinds.subarray(from, to));
  reader.raw(table.statuses.subarray(from, to));
  reader.raw(table.flags.subarray(from, to));
  for (let row = from; row < to; row++) {
    if (table.kinds[row]! >= SPAN_KIND_NAMES.length) throw new DamagedBytesError('a span kind is unknown');
  }

  const attributeCounts = reader.column(count, ANY_U32);
  let attributeCount = 0;
  for (const each of attributeCounts) attributeCount += each;
  const keys = reader.column(attributeCount, attributeKeys.length);
  const values = reader.column(attributeCount, strings.length);
  const links = readLinks(reader, count);
  const evidence = readEvidence(reader, count, strings);
  if (!reader.isAtEnd) throw new DamagedBytesError('the record is longer than its rows');

  let attribute = 0;
  for (let at = 0; at < count; at++) {
    const row = table.count++;
    table.attributeStarts[row + 1] = table.attributeStarts[row]!;
    for (const end = attribute + attributeCounts[at]!; attribute < end; attribute++) {
      const key = attributeKeys[keys[attribute]!]!;
      if (key >= 0) table.addAttribute(key, strings[values[attribute]!]!);
    }
  }
  for (const { row, ids } of links) {
    const offset = table.addLink(from + row);
    table.linkIds.set(ids, offset);
  }
  for (const { row, place, kind } of evidence) table.addCardEvidence(place, kind >> 4, kind & 15, from + row);
  return count;
}

/** By local number: the table's string ids. */
function readStrings(reader: ByteReader, { strings }: SpanDictionary): Uint32Array {
  const count = reader.count();
  const lengths = reader.column(count, ANY_U32);
  const ids = new Uint32Array(count + 1);
  for (let number = 1; number <= count; number++) {
    const bytes = reader.slice(lengths[number - 1]!);
    ids[number] = strings.internBytes(bytes, 0, bytes.length);
  }
  return ids;
}

function readResources(reader: ByteReader, dictionary: SpanDictionary, strings: Uint32Array): Uint32Array {
  const text = () => textOf(reader, dictionary, strings);
  const ids = new Uint32Array(reader.count());
  for (let number = 0; number < ids.length; number++) {
    const fields: [string, string][] = [];
    for (let left = reader.count(); left > 0; left--) fields.push([text(), text()]);
    const resource = Object.fromEntries(fields.filter(([field]) => KNOWN_FIELDS.has(field))) as Partial<Resource>;
    if (resource.service === undefined) throw new DamagedBytesError('a resource has no service');
    ids[number] = dictionary.resources.intern({ ...resource, service: resource.service });
  }
  return ids;
}

/** By local number: the attribute's key, -1 for one that this version does not keep. */
function readAttributeNames(reader: ByteReader, dictionary: SpanDictionary, strings: Uint32Array): Int32Array {
  const keys = new Int32Array(reader.count());
  for (let number = 0; number < keys.length; number++) {
    const name = textOf(reader, dictionary, strings);
    keys[number] = KNOWN_ATTRIBUTES.has(name) ? attributeKey(name as AttributeName) : -1;
  }
  return keys;
}

function textOf(reader: ByteReader, dictionary: SpanDictionary, strings: Uint32Array): string {
  const id = strings[reader.varint()];
  if (id === undefined) throw new DamagedBytesError('a string number is out of range');
  return dictionary.strings.text(id);
}

function readLinks(reader: ByteReader, rowCount: number): { row: number; ids: Uint32Array }[] {
  const count = reader.count();
  const rows = ascending(reader.column(count, rowCount));
  const ids = new Uint32Array(count * 6);
  reader.raw(ids);
  return Array.from(rows, (row, at) => ({ row, ids: ids.subarray(at * 6, at * 6 + 6) }));
}

function readEvidence(
  reader: ByteReader,
  rowCount: number,
  strings: Uint32Array,
): { row: number; place: number; kind: number }[] {
  const count = reader.count();
  const rows = ascending(reader.column(count, rowCount));
  const places = reader.column(count, strings.length);
  const kinds = reader.slice(count);
  return Array.from(rows, (row, at) => {
    const kind = kinds[at]!;
    if (kind >> 4 >= CARD_BRANDS.length || (kind & 15) >= CARD_STRENGTHS.length) {
      throw new DamagedBytesError('card evidence is of an unknown kind');
    }
    return { row, place: strings[places[at]!]!, kind };
  });
}

function ascending(rows: Uint32Array): Uint32Array {
  for (let at = 1; at < rows.length; at++) {
    if (rows[at]! < rows[at - 1]!) throw new DamagedBytesError('rows are out of order');
  }
  return rows;
}

/** Numbers from `first` on for ids, in the order they are first met. Cleared in the time of its members. */
class LocalNumbers {
  readonly members: number[] = [];
  readonly #first: number;
  /** Position in `members` + 1; 0 for none. */
  #positions = new Uint32Array(256);

  constructor(first: number) {
    this.#first = first;
  }

  get size(): number {
    return this.members.length;
  }

  add(id: number): void {
    if (id >= this.#positions.length) {
      this.#positions = grown(this.#positions, Math.max(this.#positions.length * 2, id + 1));
    }
    if (this.#positions[id] === 0) this.#positions[id] = this.members.push(id);
  }

  of(id: number): number {
    return this.#positions[id]! - 1 + this.#first;
  }

  clear(): void {
    for (const id of this.members) this.#positions[id] = 0;
    this.members.length = 0;
  }
}

function hasSmallDurations(table: SpanTable, from: number, to: number): boolean {
  for (let row = from; row < to; row++) {
    const start = table.startUs[row]!;
    const duration = table.endUs[row]! - start;
    if (!(duration >= 0 && duration < ANY_U32 && Number.isInteger(duration) && start + duration === table.endUs[row])) {
      return false;
    }
  }
  return true;
}

function fieldsOf(resource: Resource): [field: string, value: string][] {
  return RESOURCE_FIELDS.flatMap((field) => {
    const value = resource[field];
    return value === undefined ? [] : [[field, value] satisfies [string, string]];
  });
}

function nameId({ strings }: SpanDictionary, key: number): number {
  return strings.intern(ATTRIBUTES[key]!.name);
}
