/** What the choice of links needs to know of one. */
export interface LinkClaim {
  readonly key: string;
  readonly isSelected: boolean;
  readonly isCritical: boolean;
  readonly closesCycle: boolean;
  readonly crossesFence: boolean;
  readonly callCount: number;
}

export interface LinkChoice {
  /** Keys of the links to draw, most telling first. */
  readonly drawn: readonly string[];
  readonly total: number;
}

/**
 * Which links are drawn when not all can be: selected ones, the critical path, circles, fence crossings, then the
 * strongest by calls. Beyond a few hundred lines a map says nothing, and what is left out is counted, never silent.
 * `plainLimit` keeps the ordinary ones down further where the telling ones need the room.
 */
export function chooseLinks(claims: readonly LinkClaim[], budget: number, plainLimit = budget): LinkChoice {
  const ranked = [...claims].sort(
    (a, b) => rank(a) - rank(b) || b.callCount - a.callCount || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  );
  const drawn: string[] = [];
  let plainCount = 0;
  for (const claim of ranked) {
    if (drawn.length >= budget) break;
    if (rank(claim) === plain && plainCount++ >= plainLimit) break;
    drawn.push(claim.key);
  }
  return { drawn, total: claims.length };
}

const plain = 4;

function rank(claim: LinkClaim): number {
  return claim.isSelected ? 0 : claim.isCritical ? 1 : claim.closesCycle ? 2 : claim.crossesFence ? 3 : plain;
}
