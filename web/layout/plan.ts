import type { Density, Metrics } from './arrangement.ts';
import { boundsOf, grown, overlaps, type Box, type Point } from './geometry.ts';

/** Where one arrangement puts what it shows: what every scene is drawn on. Plain data; it outlives a refresh. */
export interface Plan {
  readonly density: Density;
  readonly metrics: Metrics;
  /** By service id. */
  readonly boxes: ReadonlyMap<string, Box>;
  readonly frames: readonly Frame[];
  /** One fence around all of these, however they stand; undefined where each neighbourhood gets its own. */
  readonly fenced: readonly string[] | undefined;
  readonly notes: readonly Note[];
  /** Calls run from left to right instead of downwards. */
  readonly isSideways: boolean;
  /** The only links to draw, as caller and callee; undefined leaves the choice to the budget of the map. */
  readonly links: readonly (readonly [caller: string, callee: string])[] | undefined;
}

/** Titled ground under boxes. */
export interface Frame {
  readonly key: string;
  readonly name: string;
  readonly kind: 'territory' | 'circle' | 'band';
  readonly box: Box;
  /** Those it lies around; empty where its area is fixed. */
  readonly members: readonly string[];
}

/** Words on the ground, such as what was left out. */
export interface Note extends Point {
  readonly words: string;
}

/** The ground around members, `margin` wide, with room for a title above. */
export function frameAround(
  members: readonly string[],
  boxes: ReadonlyMap<string, Box>,
  margin: number,
  titleHeight: number,
): Box | undefined {
  const inner = boundsOf(members.flatMap((id) => boxes.get(id) ?? []));
  if (inner === undefined) return undefined;
  const { x, y, width, height } = grown(inner, margin);
  return { x, y: y - titleHeight, width, height: height + titleHeight };
}

/**
 * The next plan with every known service where it was. Newcomers stand in the row of those the next plan puts beside
 * them, at the nearest free place. Frames follow their members.
 */
export function keepPlaces(previous: Plan | undefined, next: Plan): Plan {
  if (previous === undefined) return next;
  const boxes = new Map<string, Box>();
  for (const id of next.boxes.keys()) {
    const known = previous.boxes.get(id);
    if (known !== undefined) boxes.set(id, known);
  }
  if (boxes.size === 0) return next;
  const shifts = rowShifts(next, boxes);
  const gap = previous.metrics.columnGap;
  for (const [id, box] of next.boxes) {
    if (boxes.has(id)) continue;
    const rowOf = next.isSideways ? box.x : box.y;
    const shift = shifts.get(rowOf) ?? { x: 0, y: 0 };
    boxes.set(id, freePlace({ ...box, x: box.x + shift.x, y: box.y + shift.y }, boxes, gap, next.isSideways));
  }
  const frames = next.frames.map((frame) => {
    if (frame.members.length === 0) return frame;
    const [before, after] = [boundsOfMembers(frame, next.boxes), boundsOfMembers(frame, boxes)];
    if (before === undefined || after === undefined) return frame;
    return {
      ...frame,
      box: {
        x: after.x - (before.x - frame.box.x),
        y: after.y - (before.y - frame.box.y),
        width: after.width + frame.box.width - before.width,
        height: after.height + frame.box.height - before.height,
      },
    };
  });
  return { ...next, density: previous.density, metrics: previous.metrics, boxes, frames };
}

function boundsOfMembers(frame: Frame, boxes: ReadonlyMap<string, Box>): Box | undefined {
  return boundsOf(frame.members.flatMap((id) => boxes.get(id) ?? []));
}

/** By row of the next plan: how far its known members stand from where it would put them. */
function rowShifts(next: Plan, kept: ReadonlyMap<string, Box>): Map<number, Point> {
  const shifts = new Map<number, Point>();
  for (const [id, box] of next.boxes) {
    const known = kept.get(id);
    const row = next.isSideways ? box.x : box.y;
    if (known !== undefined && !shifts.has(row)) shifts.set(row, { x: known.x - box.x, y: known.y - box.y });
  }
  return shifts;
}

/** Steps aside, alternately to both sides, until nothing is in the way. */
function freePlace(wish: Box, taken: ReadonlyMap<string, Box>, gap: number, isSideways: boolean): Box {
  const others = [...taken.values()];
  const step = (isSideways ? wish.height : wish.width) + gap;
  for (let turn = 0; turn <= 2 * others.length + 1; turn++) {
    const aside = (turn % 2 === 1 ? 1 : -1) * Math.ceil(turn / 2) * step;
    const box = isSideways ? { ...wish, y: wish.y + aside } : { ...wish, x: wish.x + aside };
    if (!others.some((other) => overlaps(other, grown(box, gap / 2 - 1)))) return box;
  }
  return wish;
}
