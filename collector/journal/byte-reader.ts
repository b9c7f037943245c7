/** Reads what `ByteWriter` wrote. Every step is checked against the end; `DamagedBytesError` where it does not fit. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#skip(1)]!;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      if (factor > 0x80 ** 6) throw new DamagedBytesError('a number is too long');
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  /** A number of things that take at least one byte each. */
  count(): number {
    const count = this.varint();
    if (count > this.#bytes.length - this.#at) throw new DamagedBytesError('a count is larger than what is left');
    return count;
  }

  /** Fills a typed array with raw memory. */
  raw(array: Uint8Array | Uint32Array | Float64Array): void {
    const from = this.#skip(array.byteLength);
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(
      this.#bytes.subarray(from, from + array.byteLength),
    );
  }

  /** Whole numbers below `limit`. */
  column(count: number, limit: number): Uint32Array {
    const width = this.byte();
    if (width !== 1 && width !== 2 && width !== 4) throw new DamagedBytesError('a column has an unknown width');
    let at = this.#skip(count * width);
    const values = new Uint32Array(count);
    for (let row = 0; row < count; row++) {
      let value = this.#bytes[at++]!;
      if (width > 1) value |= this.#bytes[at++]! << 8;
      if (width > 2) value = (value | (this.#bytes[at++]! << 16) | (this.#bytes[at++]! << 24)) >>> 0;
      if (value >= limit) throw new DamagedBytesError('a number is out of range');
      values[row] = value;
    }
    return values;
  }

  /** Moves past `length` bytes; where they begin. */
  #skip(length: number): number {
    const from = this.#at;
    if (from + length > this.#bytes.length) throw new DamagedBytesError('the record ends too early');
    this.#at = from + length;
    return from;
  }

  /** A view of the next `length` bytes. */
  slice(length: number): Uint8Array {
    const from = this.#skip(length);
    return this.#bytes.subarray(from, from + length);
  }
}

export class DamagedBytesError extends Error {
  override readonly name = 'DamagedBytesError';
}
