import type { Arrangement, Density, Grid, Place, Territory, TerritoryLink, TerritoryNode } from './arrangement.ts';
import { boxesOf, boxWidthFor, metricsOf, territoryBox } from './arrangement.ts';
import { boundsOf, centreOf } from './geometry.ts';
import { arrangeRows, type RowNode } from './rows.ts';
import { levels } from './levels.ts';
import { packShelves } from './shelves.ts';
import { settle } from './settle.ts';

/** The largest system that gets the roomy density. */
export const roomyLimit = 48;

export interface TerritoryOptions {
  /** Keeps every known service where it is to the pixel. */
  readonly previous?: Arrangement | undefined;
  /** Wanted width over height. */
  readonly aspect?: number;
  /** Width of a territory's title; as wide as its text is long where nobody can measure it. */
  readonly titleWidth?: (name: string) => number;
}

/** Shapes tried for the rows of a territory, width over height. */
const shapes = [2, 0.7, 1.2, 3, 4.5];

/**
 * The whole system as nested levels: territories by name, and in each its services in rows by level of the calls.
 * With `previous` every known service keeps its place to the pixel, and new ones take free places; without it the map
 * is arranged anew. The same nodes and links in any order give the same arrangement.
 */
export function territory(
  nodes: readonly TerritoryNode[],
  links: readonly TerritoryLink[],
  options: TerritoryOptions = {},
): Arrangement {
  const { previous, aspect = 1.5, titleWidth = (name: string) => name.length * 8 } = options;
  const sorted = [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1));
  const system = systemOf(sorted, links);
  if (previous !== undefined && previous.places.size > 0)
    return settle(previous, sorted, system.level, system.neighbours);
  const density: Density = sorted.length <= roomyLimit ? 'roomy' : 'compact';
  const labelWidths = sorted.map((node) => node.labelWidth);
  const grid = { density, boxWidth: boxWidthFor(labelWidths, density) };
  // Small maps have the time to try how they fill their window best; in large ones the shapes even out.
  let best: { arrangement: Arrangement; cost: number } | undefined;
  for (const shape of density === 'roomy' ? shapes : shapes.slice(0, 1)) {
    const arrangement = arrangeAnew(system, grid, shape, aspect, titleWidth);
    const cost = costOf(arrangement, system, aspect);
    if (best === undefined || cost < best.cost) best = { arrangement, cost };
  }
  return best!.arrangement;
}

/** Nodes and links by number. */
interface System {
  readonly nodes: readonly TerritoryNode[];
  readonly pairs: readonly (readonly [caller: number, callee: number])[];
  /** Links that push their callee down: neither cut nor event. */
  readonly waiting: readonly (readonly [caller: number, callee: number])[];
  /** Over the whole map, events included. */
  readonly level: Int32Array;
  readonly neighbours: readonly (readonly number[])[];
}

function systemOf(nodes: readonly TerritoryNode[], links: readonly TerritoryLink[]): System {
  const indexOf = new Map(nodes.map((node, index) => [node.id, index]));
  const known = links
    .flatMap((link) => {
      const [caller, callee] = [indexOf.get(link.caller), indexOf.get(link.callee)];
      if (caller === undefined || callee === undefined || caller === callee) return [];
      return [{ pair: [caller, callee] as const, isBackward: link.isBackward, isEvent: link.isEvent }];
    })
    .sort(
      (a, b) =>
        a.pair[0] - b.pair[0] ||
        a.pair[1] - b.pair[1] ||
        Number(a.isBackward) - Number(b.isBackward) ||
        Number(a.isEvent) - Number(b.isEvent),
    );
  const forward = known.filter((link) => !link.isBackward);
  const neighbours: number[][] = nodes.map(() => []);
  for (const { pair } of known) {
    neighbours[pair[0]]!.push(pair[1]);
    neighbours[pair[1]]!.push(pair[0]);
  }
  return {
    nodes,
    pairs: known.map(({ pair }) => pair),
    waiting: forward.filter((link) => !link.isEvent).map(({ pair }) => pair),
    level: levels(
      nodes.length,
      forward.map(({ pair }) => pair),
    ),
    neighbours,
  };
}

/** Small where the map is seen at a large zoom and its links are short. */
function costOf(arrangement: Arrangement, system: System, aspect: number): number {
  const areas = arrangement.territories.map((each) => territoryBox(each, arrangement));
  const bounds = boundsOf(areas) ?? { width: 0, height: 0 };
  const boxes = boxesOf(arrangement);
  const centres = system.nodes.map((node) => centreOf(boxes.get(node.id)!));
  let length = 1;
  for (const [caller, callee] of system.pairs) {
    const [from, to] = [centres[caller]!, centres[callee]!];
    length += Math.abs(from.x - to.x) + Math.abs(from.y - to.y);
  }
  return Math.max(bounds.width / aspect, bounds.height) * Math.sqrt(length);
}

function arrangeAnew(
  system: System,
  grid: Grid,
  shape: number,
  aspect: number,
  titleWidth: (name: string) => number,
): Arrangement {
  const { nodes, level, neighbours } = system;
  const members = new Map<string, number[]>();
  nodes.forEach((node, index) => {
    const group = members.get(node.group);
    if (group === undefined) members.set(node.group, [index]);
    else group.push(index);
  });
  const names = [...members.keys()].sort();
  const rowsOf = new Map(names.map((name) => [name, rowsInside(members.get(name)!, system)]));
  const leastColumns = new Map(names.map((name) => [name, columnsFor(titleWidth(name), grid)]));
  // Two rounds: first each territory by itself, then again knowing where its neighbours in other territories stand.
  const position = new Float64Array(nodes.length).fill(NaN);
  let territories: Territory[] = [];
  let places = new Map<number, Place>();
  for (let round = 0; round < 2; round++) {
    const inner = names.map((name) => {
      const at = territories.find((territory) => territory.key === name);
      const rows = rowsOf.get(name)!;
      return { name, ...arrangeRows(rows, neighbours, position, at, grid, shape, leastColumns.get(name)!) };
    });
    places = new Map(
      inner.flatMap((group) =>
        group.cells.map(({ node, column, row }) => [node, { territory: group.name, column, row }]),
      ),
    );
    if (round === 0)
      territories = packShelves(
        inner.map((group) => ({
          key: group.name,
          columns: group.columns,
          rows: group.rows,
          members: members.get(group.name)!,
          level: mean(members.get(group.name)!.map((node) => level[node]!)),
          firstLevel: Math.min(...members.get(group.name)!.map((node) => level[node]!)),
        })),
        neighbours,
        grid,
        aspect,
      );
    rememberPositions(places, territories, position, grid);
  }
  return {
    ...grid,
    territories,
    places: new Map(nodes.map((node, index) => [node.id, places.get(index)!])),
  };
}

/** Columns, in halves, that make a territory wide enough for its title and the count behind it. */
function columnsFor(titleWidth: number, grid: Grid): number {
  const { boxWidth, columnGap, padding } = metricsOf(grid);
  const wanted = (titleWidth + titleExtra - 2 * padding + columnGap) / (boxWidth + columnGap);
  return Math.min(3, Math.max(1, Math.ceil(wanted * 2) / 2));
}

/** Margins of the title and the number of members. */
const titleExtra = 56;

/** Rows of a territory by the levels inside it: calls to other territories do not stretch it. */
function rowsInside(members: readonly number[], { nodes, waiting }: System): RowNode[] {
  const local = new Map(members.map((node, index) => [node, index]));
  const inside = waiting.flatMap(([caller, callee]) => {
    const from = local.get(caller);
    const to = local.get(callee);
    return from === undefined || to === undefined ? [] : [[from, to] as const];
  });
  const level = levels(members.length, inside);
  const last = members.reduce(
    (deepest, node, index) => (nodes[node]!.isSink ? deepest : Math.max(deepest, level[index]!)),
    -1,
  );
  return members.map((node, index) => ({
    node,
    id: nodes[node]!.id,
    level: nodes[node]!.isSink ? last + 1 : level[index]!,
  }));
}

function rememberPositions(
  places: ReadonlyMap<number, Place>,
  territories: readonly Territory[],
  position: Float64Array,
  grid: Grid,
): void {
  const byKey = new Map(territories.map((territory) => [territory.key, territory]));
  const { boxWidth, columnGap } = metricsOf(grid);
  for (const [node, place] of places)
    position[node] = byKey.get(place.territory)!.x / (boxWidth + columnGap) + place.column;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
