import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { naiveSections, type Section } from '../../fixtures/naive-events.ts';
import { deepSpans, flatSpans, randomTimedSpans, tableOfTimed, type TimedSpan } from '../../fixtures/path-traces.ts';
import { buildSpanTree } from './build-span-tree.ts';
import { CriticalPathFinder, type IsRefuted } from './critical-path.ts';
import { joinedChildren } from './joined-children.ts';
import type { SpanTree } from './span-tree.ts';
import { traceDetail } from './trace-detail.ts';

/** RINGFENCE_FUZZ_COUNT=20000 for a full run. */
const COUNT = Math.min(Number(process.env['RINGFENCE_FUZZ_COUNT'] ?? 2500), 1_000_000);

// The golden traces of the model: how many milliseconds each span holds on the path, newest section first.
const GOLDEN: readonly { readonly title: string; readonly spans: readonly TimedSpan[]; readonly path: string }[] = [
  {
    // |------R------|
    // |--A--||--B---|     C runs beside both and ends before B
    // |-----C---|
    title: 'G1: the later sibling waited for the one that had ended',
    spans: [
      { name: 'R', at: [0, 20] },
      { name: 'A', at: [0, 10], under: 'R' },
      { name: 'B', at: [10, 20], under: 'R' },
      { name: 'C', at: [0, 15], under: 'R' },
    ],
    path: 'B 10-20, A 0-10',
  },
  {
    title: 'G2: of two that end together, the one that started first',
    spans: [
      { name: 'R', at: [0, 100] },
      { name: 'A', at: [0, 50], under: 'R' },
      { name: 'B', at: [10, 50], under: 'R' },
    ],
    path: 'R 50-100, A 0-50',
  },
  {
    // |-----R-----|
    //   |--------A--------|     nobody waits for A
    //    |---B---|
    title: 'G3: fire and forget is never critical',
    spans: [
      { name: 'R', at: [0, 100] },
      { name: 'A', at: [10, 200], under: 'R' },
      { name: 'B', at: [20, 90], under: 'R' },
    ],
    path: 'R 90-100, B 20-90, R 0-20',
  },
  {
    //     |--P client--|
    // |------C server-------|
    title: 'G4a: a server around its client is clipped to it, not dropped',
    spans: [
      { name: 'P', at: [10, 110], kind: 'client', host: 'one' },
      { name: 'C', at: [0, 130], under: 'P', kind: 'server', host: 'two' },
    ],
    path: 'C 10-110',
  },
  {
    title: 'G4b: inside one process such a child is not awaited',
    spans: [
      { name: 'P', at: [10, 110], kind: 'internal', host: 'one' },
      { name: 'C', at: [0, 130], under: 'P', kind: 'internal', host: 'one' },
    ],
    path: 'P 10-110',
  },
  {
    title: 'G5: back to back, end of one is start of the next (jaeger#9148)',
    spans: [
      { name: 'R', at: [100, 200] },
      { name: 'A', at: [100, 150], under: 'R' },
      { name: 'B', at: [150, 200], under: 'R' },
    ],
    path: 'B 150-200, A 100-150',
  },
  {
    title: 'G6: from one trace alone, what ended just before counts as awaited (jaeger-ui#2371)',
    spans: [
      { name: 'R', at: [0, 500] },
      { name: 'foo1', at: [0, 100], under: 'R' },
      { name: 'foo2', at: [0, 200], under: 'R' },
      { name: 'foo3', at: [200, 500], under: 'R' },
    ],
    path: 'foo3 200-500, foo2 0-200',
  },
  {
    title: 'G7: both attempts of a retry and the pause between them',
    spans: [
      { name: 'R', at: [0, 100] },
      { name: 'try1', at: [0, 30], under: 'R' },
      { name: 'try2', at: [40, 100], under: 'R' },
    ],
    path: 'try2 40-100, R 30-40, try1 0-30',
  },
  {
    title: 'G8: a server that runs on after its client gave up',
    spans: [
      { name: 'P', at: [0, 50], kind: 'client', host: 'one' },
      { name: 'S', at: [5, 200], under: 'P', kind: 'server', host: 'two' },
    ],
    path: 'S 5-50, P 0-5',
  },
  {
    title: 'G9: instants own nothing',
    spans: [
      { name: 'R', at: [0, 10] },
      { name: 'X', at: [5, 5], under: 'R' },
      { name: 'Y', at: [5, 5], under: 'R' },
    ],
    path: 'R 5-10, R 0-5',
  },
  {
    // |--client--|
    //                 |--server--|   clocks apart: the server goes into the middle
    title: 'a server wholly outside its client, on hosts nobody names, is put into its middle',
    spans: [
      { name: 'P', at: [0, 100], kind: 'client' },
      { name: 'S', at: [500, 560], under: 'P', kind: 'server' },
      { name: 'T', at: [510, 540], under: 'S', kind: 'internal' },
    ],
    path: 'P 80-100, S 60-80, T 30-60, S 20-30, P 0-20',
  },
  {
    // |--client--|
    //                 |--server--|   two known hosts: their clocks are corrected, by no more than it takes
    title: 'a server whose clock is ahead ends with its client',
    spans: [
      { name: 'P', at: [0, 100], kind: 'client', host: 'one' },
      { name: 'S', at: [500, 560], under: 'P', kind: 'server', host: 'two' },
      { name: 'T', at: [510, 540], under: 'S', kind: 'internal', host: 'two' },
    ],
    path: 'S 80-100, T 50-80, S 40-50, P 0-40',
  },
  {
    // |client|
    //        |server|   moved onto its client, the server started before the instant that ends with it
    title: 'a moved server takes its place among its siblings',
    spans: [
      { name: 'R', at: [0, 30] },
      { name: 'P', at: [0, 1], under: 'R', kind: 'client', host: 'one' },
      { name: 'S', at: [1, 2], under: 'P', kind: 'server', host: 'two' },
      { name: 'X', at: [1, 1], under: 'P' },
    ],
    path: 'R 1-30, S 0-1',
  },
  {
    // |--one, host a--|
    //                |--two, host b--|      over by 0.2 ms, by another clock
    title: 'of hosts that differ, one that ended a little late was waited for',
    spans: [
      { name: 'R', at: [0, 100] },
      { name: 'one', at: [0, 50.2], under: 'R', host: 'a' },
      { name: 'two', at: [50, 100], under: 'R', host: 'b' },
    ],
    path: 'two 50-100, one 0-50',
  },
  {
    title: 'on one host it was not',
    spans: [
      { name: 'R', at: [0, 100] },
      { name: 'one', at: [0, 50.2], under: 'R', host: 'a' },
      { name: 'two', at: [50, 100], under: 'R', host: 'a' },
    ],
    path: 'two 50-100, R 0-50',
  },
  {
    // |--one, host a--|
    //                |--two, host b--|
    //                |three|                 ends in between
    title: 'nor if a third tells of something in between',
    spans: [
      { name: 'R', at: [0, 100] },
      { name: 'one', at: [0, 50.2], under: 'R', host: 'a' },
      { name: 'three', at: [40, 50.1], under: 'R', host: 'a' },
      { name: 'two', at: [50, 100], under: 'R', host: 'b' },
    ],
    path: 'two 50-100, three 40-50, R 0-40',
  },
  {
    title: 'a producer does not wait for its consumer',
    spans: [
      { name: 'R', at: [0, 50], kind: 'server' },
      { name: 'P', at: [10, 20], under: 'R', kind: 'producer' },
      { name: 'C', at: [15, 40], under: 'P', kind: 'consumer', host: 'two' },
    ],
    path: 'R 20-50, P 10-20, R 0-10',
  },
];

describe('the critical path', () => {
  it.each(GOLDEN)('$title', ({ spans, path }) => {
    expect(pathOf(spans)).toBe(path);
    expect(pathOf([...spans].reverse())).toBe(path);
  });

  it('is the same from a trace detail, counted from the start of the root', () => {
    const detail = traceDetail(tableOfTimed(GOLDEN[5]!.spans));
    expect(detail.durationUs).toBe(100_000);
    expect(detail.sections.map(({ operation, startUs, endUs }) => [operation, startUs, endUs])).toEqual([
      ['B', 50_000, 100_000],
      ['A', 0, 50_000],
    ]);
    expect(detail.spans.map(({ operation, depth }) => `${depth} ${operation}`)).toEqual(['0 R', '1 A', '1 B']);
  });

  it('says in a trace detail who could be late, what would help, and what nobody waits for', () => {
    const figures = ({ spans }: ReturnType<typeof traceDetail>) =>
      spans.map(({ operation, slackUs, dragUs }) => [operation, slackUs, dragUs]);
    expect(figures(traceDetail(tableOfTimed(GOLDEN[0]!.spans)))).toEqual([
      ['R', 0, 0],
      ['A', 0, 5000],
      ['C', 5000, 0],
      ['B', 0, 5000],
    ]);
    expect(figures(traceDetail(tableOfTimed(GOLDEN[2]!.spans)))).toEqual([
      ['R', 0, 30_000],
      ['A', undefined, undefined],
      ['B', 0, 70_000],
    ]);
    const timeout = GOLDEN.find(({ title }) => title.startsWith('G8'))!;
    expect(traceDetail(tableOfTimed(timeout.spans)).spans[1]).toMatchObject({ operation: 'S', abandonedUs: 150_000 });
  });

  it('partitions the root exactly, and agrees with a search that looks at every event anew', () => {
    fc.assert(
      fc.property(fc.integer().map(randomTimedSpans), fc.integer({ min: 0, max: 30 }), (spans, seed) => {
        const tree = treeOf(spans);
        const joined = joinedChildren(tree);
        const finder = new CriticalPathFinder();
        const isRefuted = (before: number, after: number) => seed > 10 && (before * 7 + after * 13 + seed) % 3 === 0;
        finder.load(tree, joined, isRefuted);
        const times = { tree, joined, startUs: finder.seenStartUs, endUs: finder.seenEndUs, isRefuted };
        for (const { node: root } of tree.roots) {
          finder.find(root);
          let untilUs = finder.seenEndUs[root]!;
          let sumUs = 0;
          for (let at = 0; at < finder.count; at++) {
            const node = finder.nodes[at]!;
            expect(finder.endUs[at]).toBe(untilUs);
            expect(finder.startUs[at]!).toBeLessThan(untilUs);
            expect(finder.startUs[at]!).toBeGreaterThanOrEqual(finder.seenStartUs[node]!);
            expect(finder.endUs[at]!).toBeLessThanOrEqual(finder.seenEndUs[node]!);
            sumUs += finder.endUs[at]! - finder.startUs[at]!;
            untilUs = finder.startUs[at]!;
          }
          expect(sumUs).toBe(tree.endUs[root]! - tree.startUs[root]!);
          expect(sectionsOf(finder)).toEqual(naiveSections(times, root));
        }
      }),
      { numRuns: COUNT },
    );
  });

  it('does not wait for a sibling whose order other traces refute (jaeger-ui#2371)', () => {
    const { spans } = GOLDEN.find(({ title }) => title.startsWith('G6'))!;
    const nameOf = (tree: SpanTree, node: number) => tree.table.span(tree.rows[node]!).name;
    const isRefuted = (tree: SpanTree) => (before: number, after: number) =>
      nameOf(tree, before) === 'foo2' && nameOf(tree, after) === 'foo3';
    expect(pathOf(spans, 0, isRefuted)).toBe('foo3 200-500, R 100-200, foo1 0-100');
  });

  it.each([
    // Its clock is put right by 10 ms first.
    ['G4a', 'C', 30],
    ['G8', 'S', 150],
    ['G4b', 'C', 0],
  ])('%s: what a server did when its client had gone is abandoned work', (title, server, ms) => {
    const { spans } = GOLDEN.find((golden) => golden.title.startsWith(title))!;
    const tree = treeOf(spans);
    const finder = new CriticalPathFinder();
    finder.load(tree, joinedChildren(tree));
    const nodes = Array.from({ length: tree.count }, (_, node) => node);
    const node = nodes.find((each) => tree.table.span(tree.rows[each]!).name === server)!;
    expect(finder.abandonedUs(node)).toBe(ms * 1000);
  });

  it('does not change when a trace moves in time or its spans come in another order', () => {
    fc.assert(
      fc.property(fc.integer().map(randomTimedSpans), fc.integer({ min: 1, max: 1000 }), (spans, laterMs) => {
        const moved = spans.map((span) => ({ ...span, at: [span.at[0] + laterMs, span.at[1] + laterMs] as const }));
        expect(pathOf(moved, laterMs)).toBe(pathOf(spans));
        expect(pathOf([...spans].reverse())).toBe(pathOf(spans));
      }),
      { numRuns: 300 },
    );
  });

  it('takes a trace of 100,000 spans, flat and deep', () => {
    const [flat, deep] = [flatSpans(100_000), deepSpans(100_000)];
    expect(countSections(flat)).toBe(100_000);
    expect(countSections(deep)).toBe(199_999);
  });
});

function sectionsOf(finder: CriticalPathFinder): Section[] {
  return Array.from({ length: finder.count }, (_, at) => ({
    node: finder.nodes[at]!,
    startUs: finder.startUs[at]!,
    endUs: finder.endUs[at]!,
  }));
}

function pathOf(spans: readonly TimedSpan[], zeroMs = 0, isRefuted?: (tree: SpanTree) => IsRefuted): string {
  const tree = treeOf(spans);
  const finder = new CriticalPathFinder();
  finder.load(tree, joinedChildren(tree), isRefuted?.(tree));
  finder.find(tree.roots[0]!.node);
  return sectionsOf(finder)
    .map(({ node, startUs, endUs }) => {
      const name = tree.table.span(tree.rows[node]!).name;
      return `${name} ${startUs / 1000 - zeroMs}-${endUs / 1000 - zeroMs}`;
    })
    .join(', ');
}

function countSections(spans: readonly TimedSpan[]): number {
  const tree = treeOf(spans);
  const finder = new CriticalPathFinder();
  finder.load(tree, joinedChildren(tree));
  finder.find(tree.roots[0]!.node);
  return finder.count;
}

function treeOf(spans: readonly TimedSpan[]): SpanTree {
  return buildSpanTree(tableOfTimed(spans));
}
