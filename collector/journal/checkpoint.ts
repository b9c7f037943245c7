import { crc32 } from 'node:zlib';

/**
 * What a store keeps beside its sums to say which spans of the journal are in them. With it, replay after a kill counts
 * every acknowledged span exactly once.
 *
 * - Every record below `position` was taken in by the assembler; none from it on.
 * - Of the records below, the spans of a trace that is listed as open, from the record that opened it on, are not in the
 *   sums yet. All others are.
 *
 * That is exact, since traces close only between two records: whatever came for a trace before the record that opened it
 * was closed with an earlier fragment of the same trace.
 *
 * The list grows with the traces open, 20 bytes each, not with the spans or with the traffic of the last minutes.
 */
export interface Checkpoint {
  /** Id of the first record not taken in. */
  readonly position: number;
  /** Four words per open trace. */
  readonly openTraceIds: Uint32Array;
  /** For each open trace, the record that opened it. */
  readonly firstRecordIds: Float64Array;
}

export const EMPTY_CHECKPOINT: Checkpoint = {
  position: 0,
  openTraceIds: new Uint32Array(0),
  firstRecordIds: new Float64Array(0),
};

const HEADER_LENGTH = 24;
const MAGIC = 0x31504352;

/** The checkpoint as the bytes a store saves in the same transaction as its sums; it need not understand them. */
export function encodeCheckpoint({ position, openTraceIds, firstRecordIds }: Checkpoint): Uint8Array<ArrayBuffer> {
  const count = firstRecordIds.length;
  const bytes = new Uint8Array(HEADER_LENGTH + count * 20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setFloat64(8, position, true);
  view.setUint32(16, count, true);
  for (let trace = 0; trace < count; trace++) {
    const at = HEADER_LENGTH + trace * 20;
    for (let word = 0; word < 4; word++) view.setUint32(at + word * 4, openTraceIds[trace * 4 + word]!, true);
    // How many records ago: a trace is open for minutes, so four bytes are plenty.
    view.setUint32(at + 16, position - firstRecordIds[trace]!, true);
  }
  view.setUint32(4, crc32(bytes.subarray(8)), true);
  return bytes;
}

/** Throws if the bytes are not those of a checkpoint: to start without it would count spans twice. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isWhole =
    bytes.length >= HEADER_LENGTH &&
    view.getUint32(0, true) === MAGIC &&
    view.getUint32(4, true) === crc32(bytes.subarray(8)) &&
    bytes.length === HEADER_LENGTH + view.getUint32(16, true) * 20;
  if (!isWhole)
    throw new Error(
      'the store holds a checkpoint that cannot be read; it was written by another version or is damaged',
    );
  const position = view.getFloat64(8, true);
  const count = view.getUint32(16, true);
  const openTraceIds = new Uint32Array(count * 4);
  const firstRecordIds = new Float64Array(count);
  for (let trace = 0; trace < count; trace++) {
    const at = HEADER_LENGTH + trace * 20;
    for (let word = 0; word < 4; word++) openTraceIds[trace * 4 + word] = view.getUint32(at + word * 4, true);
    firstRecordIds[trace] = position - view.getUint32(at + 16, true);
  }
  return { position, openTraceIds, firstRecordIds };
}

/** The first record that holds a span not yet in the store; segments wholly below it can go. */
export function firstNeededRecordId({ position, firstRecordIds }: Checkpoint): number {
  let first = position;
  for (const recordId of firstRecordIds) if (recordId < first) first = recordId;
  return first;
}
