import fc from 'fast-check';
import { expect, it } from 'vitest';

import { TraceIdIndex } from './trace-id-index.ts';

it('agrees with a Map through additions and removals', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(40)), { maxLength: 300 }), fc.nat(), (steps, seed) => {
      const index = new TraceIdIndex(seed, 4);
      const model = new Map<number, number>();
      for (const [isAdded, number] of steps) {
        const words = Uint32Array.of(9, 0, 0, 0, number);
        const known = model.get(number);
        expect(index.find(words, 1)).toBe(known ?? -1);
        if (isAdded) {
          const slot = index.findOrAdd(words, 1);
          if (known === undefined) expect([...model.values()]).not.toContain(slot);
          else expect(slot).toBe(known);
          model.set(number, slot);
        } else if (known !== undefined) {
          index.remove(known);
          model.delete(number);
        }
        expect(index.size).toBe(model.size);
      }
      for (const [number, slot] of model) expect(index.find(Uint32Array.of(0, 0, 0, number), 0)).toBe(slot);
    }),
    { numRuns: 300 },
  );
});

it.each([
  ['count upwards', (number: number) => [0, 0, 0, number]],
  ['differ in the first word only', (number: number) => [number, 7, 7, 7]],
  ['differ in high bits only', (number: number) => [0, (number << 16) >>> 0, (number & 0xffff0000) >>> 0, 0]],
])('finds its way among 100,000 ids that %s', (_, idOf) => {
  const index = new TraceIdIndex(1);
  for (let number = 0; number < 100_000; number++) index.findOrAdd(Uint32Array.from(idOf(number)), 0);
  expect(index.size).toBe(100_000);
  for (let slot = 0; slot < 100_000; slot++) index.remove(slot);
  expect(index.size).toBe(0);
});
