import type { Arrangement, Density, Place, Territory, TerritoryLink, TerritoryNode } from './arrangement.ts';
import { metricsOf } from './arrangement.ts';
import { arrangeRows, type RowNode } from './rows.ts';
import { levels } from './levels.ts';
import { packShelves } from './shelves.ts';
import { settle } from './settle.ts';

/** The largest system that gets the roomy density. */
const roomyLimit = 48;

/**
 * The whole system as nested levels: territories by name, and in each its services in rows by level of the calls.
 * With `previous` every known service keeps its place to the pixel, and new ones take free places; without it the map
 * is arranged anew. The same nodes and links in any order give the same arrangement.
 */
export function territory(
  nodes: readonly TerritoryNode[],
  links: readonly TerritoryLink[],
  previous?: Arrangement,
  /** Wanted width over height. */
  aspect = 1.5,
): Arrangement {
  const sorted = [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1));
  const indexOf = new Map(sorted.map((node, index) => [node.id, index]));
  const pairs = links
    .map((link) => ({
      caller: indexOf.get(link.caller),
      callee: indexOf.get(link.callee),
      isBackward: link.isBackward,
    }))
    .filter((link) => link.caller !== undefined && link.callee !== undefined && link.caller !== link.callee)
    .map((link) => ({ caller: link.caller!, callee: link.callee!, isBackward: link.isBackward }))
    .sort((a, b) => a.caller - b.caller || a.callee - b.callee || Number(a.isBackward) - Number(b.isBackward));
  const forward = pairs.filter((link) => !link.isBackward).map((link) => [link.caller, link.callee] as const);
  const level = levels(sorted.length, forward);
  const neighbours: number[][] = sorted.map(() => []);
  for (const { caller, callee } of pairs) {
    neighbours[caller]!.push(callee);
    neighbours[callee]!.push(caller);
  }
  if (previous !== undefined && previous.places.size > 0) return settle(previous, sorted, level, neighbours);
  return arrangeAnew(sorted, forward, level, neighbours, aspect);
}

function arrangeAnew(
  nodes: readonly TerritoryNode[],
  forward: readonly (readonly [number, number])[],
  level: Int32Array,
  neighbours: readonly (readonly number[])[],
  aspect: number,
): Arrangement {
  const density: Density = nodes.length <= roomyLimit ? 'roomy' : 'compact';
  const members = new Map<string, number[]>();
  nodes.forEach((node, index) => {
    const group = members.get(node.group);
    if (group === undefined) members.set(node.group, [index]);
    else group.push(index);
  });
  const names = [...members.keys()].sort();
  const rowsOf = new Map(names.map((name) => [name, rowsInside(members.get(name)!, nodes, forward)]));
  // Two rounds: first each territory by itself, then again knowing where its neighbours in other territories stand.
  const position = new Float64Array(nodes.length).fill(NaN);
  let territories: Territory[] = [];
  let places = new Map<number, Place>();
  for (let round = 0; round < 2; round++) {
    const inner = names.map((name) => {
      const at = territories.find((territory) => territory.key === name);
      return { name, ...arrangeRows(rowsOf.get(name)!, neighbours, position, at, density) };
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
        density,
        aspect,
      );
    rememberPositions(places, territories, position, density);
  }
  return {
    density,
    territories,
    places: new Map(nodes.map((node, index) => [node.id, places.get(index)!])),
  };
}

/** Rows of a territory by the levels inside it: calls to other territories do not stretch it. */
function rowsInside(
  members: readonly number[],
  nodes: readonly TerritoryNode[],
  forward: readonly (readonly [number, number])[],
): RowNode[] {
  const local = new Map(members.map((node, index) => [node, index]));
  const inside = forward.flatMap(([caller, callee]) => {
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
  density: Density,
): void {
  const byKey = new Map(territories.map((territory) => [territory.key, territory]));
  const { boxWidth, columnGap } = metricsOf(density);
  for (const [node, place] of places)
    position[node] = byKey.get(place.territory)!.x / (boxWidth + columnGap) + place.column;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
