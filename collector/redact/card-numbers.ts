import { CARD_STRENGTHS } from '../../analyzer/model/span.ts';
import { brandOf, NO_BRAND, TEST_NUMBERS, UNIONPAY, UNKNOWN_BRAND } from './card-brands.ts';

/** Card data found in `[start, end)` of the bytes looked at. `brand` and `strength` are indexes into the lists of `span.ts`. */
export interface CardMatch {
  readonly start: number;
  readonly end: number;
  readonly brand: number;
  readonly strength: number;
  readonly digitCount: number;
}

const STRONG = CARD_STRENGTHS.indexOf('strong');
const MEDIUM = CARD_STRENGTHS.indexOf('medium');
export const NEAR_MISS = CARD_STRENGTHS.indexOf('near-miss');
const TEST = CARD_STRENGTHS.indexOf('test');
export const AUTHENTICATION = CARD_STRENGTHS.indexOf('authentication');

/**
 * Finds card numbers in UTF-8 bytes: 13 to 19 digits (12 for Maestro) with at most one separator between two of them, of
 * a known issuer range and length, passing Luhn, and standing alone: no letter or digit beside them, not the fraction
 * of a decimal, not part of a UUID. `keySpeaksOfCards` admits numbers of unknown issuers that pass Luhn, and UnionPay
 * numbers that fail it. A number without context that only fails Luhn is a near miss: nothing of it is a match to be
 * replaced, so it is an empty range.
 *
 * One pass over the bytes, whatever they are: the last digits are kept in a ring with running Luhn sums, so that each
 * end of a digit group is tried against every length in constant time.
 */
export function findCardNumbers(
  bytes: Uint8Array,
  start: number,
  end: number,
  keySpeaksOfCards: boolean,
): readonly CardMatch[] {
  const matches: CardMatch[] = [];
  let at = start;
  while (at < end) {
    if (digitAt(bytes, at, end) === NOT_A_DIGIT) at++;
    else at = findInDigits(bytes, start, end, at, keySpeaksOfCards, matches);
  }
  return matches;
}

const RING = 32;
const RING_MASK = RING - 1;
const LONGEST = 19;
const SHORTEST = 12;

/** What stands before a digit: nothing (it continues its group), one separator, the start of the digits, or a letter. */
const CONTINUES = 0;
const BEGINS = 1;
const AFTER_LETTER = 2;

const digits = new Uint8Array(RING);
const digitStarts = new Float64Array(RING);
/** `CONTINUES`, `BEGINS`, `AFTER_LETTER`, or the code point of the separator. */
const before = new Uint32Array(RING);
/** Sum of the digits before this one, those at odd positions doubled as Luhn does; the other doubles the even ones. */
const oddDoubled = new Float64Array(RING);
const evenDoubled = new Float64Array(RING);

/** Looks at one sequence of digits with single separators that starts at `from`; returns where it ends. */
function findInDigits(
  bytes: Uint8Array,
  start: number,
  end: number,
  from: number,
  keySpeaksOfCards: boolean,
  matches: CardMatch[],
): number {
  let count = 0;
  let at = from;
  let previous = from > start && isLetterOrDigit(bytes[from - 1]!) ? AFTER_LETTER : BEGINS;
  oddDoubled[0] = evenDoubled[0] = 0;
  for (;;) {
    const read = digitAt(bytes, at, end);
    const digit = read & 15;
    const slot = count & RING_MASK;
    const next = (count + 1) & RING_MASK;
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2;
    digits[slot] = digit;
    digitStarts[slot] = at;
    before[slot] = previous;
    const isOdd = (count & 1) === 1;
    oddDoubled[next] = oddDoubled[slot]! + (isOdd ? doubled : digit);
    evenDoubled[next] = evenDoubled[slot]! + (isOdd ? digit : doubled);
    count++;
    at += read >> 4;
    if (digitAt(bytes, at, end) !== NOT_A_DIGIT) {
      previous = CONTINUES;
      continue;
    }
    if (count >= SHORTEST && (at >= end || !isLetterOrDigit(bytes[at]!))) {
      tryGroupEnd(bytes, start, end, at, count, keySpeaksOfCards, matches);
    }
    const separator = separatorAt(bytes, at, end);
    if (separator === NO_SEPARATOR) return at;
    const afterSeparator = at + (separator & 7);
    if (digitAt(bytes, afterSeparator, end) === NOT_A_DIGIT) return at;
    previous = separator >> 3;
    at = afterSeparator;
  }
}

/** Tries the numbers of every length that end with digit `count - 1`, the well-formed ones first. */
function tryGroupEnd(
  bytes: Uint8Array,
  start: number,
  end: number,
  numberEnd: number,
  count: number,
  keySpeaksOfCards: boolean,
  matches: CardMatch[],
): void {
  let irregular: CardMatch | undefined;
  let nearMiss: CardMatch | undefined;
  for (let length = Math.min(LONGEST, count); length >= SHORTEST; length--) {
    const first = count - length;
    const opening = before[first & RING_MASK]!;
    if (opening === CONTINUES || opening === AFTER_LETTER) continue;
    const shape = shapeOf(first, count);
    if (shape === MALFORMED || (shape === WHOLE && opening === DOT && first > 0)) continue;

    const prefix =
      digits[first & RING_MASK]! * 1000 +
      digits[(first + 1) & RING_MASK]! * 100 +
      digits[(first + 2) & RING_MASK]! * 10 +
      digits[(first + 3) & RING_MASK]!;
    const numberStart = digitStarts[first & RING_MASK]!;
    const sums = (count & 1) === 1 ? oddDoubled : evenDoubled;
    const passesLuhn = (sums[count & RING_MASK]! - sums[first & RING_MASK]!) % 10 === 0;
    if (!passesLuhn && !keySpeaksOfCards) {
      if (shape === WHOLE) nearMiss ??= nearMissOf(prefix, length, numberEnd);
      continue;
    }
    let brand = brandOf(prefix, length, keySpeaksOfCards);
    const hasContext = keySpeaksOfCards || textSpeaksOfCards(bytes, start, numberStart);
    if (brand === NO_BRAND && hasContext) {
      brand = brandOf(prefix, length, true);
      const mayBeUnknown = keySpeaksOfCards || !isEpochLike(prefix, length);
      if (brand === NO_BRAND && prefix >= 1000 && length > SHORTEST && mayBeUnknown) brand = UNKNOWN_BRAND;
    }
    if (brand === NO_BRAND || (!passesLuhn && brand !== UNIONPAY)) continue;
    if (isInUuid(bytes, start, end, numberStart, numberEnd)) continue;
    if (!hasContext && shape !== GROUPED && length <= LONGEST_PHONE && isDialled(bytes, start, numberStart)) continue;
    const isTest = TEST_NUMBERS.has(digitText(first, count));
    const strength = isTest ? TEST : hasContext || shape === GROUPED ? STRONG : MEDIUM;
    const match = { start: numberStart, end: numberEnd, brand, strength, digitCount: length };
    if (shape !== IRREGULAR) {
      addMatch(matches, match);
      return;
    }
    irregular ??= match;
  }
  const found = irregular ?? nearMiss;
  if (found !== undefined) addMatch(matches, found);
}

/** Counted, never replaced: `undefined` where no issuer has such numbers. */
function nearMissOf(prefix: number, digitCount: number, end: number): CardMatch | undefined {
  const brand = brandOf(prefix, digitCount, false);
  return brand === NO_BRAND ? undefined : { start: end, end, brand, strength: NEAR_MISS, digitCount };
}

/** Adds a match that ends after all others. Where two overlap, both go, as one, under the name of the first. */
export function addMatch(matches: CardMatch[], match: CardMatch): void {
  let merged = match;
  for (let last = matches.at(-1); last !== undefined && last.end > merged.start; last = matches.at(-1)) {
    if (last.strength !== NEAR_MISS) {
      merged = { ...last, start: Math.min(last.start, merged.start), end: Math.max(last.end, merged.end) };
    }
    matches.pop();
  }
  matches.push(merged);
}

const MALFORMED = 0;
/** No separator at all. */
const WHOLE = 1;
/** As printed on cards: 4-4-4-4 (and three more), 4-6-5, 4-6-4. */
const GROUPED = 2;
/** One separator throughout, but in other places. */
const IRREGULAR = 3;

const DOT = 0x2e;
const CARD_GROUPINGS: ReadonlySet<number> = new Set([4444, 44443, 465, 464]);

/** How the digits `[first, count)` of the ring are grouped. */
function shapeOf(first: number, count: number): number {
  let grouping = 0;
  let groupLength = 1;
  let separator = 0;
  let separatorCount = 0;
  let isUniform = true;
  for (let at = first + 1; at < count; at++) {
    const opening = before[at & RING_MASK]!;
    if (opening === CONTINUES) {
      groupLength++;
      continue;
    }
    grouping = grouping * 10 + Math.min(groupLength, 9);
    groupLength = 1;
    if (separatorCount++ > 0 && opening !== separator) isUniform = false;
    separator = opening;
  }
  if (separatorCount === 0) return WHOLE;
  if (CARD_GROUPINGS.has(grouping * 10 + Math.min(groupLength, 9))) return GROUPED;
  // A single dot makes a decimal, and mixed separators in odd places make a list of numbers.
  if (!isUniform || (separatorCount === 1 && separator === DOT)) return MALFORMED;
  return IRREGULAR;
}

function digitText(first: number, count: number): string {
  let text = '';
  for (let at = first; at < count; at++) text += String(digits[at & RING_MASK]);
  return text;
}

const NOT_A_DIGIT = -1;

/** `width << 4 | value` of the digit at `at`, be it ASCII, full-width or Arabic-Indic. */
function digitAt(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return NOT_A_DIGIT;
  const byte = bytes[at]!;
  if (byte < 0x80) return byte >= 0x30 && byte <= 0x39 ? 16 | (byte - 0x30) : NOT_A_DIGIT;
  if (byte === 0xef && at + 2 < end && bytes[at + 1] === 0xbc) return digitFrom(bytes[at + 2]!, 0x90, 3);
  if (byte === 0xd9 && at + 1 < end) return digitFrom(bytes[at + 1]!, 0xa0, 2);
  if (byte === 0xdb && at + 1 < end) return digitFrom(bytes[at + 1]!, 0xb0, 2);
  return NOT_A_DIGIT;
}

function digitFrom(byte: number, zero: number, width: number): number {
  return byte >= zero && byte < zero + 10 ? (width << 4) | (byte - zero) : NOT_A_DIGIT;
}

const NO_SEPARATOR = 0;

/** `code point << 3 | width` of the separator at `at`. */
function separatorAt(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return NO_SEPARATOR;
  const byte = bytes[at]!;
  if (byte < 0x80) return IS_SEPARATOR[byte] === 1 ? (byte << 3) | 1 : NO_SEPARATOR;
  if (byte === 0xc2 && at + 1 < end && bytes[at + 1] === 0xa0) return (0xa0 << 3) | 2;
  if (at + 2 >= end) return NO_SEPARATOR;
  const codePoint = ((byte & 15) << 12) | ((bytes[at + 1]! & 63) << 6) | (bytes[at + 2]! & 63);
  // Spaces of every width, zero-width characters, hyphens and dashes; then word joiner, minus sign, byte order mark.
  const isGeneralPunctuation = byte === 0xe2 && codePoint >= 0x2000 && codePoint <= 0x2015;
  const isOther = codePoint === 0x202f || codePoint === 0x2060 || codePoint === 0x2212 || codePoint === 0xfeff;
  return isGeneralPunctuation || (isOther && byte >= 0xe2) ? (codePoint << 3) | 3 : NO_SEPARATOR;
}

const IS_SEPARATOR = new Uint8Array(128);
for (const separator of ' -./_+') IS_SEPARATOR[separator.charCodeAt(0)] = 1;

function isLetterOrDigit(byte: number): boolean {
  const lower = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x7a);
}

/** E.164. */
const LONGEST_PHONE = 15;
const PLUS = 0x2b;

/** Whether a plus sign of its own stands before a number, as before a country code: +49 is Germany, and 4 is Visa. */
function isDialled(bytes: Uint8Array, start: number, numberStart: number): boolean {
  if (numberStart <= start || bytes[numberStart - 1] !== PLUS) return false;
  return numberStart - 2 < start || !isLetterOrDigit(bytes[numberStart - 2]!);
}

/** Whether it is as long as a time in milli-, micro- or nanoseconds and begins like one; no issuer has such numbers. */
function isEpochLike(prefix: number, length: number): boolean {
  return prefix < 2000 && (length === 13 || length === 16 || length === 19);
}

/** How far before a number the text may say that it is one. */
const CONTEXT_BYTES = 30;

/** Whether the few characters before a number speak of cards: `card no. `, `"pan":"`, `cc=`. */
function textSpeaksOfCards(bytes: Uint8Array, start: number, numberStart: number): boolean {
  let text = '';
  for (let at = Math.max(start, numberStart - CONTEXT_BYTES); at < numberStart; at++) {
    text += String.fromCharCode(bytes[at]!);
  }
  return /card(?![a-z])|card_?(?:no|num)|(?<![a-z\d])(?:pan|cc)(?![a-z\d])|(?<![a-z\d])cc_?num/i.test(text);
}

const UUID_LENGTH = 36;
const UUID_GROUP_STARTS = [0, 9, 14, 19, 24];

/** Whether `[from, to)` lies in a UUID (8-4-4-4-12 hex digits): some of them look like a card number in part. */
function isInUuid(bytes: Uint8Array, start: number, end: number, from: number, to: number): boolean {
  for (const groupStart of UUID_GROUP_STARTS) {
    const uuidStart = from - groupStart;
    if (uuidStart >= start && uuidStart + UUID_LENGTH >= to && isUuid(bytes, uuidStart, end)) return true;
  }
  return false;
}

function isUuid(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + UUID_LENGTH > end) return false;
  for (let position = 0; position < UUID_LENGTH; position++) {
    const byte = bytes[at + position]!;
    if (position === 8 || position === 13 || position === 18 || position === 23) {
      if (byte !== 0x2d) return false;
    } else {
      const lower = byte | 0x20;
      if (!((byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x66))) return false;
    }
  }
  return true;
}
