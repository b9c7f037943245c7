import { spanIdHex } from '../../analyzer/model/identifiers.ts';
import { decodeUtf8, viewOf } from '../../analyzer/model/string-table.ts';
import { MalformedInputError } from './contract.ts';
import { doubleOfWords, int64Text } from './numbers.ts';

/** Type codes of Thrift's binary protocol. */
const STOP = 0;
const BOOL = 2;
const DOUBLE = 4;
const I16 = 6;
const I32 = 8;
const I64 = 10;
const STRING = 11;
const STRUCT = 12;
const MAP = 13;
const SET = 14;
const LIST = 15;

/** Fewest bytes of a value of each type; 0 where there is no such type. An enum is an i32. */
const LEAST_BYTES: readonly number[] = [0, 0, 1, 1, 8, 0, 2, 0, 4, 0, 8, 4, 1, 6, 5, 5];
const FIXED_SIZE: readonly number[] = [0, 0, 1, 1, 8, 0, 2, 0, 4, 0, 8];
/** Values nested deeper are no traces. */
const DEEPEST_VALUE = 64;

/** How a value is read: its type on the wire, and what becomes of its bytes. */
export interface ThriftType<T> {
  readonly code: number;
  read(reader: ThriftReader): T;
}

/** The fields of a struct that are of interest, by their ids. A missing one that is required makes the input malformed. */
export type ThriftFields = Readonly<
  Record<number, readonly [name: string, type: ThriftType<unknown>, required?: 'required']>
>;

/** What a struct becomes: its known fields that were there, by name. */
export type ThriftStruct = Readonly<Record<string, unknown>>;

/** Values of the types that traces are made of. Texts are UTF-8, what is none of it replaced. */
export const THRIFT = {
  bool: { code: BOOL, read: (reader) => reader.byte() !== 0 } satisfies ThriftType<boolean>,
  /** Unsigned, as ports are. */
  u16: { code: I16, read: (reader) => reader.view.getUint16(reader.skipBytes(2)) } satisfies ThriftType<number>,
  i32: { code: I32, read: (reader) => reader.view.getInt32(reader.skipBytes(4)) } satisfies ThriftType<number>,
  /** A number where one holds it exactly, else its digits. */
  i64: { code: I64, read: (reader) => integer64(reader.view, reader.skipBytes(8)) } satisfies ThriftType<
    number | string
  >,
  /** An id: sixteen hex digits. */
  id64: { code: I64, read: (reader) => hexOf(reader.view, reader.skipBytes(8)) } satisfies ThriftType<string>,
  double: {
    code: DOUBLE,
    read: (reader) => {
      const at = reader.skipBytes(8);
      return doubleOfWords(reader.view.getUint32(at + 4), reader.view.getUint32(at));
    },
  } satisfies ThriftType<number>,
  text: {
    code: STRING,
    read: (reader) => {
      const bytes = reader.delimited();
      return decodeUtf8(bytes, 0, bytes.length);
    },
  } satisfies ThriftType<string>,
  bytes: { code: STRING, read: (reader) => reader.delimited() } satisfies ThriftType<Uint8Array>,
  /** Where a list begins, which is read later: what it needs may come after it. */
  listOffset: {
    code: LIST,
    read: (reader) => {
      const { at } = reader;
      reader.skip(LIST);
      return at;
    },
  } satisfies ThriftType<number>,
};

export function thriftStruct(fields: ThriftFields): ThriftType<ThriftStruct> {
  return { code: STRUCT, read: (reader) => reader.struct(fields) };
}

/** Structs without any known field are left out: they say nothing. */
export function thriftList(fields: ThriftFields): ThriftType<readonly ThriftStruct[]> {
  return { code: LIST, read: (reader) => reader.filledStructs(fields) };
}

/**
 * Reads Thrift's binary protocol (TBinary; thrift/doc/specs/thrift-binary-protocol.md). Every length and count is held
 * against what is left of the input before anything is made of it, so work and memory follow the input's size. Throws
 * `MalformedInputError`, naming the byte, where it is broken; a known field of another type is passed over, as the generated
 * readers do. Known structs nest as deep as their description, all others are passed over in a loop.
 */
export class ThriftReader {
  readonly view: DataView;
  /** For messages: what is being read. */
  place: string;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array, place: string) {
    this.#bytes = bytes;
    this.view = viewOf(bytes);
    this.place = place;
  }

  get at(): number {
    return this.#at;
  }

  /** Goes back to where something was passed over. */
  seek(at: number): void {
    this.#at = at;
  }

  /** Throws unless all of the input has been read. */
  expectEnd(): void {
    if (this.#at < this.#bytes.length) throw this.malformed('something after the end');
  }

  byte(): number {
    return this.#bytes[this.skipBytes(1)]!;
  }

  /** Passes over so many bytes; the offset of the first. */
  skipBytes(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) throw this.malformed('a value beyond the end');
    this.#at = at + count;
    return at;
  }

  /** A view of a string or binary value. */
  delimited(): Uint8Array {
    const length = this.#count();
    const at = this.skipBytes(length);
    return this.#bytes.subarray(at, at + length);
  }

  struct(fields: ThriftFields): ThriftStruct {
    const values: Record<string, unknown> = {};
    for (let code = this.byte(); code !== STOP; code = this.byte()) {
      const id = this.view.getInt16(this.skipBytes(2));
      const field = fields[id];
      if (field?.[1].code === code) values[field[0]] = field[1].read(this);
      else this.skip(code);
    }
    for (const name of requiredNames(fields)) {
      if (values[name] === undefined) throw this.malformed(`a struct without its ${name}`);
    }
    return values;
  }

  /** The structs of a list, one after the other. */
  *structs(fields: ThriftFields): Generator<ThriftStruct> {
    for (let left = this.#structCount(); left > 0; left--) yield this.struct(fields);
  }

  /** The structs of a list that have a known field. */
  filledStructs(fields: ThriftFields): readonly ThriftStruct[] {
    const isEmptyFine = requiredNames(fields).length === 0;
    const structs: ThriftStruct[] = [];
    for (let left = this.#structCount(); left > 0; left--) {
      // An empty struct is one byte long, so there may be millions.
      if (isEmptyFine && this.#bytes[this.#at] === STOP) this.#at++;
      else {
        const struct = this.struct(fields);
        if (Object.keys(struct).length > 0) structs.push(struct);
      }
    }
    return structs;
  }

  /** Passes over a value of any type, however deep it goes. */
  skip(firstCode: number): void {
    const open: OpenValue[] = [];
    let code = firstCode;
    for (;;) {
      this.#skipHead(code, open);
      // Up to the next value: the next field of the innermost struct, the next element of the innermost list.
      for (;;) {
        const innermost = open.at(-1);
        if (innermost === undefined) return;
        if (innermost.left === OPEN_STRUCT) {
          code = this.byte();
          if (code !== STOP) {
            this.skipBytes(2);
            break;
          }
          open.pop();
        } else if (innermost.left === 0) {
          open.pop();
        } else {
          code = innermost.left % 2 === 0 ? innermost.evenCode : innermost.oddCode;
          innermost.left--;
          break;
        }
      }
    }
  }

  malformed(what: string): MalformedInputError {
    return new MalformedInputError(`${this.place}: ${what} at byte ${String(this.#at)}`);
  }

  /** Passes over a value that ends here, or opens one that holds others. */
  #skipHead(code: number, open: OpenValue[]): void {
    const fixedSize = FIXED_SIZE[code] ?? 0;
    if (fixedSize > 0) {
      this.skipBytes(fixedSize);
      return;
    }
    switch (code) {
      case STRING:
        this.skipBytes(this.#count());
        return;
      case STRUCT:
        open.push({ left: OPEN_STRUCT, evenCode: STOP, oddCode: STOP });
        break;
      case LIST:
      case SET: {
        const [element, count] = this.#listHeader();
        const elementSize = FIXED_SIZE[element] ?? 0;
        if (elementSize > 0) {
          this.skipBytes(elementSize * count);
          return;
        }
        open.push({ left: count, evenCode: element, oddCode: element });
        break;
      }
      case MAP: {
        const key = this.byte();
        const value = this.byte();
        const count = this.#count();
        if (count > 0) this.#checkElements(count, this.#leastBytes(key) + this.#leastBytes(value));
        open.push({ left: count * 2, evenCode: key, oddCode: value });
        break;
      }
      default:
        throw this.malformed('an unknown type');
    }
    if (open.length > DEEPEST_VALUE) throw this.malformed('values nested too deep');
  }

  #structCount(): number {
    const [code, count] = this.#listHeader();
    if (count > 0 && code !== STRUCT) throw this.malformed('a list of something else than structs');
    return count;
  }

  #listHeader(): readonly [code: number, count: number] {
    const code = this.byte();
    const count = this.#count();
    // Some writers give an empty list no type.
    if (count > 0) this.#checkElements(count, this.#leastBytes(code));
    return [code, count];
  }

  #checkElements(count: number, leastBytes: number): void {
    if (count * leastBytes > this.#bytes.length - this.#at) throw this.malformed('a count beyond the end');
  }

  #leastBytes(code: number): number {
    const leastBytes = LEAST_BYTES[code] ?? 0;
    if (leastBytes === 0) throw this.malformed('an unknown type');
    return leastBytes;
  }

  #count(): number {
    const count = THRIFT.i32.read(this);
    if (count < 0) throw this.malformed('a negative length');
    return count;
  }
}

/** Looked up once for each description, not for each struct. */
function requiredNames(fields: ThriftFields): readonly string[] {
  let names = REQUIRED_NAMES.get(fields);
  if (names === undefined) {
    names = Object.values(fields).flatMap(([name, , required]) => (required === undefined ? [] : [name]));
    REQUIRED_NAMES.set(fields, names);
  }
  return names;
}

const REQUIRED_NAMES = new WeakMap<ThriftFields, readonly string[]>();

/** A struct, list, set or map that is being passed over. */
interface OpenValue {
  /** Values still to come; keys and values of a map count each. */
  left: number;
  readonly evenCode: number;
  readonly oddCode: number;
}

const OPEN_STRUCT = -1;

const idWords = new Uint32Array(2);

function hexOf(view: DataView, at: number): string {
  idWords[0] = view.getUint32(at);
  idWords[1] = view.getUint32(at + 4);
  return spanIdHex(idWords, 0);
}

function integer64(view: DataView, at: number): number | string {
  const value = view.getInt32(at) * 4_294_967_296 + view.getUint32(at + 4);
  return Number.isSafeInteger(value) ? value : int64Text(view.getUint32(at + 4), view.getUint32(at));
}
