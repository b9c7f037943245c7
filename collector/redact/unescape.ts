/** Bytes with one layer of escapes taken off, and where each of them came from. */
export interface Unescaped {
  readonly bytes: Uint8Array;
  readonly length: number;
  /** `origins[i]` is where byte `i` began in the input; `origins[length]` is the input's end. */
  readonly origins: Float64Array;
}

const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

/**
 * Takes off one layer of percent and backslash escapes (`%20`, `\n`, `\/`, `\u00a0`), which is how a URL or a JSON text
 * inside a value hides digits and what stands beside them. `undefined` where there is nothing to take off.
 */
export function unescapeOnce(bytes: Uint8Array, start: number, end: number): Unescaped | undefined {
  let first = start;
  while (first < end && bytes[first] !== PERCENT && bytes[first] !== BACKSLASH) first++;
  if (first === end) return undefined;
  const plain = new Uint8Array(end - start);
  const origins = new Float64Array(end - start + 1);
  let length = 0;
  for (let at = start; at < end;) {
    const byte = bytes[at]!;
    origins[length] = at;
    if (byte === PERCENT && at + 2 < end && isHex(bytes, at + 1, 2)) {
      plain[length++] = hexValue(bytes, at + 1, 2);
      at += 3;
    } else if (byte === BACKSLASH && at + 5 < end && bytes[at + 1] === LETTER_U && isHex(bytes, at + 2, 4)) {
      const codeUnit = hexValue(bytes, at + 2, 4);
      // Three bytes of UTF-8 at most, in place of the six of the escape.
      if (codeUnit >= 0x800) {
        origins[length] = at;
        plain[length++] = 0xe0 | (codeUnit >> 12);
        origins[length] = at;
        plain[length++] = 0x80 | ((codeUnit >> 6) & 63);
      } else if (codeUnit >= 0x80) {
        origins[length] = at;
        plain[length++] = 0xc0 | (codeUnit >> 6);
      }
      origins[length] = at;
      plain[length++] = codeUnit < 0x80 ? codeUnit : 0x80 | (codeUnit & 63);
      at += 6;
    } else if (byte === BACKSLASH && at + 1 < end) {
      const escaped = bytes[at + 1]!;
      // `\n`, `\t` and the like are white space; of `\"`, `\/` and `\\` the character itself counts.
      plain[length++] = escaped >= 0x61 && escaped <= 0x7a ? 0x0a : escaped;
      at += 2;
    } else {
      plain[length++] = byte;
      at++;
    }
  }
  origins[length] = end;
  return { bytes: plain, length, origins };
}

function isHex(bytes: Uint8Array, at: number, count: number): boolean {
  for (let position = at; position < at + count; position++) {
    const byte = bytes[position]!;
    const lower = byte | 0x20;
    if (!((byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x66))) return false;
  }
  return true;
}

function hexValue(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let position = at; position < at + count; position++) {
    const byte = bytes[position]!;
    value = value * 16 + (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57);
  }
  return value;
}
