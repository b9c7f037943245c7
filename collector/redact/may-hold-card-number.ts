/** Fewest bytes a card number takes. */
export const SHORTEST_CARD_NUMBER = 13;

const OTHER = 0;
const DIGIT = 1;
const SEPARATOR = 2;
/** `a` to `f`: part of a card number only as the last character of a percent escape such as `%2D`. */
const HEX_LETTER = 3;

/** Digits and what may stand between them; of characters beyond ASCII every byte that may be part of one. */
const CARD_BYTE = new Uint8Array(256).fill(OTHER);
for (const separator of ' -./_+%\\') CARD_BYTE[separator.charCodeAt(0)] = SEPARATOR;
for (const letter of 'abcdefABCDEF') CARD_BYTE[letter.charCodeAt(0)] = HEX_LETTER;
for (let byte = 0x80; byte <= 0xbf; byte++) CARD_BYTE[byte] = SEPARATOR;
for (const lead of [0xc2, 0xd9, 0xdb, 0xe2, 0xef]) CARD_BYTE[lead] = SEPARATOR;
for (let byte = 0x30; byte <= 0x39; byte++) CARD_BYTE[byte] = DIGIT;
// Last bytes of full-width (EF BC 90), Arabic-Indic (D9 A0) and extended Arabic-Indic digits (DB B0).
for (const zero of [0x90, 0xa0, 0xb0]) CARD_BYTE.fill(DIGIT, zero, zero + 10);

/**
 * Whether a closer look at `bytes[start, end)` is due: false means that no card number is in it. A card number takes at
 * least 13 bytes, all of them digits or separators, so it cannot hide from a look at every 13th byte.
 */
export function mayHoldCardNumber(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start + SHORTEST_CARD_NUMBER - 1; at < end; at += SHORTEST_CARD_NUMBER) {
    const kind = CARD_BYTE[bytes[at]!]!;
    if (kind === OTHER || (kind === HEX_LETTER && !endsPercentEscape(bytes, start, at))) continue;
    if (hasEnoughDigits(bytes, start, end, at)) return true;
  }
  return false;
}

/** Longest separator: a percent escape of two bytes, such as `%C2%A0`. */
const LONGEST_SEPARATOR = 6;

/** Whether the run of card bytes around `hit` has the digits of a card number. Looks at no more bytes than one can take. */
function hasEnoughDigits(bytes: Uint8Array, start: number, end: number, hit: number): boolean {
  let digitCount = 0;
  let gap = 0;
  for (let at = hit; at >= start && gap <= LONGEST_SEPARATOR; at--) {
    const kind = CARD_BYTE[bytes[at]!]!;
    if (kind === DIGIT) {
      if (++digitCount >= SHORTEST_CARD_NUMBER) return true;
      gap = 0;
    } else {
      if (kind === OTHER || (kind === HEX_LETTER && !endsPercentEscape(bytes, start, at))) break;
      gap++;
    }
  }
  gap = 0;
  for (let at = hit + 1; at < end && gap <= LONGEST_SEPARATOR; at++) {
    const kind = CARD_BYTE[bytes[at]!]!;
    if (kind === DIGIT) {
      if (++digitCount >= SHORTEST_CARD_NUMBER) return true;
      gap = 0;
    } else {
      if (kind === OTHER || (kind === HEX_LETTER && !endsPercentEscape(bytes, start, at))) break;
      gap++;
    }
  }
  return false;
}

function endsPercentEscape(bytes: Uint8Array, start: number, at: number): boolean {
  return (at - 2 >= start && bytes[at - 2] === PERCENT) || (at - 1 >= start && bytes[at - 1] === PERCENT);
}

const PERCENT = 0x25;
