import { expect, it } from 'vitest';

import { decodeCheckpoint, EMPTY_CHECKPOINT, encodeCheckpoint, firstNeededRecordId } from './checkpoint.ts';

const checkpoint = {
  position: 5_000_000_007,
  openTraceIds: Uint32Array.of(1, 2, 3, 0xffffffff, 0, 0, 0, 9),
  firstRecordIds: Float64Array.of(5_000_000_006, 4_999_999_000),
};

it('reads back', () => {
  expect(decodeCheckpoint(encodeCheckpoint(checkpoint))).toEqual(checkpoint);
  expect(decodeCheckpoint(encodeCheckpoint(EMPTY_CHECKPOINT))).toEqual(EMPTY_CHECKPOINT);
});

it('is refused when a byte is not what it was, whichever', () => {
  const bytes = encodeCheckpoint(checkpoint);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at]! ^= 0x10;
    expect(() => decodeCheckpoint(damaged), `byte ${at}`).toThrow('cannot be read');
    expect(() => decodeCheckpoint(bytes.subarray(0, at))).toThrow('cannot be read');
  }
});

it('needs the records from the oldest open trace on', () => {
  expect(firstNeededRecordId(checkpoint)).toBe(4_999_999_000);
  expect(firstNeededRecordId({ ...EMPTY_CHECKPOINT, position: 12 })).toBe(12);
});
