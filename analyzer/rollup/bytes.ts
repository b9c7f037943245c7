import { grown } from '../model/string-table.ts';

/** Appends whole numbers as LEB128 (seven bits a byte, low bits first; at most 2^53) and raw bytes. */
export class ByteWriter {
  #bytes: Uint8Array = new Uint8Array(1024);
  #length = 0;

  /** What was written so far; a view, valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  writeByte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  writeNumber(value: number): void {
    this.#reserve(8);
    while (value >= 0x80) {
      this.#bytes[this.#length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#bytes[this.#length++] = value;
  }

  /** Zigzag, so that small negative numbers stay short. */
  writeSigned(value: number): void {
    this.writeNumber(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  writeBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #reserve(count: number): void {
    if (this.#length + count > this.#bytes.length) {
      this.#bytes = grown(this.#bytes, Math.max(this.#bytes.length * 2, this.#length + count));
    }
  }
}

/** Reads what `ByteWriter` wrote. Throws a RangeError beyond the end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** Where the next byte is read; hot loops may read `bytes` and move it themselves. */
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  readNumber(): number {
    const byte = this.bytes[this.at]!;
    if (byte < 0x80) {
      this.at++;
      return byte;
    }
    return this.#readLongNumber();
  }

  readSigned(): number {
    const zigzag = this.readNumber();
    // Bits while they fit: a remainder of doubles is ten times as slow.
    if (zigzag <= 0x7fffffff) return (zigzag >>> 1) ^ -(zigzag & 1);
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  /** Steps over `count` bytes and returns where they started. */
  skip(count: number): number {
    const start = this.at;
    if (start + count > this.bytes.length) throw new RangeError('bytes end too early');
    this.at = start + count;
    return start;
  }

  #readLongNumber(): number {
    const { bytes } = this;
    let { at } = this;
    let value = 0;
    // Four bytes hold 28 bits, which need no doubles. A byte beyond the end is no number: it is caught below.
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return value;
      }
    }
    for (let scale = 2 ** 28; ; scale *= 0x80) {
      if (at >= bytes.length) throw new RangeError('bytes end too early');
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.at = at;
        return value;
      }
      if (scale > 2 ** 49) throw new RangeError('a number is too long');
    }
  }
}
