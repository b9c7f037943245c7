import { compressEdges, labelComponents } from 'graphology-cycles';
import { levels } from './levels.ts';

export interface MatrixLink {
  readonly caller: string;
  readonly callee: string;
  /** The proposed cut of a circle: inside its block it may stand below the diagonal. */
  readonly isBackward: boolean;
}

/** The dependency structure matrix: row calls column. */
export interface MatrixOrder {
  readonly ids: readonly string[];
  /** Circles as squares on the diagonal: first and last place, both in it. */
  readonly blocks: readonly { readonly first: number; readonly last: number }[];
}

/**
 * Callers before callees, the members of a circle side by side: every call stands above the diagonal but for those that
 * close a circle, and these lie inside its block. With `previous` whoever is known keeps the order, and newcomers stand
 * where they would among the known; a block that is torn by it is drawn in its parts.
 */
export function matrixOrder(
  ids: readonly string[],
  links: readonly MatrixLink[],
  previous: readonly string[] = [],
): MatrixOrder {
  const sorted = [...ids].sort();
  const placeOf = new Map(sorted.map((id, place) => [id, place]));
  const pairsOf = (isWanted: (link: MatrixLink) => boolean): (readonly [number, number])[] =>
    links
      .filter(isWanted)
      .flatMap(({ caller, callee }) => {
        const [from, to] = [placeOf.get(caller), placeOf.get(callee)];
        return from === undefined || to === undefined || from === to ? [] : [[from, to] as const];
      })
      .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const pairs = pairsOf(() => true);
  const level = levels(sorted.length, pairs);
  const levelInside = levels(
    sorted.length,
    pairsOf(({ isBackward }) => !isBackward),
  );
  const { componentOfNode } = labelComponents(
    compressEdges(
      pairs.map(([from]) => from),
      pairs.map(([, to]) => to),
      sorted.length,
    ),
  );
  // A component has the place of its first member among those of its level.
  const firstOf = new Map<number, number>();
  componentOfNode.forEach((component, place) => {
    if (!firstOf.has(component)) firstOf.set(component, place);
  });
  const groupOf = (place: number): number => firstOf.get(componentOfNode[place]!)!;
  const fresh = sorted
    .map((_, place) => place)
    .sort((a, b) => level[a]! - level[b]! || groupOf(a) - groupOf(b) || levelInside[a]! - levelInside[b]! || a - b);
  const order = merged(
    fresh.map((place) => sorted[place]!),
    previous.filter((id) => placeOf.has(id)),
  );
  const blocks: { first: number; last: number }[] = [];
  for (let first = 0; first < order.length;) {
    const component = componentOfNode[placeOf.get(order[first]!)!]!;
    let last = first;
    while (last + 1 < order.length && componentOfNode[placeOf.get(order[last + 1]!)!] === component) last++;
    if (last > first) blocks.push({ first, last });
    first = last + 1;
  }
  return { ids: order, blocks };
}

/** The known in their old order; each newcomer right behind the one it follows in the fresh order. */
function merged(fresh: readonly string[], known: readonly string[]): readonly string[] {
  if (known.length === 0) return fresh;
  const isKnown = new Set(known);
  const behind = new Map<string, string[]>();
  let anchor = '';
  for (const id of fresh) {
    if (isKnown.has(id)) anchor = id;
    else behind.set(anchor, [...(behind.get(anchor) ?? []), id]);
  }
  return [...(behind.get('') ?? []), ...known.flatMap((id) => [id, ...(behind.get(id) ?? [])])];
}
