import { expect, it } from 'vitest';

import { BodyMemory } from './body-memory.ts';

it('gives memory back to the next body that fits, and to one body at a time', () => {
  const memory = new BodyMemory();
  const first = memory.take(280_000)!;
  expect(first.length).toBeGreaterThanOrEqual(280_000);
  expect(memory.take(280_000)).not.toBe(first);
  memory.giveBack(first);
  expect(memory.take(300_000)).toBe(first);
  memory.giveBack(first);
  expect(memory.take(100_000)).not.toBe(first);
  expect(memory.take(600_000)).not.toBe(first);
});

it('has none for bodies that come in one piece, nor for odd large ones', () => {
  const memory = new BodyMemory();
  expect([0, 1_000, 2 << 20, Infinity].map((length) => memory.take(length))).toEqual(Array(4).fill(undefined));
});

it('keeps a few megabytes at most', () => {
  const memory = new BodyMemory();
  const taken = Array.from({ length: 20 }, () => memory.take(1 << 20)!);
  for (const each of taken) memory.giveBack(each);
  const again = new Set(Array.from({ length: 20 }, () => memory.take(1 << 20)!));
  expect(taken.filter((each) => again.has(each))).toHaveLength(8);
});
