import type { Box } from './geometry.ts';

/**
 * Where everything on the map has its place. Plain data: it outlives a refresh, so that no service ever moves until the
 * user asks to re-arrange. A place is a cell of its territory; half columns centre short rows.
 */
export interface Arrangement extends Grid {
  /** Sorted by key. */
  readonly territories: readonly Territory[];
  /** By service id, sorted. Also holds services that are not seen just now: their place stays reserved. */
  readonly places: ReadonlyMap<string, Place>;
}

/** What the cells of a whole map measure. */
export interface Grid {
  readonly density: Density;
  /** Of every box alike, so that rows line up; follows the names. */
  readonly boxWidth: number;
}

/** Small systems get room for links between the rows; large ones get readable labels. */
export type Density = 'roomy' | 'compact';

export interface Territory {
  /** Its name; later islands of the same name carry `#2`, `#3`. */
  readonly key: string;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly columns: number;
  readonly rows: number;
}

export interface Place {
  readonly territory: string;
  readonly column: number;
  readonly row: number;
}

export interface TerritoryNode {
  readonly id: string;
  /** Name of its territory. */
  readonly group: string;
  /** Stores, topics and peers stand in the last row of their territory. */
  readonly isSink: boolean;
  /** Width its box needs to say everything. */
  readonly labelWidth: number;
}

export interface TerritoryLink {
  readonly caller: string;
  readonly callee: string;
  /** The proposed cut of a circle: it may point up, and does not push its callee down. */
  readonly isBackward: boolean;
  /** Nobody waits for it: inside a territory it does not push its callee down. */
  readonly isEvent: boolean;
}

export interface Metrics {
  readonly boxWidth: number;
  readonly boxHeight: number;
  readonly columnGap: number;
  readonly rowGap: number;
  readonly padding: number;
  readonly titleHeight: number;
  /** Free ground between two territories. */
  readonly territoryGap: number;
}

const metrics: Readonly<Record<Density, Omit<Metrics, 'boxWidth'>>> = {
  roomy: { boxHeight: 48, columnGap: 34, rowGap: 52, padding: 22, titleHeight: 24, territoryGap: 44 },
  compact: { boxHeight: 32, columnGap: 16, rowGap: 20, padding: 14, titleHeight: 38, territoryGap: 40 },
};

/** Narrowest and widest box; a dense map spends less on its longest names. */
const boxWidths: Readonly<Record<Density, readonly [least: number, most: number]>> = {
  roomy: [96, 220],
  compact: [96, 168],
};

export function metricsOf({ density, boxWidth }: Grid): Metrics {
  return { ...metrics[density], boxWidth };
}

/** Wide enough for 95 of 100 labels. */
export function boxWidthFor(labelWidths: readonly number[], density: Density): number {
  const sorted = [...labelWidths].sort((a, b) => a - b);
  const wanted = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
  const [least, most] = boxWidths[density];
  return Math.round(Math.min(most, Math.max(least, wanted)));
}

/** Whole area of a territory, frame and title included. */
export function territoryBox(territory: Territory, grid: Grid): Box {
  const { boxWidth, boxHeight, columnGap, rowGap, padding, titleHeight } = metricsOf(grid);
  return {
    x: territory.x,
    y: territory.y,
    width: 2 * padding + territory.columns * (boxWidth + columnGap) - columnGap,
    height: titleHeight + 2 * padding + territory.rows * (boxHeight + rowGap) - rowGap,
  };
}

export function placeBox(territory: Territory, place: Place, grid: Grid): Box {
  const { boxWidth, boxHeight, columnGap, rowGap, padding, titleHeight } = metricsOf(grid);
  return {
    x: territory.x + padding + place.column * (boxWidth + columnGap),
    y: territory.y + titleHeight + padding + place.row * (boxHeight + rowGap),
    width: boxWidth,
    height: boxHeight,
  };
}

/** Box of every place, by service id. */
export function boxesOf(arrangement: Arrangement): Map<string, Box> {
  const territories = new Map(arrangement.territories.map((territory) => [territory.key, territory]));
  const boxes = new Map<string, Box>();
  for (const [id, place] of arrangement.places)
    boxes.set(id, placeBox(territories.get(place.territory)!, place, arrangement));
  return boxes;
}
