import { describe, expect, it } from 'vitest';
import {
  thriftBool,
  thriftByte,
  thriftBytes,
  thriftDouble,
  thriftI16,
  thriftI32,
  thriftI64,
  thriftId,
  thriftList,
  thriftMap,
  thriftStruct,
  thriftText,
  type ThriftValue,
} from '../../fixtures/thrift-writer.ts';
import { MalformedInputError } from './contract.ts';
import { THRIFT, thriftList as listType, ThriftReader, thriftStruct as structType } from './thrift.ts';

const FIELDS = {
  1: ['bool', THRIFT.bool],
  2: ['port', THRIFT.u16],
  3: ['i32', THRIFT.i32],
  4: ['i64', THRIFT.i64],
  5: ['id', THRIFT.id64],
  6: ['double', THRIFT.double],
  7: ['text', THRIFT.text],
  8: ['bytes', THRIFT.bytes],
  9: ['inner', structType({ 1: ['text', THRIFT.text, 'required'] })],
  10: ['list', listType({ 1: ['text', THRIFT.text] })],
} as const;

function read(...fields: readonly (readonly [id: number, value: ThriftValue])[]) {
  return new ThriftReader(Uint8Array.from(thriftStruct(...fields).bytes), 'test').struct(FIELDS);
}

function readBytes(bytes: readonly number[]): () => unknown {
  return () => new ThriftReader(Uint8Array.from(bytes), 'test').struct(FIELDS);
}

describe('ThriftReader', () => {
  it('reads the bytes that the specification of the protocol shows', () => {
    // Field 4 of type i64 (0a), in big-endian order; stop.
    expect(readBytes([0x0a, 0, 4, 0, 0, 0, 0, 0, 0, 1, 2, 0])()).toEqual({ i64: 258 });
    expect(readBytes([0x0b, 0, 7, 0, 0, 0, 3, 0xe2, 0x82, 0xac, 0])()).toEqual({ text: '€' });
  });

  it('reads every type', () => {
    const text = thriftStruct([1, thriftText('x')]);
    const read1 = read(
      [1, thriftBool(true)],
      [2, thriftI16(65_535)],
      [3, thriftI32(-7)],
      [4, thriftI64(-(2 ** 53) + 1)],
      [5, thriftId('a2fb4a1d1a96d312')],
      [6, thriftDouble(-0.125)],
      [7, thriftText('né')],
      [8, thriftBytes([1, 255])],
      [9, text],
      [10, thriftList([text, thriftStruct(), text])],
    );
    expect(read1).toEqual({
      bool: true,
      port: 65_535,
      i32: -7,
      i64: -(2 ** 53) + 1,
      id: 'a2fb4a1d1a96d312',
      double: -0.125,
      text: 'né',
      bytes: Uint8Array.of(1, 255),
      inner: { text: 'x' },
      list: [{ text: 'x' }, { text: 'x' }],
    });
  });

  it.each([2n ** 53n, -(2n ** 63n), 2n ** 63n - 1n])('keeps %s digit by digit', (value) => {
    expect(read([4, thriftI64(value)])).toEqual({ i64: value.toString() });
  });

  it('passes over what it does not know, and known fields of other types', () => {
    const deep = thriftMap([[thriftText('k'), thriftList([thriftList([thriftStruct([1, thriftByte(3)])])])]]);
    const unknown: ThriftValue[] = [
      thriftByte(1),
      thriftBool(true),
      thriftDouble(1),
      thriftText('x'),
      deep,
      thriftList([]),
      { code: 15, bytes: [0, 0, 0, 0, 0] },
      { code: 14, bytes: thriftList([thriftI16(1), thriftI16(2)]).bytes },
      thriftMap([
        [thriftI32(1), deep],
        [thriftI32(2), deep],
      ]),
    ];
    const fields = unknown.flatMap((value, index) => [[100 + index, value] as const, [4, value] as const]);
    expect(read(...fields, [7, thriftText('found')])).toEqual({ text: 'found' });
  });

  it.each<[string, readonly number[], string]>([
    ['nothing', [], 'a value beyond the end at byte 0'],
    ['no stop', [0x0b, 0, 7, 0, 0, 0, 0], 'a value beyond the end at byte 7'],
    ['a text cut off', [0x0b, 0, 7, 0, 0, 0, 9, 1], 'a value beyond the end at byte 7'],
    ['a negative length', [0x0b, 0, 7, 0xff, 0xff, 0xff, 0xff], 'a negative length at byte 7'],
    ['a type that is none', [0x05, 0, 7, 0], 'an unknown type at byte 3'],
    ['a list of a type that is none', [0x0f, 0, 99, 1, 0, 0, 0, 1, 0], 'an unknown type at byte 8'],
    ['a huge list', [0x0f, 0, 99, 0x0c, 0x7f, 0xff, 0xff, 0xff], 'a count beyond the end at byte 8'],
    [
      'a list too long by one',
      [0x0f, 0, 99, 0x0a, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
      'a count beyond the end at byte 8',
    ],
    ['a huge map', [0x0d, 0, 99, 0x02, 0x02, 0x7f, 0xff, 0xff, 0xff, 1], 'a count beyond the end at byte 9'],
    [
      'a list of numbers in place of structs',
      [0x0f, 0, 10, 3, 0, 0, 0, 1, 7, 0],
      'a list of something else than structs at byte 8',
    ],
    ['a struct without what it must have', [0x0c, 0, 9, 0, 0], 'a struct without its text at byte 4'],
  ])('refuses %s', (_, bytes, message) => {
    expect(readBytes(bytes)).toThrow(new MalformedInputError(`test: ${message}`));
  });

  it('goes 64 levels deep and no further, and a million levels do not break it', () => {
    const nested = (depth: number, open: readonly number[], close: readonly number[]) => [
      0x0c,
      0,
      99,
      ...new Array<readonly number[]>(depth - 1).fill(open).flat(),
      ...new Array<readonly number[]>(depth).fill(close).flat(),
      0,
    ];
    expect(readBytes(nested(64, [0x0c, 0, 1], [0]))()).toEqual({});
    expect(readBytes(nested(65, [0x0c, 0, 1], [0]))).toThrow(/nested too deep/);
    expect(readBytes(nested(1_000_000, [0x0c, 0, 1], [0]))).toThrow(/nested too deep/);
  });
});
