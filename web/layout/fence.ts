import { overlaps, type Box } from './geometry.ts';

/** One island of fenced boxes: rectangles that together cover them and the ground between neighbours. */
export interface FenceIsland {
  readonly rectangles: readonly Box[];
  /** Where the word goes: the lower left corner of its last row, where the fewest links pass. */
  readonly x: number;
  readonly y: number;
}

/**
 * Fences around boxes that stand in a grid: neighbours in a row or a column, with nothing else in between, share one
 * fence. Whoever draws it fills all rectangles of an island, grown a little, and so gets one outline without computing it.
 */
export function fenceIslands(fenced: readonly Box[], others: readonly Box[], reach: number): FenceIsland[] {
  const boxes = [...fenced].sort((a, b) => a.y - b.y || a.x - b.x);
  const island = boxes.map((_, index) => index);
  const rootOf = (index: number): number => {
    let root = index;
    while (island[root] !== root) root = island[root]!;
    return root;
  };
  const bridges: { box: Box; index: number }[] = [];
  boxes.forEach((a, first) => {
    boxes.forEach((b, second) => {
      if (second <= first) return;
      const hull = hullOf(a, b);
      const isRow = a.y === b.y && b.x - (a.x + a.width) <= reach;
      const isColumn = b.y > a.y && b.y - (a.y + a.height) <= reach && Math.abs(a.x - b.x) < a.width * 0.75;
      if (!isRow && !isColumn) return;
      const bridge = isRow
        ? hull
        : { ...hull, x: Math.max(a.x, b.x), width: Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) };
      if (others.some((other) => overlaps(other, bridge))) return;
      bridges.push({ box: bridge, index: first });
      island[Math.max(rootOf(first), rootOf(second))] = Math.min(rootOf(first), rootOf(second));
    });
  });
  const islands = new Map<number, Box[]>();
  boxes.forEach((box, index) => {
    const root = rootOf(index);
    islands.set(root, [...(islands.get(root) ?? []), box]);
  });
  for (const { box, index } of bridges) islands.get(rootOf(index))!.push(box);
  return [...islands.values()].map((rectangles) => {
    const bottom = Math.max(...rectangles.map((box) => box.y + box.height));
    const lowest = rectangles.filter((box) => box.y + box.height === bottom);
    return { rectangles, x: Math.min(...lowest.map((box) => box.x)), y: bottom };
  });
}

function hullOf(a: Box, b: Box): Box {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}
