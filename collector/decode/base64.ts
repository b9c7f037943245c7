const NO_DIGIT = 255;
const DIGIT = new Uint8Array(256).fill(NO_DIGIT);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
for (let digit = 0; digit < ALPHABET.length; digit++) DIGIT[ALPHABET.charCodeAt(digit)] = digit;
// The standard alphabet and the one for URLs differ in the last two.
for (const [character, digit] of [
  ['+', 62],
  ['-', 62],
  ['/', 63],
  ['_', 63],
] as const)
  DIGIT[character.charCodeAt(0)] = digit;
const PADDING = 0x3d;

/** Bytes of base64 text, standard or URL-safe, padded or not; `undefined` if it is none. */
export function decodeBase64(text: Uint8Array, start: number, end: number): Uint8Array | undefined {
  let last = end;
  while (last > start && end - last < 2 && text[last - 1] === PADDING) last--;
  const digitCount = last - start;
  if (digitCount % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((digitCount * 3) / 4));
  let bits = 0;
  let bitCount = 0;
  let length = 0;
  for (let at = start; at < last; at++) {
    const digit = DIGIT[text[at]!]!;
    if (digit === NO_DIGIT) return undefined;
    bits = ((bits << 6) | digit) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[length++] = (bits >> bitCount) & 0xff;
    }
  }
  return bytes;
}
