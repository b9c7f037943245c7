import type { Grid, Territory } from './arrangement.ts';
import { metricsOf, territoryBox } from './arrangement.ts';

export interface Parcel {
  readonly key: string;
  readonly columns: number;
  readonly rows: number;
  readonly members: readonly number[];
  /** Mean level of its members: callers' territories come first. */
  readonly level: number;
  /** Level of its first row, counted over the whole map. */
  readonly firstLevel: number;
}

interface Placed {
  readonly parcel: Parcel;
  width: number;
  height: number;
  x: number;
  y: number;
}

/** One territory, or several short ones above each other. */
type Stack = Placed[];

const sweeps = 6;

/**
 * Puts territories on shelves, callers' territories on the upper ones, short ones above each other, until the whole is
 * about `aspect` times as wide as high. Rows of boxes line up along a shelf, so that links find straight gaps.
 */
export function packShelves(
  parcels: readonly Parcel[],
  neighbours: readonly (readonly number[])[],
  grid: Grid,
  aspect: number,
): Territory[] {
  const gap = metricsOf(grid).territoryGap;
  const queue = [...parcels]
    .sort((a, b) => a.level - b.level || (a.key < b.key ? -1 : 1))
    .map((parcel) => sized(parcel, grid));
  const area = queue.reduce((sum, { width, height }) => sum + (width + gap) * (height + gap), 0);
  const widest = Math.max(0, ...queue.map((placed) => placed.width));
  // The best of a few widths: shelves leave ragged ends, so the area alone misjudges it.
  let best: { shelves: Stack[][]; error: number } | undefined;
  for (const factor of [0.8, 0.9, 1, 1.1, 1.2, 1.35, 1.5]) {
    const shelves = fill(queue, Math.max(widest, factor * Math.sqrt(area * aspect)), grid);
    const width = Math.max(...shelves.map((shelf) => shelfWidth(shelf, gap)));
    const height = shelves.reduce((sum, shelf) => sum + shelfHeight(shelf) + gap, -gap);
    // What counts is the zoom at which the whole fits a window of the wanted shape.
    const error = Math.max(width / aspect, height);
    if (best === undefined || error < best.error) best = { shelves, error };
  }
  if (best === undefined || queue.length === 0) return [];
  if (grid.density === 'roomy') for (const shelf of best.shelves) stepDown(shelf, grid);
  order(best.shelves, neighbours, gap);
  return best.shelves
    .flat(2)
    .map(({ parcel, x, y }) => ({
      key: parcel.key,
      name: parcel.key,
      x,
      y,
      columns: parcel.columns,
      rows: parcel.rows,
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function sized(parcel: Parcel, grid: Grid): Placed {
  const { width, height } = territoryBox({ ...parcel, name: parcel.key, x: 0, y: 0 }, grid);
  return { parcel, width, height, x: 0, y: 0 };
}

function fill(queue: readonly Placed[], target: number, grid: Grid): Stack[][] {
  const { boxHeight, rowGap, territoryGap } = metricsOf(grid);
  const pitch = boxHeight + rowGap;
  const shelves: Stack[][] = [];
  let shelf: Stack[] = [];
  let width = 0;
  let height = 0;
  for (const source of queue) {
    const placed = { ...source };
    // Below a shorter one, on the same grid of rows, if the shelf gets no higher by it.
    const below = shelf.find((stack) => {
      const last = stack.at(-1)!;
      return last.width >= placed.width && nextRow(last, pitch, territoryGap) + placed.height <= height;
    });
    if (below !== undefined) {
      placed.y = nextRow(below.at(-1)!, pitch, territoryGap);
      below.push(placed);
      continue;
    }
    if (shelf.length > 0 && width + territoryGap + placed.width > target) {
      shelves.push(shelf);
      shelf = [];
      width = height = 0;
    }
    width += (shelf.length > 0 ? territoryGap : 0) + placed.width;
    height = Math.max(height, placed.height);
    shelf.push([placed]);
  }
  if (shelf.length > 0) shelves.push(shelf);
  return shelves;
}

function nextRow(above: Placed, pitch: number, gap: number): number {
  return Math.ceil((above.y + above.height + gap) / pitch) * pitch;
}

/**
 * On a small map the shelf is a flow: a territory that is called stands one row lower than its caller's. Calls then
 * run down instead of along.
 */
function stepDown(shelf: Stack[], grid: Grid): void {
  const { boxHeight, rowGap } = metricsOf(grid);
  const pitch = boxHeight + rowGap;
  const first = Math.min(...shelf.flat().map((placed) => placed.parcel.firstLevel));
  for (const stack of shelf) {
    const [only] = stack;
    if (only !== undefined && stack.length === 1 && only.parcel.firstLevel > first) only.y = pitch;
  }
}

/** Order on each shelf by the mean place of the neighbours, shelves centred; then coordinates. */
function order(shelves: Stack[][], neighbours: readonly (readonly number[])[], gap: number): void {
  const centre = new Map<number, number>();
  const spread = (): void => {
    for (const shelf of shelves) {
      let x = -shelfWidth(shelf, gap) / 2;
      for (const stack of shelf) {
        for (const placed of stack) {
          placed.x = x;
          for (const member of placed.parcel.members) centre.set(member, x + placed.width / 2);
        }
        x += stackWidth(stack) + gap;
      }
    }
  };
  spread();
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const shelf of sweep % 2 === 0 ? shelves : [...shelves].reverse()) {
      const wish = new Map(shelf.map((stack) => [stack, pull(stack, neighbours, centre)]));
      shelf.sort((a, b) => wish.get(a)! - wish.get(b)! || (a[0]!.parcel.key < b[0]!.parcel.key ? -1 : 1));
      spread();
    }
  }
  let top = 0;
  for (const shelf of shelves) {
    const height = shelfHeight(shelf);
    for (const placed of shelf.flat()) {
      placed.x = Math.round(placed.x);
      placed.y += top;
    }
    top += height + gap;
  }
}

function pull(stack: Stack, neighbours: readonly (readonly number[])[], centre: ReadonlyMap<number, number>): number {
  let sum = 0;
  let count = 0;
  const own = new Set(stack.flatMap((placed) => placed.parcel.members));
  for (const member of own)
    for (const other of neighbours[member]!)
      if (!own.has(other)) {
        sum += centre.get(other)!;
        count++;
      }
  return count === 0 ? centre.get(stack[0]!.parcel.members[0]!)! : sum / count;
}

function stackWidth(stack: Stack): number {
  return Math.max(...stack.map((placed) => placed.width));
}

function shelfWidth(shelf: Stack[], gap: number): number {
  return shelf.reduce((sum, stack) => sum + stackWidth(stack) + gap, -gap);
}

function shelfHeight(shelf: Stack[]): number {
  return Math.max(...shelf.flat().map((placed) => placed.y + placed.height));
}
