import { grown } from '../../analyzer/model/string-table.ts';

/** Bytes in the making. Whole numbers are varints (LEB128) or columns as narrow as their largest value allows. */
export class ByteWriter {
  #bytes = new Uint8Array(1 << 12);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes that fit before more memory is needed. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** A copy of what was written, and an empty writer. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** What was written; a view, valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what was written from `length` on. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** Leaves room for `count` bytes, to be filled in through `view`. */
  skip(count: number): void {
    this.#reserve(count);
    this.#length += count;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  varint(value: number): void {
    this.#reserve(8);
    while (value >= 0x80) {
      this.#bytes[this.#length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#bytes[this.#length++] = value;
  }

  /** The memory of a typed array as it is; hosts with the other byte order are told apart by the segment's header. */
  raw(array: Uint8Array | Uint32Array | Float64Array): void {
    this.#reserve(array.byteLength);
    this.#bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), this.#length);
    this.#length += array.byteLength;
  }

  /** Parts of a byte array one behind the other; for the few bytes of a name a loop is quicker than a view. */
  gather(source: Uint8Array, starts: Uint32Array, lengths: Uint32Array): void {
    let byteCount = 0;
    for (let part = 0; part < lengths.length; part++) byteCount += lengths[part]!;
    this.#reserve(byteCount);
    const bytes = this.#bytes;
    let to = this.#length;
    for (let part = 0; part < lengths.length; part++) {
      const start = starts[part]!;
      const end = start + lengths[part]!;
      for (let at = start; at < end; at++) bytes[to++] = source[at]!;
    }
    this.#length = to;
  }

  /** Numbers with 1, 2 or 4 bytes each, the width first. */
  column(values: Uint32Array): void {
    let bits = 0;
    for (let at = 0; at < values.length; at++) bits |= values[at]!;
    const width = bits >>> 8 === 0 ? 1 : bits >>> 16 === 0 ? 2 : 4;
    this.byte(width);
    if (width === 4) {
      this.raw(values);
      return;
    }
    this.#reserve(values.length * width);
    const bytes = this.#bytes;
    let length = this.#length;
    for (let at = 0; at < values.length; at++) {
      const value = values[at]!;
      bytes[length++] = value;
      if (width === 2) bytes[length++] = value >>> 8;
    }
    this.#length = length;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed > this.#bytes.length) this.#bytes = grown(this.#bytes, Math.max(this.#bytes.length * 2, needed));
  }
}
