import { describe, expect, it } from 'vitest';
import { communities } from './communities.ts';

/** Everybody in [from, to) with everybody. */
function clique(from: number, to: number): [number, number][] {
  const links: [number, number][] = [];
  for (let a = from; a < to; a++) for (let b = a + 1; b < to; b++) links.push([a, b]);
  return links;
}

describe('communities', () => {
  it('tells two cliques apart that share one link', () => {
    expect([...communities(8, [...clique(0, 4), ...clique(4, 8), [3, 4]])]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });

  it('keeps strangers alone and counts no link to oneself', () => {
    expect([...communities(3, [[1, 1]])]).toEqual([0, 1, 2]);
    expect([...communities(0, [])]).toEqual([]);
  });

  it('finds the ring of cliques, whatever the order of the links', () => {
    const links = Array.from({ length: 6 }, (_, ring) => [
      ...clique(ring * 5, ring * 5 + 5),
      [ring * 5, ((ring + 1) % 6) * 5 + 1] as [number, number],
    ]).flat();
    const groups = communities(30, links);
    expect([...groups]).toEqual(Array.from({ length: 30 }, (_, node) => Math.floor(node / 5)));
    expect([...communities(30, [...links].reverse())]).toEqual([...groups]);
  });

  it('ends on a chain of 20,000', () => {
    const links = Array.from({ length: 19_999 }, (_, node) => [node, node + 1] as const);
    const groups = new Set(communities(20_000, links));
    expect(groups.size).toBeGreaterThan(10);
    expect(groups.size).toBeLessThan(2000);
  });
});
