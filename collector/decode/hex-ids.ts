import { HEX_VALUE } from './json-scanner.ts';

/** By byte: the value of a hex digit in lower case, or 255. */
export const LOWER_HEX_VALUE = HEX_VALUE.slice();
LOWER_HEX_VALUE.fill(255, 0x41, 0x47);

/**
 * Writes an id of 1 to `wordCount * 8` hex digits, padded on the left with zeros; `digitValues` says which digits there are.
 * False if the text is not that, and then the words hold nothing of use.
 */
export function writePaddedHex(
  text: Uint8Array,
  start: number,
  end: number,
  words: Uint32Array,
  offset: number,
  wordCount: number,
  digitValues: Uint8Array,
): boolean {
  const length = end - start;
  if (length === 0 || length > wordCount * 8) return false;
  let highest = 0;
  let stop = end;
  for (let word = offset + wordCount - 1; word >= offset; word--) {
    let value = 0;
    const from = Math.max(start, stop - 8);
    for (let at = from; at < stop; at++) {
      const digit = digitValues[text[at]!]!;
      highest |= digit;
      value = (value << 4) | (digit & 15);
    }
    words[word] = value;
    stop = from;
  }
  return highest < 16;
}

/** Whether any of the words says something: an id of zeros is none. */
export function hasBits(words: Uint32Array, offset: number, wordCount: number): boolean {
  for (let word = 0; word < wordCount; word++) if (words[offset + word] !== 0) return true;
  return false;
}
