import type { ByteReader, ByteWriter } from './bytes.ts';
import { addExample, EXAMPLE_LIMIT } from './merge-rollups.ts';
import type { SmallestIds } from './rollup.ts';

/** Trace ids that stand as examples: how many, then 16 bytes each, ascending. */
export function writeTraceIds(writer: ByteWriter, ids: SmallestIds): void {
  writer.writeNumber(ids.length);
  for (const id of ids) {
    for (let at = 0; at < 32; at += 2) {
      writer.writeByte((digitOf(id.charCodeAt(at)) << 4) | digitOf(id.charCodeAt(at + 1)));
    }
  }
}

/** Of a lower-case hex digit. */
function digitOf(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}

/**
 * Adds stored ids to those of a fact. `ceiling` is `examplesCeiling(ids)`, which callers with many facts remember; returns
 * the ceiling afterwards.
 */
export function addTraceIds(reader: ByteReader, ids: SmallestIds, ceiling = examplesCeiling(ids)): number {
  const { bytes } = reader;
  for (let left = reader.readNumber(); left > 0; left--) {
    const start = reader.skip(16);
    const firstWord =
      bytes[start]! * 0x1000000 + ((bytes[start + 1]! << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!);
    // They ascend: once one is too large to be an example, so is the rest.
    if (firstWord > ceiling) {
      reader.skip(16 * (left - 1));
      break;
    }
    addExample(ids, hexOf(bytes, start));
    ceiling = examplesCeiling(ids);
  }
  return ceiling;
}

/** An id whose first eight hex digits make more than this is no example any more. */
function examplesCeiling(ids: SmallestIds): number {
  return ids.length < EXAMPLE_LIMIT ? Infinity : Number.parseInt(ids[EXAMPLE_LIMIT - 1]!.slice(0, 8), 16);
}

const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const codes = new Array<number>(32).fill(0);

/** In one piece: strings put together from parts are taken apart again by every comparison. */
function hexOf(bytes: Uint8Array, start: number): string {
  for (let at = 0; at < 16; at++) {
    const byte = bytes[start + at]!;
    codes[at * 2] = DIGITS[byte >> 4]!;
    codes[at * 2 + 1] = DIGITS[byte & 15]!;
  }
  return String.fromCharCode(...codes);
}
