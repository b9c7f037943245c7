import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawnTrace } from '../../fixtures/drawn-trace.ts';
import { generateSpans, type SpanDraft, tableOf } from '../../fixtures/generate.ts';
import { buildSpanTree } from './build-span-tree.ts';
import type { SpanTree } from './span-tree.ts';
import { traceDetail } from './trace-detail.ts';

/** Each drawing with the times after correction, by service and kind, in the order of the drawing, and the problems. */
const CASES: readonly [what: string, drawing: string, times: string, problems?: Record<string, number>][] = [
  ['a server within its client stays', 'a CLIENT 0-100 host=x\n  b SERVER 0-100 host=y', '0-100 0-100'],
  [
    'a server that starts too early starts with its client, and what it does moves along',
    `a CLIENT 100-200 host=x
       b SERVER 40-90 host=y
         b INTERNAL 50-60 host=y`,
    '100-200 100-150 110-120',
    { 'clock-skew': 2 },
  ],
  [
    'a server that ends too late ends with its client',
    'a CLIENT 100-200 host=x\n  b SERVER 140-230 host=y\n    b CLIENT 150-160 host=y',
    '100-200 110-200 120-130',
    { 'clock-skew': 2 },
  ],
  [
    'a server that ran longer than its client waited only has to start after it',
    'a CLIENT 100-200 host=x\n  b SERVER 50-290 host=y',
    '100-200 100-340',
    { 'clock-skew': 1 },
  ],
  [
    'a client without a duration may have waited for any time',
    'a CLIENT 100-100 host=x\n  b SERVER 205-205 host=y\n    b INTERNAL 205-300 host=y',
    '100-100 205-205 205-300',
  ],
  [
    'two calls between the same hosts share one difference: the least that suits both',
    `a SERVER 0-1000 host=x
       a CLIENT 100-200 host=x
         b SERVER 40-60 host=y
       a CLIENT 300-400 host=x
         b SERVER 220-240 host=y`,
    '0-1000 100-200 120-140 300-400 300-320',
    { 'clock-skew': 2 },
  ],
  [
    'a call and a call back speak of one difference',
    `a CLIENT 100-200 host=x
       b SERVER 20-90 host=y
         b CLIENT 30-80 host=y
           a SERVER 160-165 host=x`,
    '100-200 105-175 115-165 160-165',
    { 'clock-skew': 2 },
  ],
  [
    'hosts that contradict each other: each answer goes into the middle of its own call, but for those that lie in it',
    `a SERVER 0-1000 host=x
       a CLIENT 100-200 host=x
         b SERVER 40-60 host=y
       a CLIENT 300-400 host=x
         b SERVER 440-460 host=y
       a CLIENT 500-600 host=x
         b SERVER 510-520 host=y`,
    '0-1000 100-200 140-160 300-400 340-360 500-600 510-520',
    { 'clock-skew': 2, 'clock-skew-inconsistent': 2 },
  ],
  [
    'the third host moves with the second',
    `a CLIENT 100-200 host=x
       b SERVER 20-90 host=y
         b CLIENT 30-80 host=y
           c SERVER 40-70 host=z`,
    '100-200 100-170 110-160 120-150',
    { 'clock-skew': 3 },
  ],
  ['one host has one clock', 'a CLIENT 100-200 host=x\n  b SERVER 40-90 host=x', '100-200 40-90'],
  ['an unknown host tells nothing', 'a CLIENT 100-200 host=x\n  b SERVER 40-90', '100-200 40-90'],
  ['a message may be read at any time', 'a PRODUCER 100-200 host=x\n  b CONSUMER 40-90 host=y', '100-200 40-90'],
  ['a server behind a message too', 'a PRODUCER 100-200 host=x\n  b SERVER 40-90 host=y', '100-200 40-90'],
  [
    'and one behind a reference that does not wait',
    'a CLIENT 100-200 host=x\n  b SERVER 40-90 host=y follows-from',
    '100-200 40-90',
  ],
  [
    'a consumer of a moved producer keeps its own times, a span on its clock does not',
    `a CLIENT 100-200 host=x
       b SERVER 40-90 host=y
         b PRODUCER 50-60 host=y
           c CONSUMER 70-80 host=z
           d CONSUMER 70-80 host=y`,
    '100-200 100-150 110-120 70-80 130-140',
    { 'clock-skew': 3 },
  ],
];

describe('clocks of hosts that disagree', () => {
  it.each(CASES)('%s', (_, drawing, times, problems = {}) => {
    const spans = drawnTrace(drawing);
    const tree = buildSpanTree(tableOf(spans));
    expect(spans.map(({ spanId }) => timesOf(tree, spanId)).join(' ')).toBe(times);
    expect(Object.fromEntries(tree.problems)).toEqual(problems);
  });

  it('says of each span by how much it was moved, and keeps siblings in the order of their starts', () => {
    const { spans } = traceDetail(
      tableOf(
        drawnTrace(`a CLIENT 100-200 host=x
                      b SERVER 40-90 host=y
                      a INTERNAL 95-99 host=x`),
      ),
    );
    expect(spans.map(({ service, startUs, clockShiftUs }) => [service, startUs, clockShiftUs])).toEqual([
      ['a', 0, undefined],
      ['a', -5, undefined],
      ['b', 0, 60],
    ]);
  });

  const skewed = fc.record({ seed: fc.nat(), host: fc.nat(4), byUs: fc.integer({ min: -3_000_000, max: 3_000_000 }) });

  it('whatever one clock was off by, every answer lies in its call afterwards', () => {
    fc.assert(
      fc.property(skewed, ({ seed, host, byUs }) => {
        const tree = treeOf(traceWithOneClockOff(seed, `host-${host}`, byUs));
        for (let node = 0; node < tree.count; node++) {
          const client = tree.parents[node]!;
          if (client < 0 || kindOf(tree, node) !== 'server' || kindOf(tree, client) !== 'client') continue;
          expect(tree.startUs[node]).toBeGreaterThanOrEqual(tree.startUs[client]!);
          expect(tree.endUs[node]).toBeLessThanOrEqual(tree.endUs[client]!);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('moves nothing where no clock is off, and the same where all are off alike', () => {
    fc.assert(
      fc.property(skewed, fc.integer({ min: -1_000_000, max: 1_000_000 }), ({ seed, host, byUs }, allUs) => {
        expect(treeOf(traceWithOneClockOff(seed, 'none', byUs)).clockShiftUs).toBeUndefined();
        const spans = traceWithOneClockOff(seed, `host-${host}`, byUs);
        const later = spans.map((span) => ({
          ...span,
          startUs: span.startUs! + allUs,
          endUs: span.endUs! + allUs,
        }));
        expect(shiftsOf(treeOf(later))).toEqual(shiftsOf(treeOf(spans)));
      }),
      { numRuns: 40 },
    );
  });
});

function traceWithOneClockOff(seed: number, host: string, byUs: number): SpanDraft[] {
  return generateSpans({ seed, traceCount: 1, spansPerTrace: 50, serviceCount: 5 }).map((span) =>
    span.resource.host === host ? { ...span, startUs: span.startUs! + byUs, endUs: span.endUs! + byUs } : span,
  );
}

function treeOf(spans: readonly SpanDraft[]): SpanTree {
  return buildSpanTree(tableOf(spans));
}

function kindOf({ table, rows }: SpanTree, node: number): string {
  return table.span(rows[node]!).kind;
}

function shiftsOf(tree: SpanTree): Record<string, number> {
  return Object.fromEntries(
    Array.from({ length: tree.count }, (_, node) => [
      tree.table.spanId(tree.rows[node]!),
      tree.clockShiftUs?.[node] ?? 0,
    ]),
  );
}

function timesOf(tree: SpanTree, spanId: string): string {
  for (let node = 0; node < tree.count; node++) {
    if (tree.table.spanId(tree.rows[node]!) === spanId) return `${tree.startUs[node]!}-${tree.endUs[node]!}`;
  }
  return 'gone';
}
