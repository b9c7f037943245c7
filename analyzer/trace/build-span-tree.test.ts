import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawnTrace } from '../../fixtures/drawn-trace.ts';
import { generateSpans, shuffled, type SpanDraft, tableOf } from '../../fixtures/generate.ts';
import { seededRandom } from '../../fixtures/seeded.ts';
import { SPAN_FLAG } from '../model/span.ts';
import { buildSpanTree } from './build-span-tree.ts';
import type { SpanTree } from './span-tree.ts';

describe('buildSpanTree', () => {
  it.each([
    ['a tree', 'a SERVER 0-9 id=1\n  a CLIENT 1-8 id=2\n    b SERVER 2-7 id=3', ['a1', 'a2<a1', 'b3<a2'], {}],
    ['an orphan', 'a SERVER 0-9 id=1\nb SERVER 1-2 id=2 parent=dead', ['a1', 'b2?'], { orphan: 1 }],
    ['several roots', 'a SERVER 0-9 id=1\nb SERVER 1-2 id=2', ['a1', 'b2'], {}],
    ['a span that is its own parent', 'a SERVER 0-9 id=1 parent=1', ['a1'], { 'self-parent': 1 }],
    [
      'a parent cycle, cut at the smallest id',
      'a SERVER 0-9 id=5 parent=7\n  b SERVER 1-2 id=7\n  c SERVER 2-3 id=9',
      ['a5?', 'b7<a5', 'c9<a5'],
      { 'parent-cycle': 1 },
    ],
    [
      'a branch below a parent cycle',
      'a SERVER 0-9 id=5 parent=6\nb SERVER 1-2 id=6 parent=5\nc SERVER 2-3 id=1 parent=6',
      ['a5?', 'b6<a5', 'c1<b6'],
      { 'parent-cycle': 1 },
    ],
    ['a span sent twice', 'a SERVER 0-9 id=1\na SERVER 0-9 id=1', ['a1'], {}],
    ['a span sent unfinished, then finished', 'a SERVER 0-4 id=1\na SERVER 0-9 id=1', ['a1'], {}],
    [
      'both halves of a call under one id',
      'a SERVER 0-9 id=1\n  a CLIENT 1-8 id=2\nb SERVER 2-7 id=2 parent=1 shared\nb CLIENT 3-4 id=3 parent=2\na INTERNAL 1-2 id=4 parent=2',
      ['a1', 'a2<a1', 'a4<a2', 'b2<a2', 'b3<b2'],
      {},
    ],
    ['a server half without parent id', 'a CLIENT 1-8 id=2\nb SERVER 2-7 id=2 shared', ['a2', 'b2<a2'], {}],
    [
      'a part of the server half that does not say so',
      'a CLIENT 1-8 id=2\nb SERVER 2-7 id=2 shared\nb UNSPECIFIED 0-9 id=2',
      ['a2', 'b2<a2'],
      {},
    ],
    [
      'strangers with one id: children go to their own service',
      'a INTERNAL 0-9 id=1\nb INTERNAL 0-9 id=1\nb INTERNAL 2-3 id=2 parent=1\nc INTERNAL 3-4 id=3 parent=1',
      ['a1', 'b1', 'b2<b1', 'c3<a1'],
      { 'span-id-collision': 1 },
    ],
  ])('survives %s', (_, drawing, expected, problems) => {
    const tree = buildSpanTree(tableOf(drawnTrace(drawing)));
    expect(outline(tree)).toEqual(expected);
    expect(Object.fromEntries(tree.problems)).toEqual(problems);
    expect(tree.isComplete).toBe(!expected.some((line) => line.endsWith('?')));
  });

  it('keeps the span with the latest end of those sent twice', () => {
    const tree = buildSpanTree(tableOf(drawnTrace('a SERVER 0-4 id=1\na SERVER 0-9 id=1\na SERVER 0-6 id=1')));
    expect([tree.count, tree.endUs[0]]).toEqual([1, 9]);
  });

  it('gives spans without times none, at the start of their parent', () => {
    const [parent, child] = drawnTrace('a SERVER 50-90\n  a INTERNAL 0-0');
    const tree = buildSpanTree(tableOf([parent!, { ...child!, flags: SPAN_FLAG.noTime }]));
    const node = tree.parents.findIndex((other) => other >= 0);
    expect([tree.startUs[node], tree.endUs[node]]).toEqual([50, 50]);
  });

  it('is the same for any order of the rows, and keeps its promises', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 130 }), (seed, spansPerTrace) => {
        const spans = generateSpans({ seed, traceCount: 1, spansPerTrace, isDirty: true });
        if (spans.length === 0) return;
        const tree = buildSpanTree(tableOf(spans));
        expectSound(tree);
        const other = buildSpanTree(tableOf(shuffled([...spans], seededRandom(seed + 1))));
        expect(described(other)).toEqual(described(tree));
      }),
    );
  });

  it('agrees with looking for each parent by hand, where ids are unique', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 10 }), (parents) => {
        const spans = parents.map((parent, at): SpanDraft => ({
          traceId: '1',
          spanId: (at + 1).toString(16),
          ...(parent === 0 ? {} : { parentSpanId: parent.toString(16) }),
          resource: { service: 'a' },
          startUs: (at * 7) % 5,
          endUs: 10,
        }));
        const tree = buildSpanTree(tableOf(spans));
        // Cutting every circle once leaves a forest; all other spans keep the parent they name, if there is one.
        let cutCount = 0;
        for (let node = 0; node < tree.count; node++) {
          const span = tree.table.span(tree.rows[node]!);
          const named = parents[Number.parseInt(span.spanId, 16) - 1]!;
          const wanted =
            named === 0 || named > parents.length || named === Number.parseInt(span.spanId, 16) ? 0 : named;
          const parent = tree.parents[node]!;
          const found = parent < 0 ? 0 : Number.parseInt(tree.table.spanId(tree.rows[parent]!), 16);
          if (found !== wanted) {
            expect(found).toBe(0);
            expect(isSmallestOfItsCircle(parents, wanted, Number.parseInt(span.spanId, 16))).toBe(true);
            cutCount++;
          }
        }
        expect(cutCount).toBe(tree.problems.get('parent-cycle') ?? 0);
        expectSound(tree);
      }),
    );
  });

  it.each(['flat', 'deep', 'all at once', 'in a circle', 'twice'])('takes 100,000 spans: %s', (shape) => {
    const spanCount = 100_000;
    const id = (at: number): string => (at + 1).toString(16);
    const table = tableOf([]);
    const resource = { service: 'a' };
    for (let at = 0; at < spanCount; at++) {
      const parent = shape === 'deep' ? at - 1 : shape === 'in a circle' ? (at + 1) % spanCount : at === 0 ? -1 : 0;
      const startUs = shape === 'all at once' ? 0 : (at * 7919) % spanCount;
      const span = {
        traceId: '1',
        spanId: id(shape === 'twice' ? at >> 1 : at),
        resource,
        startUs,
        endUs: 2 * spanCount,
      };
      table.addSpan(parent < 0 ? span : { ...span, parentSpanId: id(parent) });
    }
    const tree = buildSpanTree(table);
    expect(tree.count).toBe(shape === 'twice' ? spanCount / 2 : spanCount);
    expectSound(tree);
  });
});

function outline(tree: SpanTree): string[] {
  const label = (node: number): string => {
    const { resource, spanId } = tree.table.span(tree.rows[node]!);
    return resource.service + spanId.replace(/^0+/, '');
  };
  const orphans = new Set(tree.roots.filter(({ isOrphan }) => isOrphan).map(({ node }) => node));
  return Array.from({ length: tree.count }, (_, node) => {
    const parent = tree.parents[node]!;
    return label(node) + (parent >= 0 ? `<${label(parent)}` : orphans.has(node) ? '?' : '');
  }).sort();
}

function described(tree: SpanTree): unknown {
  const spans = Array.from({ length: tree.count }, (_, node) => tree.table.span(tree.rows[node]!));
  return {
    spans,
    parents: [...tree.parents.subarray(0, tree.count)],
    topDown: [...tree.topDown.subarray(0, tree.count)],
    roots: [...tree.roots],
    startUs: [...tree.startUs.subarray(0, tree.count)],
    problems: [...tree.problems].sort(),
  };
}

function expectSound(tree: SpanTree): void {
  const place = new Map(Array.from(tree.topDown.subarray(0, tree.count), (node, at) => [node, at]));
  if (place.size !== tree.count) throw new Error('top down order misses a node');
  let childCount = 0;
  for (let node = 0; node < tree.count; node++) {
    const parent = tree.parents[node]!;
    if (parent >= 0 && place.get(parent)! >= place.get(node)!) throw new Error('child before parent');
    if (node > 0 && sentStartUs(tree, node) < sentStartUs(tree, node - 1)) throw new Error('nodes out of order');
    for (let at = tree.childStarts[node]!; at < tree.childStarts[node + 1]!; at++) {
      childCount++;
      if (tree.parents[tree.children[at]!] !== node) throw new Error('child of another');
      if (at > tree.childStarts[node]! && tree.children[at]! <= tree.children[at - 1]!)
        throw new Error('children out of order');
    }
  }
  expect(childCount + tree.roots.length).toBe(tree.count);
}

function sentStartUs({ startUs, clockShiftUs }: SpanTree, node: number): number {
  return startUs[node]! - (clockShiftUs?.[node] ?? 0);
}

function isSmallestOfItsCircle(parents: readonly number[], first: number, spanId: number): boolean {
  const seen: number[] = [];
  for (let at = first; at !== spanId; at = parents[at - 1]!) {
    if (at === 0 || at > parents.length || seen.includes(at)) return false;
    seen.push(at);
  }
  return seen.every((other) => other > spanId);
}
