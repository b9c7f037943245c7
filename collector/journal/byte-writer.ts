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

  /** `values[0, count)` with 1, 2 or 4 bytes each, the width first. */
  column(values: Uint32Array, count: number): void {
    let largest = 0;
    for (let at = 0; at < count; at++) if (values[at]! > largest) largest = values[at]!;
    const width = largest < 0x100 ? 1 : largest < 0x10000 ? 2 : 4;
    this.byte(width);
    this.#reserve(count * width);
    const bytes = this.#bytes;
    let length = this.#length;
    for (let at = 0; at < count; at++) {
      const value = values[at]!;
      bytes[length++] = value & 0xff;
      if (width === 1) continue;
      bytes[length++] = (value >>> 8) & 0xff;
      if (width === 2) continue;
      bytes[length++] = (value >>> 16) & 0xff;
      bytes[length++] = value >>> 24;
    }
    this.#length = length;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed > this.#bytes.length) this.#bytes = grown(this.#bytes, Math.max(this.#bytes.length * 2, needed));
  }
}
