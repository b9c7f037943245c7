import { decodeUtf8, mix } from '../../analyzer/model/string-table.ts';
import { writeHexId } from '../../analyzer/model/identifiers.ts';
import { decodeBase64 } from './base64.ts';
import { HEX_VALUE } from './json-scanner.ts';

/** Writes an id of exactly `wordCount * 8` hex digits, any case; false if the text is not that. */
export function writeHexDigits(
  text: Uint8Array,
  start: number,
  end: number,
  words: Uint32Array,
  offset: number,
  wordCount: number,
): boolean {
  if (end - start !== wordCount * 8) return false;
  let at = start;
  let highest = 0;
  for (let word = 0; word < wordCount; word++) {
    let value = 0;
    for (const stop = at + 8; at < stop; at++) {
      const digit = HEX_VALUE[text[at]!]!;
      highest |= digit;
      value = (value << 4) | (digit & 15);
    }
    words[offset + word] = value;
  }
  // Hex digits are below 16, and what is none is 255.
  return highest < 16;
}

/**
 * Writes an id in another form than OTLP's: fewer hex digits, or base64, as protobuf's own JSON mapping has it. True if it
 * has the right length, false if it was brought to it, `undefined` if it is no id. Short ones are padded on the left;
 * long ones are mixed down, which keeps equal ids equal.
 */
export function writeBase64Id(
  text: Uint8Array,
  start: number,
  end: number,
  words: Uint32Array,
  offset: number,
  wordCount: number,
): boolean | undefined {
  if (end - start > LONGEST_ID) return undefined;
  if (writeHexId(decodeUtf8(text, start, end), words, offset, wordCount)) return false;
  const bytes = decodeBase64(text, start, end);
  if (bytes === undefined || bytes.length === 0) return undefined;
  const byteCount = wordCount * 4;
  words.fill(0, offset, offset + wordCount);
  if (bytes.length <= byteCount) {
    for (const [at, byte] of bytes.entries()) {
      const position = byteCount - bytes.length + at;
      words[offset + (position >> 2)]! |= byte << (24 - (position & 3) * 8);
    }
    return bytes.length === byteCount;
  }
  for (let word = 0; word < wordCount; word++) {
    let hash = word + 1;
    for (const byte of bytes) hash = mix(Math.imul(hash, 31) + byte);
    words[offset + word] = hash;
  }
  return false;
}

const LONGEST_ID = 256;
