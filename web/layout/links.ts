import type { Box, Point } from './geometry.ts';
import { centreOf } from './geometry.ts';

export interface LinkEnds {
  readonly key: string;
  readonly caller: string;
  readonly callee: string;
}

export interface Curve {
  readonly control1: Point;
  readonly control2: Point;
  readonly end: Point;
}

/** The way of one link: cubic curves from the caller's edge to just before the callee's, then the arrow to its tip. */
export interface Route {
  readonly start: Point;
  readonly curves: readonly Curve[];
  /** Where the arrow touches the callee. The last curve ends `arrowRoom` before it. */
  readonly tip: Point;
}

export const arrowRoom = 7;

type Side = 'top' | 'bottom' | 'left' | 'right';

interface Leg extends LinkEnds {
  readonly callerSide: Side;
  readonly calleeSide: Side;
}

interface Row {
  readonly top: number;
  readonly bottom: number;
  /** Sorted by x, without overlap. */
  readonly boxes: readonly Box[];
}

/**
 * Routes links around the boxes: a link that passes a row of boxes goes through the gap nearest to its straight line,
 * and the links in one gap keep their distance. Calls go down from bottom to top; a link that points up leaves at the top.
 * They keep `clearance` from the boxes they pass. Links to unknown boxes and to the caller itself get no route.
 */
export function routeLinks(
  boxes: ReadonlyMap<string, Box>,
  links: readonly LinkEnds[],
  clearance = 6,
): Map<string, Route> {
  const rows = rowsOf(boxes.values());
  const legs = [...links]
    .filter((link) => link.caller !== link.callee && boxes.has(link.caller) && boxes.has(link.callee))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map((link) => ({ ...link, ...sidesOf(boxes.get(link.caller)!, boxes.get(link.callee)!, rows) }));
  const ports = portsOf(boxes, legs);
  const passes = new Map(legs.map((leg) => [leg.key, passesOf(leg, ports, rows, clearance)]));
  keepDistance([...passes.values()].flat());
  return new Map(legs.map((leg) => [leg.key, routeOf(leg, ports, passes.get(leg.key)!, rows)]));
}

/** Path data for SVG and for Path2D. */
export function pathOf(route: Route): string {
  let path = `M${short(route.start.x)} ${short(route.start.y)}`;
  for (const { control1, control2, end } of route.curves)
    path += `C${short(control1.x)} ${short(control1.y)} ${short(control2.x)} ${short(control2.y)} ${short(end.x)} ${short(end.y)}`;
  return path;
}

/** The point after `share` of the route's length, measured along its chords. */
export function pointAlong(route: Route, share: number): Point {
  const points = samplesOf(route, 8);
  let length = 0;
  for (let index = 1; index < points.length; index++) length += distance(points[index - 1]!, points[index]!);
  let rest = length * share;
  for (let index = 1; index < points.length; index++) {
    const step = distance(points[index - 1]!, points[index]!);
    if (step >= rest && step > 0) {
      const part = rest / step;
      const [a, b] = [points[index - 1]!, points[index]!];
      return { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part };
    }
    rest -= step;
  }
  return route.tip;
}

/** Points on the route, `perCurve` on each of its curves, for hit tests and lengths. */
export function samplesOf(route: Route, perCurve: number): Point[] {
  const points = [route.start];
  let from = route.start;
  for (const { control1, control2, end } of route.curves) {
    for (let step = 1; step <= perCurve; step++) {
      const t = step / perCurve;
      const u = 1 - t;
      points.push({
        x: u * u * u * from.x + 3 * u * u * t * control1.x + 3 * u * t * t * control2.x + t * t * t * end.x,
        y: u * u * u * from.y + 3 * u * u * t * control1.y + 3 * u * t * t * control2.y + t * t * t * end.y,
      });
    }
    from = end;
  }
  return points;
}

function rowsOf(boxes: Iterable<Box>): Row[] {
  const byTop = new Map<number, Box[]>();
  for (const box of boxes) {
    const row = byTop.get(box.y);
    if (row === undefined) byTop.set(box.y, [box]);
    else row.push(box);
  }
  return [...byTop]
    .sort(([a], [b]) => a - b)
    .map(([top, inRow]) => ({
      top,
      bottom: top + Math.max(...inRow.map((box) => box.height)),
      boxes: inRow.sort((a, b) => a.x - b.x),
    }));
}

function sidesOf(caller: Box, callee: Box, rows: readonly Row[]): { callerSide: Side; calleeSide: Side } {
  if (callee.y > caller.y) return { callerSide: 'bottom', calleeSide: 'top' };
  if (callee.y < caller.y) return { callerSide: 'top', calleeSide: 'bottom' };
  const row = rows.find((candidate) => candidate.top === caller.y)!;
  const [left, right] = caller.x < callee.x ? [caller, callee] : [callee, caller];
  const areNeighbours = !row.boxes.some((box) => box.x > left.x && box.x < right.x);
  const isRightward = caller.x < callee.x;
  if (areNeighbours)
    return isRightward ? { callerSide: 'right', calleeSide: 'left' } : { callerSide: 'left', calleeSide: 'right' };
  // Over the boxes in between: below them to the right, above them to the left, so that a pair does not share its way.
  const side = isRightward ? 'bottom' : 'top';
  return { callerSide: side, calleeSide: side };
}

/** Ends on one side of a box stand apart, in the order of what they lead to. */
function portsOf(boxes: ReadonlyMap<string, Box>, legs: readonly Leg[]): Map<string, Point> {
  const bySide = new Map<string, { end: string; other: Point; key: string }[]>();
  const collect = (id: string, side: Side, end: string, otherId: string, key: string): void => {
    const name = `${side} ${id}`;
    const ends = bySide.get(name) ?? [];
    bySide.set(name, ends);
    ends.push({ end, other: centreOf(boxes.get(otherId)!), key });
  };
  for (const leg of legs) {
    collect(leg.caller, leg.callerSide, `from ${leg.key}`, leg.callee, leg.key);
    collect(leg.callee, leg.calleeSide, `to ${leg.key}`, leg.caller, leg.key);
  }
  const ports = new Map<string, Point>();
  for (const [name, ends] of bySide) {
    const side = name.slice(0, name.indexOf(' ')) as Side;
    const box = boxes.get(name.slice(name.indexOf(' ') + 1))!;
    const isVertical = side === 'top' || side === 'bottom';
    ends.sort((a, b) => (isVertical ? a.other.x - b.other.x : a.other.y - b.other.y) || (a.key < b.key ? -1 : 1));
    const room = isVertical ? box.width - 36 : box.height - 14;
    const step = Math.min(isVertical ? 18 : 12, room / Math.max(1, ends.length - 1));
    ends.forEach(({ end }, place) => {
      const offset = (place - (ends.length - 1) / 2) * step;
      const centre = centreOf(box);
      ports.set(
        end,
        isVertical
          ? { x: centre.x + offset, y: side === 'top' ? box.y : box.y + box.height }
          : { x: side === 'left' ? box.x : box.x + box.width, y: centre.y + offset },
      );
    });
  }
  return ports;
}

/** One crossing of a row by one link. */
interface Pass {
  readonly row: Row;
  readonly gap: number;
  readonly left: number;
  readonly right: number;
  x: number;
}

function passesOf(leg: Leg, ports: ReadonlyMap<string, Point>, rows: readonly Row[], clearance: number): Pass[] {
  const from = ports.get(`from ${leg.key}`)!;
  const to = ports.get(`to ${leg.key}`)!;
  if (leg.callerSide === leg.calleeSide || leg.callerSide === 'left' || leg.callerSide === 'right') return [];
  const isDown = leg.callerSide === 'bottom';
  const [upper, lower] = isDown ? [from.y, to.y] : [to.y, from.y];
  const between = rows.filter((row) => row.top > upper && row.bottom < lower);
  if (!isDown) between.reverse();
  const passes: Pass[] = [];
  let at = from;
  for (const row of between) {
    const entry = isDown ? row.top : row.bottom;
    const straight = at.x + ((to.x - at.x) * (entry - at.y)) / (to.y - at.y);
    const pass = nearestGap(row, straight, clearance);
    passes.push(pass);
    at = { x: pass.x, y: isDown ? row.bottom : row.top };
  }
  return passes;
}

function nearestGap(row: Row, wish: number, clearance: number): Pass {
  let best: Pass | undefined;
  for (let gap = 0; gap <= row.boxes.length; gap++) {
    const before = row.boxes[gap - 1];
    const after = row.boxes[gap];
    const left = before === undefined ? -Infinity : before.x + before.width + clearance;
    const right = after === undefined ? Infinity : after.x - clearance;
    if (left > right) continue;
    const x = Math.min(right, Math.max(left, wish));
    if (best === undefined || Math.abs(x - wish) < Math.abs(best.x - wish)) best = { row, gap, left, right, x };
  }
  return best!;
}

const laneWidth = 7;

/** Spreads the links that share a gap; where it is too narrow for that, they share it evenly. */
function keepDistance(passes: readonly Pass[]): void {
  const byGap = new Map<string, Pass[]>();
  for (const pass of passes) {
    const name = `${pass.row.top} ${pass.gap}`;
    const sharing = byGap.get(name);
    if (sharing === undefined) byGap.set(name, [pass]);
    else sharing.push(pass);
  }
  for (const sharing of byGap.values()) {
    if (sharing.length < 2) continue;
    sharing.sort((a, b) => a.x - b.x);
    const { left, right } = sharing[0]!;
    const lane = Math.min(laneWidth, (right - left) / (sharing.length - 1));
    const least = sharing.map((pass) => pass.x);
    for (let place = 1; place < sharing.length; place++)
      least[place] = Math.max(least[place]!, least[place - 1]! + lane);
    // Push back from the right edge, then from the middle of what was pushed too far.
    const shift = average(sharing.map((pass, place) => pass.x - least[place]!));
    let limit = right;
    for (let place = sharing.length - 1; place >= 0; place--) {
      sharing[place]!.x = Math.min(limit, Math.max(left + place * lane, least[place]! + shift));
      limit = sharing[place]!.x - lane;
    }
  }
}

function routeOf(leg: Leg, ports: ReadonlyMap<string, Point>, passes: readonly Pass[], rows: readonly Row[]): Route {
  const start = ports.get(`from ${leg.key}`)!;
  const tip = ports.get(`to ${leg.key}`)!;
  if (leg.callerSide === 'left' || leg.callerSide === 'right') {
    const end = { x: tip.x + (leg.callerSide === 'right' ? -arrowRoom : arrowRoom), y: tip.y };
    const middle = (start.x + end.x) / 2;
    return { start, tip, curves: [{ control1: { x: middle, y: start.y }, control2: { x: middle, y: end.y }, end }] };
  }
  const outward = leg.calleeSide === 'top' ? -1 : 1;
  const end = { x: tip.x, y: tip.y + outward * arrowRoom };
  if (leg.callerSide === leg.calleeSide) {
    // A cubic with both controls at this height reaches three quarters of it.
    const height =
      outward * Math.min(46, 16 + Math.abs(start.x - end.x) * 0.06, (roomBeside(tip.y, outward, rows) - 4) / 0.75);
    const curve = { control1: { x: start.x, y: start.y + height }, control2: { x: end.x, y: tip.y + height }, end };
    return { start, tip, curves: [curve] };
  }
  const isDown = leg.callerSide === 'bottom';
  const curves: Curve[] = [];
  let at = start;
  const bendTo = (to: Point): void => {
    const middle = (at.y + to.y) / 2;
    curves.push({ control1: { x: at.x, y: middle }, control2: { x: to.x, y: middle }, end: to });
    at = to;
  };
  for (const { row, x } of passes) {
    bendTo({ x, y: isDown ? row.top : row.bottom });
    bendTo({ x, y: isDown ? row.bottom : row.top });
  }
  bendTo(end);
  return { start, tip, curves };
}

/** Free height between the edge of a row and the next one in that direction. */
function roomBeside(edge: number, outward: number, rows: readonly Row[]): number {
  const distances = rows.map((row) => (outward > 0 ? row.top - edge : edge - row.bottom)).filter((room) => room > 0);
  return Math.min(64, ...distances);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function short(value: number): number {
  return Math.round(value * 10) / 10;
}
