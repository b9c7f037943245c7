import { grown } from '../../analyzer/model/string-table.ts';

/** Bytes in the making. Whole numbers are varints (LEB128) or columns as narrow as their largest value allows. */
export class ByteWriter {
  #bytes = new Uint8Array(1 << 12);
  #length = 0;

  /** A copy of what was written, and an empty writer. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
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

  /** A part of a byte array; for the few bytes of a name a loop is quicker than a view. */
  bytes(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    for (let at = start; at < end; at++) this.#bytes[this.#length++] = source[at]!;
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
