import { expect, it } from 'vitest';

import { randomRollup } from '../../fixtures/random-rollup.ts';
import { exampleTraceIds } from './example-traces.ts';
import { mergeRollups } from './merge-rollups.ts';

it('names of a rollup what is still an example in the sum', () => {
  let droppedCount = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const [rollup, sum] = [seed, seed + 100].map((each) =>
      randomRollup({ seed: each, shapeSeed: 7, serviceCount: 4, dependencyCount: 5 }),
    ) as [ReturnType<typeof randomRollup>, ReturnType<typeof randomRollup>];
    const own = exampleTraceIds(rollup);
    for (const before of [sum, mergeRollups([sum, rollup])]) {
      const kept = exampleTraceIds(mergeRollups([before, rollup]));
      const named = [...own].filter((id) => kept.has(id)).sort();
      expect([...exampleTraceIds(rollup, before)].sort()).toEqual(named);
      droppedCount += own.size - named.length;
    }
  }
  expect(droppedCount).toBeGreaterThan(0);
});
