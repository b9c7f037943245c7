import type { Grid, Territory } from './arrangement.ts';
import { metricsOf } from './arrangement.ts';

export interface RowNode {
  /** Index into the neighbour lists. */
  readonly node: number;
  readonly id: string;
  readonly level: number;
}

export interface Cell {
  readonly node: number;
  readonly column: number;
  readonly row: number;
}

const sweeps = 8;

/**
 * Rows of one territory: one or more per level, ordered by the mean position of the neighbours (Sugiyama's barycentre),
 * then set as close to that mean as the neighbours in the row allow. A fixed number of sweeps and ties by id: no clock
 * and no chance in it. `position` holds known columns of all nodes of the map (NaN where unknown yet), in columns.
 */
export function arrangeRows(
  members: readonly RowNode[],
  neighbours: readonly (readonly number[])[],
  position: Float64Array,
  at: Territory | undefined,
  grid: Grid,
  /** Of a row, width over height of the whole territory; 2 is about twice as wide as high. */
  shape: number,
  /** What the title needs. */
  leastColumns: number,
): { readonly columns: number; readonly rows: number; readonly cells: readonly Cell[] } {
  const width = widestRow(members.length, grid, shape);
  const rows = splitLevels(members, width);
  const columns = Math.max(leastColumns, ...rows.map((row) => row.length));
  const own = new Set(members.map((member) => member.node));
  const column = new Map<number, number>();
  for (const row of rows) row.forEach((member, place) => column.set(member.node, place + (columns - row.length) / 2));
  const { boxWidth, columnGap } = metricsOf(grid);
  const left = at === undefined ? undefined : at.x / (boxWidth + columnGap);
  // A neighbour in another territory pulls half as strong as one inside.
  const wanted = (node: number): number => {
    let sum = 0;
    let weight = 0;
    for (const other of neighbours[node]!) {
      if (own.has(other)) {
        sum += column.get(other)!;
        weight += 1;
      } else if (left !== undefined && !Number.isNaN(position[other]!)) {
        sum += 0.5 * Math.min(columns, Math.max(-1, position[other]! - left));
        weight += 0.5;
      }
    }
    return weight === 0 ? column.get(node)! : sum / weight;
  };
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const order = sweep % 2 === 0 ? rows : [...rows].reverse();
    for (const row of order) {
      const wish = new Map(row.map((member) => [member.node, wanted(member.node)]));
      row.sort((a, b) => wish.get(a.node)! - wish.get(b.node)! || (a.id < b.id ? -1 : 1));
      const set = nearestColumns(
        row.map((member) => wish.get(member.node)!),
        columns,
      );
      row.forEach((member, place) => column.set(member.node, set[place]!));
    }
  }
  const cells = rows.flatMap((row, index) =>
    row.map((member) => ({ node: member.node, column: column.get(member.node)!, row: index })),
  );
  return { columns, rows: rows.length, cells };
}

function widestRow(memberCount: number, grid: Grid, shape: number): number {
  const { boxWidth, boxHeight, columnGap, rowGap } = metricsOf(grid);
  return Math.max(
    shape > 1 ? 2 : 1,
    Math.ceil(Math.sqrt((memberCount * shape * (boxHeight + rowGap)) / (boxWidth + columnGap))),
  );
}

/** Levels in order, wide ones cut into rows of equal length; sorted by id, so the start does not depend on the input. */
function splitLevels(members: readonly RowNode[], width: number): RowNode[][] {
  const byLevel = new Map<number, RowNode[]>();
  for (const member of [...members].sort((a, b) => a.level - b.level || (a.id < b.id ? -1 : 1))) {
    const level = byLevel.get(member.level);
    if (level === undefined) byLevel.set(member.level, [member]);
    else level.push(member);
  }
  const rows: RowNode[][] = [];
  for (const level of byLevel.values()) {
    const rowCount = Math.ceil(level.length / width);
    const perRow = Math.ceil(level.length / rowCount);
    for (let start = 0; start < level.length; start += perRow) rows.push(level.slice(start, start + perRow));
  }
  return rows;
}

/**
 * Columns in [0, columns - 1], at least one apart, in half steps, as near to the sorted wishes as possible
 * (pool adjacent violators on wish minus place).
 */
function nearestColumns(wishes: readonly number[], columns: number): number[] {
  const pools: { sum: number; size: number }[] = [];
  wishes.forEach((wish, place) => {
    let pool = { sum: wish - place, size: 1 };
    for (
      let before = pools.at(-1);
      before !== undefined && before.sum / before.size >= pool.sum / pool.size;
      before = pools.at(-1)
    ) {
      pools.pop();
      pool = { sum: before.sum + pool.sum, size: before.size + pool.size };
    }
    pools.push(pool);
  });
  const room = Math.max(0, columns - wishes.length);
  const set: number[] = [];
  for (const pool of pools) {
    const offset = Math.min(room, Math.max(0, Math.round((2 * pool.sum) / pool.size) / 2));
    for (let place = 0; place < pool.size; place++) set.push(set.length + offset);
  }
  return set;
}
