import { crc32 } from 'node:zlib';

/**
 * A segment file, `journal/<sequence>.wal`: a header, then records until the file ends. All numbers little-endian.
 *
 *     header   magic u64 · sequence u64 · first record id u64 · marker u32 · CRC-32 of the 28 bytes before u32
 *     record   marker u32 · CRC-32 of all that follows u32 · payload length u32 · row count u32 · record id u64 · payload
 *
 * The marker is random per segment. It is how a reader finds the next record behind a damaged place, and nobody outside can
 * plant one in a span to make the search slow.
 */
export const SEGMENT_HEADER_LENGTH = 32;
export const RECORD_HEADER_LENGTH = 24;

/** 'ringwal' and the version of the format. */
const MAGIC = Buffer.from('ringwal\u0001', 'latin1');

export interface SegmentHeader {
  readonly sequence: number;
  readonly firstRecordId: number;
  readonly marker: number;
}

export interface RecordPlace {
  readonly recordId: number;
  /** The whole record, header included, is `[start, end)`. */
  readonly start: number;
  readonly end: number;
}

/** Bytes of a segment that are no record. */
export interface DamagedRange {
  readonly start: number;
  readonly end: number;
  /** The end of the file came before the end of what may be a record: what a kill in mid-write leaves behind. */
  readonly isTorn: boolean;
}

export function segmentHeader({ sequence, firstRecordId, marker }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_LENGTH);
  MAGIC.copy(bytes);
  bytes.writeBigUInt64LE(BigInt(sequence), 8);
  bytes.writeBigUInt64LE(BigInt(firstRecordId), 16);
  bytes.writeUInt32LE(marker, 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  return bytes;
}

/** Fills in the header of the record `bytes[start, end)`, whose payload is there already. */
export function fillRecordHeader(
  bytes: Uint8Array,
  { recordId, start, end }: RecordPlace,
  { marker, rowCount }: { readonly marker: number; readonly rowCount: number },
): void {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset + start, RECORD_HEADER_LENGTH);
  header.writeUInt32LE(marker, 0);
  header.writeUInt32LE(end - start - RECORD_HEADER_LENGTH, 8);
  header.writeUInt32LE(rowCount, 12);
  header.writeBigUInt64LE(BigInt(recordId), 16);
  header.writeUInt32LE(crc32(bytes.subarray(start + 8, end)), 4);
}

/**
 * Every whole record of a segment, in the order of their ids and each once, and the ranges that are none. A damaged header
 * costs nothing else: the marker is also what the first record begins with.
 */
export function scanSegment(bytes: Buffer): { records: RecordPlace[]; damages: DamagedRange[] } {
  const damages: DamagedRange[] = [];
  const isHeaderWhole = isSegmentHeader(bytes);
  if (!isHeaderWhole) {
    const end = Math.min(bytes.length, SEGMENT_HEADER_LENGTH);
    damages.push({ start: 0, end, isTorn: bytes.length < SEGMENT_HEADER_LENGTH });
  }
  const markerAt = isHeaderWhole ? 24 : SEGMENT_HEADER_LENGTH;
  if (bytes.length < markerAt + 4) return { records: [], damages };

  const marker = bytes.subarray(markerAt, markerAt + 4);
  const records = new Map<number, RecordPlace>();
  for (let at = SEGMENT_HEADER_LENGTH; at < bytes.length;) {
    const record = recordAt(bytes, at, marker);
    if (record !== undefined) {
      if (!records.has(record.recordId)) records.set(record.recordId, record);
      at = record.end;
      continue;
    }
    const next = nextRecordStart(bytes, at + 1, marker);
    damages.push({ start: at, end: next, isTorn: next === bytes.length && isCutShort(bytes, at, marker) });
    at = next;
  }
  return { records: [...records.values()].sort((left, right) => left.recordId - right.recordId), damages };
}

export function payloadOf(bytes: Buffer, { start, end }: RecordPlace): Buffer {
  return bytes.subarray(start + RECORD_HEADER_LENGTH, end);
}

/** The id that the first record of a segment has or will have; undefined if the header is damaged. */
export function firstRecordIdOf(bytes: Buffer): number | undefined {
  return isSegmentHeader(bytes) ? Number(bytes.readBigUInt64LE(16)) : undefined;
}

function isSegmentHeader(bytes: Buffer): boolean {
  return (
    bytes.length >= SEGMENT_HEADER_LENGTH &&
    bytes.subarray(0, 8).equals(MAGIC) &&
    bytes.readUInt32LE(28) === crc32(bytes.subarray(0, 28))
  );
}

function recordAt(bytes: Buffer, at: number, marker: Buffer): RecordPlace | undefined {
  if (at + RECORD_HEADER_LENGTH > bytes.length || !bytes.subarray(at, at + 4).equals(marker)) return undefined;
  const end = at + RECORD_HEADER_LENGTH + bytes.readUInt32LE(at + 8);
  if (end > bytes.length || bytes.readUInt32LE(at + 4) !== crc32(bytes.subarray(at + 8, end))) return undefined;
  return { recordId: Number(bytes.readBigUInt64LE(at + 16)), start: at, end };
}

function nextRecordStart(bytes: Buffer, from: number, marker: Buffer): number {
  for (let at = bytes.indexOf(marker, from); at >= 0; at = bytes.indexOf(marker, at + 1)) {
    if (recordAt(bytes, at, marker) !== undefined) return at;
  }
  return bytes.length;
}

function isCutShort(bytes: Buffer, at: number, marker: Buffer): boolean {
  if (at + RECORD_HEADER_LENGTH > bytes.length) return true;
  return (
    bytes.subarray(at, at + 4).equals(marker) && at + RECORD_HEADER_LENGTH + bytes.readUInt32LE(at + 8) > bytes.length
  );
}
