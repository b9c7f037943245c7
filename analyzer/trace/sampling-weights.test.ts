import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { observed } from '../../fixtures/drawn-rollup.ts';
import { drawnTrace } from '../../fixtures/drawn-trace.ts';
import type { SpanDraft } from '../../fixtures/generate.ts';
import { seededRandom } from '../../fixtures/seeded.ts';
import { addWeights, multiplyWeights, samplerWeight, thresholdWeight, WEIGHT_ONE } from '../model/sampling-weight.ts';
import type { Rollup } from '../rollup/rollup.ts';

describe('the weight of a sampled span', () => {
  it.each([
    ['0', 1],
    ['c', 4],
    ['8', 2],
    ['C0', 4],
    ['fd70a4', 100],
    ['ffffffffffffff', Number.MAX_SAFE_INTEGER / WEIGHT_ONE],
    ['', 0],
    ['123456789abcdef', 0],
    ['th', 0],
  ])('by threshold %s', (threshold, expected) => {
    expect(thresholdWeight(threshold) / WEIGHT_ONE).toBeCloseTo(expected, 1);
  });

  it('is that of exact fractions, to half a unit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 56n - 2n ** 20n }), (threshold) => {
        const exact = (1024n * 2n ** 57n) / (2n ** 56n - threshold);
        const weight = thresholdWeight(threshold.toString(16).padStart(14, '0'));
        expect(Math.abs(weight * 2 - Number(exact)) / (weight * 2)).toBeLessThanOrEqual(1 / 1024);
      }),
    );
  });

  it.each([
    ['probabilistic', '0.001', 1000],
    ['probabilistic', '1', 1],
    ['const', 'true', 1],
    ['probabilistic', '0', 0],
    ['probabilistic', '2', 0],
    ['probabilistic', 'often', 0],
    ['ratelimiting', '2', 0],
    ['remote', '0.5', 0],
  ])("by Jaeger's sampler %s %s", (type, param, expected) => {
    expect(samplerWeight(type, param)).toBe(expected * WEIGHT_ONE);
  });

  it('adds up the same in any order, even where it is too large to be exact', () => {
    const weight = fc.oneof(fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER), fc.maxSafeNat());
    fc.assert(
      fc.property(weight, weight, weight, (a, b, c) => {
        expect(addWeights(addWeights(a, b), c)).toBe(addWeights(a, addWeights(c, b)));
      }),
    );
    expect(multiplyWeights(4 * WEIGHT_ONE, 2.5 * WEIGHT_ONE)).toBe(10 * WEIGHT_ONE);
  });
});

/** Weight of the calls by callee, in calls; then of the entry point. */
const CASES: readonly [what: string, drawing: string, weights: Record<string, number>, entry: number][] = [
  ['nothing said: each stands for itself', 'a CLIENT 0-100\n  b SERVER 10-90', { b: 1 }, 1],
  [
    'the rarer end decides; the root stands for its requests',
    'a CLIENT 0-100 sampling.threshold=8\n  b SERVER 10-90 sampling.threshold=c',
    { b: 4 },
    2,
  ],
  [
    'a span that says nothing beside one that does',
    'a CLIENT 0-100 sampling.threshold=8\n  b SERVER 10-90\n    b CLIENT 20-30 server.address=x',
    { b: 2, 'external:x': 1 },
    2,
  ],
  [
    "Jaeger's root speaks for all of its trace",
    `a SERVER 0-100 sampler.type=probabilistic sampler.param=0.1
       a CLIENT 10-90
         b SERVER 20-80
           b CLIENT 30-40 db.system.name=redis`,
    { b: 10, 'database:redis': 10 },
    10,
  ],
];

describe('estimates', () => {
  it.each(CASES)('%s', (_, drawing, weights, entry) => {
    const rollup = observed(drawing);
    const found = Array.from(rollup.dependencies.values(), ({ callee, callWeight }) => [
      callee,
      callWeight / WEIGHT_ONE,
    ]);
    expect(Object.fromEntries(found)).toEqual(weights);
    expect([...rollup.entryPoints.values()].map(({ traceWeight }) => traceWeight / WEIGHT_ONE)).toEqual([entry]);
    expect(rollup.weighedTraceCount).toBe(drawing.includes('sampl') ? 1 : 0);
    // What was seen stays what was seen.
    for (const { callCount } of rollup.dependencies.values()) expect(callCount).toBe(1);
  });

  it('a message between traces passed two independent choices', () => {
    const producer = drawnTrace('a PRODUCER 0-10 id=7 sampling.threshold=8', 'aa'.padStart(32, '0'));
    const consumer = drawnTrace('b CONSUMER 20-30 link=aa/7 sampling.threshold=c', 'bb'.padStart(32, '0'));
    for (const spans of [
      [...producer, ...consumer],
      [...consumer, ...producer],
    ]) {
      const [dependency] = observed(spans).dependencies.values();
      expect(dependency).toMatchObject({ caller: 'a', callee: 'b', callCount: 1, callWeight: 8 * WEIGHT_ONE });
    }
  });

  it('comes out at the whole population on average, where caller and callee sample at different rates', () => {
    const random = seededRandom(11);
    const runCount = 400;
    const population = 200;
    let calls = 0;
    let callSquares = 0;
    let requests = 0;
    let requestSquares = 0;
    for (let run = 0; run < runCount; run++) {
      const rollup = sampledRollup(population, random);
      const callEstimate =
        [...rollup.dependencies.values()].reduce((sum, { callWeight }) => sum + callWeight, 0) / 1024;
      const requestEstimate =
        [...rollup.entryPoints.values()]
          .filter(({ node }) => node === 'a')
          .reduce((sum, { traceWeight }) => sum + traceWeight, 0) / 1024;
      calls += callEstimate;
      callSquares += callEstimate ** 2;
      requests += requestEstimate;
      requestSquares += requestEstimate ** 2;
    }
    expect(standardErrorsOff(calls, callSquares, runCount, population)).toBeLessThan(4);
    expect(standardErrorsOff(requests, requestSquares, runCount, population)).toBeLessThan(4);
  });
});

/** Requests of which a is kept with probability 1/2 and b with 1/4, by one random value (consistent sampling). */
function sampledRollup(population: number, random: () => number): Rollup {
  const spans: SpanDraft[] = [];
  for (let at = 1; at <= population; at++) {
    const value = random();
    const traceId = at.toString(16).padStart(32, '0');
    const [client, server] = drawnTrace(
      'a CLIENT 0-100 sampling.threshold=8\n  b SERVER 10-90 sampling.threshold=c',
      traceId,
    );
    if (value >= 0.5) spans.push(client!);
    if (value >= 0.75) spans.push(server!);
  }
  return observed(spans);
}

function standardErrorsOff(sum: number, squares: number, count: number, expected: number): number {
  const mean = sum / count;
  const variance = squares / count - mean ** 2;
  return Math.abs(mean - expected) / Math.sqrt(variance / count);
}
