import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coverCycles } from './cycle-cover.ts';

const ARC_COUNT = 9;
const cycle = fc.uniqueArray(fc.nat(ARC_COUNT - 1), { minLength: 1, maxLength: 4 });
const cycles = fc.array(cycle, { maxLength: 12 });
const costs = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: ARC_COUNT, maxLength: ARC_COUNT });

function leastOfAllSubsets(allCycles: readonly (readonly number[])[], arcCosts: readonly number[]): number {
  let least = Infinity;
  for (let set = 0; set < 2 ** ARC_COUNT; set++)
    if (allCycles.every((arcs) => arcs.some((arc) => (set >>> arc) & 1)))
      least = Math.min(
        least,
        arcCosts.reduce((sum, cost, arc) => ((set >>> arc) & 1 ? sum + cost : sum), 0),
      );
  return least;
}

describe('coverCycles', () => {
  it('finds what the best of all subsets costs, and nothing if told to beat that', () => {
    fc.assert(
      fc.property(cycles, costs, (allCycles, arcCosts) => {
        const least = leastOfAllSubsets(allCycles, arcCosts);
        const found = coverCycles(allCycles, Float64Array.from(arcCosts), Infinity, { left: Infinity });
        expect(found).toMatchObject({ cut: { cost: least }, lowerBound: least, isComplete: true });
        const beaten = coverCycles(allCycles, Float64Array.from(arcCosts), least, { left: Infinity });
        expect(beaten).toEqual({ cut: undefined, lowerBound: least, isComplete: true });
      }),
      { numRuns: 300 },
    );
  });

  it('bounds from below when the budget ends the search', () => {
    fc.assert(
      fc.property(cycles, costs, fc.integer({ min: 0, max: 100 }), (allCycles, arcCosts, left) => {
        const least = leastOfAllSubsets(allCycles, arcCosts);
        const found = coverCycles(allCycles, Float64Array.from(arcCosts), Infinity, { left });
        expect(found.lowerBound).toBeLessThanOrEqual(least);
        if (found.cut !== undefined) expect(found.cut.cost).toBeGreaterThanOrEqual(least);
        if (found.isComplete) expect(found.lowerBound).toBe(least);
      }),
    );
  });
});
