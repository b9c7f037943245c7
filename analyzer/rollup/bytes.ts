import { grown } from '../model/string-table.ts';

/** Appends whole numbers as LEB128 (seven bits a byte, low bits first; at most 2^53) and raw bytes. */
export class ByteWriter {
  #bytes: Uint8Array = new Uint8Array(1024);
  #length = 0;

  /** What was written so far; a view, valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
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
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  readNumber(): number {
    const { bytes } = this;
    let byte = this.#next(bytes);
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let scale = 0x80; ; scale *= 0x80) {
      byte = this.#next(bytes);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      if (scale > 2 ** 49) throw new RangeError('a number is too long');
    }
  }

  readSigned(): number {
    const zigzag = this.readNumber();
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  /** Four bytes, big-endian. */
  readWord(): number {
    const { bytes } = this;
    const start = this.skip(4);
    return ((bytes[start]! << 24) | (bytes[start + 1]! << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!) >>> 0;
  }

  /** Steps over `count` bytes and returns where they started. */
  skip(count: number): number {
    const start = this.at;
    if (start + count > this.bytes.length) throw new RangeError('bytes end too early');
    this.at = start + count;
    return start;
  }

  #next(bytes: Uint8Array): number {
    if (this.at >= bytes.length) throw new RangeError('bytes end too early');
    return bytes[this.at++]!;
  }
}
