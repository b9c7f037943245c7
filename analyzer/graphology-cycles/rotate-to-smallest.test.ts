import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rotateToSmallest } from './rotate-to-smallest.ts';

describe('rotateToSmallest', () => {
  it.each([
    [[], []],
    [['a'], ['a']],
    [
      ['c', 'a', 'b'],
      ['a', 'b', 'c'],
    ],
    [
      ['c', 'b', 'a'],
      ['a', 'c', 'b'],
    ],
    // By code unit, as everything is sorted here: capitals first.
    [
      ['a', 'B'],
      ['B', 'a'],
    ],
  ])('writes %j as %j', (cycle, expected) => {
    expect(rotateToSmallest(cycle)).toEqual(expected);
  });

  it('gives every rotation one form and the reverse of three or more another', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 3, maxLength: 8 }), fc.nat(7), (cycle, shift) => {
        const by = shift % cycle.length;
        const canonical = rotateToSmallest(cycle);
        expect(rotateToSmallest([...cycle.slice(by), ...cycle.slice(0, by)])).toEqual(canonical);
        expect(rotateToSmallest(cycle.toReversed())).not.toEqual(canonical);
      }),
    );
  });
});
