import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { traceDetail } from '../../fixtures/trace-detail.ts';
import type { TraceDetail, TraceSpan } from '../../analyzer/model/analysis.ts';
import { chosenRows, matchingRows, nextMatch, searchTexts, strokesOf, traceView, unfolded } from './trace-view.ts';

/** A trace of these depths, one row each; sections on the rows named, one millisecond each. */
function traceOf(depths: readonly number[], critical: readonly number[] = []): TraceDetail {
  const spans = depths.map((depth, row): TraceSpan => ({
    spanId: `span-${row}`,
    parentSpanId: null,
    depth,
    service: `service-${row}`,
    operation: 'GET',
    kind: 'server',
    startUs: 0,
    endUs: 1000,
    isError: false,
    isJoined: true,
    attributes: {},
  }));
  return {
    ...traceDetail(),
    spans,
    sections: critical.map((row, at) => ({
      spanId: `span-${row}`,
      service: `service-${row}`,
      operation: 'GET',
      startUs: at * 1000,
      endUs: at * 1000 + 1000,
    })),
  };
}

const all: { readonly folded: ReadonlySet<number>; readonly isCriticalOnly: boolean } = {
  folded: new Set(),
  isCriticalOnly: false,
};
const rowsOf = (view: ReturnType<typeof traceView>, choice: Partial<typeof all>): number[] => [
  ...chosenRows(view, { ...all, ...choice }),
];

describe('rows of a trace', () => {
  // 0            rows, indented by depth
  //   1
  //     2
  //   3
  // 4
  //   5
  const view = traceView(traceOf([0, 1, 2, 1, 0, 1], [0, 2, 5]));

  it.each([
    [[], [0, 1, 2, 3, 4, 5]],
    [[1], [0, 1, 3, 4, 5]],
    [[0], [0, 4, 5]],
    [
      [0, 1, 4],
      [0, 4],
    ],
    [
      [2, 5],
      [0, 1, 2, 3, 4, 5],
    ],
  ])('folded at %j', (folded, rows) => {
    expect(rowsOf(view, { folded: new Set(folded) })).toEqual(rows);
  });

  it.each([
    [[], [0, 2, 5]],
    [[1], [0, 1, 5]],
    [[4], [0, 2, 4]],
  ])('of the critical path alone, folded at %j: a folded row stands for what is in it', (folded, rows) => {
    expect(rowsOf(view, { folded: new Set(folded), isCriticalOnly: true })).toEqual(rows);
  });

  it('are unfolded as far as one row needs', () => {
    expect([...unfolded(view, new Set([0, 1, 4]), 2)]).toEqual([4]);
    const same = new Set([4]);
    expect(unfolded(view, same, 4)).toBe(same);
  });

  it('are all there however they are folded and unfolded', () => {
    const depths = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(depths, fc.array(fc.nat(39), { maxLength: 8 }), fc.nat(39), (some, folds, row) => {
        const one = traceView(traceOf(some));
        const folded = new Set(folds.filter((fold) => fold < some.length));
        const wanted = row % some.length;
        expect(rowsOf(one, { folded: unfolded(one, folded, wanted) })).toContain(wanted);
        expect(rowsOf(one, {}).length).toBe(some.length);
      }),
    );
  });

  it('are a hundred thousand deep', () => {
    const deep = traceView(traceOf(Array.from({ length: 100_000 }, (_, depth) => depth)));
    expect(deep.rowAfter[0]).toBe(100_000);
    expect(rowsOf(deep, { folded: new Set([1]) })).toEqual([0, 1]);
  });
});

describe('the critical path of a row', () => {
  const view = traceView(traceOf([0, 1, 1, 1], [0, 1, 0, 3, 0]));

  it('is its own, in time order', () => {
    expect(strokesOf(view, 0, false, 1)).toEqual([
      { startUs: 0, endUs: 1000 },
      { startUs: 2000, endUs: 3000 },
      { startUs: 4000, endUs: 5000 },
    ]);
  });

  it('is joined where the gaps are thinner than a pixel', () => {
    expect(strokesOf(view, 0, false, 1001)).toEqual([{ startUs: 0, endUs: 5000 }]);
  });

  it('holds what is folded into it', () => {
    expect(strokesOf(view, 0, true, 1)).toEqual([{ startUs: 0, endUs: 5000 }]);
    expect(strokesOf(view, 2, true, 1)).toEqual([]);
  });
});

describe('search in spans', () => {
  const texts = searchTexts(traceDetail());

  it.each([
    ['billing holds', [5]],
    ['BILLING', [5]],
    ['failed', [12]],
    ['not waited', [14, 15, 16]],
    ['billing nowhere', []],
    ['  ', []],
  ])('%s', (query, rows) => {
    expect(matchingRows(texts, query)).toEqual(rows);
  });

  it('looks into attributes', () => {
    expect(matchingRows(texts, 'service.version=2.15').length).toBe(texts.length);
  });

  it.each([
    [-1, 1, 2],
    [2, 1, 5],
    [9, 1, 2],
    [5, -1, 2],
    [2, -1, 9],
  ] as const)('from row %d by %d to %d', (row, step, expected) => {
    expect(nextMatch([2, 5, 9], row, step)).toBe(expected);
  });

  it('goes nowhere without a match', () => {
    expect(nextMatch([], 3, 1)).toBe(undefined);
  });
});

it('clocks that were set right are counted by service', () => {
  const trace = traceOf([0, 1, 1]);
  const [first, second, third] = trace.spans as [TraceSpan, TraceSpan, TraceSpan];
  const shifted = { ...trace, spans: [first, { ...second, clockShiftUs: -1500 }, { ...third, clockShiftUs: 900 }] };
  expect(traceView(shifted).clocks).toEqual({ spanCount: 2, services: ['service-1', 'service-2'], mostUs: 1500 });
  expect(traceView(trace).clocks.spanCount).toBe(0);
});
