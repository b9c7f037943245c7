import { CARD_BRANDS, CARD_STRENGTHS, type CardBrand, type CardStrength } from '../../analyzer/model/span.ts';
import { decodeUtf8, encodeUtf8 } from '../../analyzer/model/string-table.ts';
import { UNKNOWN_BRAND } from './card-brands.ts';
import { KEY_CONTEXT, type KeyContext, keyContext } from './card-keys.ts';
import { addMatch, AUTHENTICATION, type CardMatch, findCardNumbers, NEAR_MISS } from './card-numbers.ts';
import { mayHoldCardNumber, SHORTEST_CARD_NUMBER } from './may-hold-card-number.ts';
import { findTrackData } from './track-data.ts';
import { unescapeOnce } from './unescape.ts';

export { KEY_CONTEXT, type KeyContext, keyContext } from './card-keys.ts';
export { mayHoldCardNumber } from './may-hold-card-number.ts';

/** What was found: never the number, a part of it or a hash. */
export interface CardHit {
  readonly brand: CardBrand;
  readonly strength: CardStrength;
}

export interface RedactedText {
  /** The same string where nothing was replaced: near misses stay. */
  readonly text: string;
  readonly hits: readonly CardHit[];
}

export interface RedactedBytes {
  /** The text in UTF-8, card data replaced. */
  readonly bytes: Uint8Array;
  /** At least one. */
  readonly hits: readonly CardHit[];
}

/**
 * Replaces card data in a text by `[PAN:<brand>:<length>]` or `[REDACTED:authentication]`. `key` is the attribute's key, or
 * empty for names and messages: it decides how sure a hit is, and tells a card verification code from any three digits.
 */
export function redactText(text: string, key: string): RedactedText {
  const context = knownKeyContext(key);
  if (context === KEY_CONTEXT.none && !mayHoldCardNumberText(text)) return { text, hits: NO_HITS };
  const bytes = encodeUtf8(text);
  const redacted = redactBytes(bytes, 0, bytes.length, context);
  if (redacted === undefined) return { text, hits: NO_HITS };
  const { hits } = redacted;
  if (hits.every(({ strength }) => strength === 'near-miss')) return { text, hits };
  return { text: decodeUtf8(redacted.bytes, 0, redacted.bytes.length), hits };
}

/** The same for UTF-8 bytes `[start, end)`; `undefined` where nothing was found, which most values tell in a few looks. */
export function redactBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  context: KeyContext,
): RedactedBytes | undefined {
  if (context === KEY_CONTEXT.none && !mayHoldCardNumber(bytes, start, end)) return undefined;
  return redactFound(bytes, start, end, context);
}

function redactFound(bytes: Uint8Array, start: number, end: number, context: KeyContext): RedactedBytes | undefined {
  const matches = findCardData(bytes, start, end, context);
  if (matches.length === 0) return undefined;
  return {
    bytes: withReplacements(bytes, start, end, matches),
    hits: matches.map(({ brand, strength }) => ({ brand: CARD_BRANDS[brand]!, strength: CARD_STRENGTHS[strength]! })),
  };
}

const NO_HITS: readonly CardHit[] = [];

function findCardData(bytes: Uint8Array, start: number, end: number, context: KeyContext): readonly CardMatch[] {
  if (context !== KEY_CONTEXT.none && hasShapeOf(context, bytes, start, end)) {
    return [{ start, end, brand: UNKNOWN_BRAND, strength: AUTHENTICATION, digitCount: 0 }];
  }
  const speaksOfCards = context !== KEY_CONTEXT.none;
  const matches = [
    ...findTrackData(bytes, start, end),
    ...findCardNumbers(bytes, start, end, speaksOfCards),
    ...findEscaped(bytes, start, end, speaksOfCards),
  ];
  if (matches.length < 2) return matches;
  // By start; where two start together the graver first, whose name the merged match keeps.
  matches.sort((a, b) => a.start - b.start || b.strength - a.strength || b.end - a.end);
  const merged: CardMatch[] = [];
  for (const match of matches) addMatch(merged, match);
  return merged;
}

/** Card data under one layer of escapes, where it lies in the input. */
function findEscaped(bytes: Uint8Array, start: number, end: number, speaksOfCards: boolean): readonly CardMatch[] {
  const unescaped = unescapeOnce(bytes, start, end);
  if (unescaped === undefined) return NO_MATCHES;
  const { bytes: plain, length, origins } = unescaped;
  return [...findTrackData(plain, 0, length), ...findCardNumbers(plain, 0, length, speaksOfCards)].map((match) => ({
    ...match,
    start: origins[match.start]!,
    end: origins[match.end]!,
  }));
}

const NO_MATCHES: readonly CardMatch[] = [];

/** Whether a value is what its key says: three or four digits for a verification code, and so on. */
function hasShapeOf(context: KeyContext, bytes: Uint8Array, start: number, end: number): boolean {
  if (context === KEY_CONTEXT.card || end - start > LONGEST_AUTHENTICATION_DATA) return false;
  const value = decodeUtf8(bytes, start, end).trim();
  switch (context) {
    case KEY_CONTEXT.none:
      return false;
    case KEY_CONTEXT.verificationCode:
      return /^\d{3,4}$/.test(value);
    case KEY_CONTEXT.pin:
      return /^\d{4,8}$/.test(value);
    case KEY_CONTEXT.pinBlock:
      return /^(?:[\da-f]{16}|[\da-f]{32})$/i.test(value);
    case KEY_CONTEXT.track:
      return /\d{12}/.test(value);
  }
}

const LONGEST_AUTHENTICATION_DATA = 512;

function withReplacements(bytes: Uint8Array, start: number, end: number, matches: readonly CardMatch[]): Uint8Array {
  const replacements = matches.map((match) => encodeUtf8(replacementOf(match)));
  let length = end - start;
  for (const [at, match] of matches.entries()) length += replacements[at]!.length - (match.end - match.start);
  const redacted = new Uint8Array(length);
  let to = 0;
  let from = start;
  for (const [at, match] of matches.entries()) {
    redacted.set(bytes.subarray(from, match.start), to);
    to += match.start - from;
    redacted.set(replacements[at]!, to);
    to += replacements[at]!.length;
    from = match.end;
  }
  redacted.set(bytes.subarray(from, end), to);
  return redacted;
}

function replacementOf({ strength, brand, digitCount }: CardMatch): string {
  if (strength === NEAR_MISS) return '';
  return strength === AUTHENTICATION
    ? '[REDACTED:authentication]'
    : `[PAN:${CARD_BRANDS[brand]!}:${String(digitCount)}]`;
}

/** `mayHoldCardNumber` for a string; beyond ASCII anything may be a digit. */
function mayHoldCardNumberText(text: string): boolean {
  for (let at = SHORTEST_CARD_NUMBER - 1; at < text.length; at += SHORTEST_CARD_NUMBER) {
    const code = text.charCodeAt(at);
    // Letters other than those of a percent escape are what most looks meet.
    if ((code >= 0x67 && code <= 0x7a) || (code >= 0x47 && code <= 0x5a)) continue;
    const bytes = encodeUtf8(text);
    return mayHoldCardNumber(bytes, 0, bytes.length);
  }
  return false;
}

const CONTEXT_OF_KEY = new Map<string, KeyContext>();
const MOST_KNOWN_KEYS = 4096;

function knownKeyContext(key: string): KeyContext {
  const known = CONTEXT_OF_KEY.get(key);
  if (known !== undefined) return known;
  const context = keyContext(key);
  if (CONTEXT_OF_KEY.size < MOST_KNOWN_KEYS && key.length < 128) CONTEXT_OF_KEY.set(key, context);
  return context;
}
