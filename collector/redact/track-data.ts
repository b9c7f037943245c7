import { brandOf, NO_BRAND, UNKNOWN_BRAND } from './card-brands.ts';
import { AUTHENTICATION, type CardMatch } from './card-numbers.ts';

const PERCENT = 0x25;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUESTION_MARK = 0x3f;
/** Zipkin writes names in lower case. */
const LOWER_B = 0x62;
const CARET = 0x5e;

/** Longest a track is on a card (ISO/IEC 7813: 79 characters on track 1). */
const LONGEST_TRACK = 100;

/**
 * Finds magnetic stripe data: track 1 is `%B`, digits, `^`, and more up to `?`; track 2 is `;`, digits, `=`, and more up
 * to `?`. The leading sentinel of track 1 is optional, since readers strip it. Nobody may keep any of it (PCI DSS 3.3.1).
 */
export function findTrackData(bytes: Uint8Array, start: number, end: number): readonly CardMatch[] {
  const matches: CardMatch[] = [];
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    const isTrack1 = (byte | 0x20) === LOWER_B;
    if (!isTrack1 && byte !== SEMICOLON) continue;
    const separator = isTrack1 ? CARET : EQUALS;
    const digitsEnd = endOfDigits(bytes, at + 1, Math.min(end, at + 21));
    const digitCount = digitsEnd - at - 1;
    if (digitCount < 12 || digitCount > 19 || digitsEnd >= end || bytes[digitsEnd] !== separator) continue;
    if (!passesLuhn(bytes, at + 1, digitsEnd)) continue;
    const brand = brandOf(prefixOf(bytes, at + 1), digitCount, true);
    const trackStart = isTrack1 && at > start && bytes[at - 1] === PERCENT ? at - 1 : at;
    const trackEnd = endOfTrack(bytes, digitsEnd, Math.min(end, at + LONGEST_TRACK), separator);
    matches.push({
      start: trackStart,
      end: trackEnd,
      brand: brand === NO_BRAND ? UNKNOWN_BRAND : brand,
      strength: AUTHENTICATION,
      digitCount,
    });
    at = trackEnd - 1;
  }
  return matches;
}

/** Up to and with the end sentinel; without one, track 2 ends with its digits and track 1 takes what a track may take. */
function endOfTrack(bytes: Uint8Array, digitsEnd: number, limit: number, separator: number): number {
  for (let at = digitsEnd; at < limit; at++) if (bytes[at] === QUESTION_MARK) return at + 1;
  return separator === EQUALS ? endOfDigits(bytes, digitsEnd + 1, limit) : limit;
}

function endOfDigits(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++;
  return at;
}

function prefixOf(bytes: Uint8Array, at: number): number {
  let prefix = 0;
  for (let digit = 0; digit < 4; digit++) prefix = prefix * 10 + bytes[at + digit]! - 0x30;
  return prefix;
}

function passesLuhn(bytes: Uint8Array, start: number, end: number): boolean {
  let sum = 0;
  for (let at = end - 1, isDoubled = false; at >= start; at--, isDoubled = !isDoubled) {
    const digit = bytes[at]! - 0x30;
    sum += isDoubled ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}
