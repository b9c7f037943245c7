/**
 * The same cycle written from its smallest element on, direction kept. Elements of a cycle do not repeat, so two lists of
 * nodes are one cycle exactly when they rotate to the same list.
 */
export function rotateToSmallest<T extends string | number>(cycle: readonly T[]): T[] {
  let smallest = 0;
  for (let i = 1; i < cycle.length; i++) if (cycle[i]! < cycle[smallest]!) smallest = i;
  return [...cycle.slice(smallest), ...cycle.slice(0, smallest)];
}
