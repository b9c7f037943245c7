import { viewOf } from '../../analyzer/model/string-table.ts';
import { MalformedInputError } from './contract.ts';

/** Wire types (protobuf encoding, "Message structure"). */
const WIRE = { varint: 0, fixed64: 1, delimited: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;
type WireType = (typeof WIRE)[keyof typeof WIRE];

/**
 * Reads protobuf field by field, for formats whose speed is not everything (`otlp-protobuf.ts` has a walk of its own).
 * Lengths are held against the end of the message around them. Throws `MalformedInputError`, naming the byte, where the
 * wire format is broken.
 */
export class ProtobufReader {
  /** For messages: what is being read. */
  place: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #tag = 0;

  constructor(bytes: Uint8Array, place: string) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.place = place;
  }

  get at(): number {
    return this.#at;
  }

  /** The number of the next field of a message that ends at `end`, 0 at its end. Its value has to be read or skipped. */
  nextField(end: number): number {
    if (this.#at === end) return 0;
    const tag = this.#varint(end);
    this.#tag = tag;
    const field = Math.floor(tag / 8);
    if (field === 0 || tag > 0xffff_ffff) throw this.malformed('an impossible field number');
    return field;
  }

  /** A number, rounded above 2^53. */
  varint(end: number): number {
    this.#expect(WIRE.varint);
    return this.#varint(end);
  }

  /** An unsigned number, rounded above 2^53. */
  fixed64(end: number): number {
    this.#expect(WIRE.fixed64);
    const at = this.#pass(8, end);
    return this.#view.getUint32(at + 4, true) * 4_294_967_296 + this.#view.getUint32(at, true);
  }

  /** A view of bytes, text or a packed list. */
  delimited(end: number): Uint8Array {
    const length = this.length(end);
    return this.#bytes.subarray(this.#pass(length, end), this.#at);
  }

  /** Length of an embedded message, whose first byte is the next. */
  length(end: number): number {
    this.#expect(WIRE.delimited);
    const length = this.#varint(end);
    if (length > end - this.#at) throw this.malformed('a length beyond the end');
    return length;
  }

  /** Passes over the field, groups with all that is in them. */
  skip(end: number): void {
    if ((this.#tag & 7) === WIRE.varint) {
      this.#varint(end);
      return;
    }
    /** Fields of the groups that are open. */
    const groups: number[] = [];
    let tag = this.#tag;
    for (;;) {
      switch (tag & 7) {
        case WIRE.varint:
          this.#varint(end);
          break;
        case WIRE.fixed64:
          this.#pass(8, end);
          break;
        case WIRE.delimited: {
          const length = this.#varint(end);
          this.#pass(length, end);
          break;
        }
        case WIRE.fixed32:
          this.#pass(4, end);
          break;
        case WIRE.groupStart:
          groups.push(Math.floor(tag / 8));
          break;
        case WIRE.groupEnd:
          if (groups.pop() !== Math.floor(tag / 8)) throw this.malformed('the end of a group that was not begun');
          break;
        default:
          throw this.malformed('an unknown wire type');
      }
      if (groups.length === 0) return;
      tag = this.#varint(end);
    }
  }

  malformed(what: string): MalformedInputError {
    return new MalformedInputError(`${this.place}: ${what} at byte ${String(this.#at)}`);
  }

  #expect(wireType: WireType): void {
    if ((this.#tag & 7) !== wireType) throw this.malformed('a wrong wire type');
  }

  /** Passes over so many bytes; the offset of the first. */
  #pass(count: number, end: number): number {
    const at = this.#at;
    if (count > end - at) throw this.malformed('a value beyond the end');
    this.#at = at + count;
    return at;
  }

  #varint(end: number): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < 10; count++, factor *= 0x80) {
      if (this.#at >= end) throw this.malformed('a truncated number');
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw this.malformed('a number of more than ten bytes');
  }
}
