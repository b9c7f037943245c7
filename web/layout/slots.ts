/**
 * Columns for a row: for each wish, in order, one place of its own in half steps within `from` and `to`, at least one
 * apart from the others and from what is taken, as near to the wishes as first come, first served allows. Equal numbers
 * of wishes and places, both ascending, so that rows do not cross themselves. Grows beyond `to` where there is no room.
 */
export function nearestSlots(
  wishes: readonly number[],
  from: number,
  to: number,
  taken: readonly number[] = [],
): number[] {
  const used = [...taken];
  const slots: number[] = [];
  // From the middle outwards: the ends have the free ground beside them.
  const middle = (from + to) / 2;
  const order = wishes.map((wish, place) => ({ wish, place }));
  order.sort((a, b) => Math.abs(a.wish - middle) - Math.abs(b.wish - middle) || a.place - b.place);
  for (const { wish } of order) {
    const slot = nearestFree(Math.min(to, Math.max(from, wish)), from, to, used);
    used.push(slot);
    slots.push(slot);
  }
  return slots.sort((a, b) => a - b);
}

function nearestFree(wish: number, from: number, to: number, used: readonly number[]): number {
  const start = Math.round(wish * 2) / 2;
  const isFree = (slot: number): boolean => !used.some((other) => Math.abs(other - slot) < 1);
  for (let turn = 0; turn <= 4 * (to - from + 1); turn++) {
    const slot = start + ((turn % 2 === 1 ? 1 : -1) * Math.ceil(turn / 2)) / 2;
    if (slot >= from && slot <= to && isFree(slot)) return slot;
  }
  let beyond = Math.ceil(to * 2) / 2;
  while (!isFree(beyond)) beyond += 0.5;
  return beyond;
}
