/**
 * The candidate someone probably meant, for "did you mean": the one with the fewest edits (insert, delete, replace, swap
 * of neighbours), at most a third of the name's length; ties go to the first in alphabetical order. Case does not count.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.slice(0, MAX_LENGTH).toLowerCase();
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of [...candidates].sort()) {
    const edits = editCount(wanted, candidate.slice(0, MAX_LENGTH).toLowerCase());
    if (edits >= fewest) continue;
    best = candidate;
    fewest = edits;
  }
  return best;
}

/** The work grows with the product of both lengths, and nobody mistypes more than this. */
const MAX_LENGTH = 64;

/** Optimal string alignment distance (Damerau 1964, no substring edited twice), row by row. */
function editCount(some: string, other: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= some.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = some[row - 1] === other[column - 1];
      let edits = Math.min(previous[column]! + 1, current[column - 1]! + 1, previous[column - 1]! + (isSame ? 0 : 1));
      const isSwap =
        row > 1 && column > 1 && some[row - 1] === other[column - 2] && some[row - 2] === other[column - 1];
      if (isSwap) edits = Math.min(edits, beforePrevious[column - 2]! + 1);
      current.push(edits);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[other.length]!;
}
