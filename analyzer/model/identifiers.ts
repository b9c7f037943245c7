/**
 * Trace ids (16 bytes) and span ids (8 bytes) as words of 32 bits, the first word holding the first four bytes in
 * big-endian order, so that words compare as the hex text does. A 64-bit trace id has two leading zero words.
 */

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hexOfWord(word: number): string {
  return HEX[word >>> 24]! + HEX[(word >>> 16) & 0xff]! + HEX[(word >>> 8) & 0xff]! + HEX[word & 0xff]!;
}

/** 32 lower-case hex digits from four words at `offset`. */
export function traceIdHex(words: Uint32Array, offset: number): string {
  return (
    hexOfWord(words[offset]!) +
    hexOfWord(words[offset + 1]!) +
    hexOfWord(words[offset + 2]!) +
    hexOfWord(words[offset + 3]!)
  );
}

/** 16 lower-case hex digits from two words at `offset`. */
export function spanIdHex(words: Uint32Array, offset: number): string {
  return hexOfWord(words[offset]!) + hexOfWord(words[offset + 1]!);
}

/**
 * Writes an id given as hex digits (any case, at most `wordCount * 8`, padded on the left with zeros) to `words`.
 * False, and nothing written, if the text is empty, too long or not hex.
 */
export function writeHexId(text: string, words: Uint32Array, offset: number, wordCount: number): boolean {
  if (text.length === 0 || text.length > wordCount * 8 || !/^[0-9a-fA-F]+$/.test(text)) return false;
  const padded = text.padStart(wordCount * 8, '0');
  for (let word = 0; word < wordCount; word++) {
    words[offset + word] = Number.parseInt(padded.slice(word * 8, word * 8 + 8), 16);
  }
  return true;
}
