import { describe, expect, it } from 'vitest';
import { fenceIslands } from './fence.ts';

const box = (column: number, row: number) => ({ x: column * 140, y: row * 80, width: 100, height: 40 });

describe('fenceIslands', () => {
  it.each([
    ['neighbours in a row share a fence', [box(0, 0), box(1, 0)], [], 1],
    ['neighbours in a column share a fence', [box(0, 0), box(0, 1)], [], 1],
    ['a gap of one place makes two', [box(0, 0), box(2, 0)], [], 2],
    ['so does a stranger in between', [box(0, 0), box(2, 0)], [box(1, 0)], 2],
    ['a corner is no neighbour', [box(0, 0), box(1, 1)], [], 2],
    ['nothing fenced, no fence', [], [box(0, 0)], 0],
  ])('%s', (_, fenced, others, count) => {
    expect(fenceIslands(fenced, others, 60)).toHaveLength(count);
  });

  it('covers every fenced box and touches no other', () => {
    const fenced = [box(0, 0), box(1, 0), box(1, 1), box(3, 3)];
    const others = [box(0, 1), box(2, 0)];
    const rectangles = fenceIslands(fenced, others, 60).flatMap((island) => island.rectangles);
    for (const each of fenced) expect(rectangles).toContainEqual(each);
    for (const other of others)
      for (const { x, y, width, height } of rectangles)
        expect(
          x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height,
        ).toBe(false);
  });
});
