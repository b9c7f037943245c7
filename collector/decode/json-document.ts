import { MalformedInputError } from './contract.ts';

/**
 * The whole document as values. Numbers that a double cannot hold come as their own digits in a string: an id
 * that is a number is its digits, and a card number of 19 digits must keep its last one.
 */
export function parseJsonDocument(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder().decode(bytes);
  } catch {
    throw new MalformedInputError('the document is too large to be read as one piece of JSON');
  }
  try {
    return NEEDS_DIGITS.test(text) ? parseKeepingDigits(text) : JSON.parse(text);
  } catch {
    // The parser's own message quotes the input.
    throw new MalformedInputError('not valid JSON');
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isJsonList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** A field of a list of objects; null and absent are both no list. */
export function listOf(value: unknown): readonly unknown[] {
  return isJsonList(value) ? value : [];
}

/** A string or a number as text, an empty text and everything else as undefined. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' ? String(value) : undefined;
}

/** A number, or the decimal digits of one in a string (what 64-bit numbers often come as). */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? Number(value) : undefined;
}

/** Every scalar inside a value, however deep: a loop, since the depth is the sender's choice. */
export function forEachScalar(value: unknown, visit: (text: string) => void): void {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') visit(next);
    else if (typeof next === 'number' || typeof next === 'boolean') visit(String(next));
    else if (isJsonList(next)) for (const item of next) open.push(item);
    else if (isJsonObject(next)) {
      for (const [key, item] of Object.entries(next)) {
        visit(key);
        open.push(item);
      }
    }
  }
}

/** A standard of its own (WHATWG Encoding) that Node and browsers share, though no library of types without either names it. */
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };

/** A number that a double may not hold, 2^53 having 16 digits. May match inside a string: that costs time, not truth. */
const NEEDS_DIGITS = /[:,[]\s*-?(?:9\d{15}|\d{17})/;

function parseKeepingDigits(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value !== 'number' || context?.source === undefined) return value;
    return Number.isSafeInteger(value) ? value : exactText(value, context.source);
  };
  try {
    return JSON.parse(text, revive);
  } catch (error) {
    // The engine revives recursively, though it parses in a loop.
    if (error instanceof RangeError) return JSON.parse(text);
    throw error;
  }
}

/** Fractions keep being numbers: no id and no card number has a decimal point. */
function exactText(value: number, source: string): number | string {
  return /^-?\d+$/.test(source) ? source : value;
}
