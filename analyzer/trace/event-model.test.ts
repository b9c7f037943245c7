import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { naiveDuration, type ObservedTimes } from '../../fixtures/naive-events.ts';
import { deepSpans, flatSpans, randomTimedSpans, tableOfTimed, type TimedSpan } from '../../fixtures/path-traces.ts';
import { buildSpanTree } from './build-span-tree.ts';
import { CriticalPathFinder, type IsRefuted } from './critical-path.ts';
import { EventModel } from './event-model.ts';
import { joinedChildren } from './joined-children.ts';

/** RINGFENCE_FUZZ_COUNT=20000 for a full run. */
const COUNT = Math.min(Number(process.env['RINGFENCE_FUZZ_COUNT'] ?? 1500), 1_000_000);

/** Milliseconds by the names of spans; several names joined by a plus are a set. */
interface Golden {
  readonly title: string;
  readonly spans: readonly TimedSpan[];
  readonly slack?: Readonly<Record<string, number | 'unjoined'>>;
  readonly drag?: Readonly<Record<string, number>>;
  readonly refuted?: readonly (readonly [before: string, after: string])[];
}

const GOLDEN: readonly Golden[] = [
  {
    title: 'G1: without A, B begins at once, but C still takes until 15 (CRISP: 10)',
    spans: [
      { name: 'R', at: [0, 20] },
      { name: 'A', at: [0, 10], under: 'R' },
      { name: 'B', at: [10, 20], under: 'R' },
      { name: 'C', at: [0, 15], under: 'R' },
    ],
    slack: { A: 0, B: 0, C: 5, R: 0 },
    drag: { A: 5, B: 5, 'A+B': 5, C: 0 },
  },
  {
    title: 'G2: of two that end together neither may be late (CRISP: A may, by 50)',
    spans: [
      { name: 'R', at: [0, 100] },
      { name: 'A', at: [0, 50], under: 'R' },
      { name: 'B', at: [10, 50], under: 'R' },
    ],
    slack: { A: 0, B: 0 },
    drag: { R: 50, A: 0, B: 0, 'A+B': 40 },
  },
  {
    title: 'G3: fire and forget has no slack that could be told, and no drag',
    spans: [
      { name: 'R', at: [0, 100] },
      { name: 'A', at: [10, 200], under: 'R' },
      { name: 'B', at: [20, 90], under: 'R' },
    ],
    slack: { A: 'unjoined', B: 0 },
    drag: { R: 30, B: 70, A: 0 },
  },
  {
    title: 'G4a: a server around its client',
    spans: [
      { name: 'P', at: [10, 110], kind: 'client', host: 'one' },
      { name: 'C', at: [0, 130], under: 'P', kind: 'server', host: 'two' },
    ],
    slack: { C: 0, P: 0 },
    drag: { C: 100, P: 0 },
  },
  {
    title: 'G5: back to back',
    spans: [
      { name: 'R', at: [100, 200] },
      { name: 'A', at: [100, 150], under: 'R' },
      { name: 'B', at: [150, 200], under: 'R' },
    ],
    slack: { A: 0, B: 0 },
    drag: { A: 50, B: 50, 'A+B': 100, R: 0 },
  },
  {
    title: 'G6: once it is refuted that foo3 waits for foo2, foo2 may take until the end',
    spans: [
      { name: 'R', at: [0, 500] },
      { name: 'foo1', at: [0, 100], under: 'R' },
      { name: 'foo2', at: [0, 200], under: 'R' },
      { name: 'foo3', at: [200, 500], under: 'R' },
    ],
    refuted: [['foo2', 'foo3']],
    slack: { foo1: 0, foo2: 300, foo3: 0 },
    drag: { R: 100, foo1: 100, foo2: 0 },
  },
  {
    title: 'G7: the first attempt and the pause could both be saved',
    spans: [
      { name: 'R', at: [0, 100] },
      { name: 'try1', at: [0, 30], under: 'R' },
      { name: 'try2', at: [40, 100], under: 'R' },
    ],
    slack: { try1: 0, try2: 0 },
    drag: { try1: 30, try2: 60, R: 10 },
  },
  {
    title: 'G9: instants save nothing',
    spans: [
      { name: 'R', at: [0, 10] },
      { name: 'X', at: [5, 5], under: 'R' },
      { name: 'Y', at: [5, 5], under: 'R' },
    ],
    slack: { X: 0, Y: 0 },
    drag: { X: 0, Y: 0, R: 10 },
  },
];

describe('slack and drag', () => {
  it.each(GOLDEN)('$title', ({ spans, slack = {}, drag = {}, refuted = [] }) => {
    const { model, root, nodeOf, isRefuted } = modelOf(spans, refuted);
    const slacks = model.slacks();
    for (const [name, ms] of Object.entries(slack)) {
      const us = slacks.get(nodeOf(name));
      expect([name, us === undefined ? 'unjoined' : us / 1000]).toEqual([name, ms]);
    }
    for (const [names, ms] of Object.entries(drag)) {
      const nodes = new Set(names.split('+').map(nodeOf));
      expect([names, model.drag((span) => nodes.has(span)) / 1000]).toEqual([names, ms]);
    }
    expect([root, isRefuted(0, 0)]).toEqual([root, false]);
  });
});

describe('the event model', () => {
  it('times every request as observed when nothing is changed, and as a search by definition when something is', () => {
    fc.assert(
      fc.property(
        fc.integer().map(randomTimedSpans),
        twelve(fc.constantFrom(0, 0.5, 1, 2)),
        refutations(),
        (spans, scales, isRefuted) => {
          const { model, root, times } = modelOf(spans, isRefuted);
          expect(model.duration(() => 1)).toBe(model.durationUs);
          const expected = naiveDuration(times, root, (ownUs, owner) => ownUs * scales[owner]!);
          expect(model.duration((span) => scales[span]!)).toBe(expected);
        },
      ),
      { numRuns: COUNT },
    );
  });

  it('gives the largest delay that does not matter as slack', () => {
    fc.assert(
      fc.property(fc.integer().map(randomTimedSpans), refutations(), (spans, isRefuted) => {
        const { model, root, times } = modelOf(spans, isRefuted);
        for (const [span, slackUs] of model.slacks()) {
          const withDelay = (delayUs: number): number =>
            naiveDuration(times, root, (ownUs, _owner, of, isEnd) => ownUs + (of === span && isEnd ? delayUs : 0));
          expect(slackUs).toBeGreaterThanOrEqual(0);
          expect(withDelay(slackUs)).toBe(model.durationUs);
          expect(withDelay(slackUs + 1)).toBe(model.durationUs + 1);
        }
      }),
      { numRuns: Math.ceil(COUNT / 3) },
    );
  });

  it('never saves more than the time on the path, and more spans never save less', () => {
    fc.assert(
      fc.property(
        fc.integer().map(randomTimedSpans),
        twelve(fc.boolean()),
        refutations(),
        (spans, coins, isRefuted) => {
          const { model, finder, lagUs } = modelOf(spans, isRefuted);
          const [isIn, isAlsoIn] = [coins, coins.toReversed()];
          let criticalUs = 0;
          for (let at = 0; at < finder.count; at++) {
            if (isIn[finder.nodes[at]!]) criticalUs += finder.endUs[at]! - finder.startUs[at]!;
          }
          const drag = model.drag((span) => isIn[span]!);
          expect(drag).toBeGreaterThanOrEqual(0);
          expect(drag).toBeLessThanOrEqual(criticalUs + lagUs);
          expect(model.drag((span) => isIn[span]! || isAlsoIn[span]!)).toBeGreaterThanOrEqual(drag);
        },
      ),
      { numRuns: COUNT },
    );
  });

  it('answers with a duration that grows, and ever faster, with the time of a set of spans', () => {
    fc.assert(
      fc.property(fc.integer().map(randomTimedSpans), twelve(fc.boolean()), refutations(), (spans, isIn, isRefuted) => {
        const { model } = modelOf(spans, isRefuted);
        // Quarters are exact, so equal stays equal.
        const durations = [0, 0.25, 0.5, 0.75, 1, 1.25].map((factor) =>
          model.duration((span) => (isIn[span]! ? factor : 1)),
        );
        for (let at = 1; at < durations.length; at++) {
          expect(durations[at]!).toBeGreaterThanOrEqual(durations[at - 1]!);
          if (at < 2) continue;
          const [before, now] = [durations[at - 1]! - durations[at - 2]!, durations[at]! - durations[at - 1]!];
          expect(now).toBeGreaterThanOrEqual(before);
        }
      }),
      { numRuns: COUNT },
    );
  });

  it('takes a trace of 100,000 spans, flat and deep', () => {
    const [flat, deep] = [flatSpans(100_000), deepSpans(100_000)];
    for (const spans of [flat, deep]) {
      const { model } = modelOf(spans);
      expect(model.duration(() => 1)).toBe(model.durationUs);
      expect(model.slacks().size).toBe(100_000);
    }
  });
});

function modelOf(spans: readonly TimedSpan[], refuted: IsRefuted | Golden['refuted'] = []) {
  const tree = buildSpanTree(tableOfTimed(spans));
  const joined = joinedChildren(tree);
  const names = Array.from({ length: tree.count }, (_, node) => tree.table.span(tree.rows[node]!).name);
  const nodeOf = (name: string): number => names.indexOf(name);
  const isRefuted =
    typeof refuted === 'function'
      ? refuted
      : (before: number, after: number) =>
          refuted.some(([one, other]) => names[before] === one && names[after] === other);
  const finder = new CriticalPathFinder();
  finder.load(tree, joined, isRefuted);
  const root = tree.roots[0]!.node;
  finder.find(root);
  const model = new EventModel();
  model.load(tree, finder, joined, root, isRefuted);
  const times: ObservedTimes = { tree, joined, startUs: finder.seenStartUs, endUs: finder.seenEndUs, isRefuted };
  // A clock that is late by so much may win that much more, each time it is.
  const lagUs = tree.count * 1000;
  return { model, finder, tree, root, nodeOf, times, isRefuted, lagUs: spans[0]!.at[1] > 1000 ? lagUs : 0 };
}

/** Some pairs, the same for the same seed; in one run of three none. */
function refutations(): fc.Arbitrary<IsRefuted> {
  return fc.integer({ min: 0, max: 30 }).map((seed) => {
    return (before: number, after: number) => seed > 10 && (before * 7 + after * 13 + seed) % 3 === 0;
  });
}

/** One for each span, and some to spare. */
function twelve<T>(values: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(values, { minLength: 12, maxLength: 12 });
}
