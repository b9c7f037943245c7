/**
 * Strings kept once, known by a small number. Id 0 is the empty string.
 *
 * Decoders hand over UTF-8 bytes and get an id without building a JavaScript string; the string is made on first reading.
 * The table is seeded: names come from outside, and whoever chooses them must not be able to choose the collisions.
 */
export class StringTable {
  #bytes = new Uint8Array(1 << 14);
  #view = viewOf(this.#bytes);
  #byteCount = 0;
  /** Where string `id` starts in the byte pool; its end is the next start. */
  #starts = new Uint32Array(1 << 10);
  #hashes = new Uint32Array(1 << 10);
  /** Open addressing over ids, linear probing; 0 is a free slot, since id 0 is never looked up. */
  #slots = new Uint32Array(1 << 11);
  #texts: (string | undefined)[] = [''];
  #size = 1;
  readonly #seed: number;
  #idOfSmallInteger = new Uint32Array(1 << 10);

  constructor(seed = 0x9e3779b9) {
    this.#seed = seed >>> 0;
  }

  /** Number of distinct strings, the empty one included. */
  get size(): number {
    return this.#size;
  }

  /** Bytes held by the pool and its tables, JavaScript strings not counted. */
  get byteLength(): number {
    return this.#bytes.length + 4 * (this.#starts.length + this.#hashes.length + this.#slots.length);
  }

  text(id: number): string {
    const known = this.#texts[id];
    if (known !== undefined) return known;
    const text = decodeUtf8(this.#bytes, this.#starts[id]!, this.#starts[id + 1]!);
    this.#texts[id] = text;
    return text;
  }

  /** Byte range of a string in `pool`, for writing it somewhere else without decoding it. */
  range(id: number): readonly [start: number, end: number] {
    return id === 0 ? [0, 0] : [this.#starts[id]!, this.#starts[id + 1]!];
  }

  get pool(): Uint8Array {
    return this.#bytes;
  }

  /**
   * Interns `bytes[start, end)`. Ill-formed UTF-8 and NUL, which keys of maps use as their separator, become U+FFFD. Whoever
   * interns many ranges of the same bytes hands over one view of them.
   */
  internBytes(bytes: Uint8Array, start: number, end: number, view = viewOf(bytes)): number {
    const length = end - start;
    if (length === 0) return 0;
    const hash = hashBytes(this.#seed, view, start, end);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot]!;
      if (id === 0) {
        if (!isCleanUtf8(bytes, start, end))
          return this.intern(decodeUtf8(bytes, start, end).replaceAll('\0', '\ufffd'));
        return this.#add(bytes, start, length, hash, slot);
      }
      if (this.#hashes[id] === hash) {
        const from = this.#starts[id]!;
        if (this.#starts[id + 1]! - from === length && equalBytes(this.#view, from, view, start, length)) return id;
      }
    }
  }

  /** Whether string `id` is `view[start, end)`: a guess confirmed costs less than a look-up. */
  isString(id: number, view: DataView, start: number, end: number): boolean {
    const from = this.#starts[id]!;
    const length = end - start;
    return this.#starts[id + 1]! - from === length && equalBytes(this.#view, from, view, start, length);
  }

  intern(text: string): number {
    if (text.length * 3 > SCRATCH.length) {
      const bytes = encodeUtf8(text);
      return this.internBytes(bytes, 0, bytes.length);
    }
    return this.internBytes(SCRATCH, 0, encodeUtf8Into(text, SCRATCH), SCRATCH_VIEW);
  }

  /** The decimal text of a whole number; status codes and ports come by the million. */
  internInteger(value: number): number {
    if ((value | 0) !== value || value < 0 || value >= SMALL_INTEGERS) return this.intern(String(value));
    if (value >= this.#idOfSmallInteger.length) {
      this.#idOfSmallInteger = grown(this.#idOfSmallInteger, SMALL_INTEGERS);
    }
    const known = this.#idOfSmallInteger[value]!;
    if (known !== 0) return known;
    const id = this.intern(String(value));
    this.#idOfSmallInteger[value] = id;
    return id;
  }

  #add(bytes: Uint8Array, start: number, length: number, hash: number, slot: number): number {
    if (this.#byteCount + length > this.#bytes.length) {
      this.#bytes = grown(this.#bytes, Math.max(this.#bytes.length * 2, this.#byteCount + length));
      this.#view = viewOf(this.#bytes);
    }
    const id = this.#size++;
    if (id + 2 > this.#starts.length) {
      this.#starts = grown(this.#starts, this.#starts.length * 2);
      this.#hashes = grown(this.#hashes, this.#hashes.length * 2);
    }
    const pool = this.#bytes;
    const from = this.#byteCount;
    pool.set(bytes.subarray(start, start + length), from);
    this.#starts[id] = from;
    this.#byteCount = from + length;
    this.#starts[id + 1] = this.#byteCount;
    this.#hashes[id] = hash;
    this.#slots[slot] = id;
    this.#texts.push(undefined);
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 1; id < this.#size; id++) {
      let slot = this.#hashes[id]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}

/** Status codes and ports: whole numbers below this are looked up by value. */
const SMALL_INTEGERS = 1 << 16;

/**
 * Two lanes of multiply and rotate over eight bytes at a time, joined by MurmurHash3's finalizer so that every bit of both
 * is mixed. The multipliers are those of MurmurHash3 (Austin Appleby, public domain).
 */
function hashBytes(seed: number, view: DataView, start: number, end: number): number {
  let even = seed;
  let odd = ~seed;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    even = Math.imul(((even << 13) | (even >>> 19)) ^ view.getInt32(at, true), 0xcc9e2d51);
    odd = Math.imul(((odd << 17) | (odd >>> 15)) ^ view.getInt32(at + 4, true), 0x1b873593);
  }
  for (; at < end; at++) even = Math.imul(((even << 13) | (even >>> 19)) ^ view.getUint8(at), 0xcc9e2d51);
  return mix(mix(even) ^ odd ^ (end - start));
}

/**
 * Whether `length` bytes are the same in both. Eight at a time from the end, where names differ; the first eight overlap.
 * They are compared as doubles, which is exact as long as `a` holds clean UTF-8: what compares otherwise than its bytes, zero
 * and NaN, has a NUL or an impossible byte in it.
 */
export function equalBytes(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  if (length < 8) {
    if (length < 4) {
      for (let at = 0; at < length; at++) if (a.getUint8(aStart + at) !== b.getUint8(bStart + at)) return false;
      return true;
    }
    const last = length - 4;
    return (
      a.getInt32(aStart + last, true) === b.getInt32(bStart + last, true) &&
      a.getInt32(aStart, true) === b.getInt32(bStart, true)
    );
  }
  for (let at = length - 8; at > 0; at -= 8) {
    if (a.getFloat64(aStart + at, true) !== b.getFloat64(bStart + at, true)) return false;
  }
  return a.getFloat64(aStart, true) === b.getFloat64(bStart, true);
}

/** The same bytes as a plain `Uint8Array`: code that meets Node's `Buffer` as well runs slower for both. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** MurmurHash3's finalizer: every input bit reaches every output bit. */
export function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A longer copy of a typed array. */
export function grown<T extends Uint8Array | Uint32Array | Float64Array>(array: T, length: number): T {
  const longer = new (array.constructor as new (length: number) => T)(length);
  longer.set(array);
  return longer;
}

/** UTF-8 to a string; each ill-formed sequence becomes one U+FFFD, as the WHATWG decoder does it. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  const units: number[] = [];
  let at = start;
  while (at < end) {
    const lead = bytes[at]!;
    if (lead < 0x80) {
      units.push(lead);
      at++;
    } else {
      const need =
        lead >= 0xc2 && lead <= 0xdf ? 1 : lead >= 0xe0 && lead <= 0xef ? 2 : lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
      let codePoint = need === 0 ? 0xfffd : lead & (0x3f >> need);
      let read = 1;
      for (; read <= need; read++) {
        const next = at + read < end ? bytes[at + read]! : 0;
        const low = read === 1 ? (lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80) : 0x80;
        const high = read === 1 ? (lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf) : 0xbf;
        if (next < low || next > high) break;
        codePoint = (codePoint << 6) | (next & 0x3f);
      }
      if (read <= need) codePoint = 0xfffd;
      if (codePoint > 0xffff) {
        units.push(0xd800 + ((codePoint - 0x10000) >> 10), 0xdc00 + ((codePoint - 0x10000) & 0x3ff));
      } else {
        units.push(codePoint);
      }
      at += read > need ? need + 1 : Math.max(1, read);
    }
    if (units.length >= 4096) {
      text += String.fromCharCode(...units);
      units.length = 0;
    }
  }
  return text + String.fromCharCode(...units);
}

/** A string to UTF-8; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.subarray(0, encodeUtf8Into(text, bytes));
}

const SCRATCH = new Uint8Array(512);
const SCRATCH_VIEW = viewOf(SCRATCH);

/** The same into `bytes`, which has three per UTF-16 unit. Returns how many were written. */
function encodeUtf8Into(text: string, bytes: Uint8Array): number {
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    let codePoint = text.charCodeAt(at);
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) {
      const low = codePoint <= 0xdbff && at + 1 < text.length ? text.charCodeAt(at + 1) : 0;
      if (low >= 0xdc00 && low <= 0xdfff) {
        codePoint = 0x10000 + ((codePoint - 0xd800) << 10) + (low - 0xdc00);
        at++;
      } else {
        codePoint = 0xfffd;
      }
    }
    if (codePoint < 0x80) {
      bytes[length++] = codePoint;
    } else if (codePoint < 0x800) {
      bytes[length++] = 0xc0 | (codePoint >> 6);
      bytes[length++] = 0x80 | (codePoint & 0x3f);
    } else if (codePoint < 0x10000) {
      bytes[length++] = 0xe0 | (codePoint >> 12);
      bytes[length++] = 0x80 | ((codePoint >> 6) & 0x3f);
      bytes[length++] = 0x80 | (codePoint & 0x3f);
    } else {
      bytes[length++] = 0xf0 | (codePoint >> 18);
      bytes[length++] = 0x80 | ((codePoint >> 12) & 0x3f);
      bytes[length++] = 0x80 | ((codePoint >> 6) & 0x3f);
      bytes[length++] = 0x80 | (codePoint & 0x3f);
    }
  }
  return length;
}

/** Well-formed UTF-8 without NUL (Unicode 16, table 3-7). */
export function isCleanUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end;) {
    const lead = bytes[at++]!;
    if (lead === 0) return false;
    if (lead < 0x80) continue;
    const need =
      lead >= 0xc2 && lead <= 0xdf ? 1 : lead >= 0xe0 && lead <= 0xef ? 2 : lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
    if (need === 0 || at + need > end) return false;
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (bytes[at]! < low || bytes[at]! > high) return false;
    for (let more = 1; more < need; more++) if ((bytes[at + more]! & 0xc0) !== 0x80) return false;
    at += need;
  }
  return true;
}
