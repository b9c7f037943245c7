import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { levels } from './levels.ts';

const graphs = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 30 }))
  .map(([nodeCount, ends]) => ({
    nodeCount,
    links: ends.map(([caller, callee]) => [caller % nodeCount, callee % nodeCount] as const),
  }));

/** By brute force: whether each node reaches each other. */
function reachable(nodeCount: number, links: readonly (readonly [number, number])[]): boolean[][] {
  const reach = Array.from({ length: nodeCount }, (_, from) =>
    Array.from({ length: nodeCount }, (__, to) => from === to),
  );
  for (const [from, to] of links) reach[from]![to] = true;
  for (let via = 0; via < nodeCount; via++)
    for (let from = 0; from < nodeCount; from++)
      for (let to = 0; to < nodeCount; to++) reach[from]![to] ||= reach[from]![via]! && reach[via]![to]!;
  return reach;
}

describe('levels', () => {
  it('puts callers strictly above callees, except inside a circle, which has one level', () => {
    fc.assert(
      fc.property(graphs, ({ nodeCount, links }) => {
        const level = levels(nodeCount, links);
        const reach = reachable(nodeCount, links);
        for (const [caller, callee] of links)
          if (reach[callee]![caller]!) expect(level[callee]).toBe(level[caller]);
          else expect(level[callee]).toBeGreaterThan(level[caller]!);
      }),
    );
  });

  it('walks a chain of 100,000 without a deep stack', () => {
    const links = Array.from({ length: 99_999 }, (_, node) => [node, node + 1] as const);
    expect(levels(100_000, links)[99_999]).toBe(99_999);
  });
});
