import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeOf, timeWriter } from './time.ts';

describe('timeWriter', () => {
  it('writes what timeOf writes, whatever it wrote before', () => {
    const someTime = fc.oneof(
      fc.integer({ min: -1e15, max: 5e15 }),
      fc.integer({ min: 0, max: 200 }).map((days) => days * 86_400_000_000 - 1),
      fc.constantFrom(Infinity, -Infinity, 8.64e18, -8.64e18, 8.65e18, 4e17),
    );
    fc.assert(
      fc.property(fc.array(someTime), (times) => {
        expect(times.map(timeWriter())).toEqual(times.map(timeOf));
      }),
    );
  });
});
