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
  readonly #strings = new LocalNumbers();
  readonly #resources = new LocalNumbers();
  readonly #attributeNames = new LocalNumbers();
  #numbers = new Uint32Array(1 << 12);
  #starts = new Uint32Array(1 << 10);
  #lengths = new Uint32Array(1 << 10);
  #names = new NameIds(undefined);

  encode(table: SpanTable, from: number, to: number): Uint8Array<ArrayBuffer> {
    this.encodeTo(this.#writer, table, from, to);
    return this.#writer.take();
  }

  /** The same at the end of what others write. */
  encodeTo(writer: ByteWriter, table: SpanTable, from: number, to: number): void {
    const { dictionary } = table;
    if (this.#names.dictionary !== dictionary) this.#names = new NameIds(dictionary);
    for (const numbers of [this.#strings, this.#resources, this.#attributeNames]) numbers.clear();
    // The empty string is 0 here as in every string table.
    this.#strings.of(0);
    const columns = this.#numberedColumns(table, from, to);
    const numberOf = (id: number): number => this.#strings.of(id);
    const names = this.#attributeNames.members.map((key) => numberOf(this.#names.ofAttribute(key)));
    const resources = this.#resources.members.map((id) => this.#names.ofResource(id).map(numberOf));

    writer.varint(to - from);
    this.#writeStrings(writer, dictionary);
    writer.varint(resources.length);
    for (const fields of resources) {
      writer.varint(fields.length / 2);
      for (const number of fields) writer.varint(number);
    }
    writer.varint(names.length);
    for (const number of names) writer.varint(number);

    writer.raw(table.traceIds.subarray(from * 4, to * 4));
    writer.raw(table.spanIds.subarray(from * 2, to * 2));
    writer.raw(table.parentIds.subarray(from * 2, to * 2));
    writer.raw(table.startUs.subarray(from, to));
    this.#writeEnds(writer, table, from, to);
    writer.column(columns.names);
    writer.column(columns.resources);
    writer.raw(table.kinds.subarray(from, to));
    writer.raw(table.statuses.subarray(from, to));
    writer.raw(table.flags.subarray(from, to));
    writer.column(columns.attributeCounts);
    writer.column(columns.attributeKeys);
    writer.column(columns.attributeValues);
    writer.varint(columns.linkRows.length);
    writer.column(columns.linkRows);
    const firstLink = table.firstLink(from);
    writer.raw(table.linkIds.subarray(firstLink * 6, (firstLink + columns.linkRows.length) * 6));
    writer.varint(columns.evidenceRows.length);
    writer.column(columns.evidenceRows);
    writer.column(columns.evidencePlaces);
    const firstPiece = table.firstEvidence(from);
    writer.raw(table.evidenceKinds.subarray(firstPiece, firstPiece + columns.evidenceRows.length));
  }

  /** The columns that hold numbers of a dictionary or of rows, in numbers of this record. Views of one scratch array. */
  #numberedColumns(table: SpanTable, from: number, to: number) {
    const count = to - from;
    const firstAttribute = table.attributeStarts[from]!;
    const attributeCount = table.attributeStarts[to]! - firstAttribute;
    const firstLink = table.firstLink(from);
    const linkCount = table.firstLink(to) - firstLink;
    const firstPiece = table.firstEvidence(from);
    const evidenceCount = table.firstEvidence(to) - firstPiece;
    const needed = count * 3 + attributeCount * 2 + linkCount + evidenceCount * 2;
    if (needed > this.#numbers.length) this.#numbers = new Uint32Array(needed * 2);
    let used = 0;
    const column = (length: number) => this.#numbers.subarray(used, (used += length));

    const names = column(count);
    const resources = column(count);
    const attributeCounts = column(count);
    for (let at = 0; at < count; at++) {
      const row = from + at;
      names[at] = this.#strings.of(table.names[row]!);
      resources[at] = this.#resources.of(table.resources[row]!);
      attributeCounts[at] = table.attributeStarts[row + 1]! - table.attributeStarts[row]!;
    }
    const attributeKeys = column(attributeCount);
    const attributeValues = column(attributeCount);
    for (let at = 0; at < attributeCount; at++) {
      attributeKeys[at] = this.#attributeNames.of(table.attributeKeys[firstAttribute + at]!);
      attributeValues[at] = this.#strings.of(table.attributeValues[firstAttribute + at]!);
    }
    const linkRows = column(linkCount);
    for (let at = 0; at < linkCount; at++) linkRows[at] = table.linkRows[firstLink + at]! - from;
    const evidenceRows = column(evidenceCount);
    const evidencePlaces = column(evidenceCount);
    for (let at = 0; at < evidenceCount; at++) {
      evidenceRows[at] = table.evidenceRows[firstPiece + at]! - from;
      evidencePlaces[at] = this.#strings.of(table.evidencePlaces[firstPiece + at]!);
    }
    return {
      names,
      resources,
      attributeCounts,
      attributeKeys,
      attributeValues,
      linkRows,
      evidenceRows,
      evidencePlaces,
    };
  }

  #writeStrings(writer: ByteWriter, { strings }: SpanDictionary): void {
    const { members } = this.#strings;
    const count = members.length - 1;
    this.#makeScratch(count);
    const [starts, lengths] = [this.#starts, this.#lengths.subarray(0, count)];
    for (let number = 1; number <= count; number++) {
      const [start, end] = strings.range(members[number]!);
      starts[number - 1] = start;
      lengths[number - 1] = end - start;
    }
    writer.varint(count);
    writer.column(lengths);
    writer.gather(strings.pool, starts, lengths);
  }

  /** A duration fits four bytes, unless it is over 71 minutes or nonsense. */
  #writeEnds(writer: ByteWriter, table: SpanTable, from: number, to: number): void {
    this.#makeScratch(to - from);
    const durations = this.#lengths.subarray(0, to - from);
    let areSmall = true;
    for (let row = from; row < to && areSmall; row++) {
      const startUs = table.startUs[row]!;
      const endUs = table.endUs[row]!;
      const durationUs = (endUs - startUs) >>> 0;
      durations[row - from] = durationUs;
      areSmall = startUs + durationUs === endUs;
    }
    writer.byte(areSmall ? 1 : 0);
    if (areSmall) writer.column(durations);
    else writer.raw(table.endUs.subarray(from, to));
  }

  #makeScratch(length: number): void {
    if (length <= this.#lengths.length) return;
    this.#starts = new Uint32Array(length * 2);
    this.#lengths = new Uint32Array(length * 2);
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

/** Numbers from 0 on for ids, in the order they are first met. Cleared in the time of its members. */
class LocalNumbers {
  readonly members: number[] = [];
  /** Number + 1; 0 for an id not met yet. */
  #numbers = new Uint32Array(256);

  of(id: number): number {
    const known = this.#numbers[id];
    return known === undefined || known === 0 ? this.#add(id) : known - 1;
  }

  clear(): void {
    for (const id of this.members) this.#numbers[id] = 0;
    this.members.length = 0;
  }

  #add(id: number): number {
    if (id >= this.#numbers.length) this.#numbers = grown(this.#numbers, Math.max(this.#numbers.length * 2, id + 1));
    return (this.#numbers[id] = this.members.push(id)) - 1;
  }
}

/** String ids of what every record names, looked up once for a dictionary. */
class NameIds {
  readonly dictionary: SpanDictionary | undefined;
  readonly #attributes: number[] = [];
  readonly #resources: (readonly number[])[] = [];

  constructor(dictionary: SpanDictionary | undefined) {
    this.dictionary = dictionary;
  }

  ofAttribute(key: number): number {
    return (this.#attributes[key] ??= this.dictionary!.strings.intern(ATTRIBUTES[key]!.name));
  }

  /** Field and value by turns. */
  ofResource(id: number): readonly number[] {
    return (this.#resources[id] ??= fieldIds(this.dictionary!, id));
  }
}

function fieldIds({ strings, resources }: SpanDictionary, id: number): number[] {
  const resource = resources.get(id);
  return RESOURCE_FIELDS.flatMap((field) => {
    const value = resource[field];
    return value === undefined ? [] : [strings.intern(field), strings.intern(value)];
  });
}
