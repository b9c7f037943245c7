import { describe, expect, it } from 'vitest';
import { ProducerIndex } from './producer-index.ts';

function indexOf(order: readonly number[], limit: number): ProducerIndex {
  const index = new ProducerIndex(limit);
  for (const at of order) index.add(Uint32Array.of(9, 9, 1, at), 0, Uint32Array.of(2, at), 0, at, at * 2, at * 3);
  return index;
}

function foundIn(index: ProducerIndex, count: number): number[] {
  return Array.from({ length: count }, (_, at) => at).filter((at) => {
    const found = index.find(Uint32Array.of(0, 0, 1, at, 2, at), 0);
    return (
      found >= 0 &&
      index.services[found] === at &&
      index.operations[found] === at * 2 &&
      index.weights[found] === at * 3
    );
  });
}

describe('ProducerIndex', () => {
  const order = Array.from({ length: 2000 }, (_, at) => at);

  it('finds every span it has, by the lower half of the trace id, and no other', () => {
    const index = indexOf(order, 5000);
    expect(foundIn(index, 2000)).toEqual(order);
    expect(index.find(Uint32Array.of(0, 0, 1, 5, 2, 6), 0)).toBe(-1);
  });

  it('keeps the same sample for any order', () => {
    const sample = foundIn(indexOf(order, 300), 2000);
    expect(sample.length).toBeGreaterThan(100);
    expect(sample.length).toBeLessThanOrEqual(300);
    expect(foundIn(indexOf(order.toReversed(), 300), 2000)).toEqual(sample);
  });
});
