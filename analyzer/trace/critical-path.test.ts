import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { SpanKind } from '../model/span.ts';
import { createDictionary, SpanTable } from '../model/span-table.ts';
import { buildSpanTree } from './build-span-tree.ts';
import { CriticalPathFinder } from './critical-path.ts';
import { joinedChildren } from './joined-children.ts';
import type { SpanTree } from './span-tree.ts';
import { traceDetail } from './trace-detail.ts';

/** `name [start,end] under parent`, in milliseconds; kind and host where the case needs them. */
interface Drawn {
  readonly name: string;
  readonly at: readonly [startMs: number, endMs: number];
  readonly under?: string;
  readonly kind?: SpanKind;
  readonly host?: string;
}

// The golden traces of the model: how many milliseconds each span holds on the path, newest section first.
const GOLDEN: readonly { readonly title: string; readonly spans: readonly Drawn[]; readonly path: string }[] = [
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
    const detail = traceDetail(tableOf(GOLDEN[5]!.spans));
    expect(detail.durationUs).toBe(100_000);
    expect(detail.sections.map(({ operation, startUs, endUs }) => [operation, startUs, endUs])).toEqual([
      ['B', 50_000, 100_000],
      ['A', 0, 50_000],
    ]);
    expect(detail.spans.map(({ operation, depth }) => `${depth} ${operation}`)).toEqual(['0 R', '1 A', '1 B']);
  });

  it('partitions the root exactly, and agrees with a search that looks at every event anew', () => {
    fc.assert(
      fc.property(randomTrace(), (spans) => {
        const tree = treeOf(spans);
        const joined = joinedChildren(tree);
        const finder = new CriticalPathFinder();
        finder.load(tree, joined);
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
          expect(sectionsOf(finder)).toEqual(naiveSections(tree, joined, root, finder));
        }
      }),
      { numRuns: 2500 },
    );
  });

  it('does not change when a trace moves in time or its spans come in another order', () => {
    fc.assert(
      fc.property(randomTrace(), fc.integer({ min: 1, max: 1000 }), (spans, laterMs) => {
        const moved = spans.map((span) => ({ ...span, at: [span.at[0] + laterMs, span.at[1] + laterMs] as const }));
        expect(pathOf(moved, laterMs)).toBe(pathOf(spans));
        expect(pathOf([...spans].reverse())).toBe(pathOf(spans));
      }),
      { numRuns: 300 },
    );
  });

  it('takes a trace of 100,000 spans, flat and deep', () => {
    const flat = Array.from({ length: 100_000 }, (_, at): Drawn =>
      at === 0 ? { name: 'R', at: [0, 100_000] } : { name: `s${at}`, at: [at - 1, at], under: 'R' },
    );
    const deep = Array.from({ length: 100_000 }, (_, at): Drawn => {
      const span = { name: `s${at}`, at: [at, 300_000 - at] as const };
      return at === 0 ? span : { ...span, under: `s${at - 1}` };
    });
    expect(countSections(flat)).toBe(100_000);
    expect(countSections(deep)).toBe(199_999);
  });
});

/** By the definition, without sorting or pointers: each step looks at all that could have come before. */
function naiveSections(tree: SpanTree, joined: Uint8Array, root: number, seen: CriticalPathFinder): Section[] {
  const { seenStartUs: start, seenEndUs: end } = seen;
  const sections: Section[] = [];
  const childrenOf = (parent: number): number[] =>
    Array.from({ length: tree.count }, (_, node) => node).filter(
      (node) => tree.parents[node] === parent && joined[node] === 1,
    );
  const latest = (candidates: readonly number[]): number | undefined =>
    candidates.toSorted((a, b) => end[b]! - end[a]! || start[a]! - start[b]! || a - b)[0];
  let node: number = root;
  let atEnd = true;
  for (;;) {
    const untilUs = atEnd ? end[node]! : start[node]!;
    if (!atEnd && node === root) return sections.filter(({ startUs, endUs }) => endUs > startUs);
    const owner: number = atEnd ? node : tree.parents[node]!;
    const before: number | undefined = atEnd
      ? latest(childrenOf(node))
      : latest(childrenOf(owner).filter((other) => end[other]! <= start[node]! && isBefore(other, node)));
    sections.push({ node: owner, startUs: before === undefined ? start[owner]! : end[before]!, endUs: untilUs });
    atEnd = before !== undefined;
    node = before ?? owner;
  }

  function isBefore(other: number, one: number): boolean {
    return (start[other]! - start[one]! || end[other]! - end[one]! || other - one) < 0;
  }
}

interface Section {
  readonly node: number;
  readonly startUs: number;
  readonly endUs: number;
}

function sectionsOf(finder: CriticalPathFinder): Section[] {
  return Array.from({ length: finder.count }, (_, at) => ({
    node: finder.nodes[at]!,
    startUs: finder.startUs[at]!,
    endUs: finder.endUs[at]!,
  }));
}

function pathOf(spans: readonly Drawn[], zeroMs = 0): string {
  const tree = treeOf(spans);
  const finder = new CriticalPathFinder();
  finder.load(tree, joinedChildren(tree));
  finder.find(tree.roots[0]!.node);
  return sectionsOf(finder)
    .map(({ node, startUs, endUs }) => {
      const name = tree.table.span(tree.rows[node]!).name;
      return `${name} ${startUs / 1000 - zeroMs}-${endUs / 1000 - zeroMs}`;
    })
    .join(', ');
}

function countSections(spans: readonly Drawn[]): number {
  const tree = treeOf(spans);
  const finder = new CriticalPathFinder();
  finder.load(tree, joinedChildren(tree));
  finder.find(tree.roots[0]!.node);
  return finder.count;
}

function treeOf(spans: readonly Drawn[]): SpanTree {
  return buildSpanTree(tableOf(spans));
}

function tableOf(spans: readonly Drawn[]): SpanTable {
  const table = new SpanTable(createDictionary());
  // Ids follow the names, so that the order in which the spans are listed says nothing.
  const names = spans.map(({ name }) => name).sort();
  const idOf = new Map(names.map((name, at) => [name, (at + 1).toString(16).padStart(16, '0')]));
  for (const { name, at, under, kind, host } of spans) {
    table.addSpan({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: idOf.get(name)!,
      ...(under === undefined ? {} : { parentSpanId: idOf.get(under)! }),
      resource: { service: host ?? 'service', host: host ?? 'one' },
      name,
      kind: kind ?? 'internal',
      startUs: at[0] * 1000,
      endUs: at[1] * 1000,
    });
  }
  return table;
}

/** Up to 12 spans on a grid of milliseconds, so that ties, instants and overhanging children are common. */
function randomTrace(): fc.Arbitrary<Drawn[]> {
  const span = fc.record({
    start: fc.integer({ min: 0, max: 20 }),
    length: fc.integer({ min: 0, max: 20 }),
    parent: fc.nat(),
    kind: fc.constantFrom<SpanKind>('internal', 'server', 'client', 'producer', 'consumer', 'unspecified'),
    host: fc.constantFrom('one', 'two'),
  });
  return fc.array(span, { minLength: 1, maxLength: 12 }).map((drafts) =>
    drafts.map(({ start, length, parent, kind, host }, at): Drawn => {
      const drawn = { name: `s${String(at).padStart(2, '0')}`, at: [start, start + length] as const, kind, host };
      if (at === 0) return { ...drawn, at: [0, 30] };
      return { ...drawn, under: `s${String(parent % at).padStart(2, '0')}` };
    }),
  );
}
