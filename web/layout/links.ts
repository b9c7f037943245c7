import type { Box, Point } from './geometry.ts';
import { centreOf } from './geometry.ts';

export interface LinkEnds {
  readonly key: string;
  readonly caller: string;
  readonly callee: string;
  /** Links of one bundle that end at the same side of a box share the last part of their way. */
  readonly bundle?: string;
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

export interface RoutingOptions {
  /** Kept from the boxes a link passes. */
  readonly clearance?: number;
  /** Ground to go around where it lies between rows of boxes: titles. */
  readonly obstacles?: readonly Box[];
}

interface Row {
  readonly top: number;
  readonly bottom: number;
  /** Sorted by x, without overlap. */
  readonly boxes: readonly Box[];
}

/**
 * Routes links around the boxes: a link that passes rows of boxes takes the gaps that cost it the least way aside, and
 * the links in one gap keep their distance. Calls go down from bottom to top; a link that points up leaves at the top.
 * Links to unknown boxes and to the caller itself get no route.
 */
export function routeLinks(
  boxes: ReadonlyMap<string, Box>,
  links: readonly LinkEnds[],
  { clearance = 6, obstacles = [] }: RoutingOptions = {},
): Map<string, Route> {
  const rows = rowsOf([...boxes.values()], obstacles);
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

function rowsOf(boxes: readonly Box[], obstacles: readonly Box[]): Row[] {
  const byTop = new Map<number, Box[]>();
  // An obstacle beside a row of boxes would make two rows of one place; there the boxes decide.
  const clear = obstacles.filter(({ y, height }) => !boxes.some((box) => box.y < y + height && y < box.y + box.height));
  for (const box of [...boxes, ...clear]) {
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
  const bySide = new Map<string, Map<string, { ends: string[]; others: Point[]; key: string }>>();
  const collect = (id: string, side: Side, end: string, otherId: string, key: string, bundle: string): void => {
    const name = `${side} ${id}`;
    const bundles = bySide.get(name) ?? new Map<string, { ends: string[]; others: Point[]; key: string }>();
    bySide.set(name, bundles);
    const known = bundles.get(bundle);
    const other = centreOf(boxes.get(otherId)!);
    if (known === undefined) bundles.set(bundle, { ends: [end], others: [other], key });
    else {
      known.ends.push(end);
      known.others.push(other);
    }
  };
  for (const leg of legs) {
    collect(leg.caller, leg.callerSide, `from ${leg.key}`, leg.callee, leg.key, `from ${leg.key}`);
    collect(leg.callee, leg.calleeSide, `to ${leg.key}`, leg.caller, leg.key, laneOf(leg));
  }
  const ports = new Map<string, Point>();
  for (const [name, bundles] of bySide) {
    const side = name.slice(0, name.indexOf(' ')) as Side;
    const box = boxes.get(name.slice(name.indexOf(' ') + 1))!;
    const isVertical = side === 'top' || side === 'bottom';
    const ends = [...bundles.values()]
      .map((bundle) => ({
        ...bundle,
        pull: average(bundle.others.map((other) => (isVertical ? other.x : other.y))),
      }))
      .sort((a, b) => a.pull - b.pull || (a.key < b.key ? -1 : 1));
    const room = isVertical ? box.width - 36 : box.height - 14;
    const step = Math.min(isVertical ? 18 : 12, room / Math.max(1, ends.length - 1));
    const centre = centreOf(box);
    ends.forEach((bundle, place) => {
      const offset = (place - (ends.length - 1) / 2) * step;
      const port = isVertical
        ? { x: centre.x + offset, y: side === 'top' ? box.y : box.y + box.height }
        : { x: side === 'left' ? box.x : box.x + box.width, y: centre.y + offset };
      for (const end of bundle.ends) ports.set(end, port);
    });
  }
  return ports;
}

/** What shares a port and its lanes: links of one bundle with the same end, else each link for itself. */
function laneOf(leg: Leg): string {
  return leg.bundle === undefined ? leg.key : `${leg.callee} ${leg.calleeSide} ${leg.bundle}`;
}

/** One crossing of a row by one link. */
interface Pass {
  readonly row: Row;
  readonly gap: number;
  readonly lane: string;
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
  const lane = laneOf(leg);
  // The cheapest way through all rows, row by row (Bellman); ties go to the first, which is the nearest to the straight line.
  let ways: Way[] = [{ x: from.x, cost: 0, pass: undefined, before: undefined }];
  for (const row of between) {
    const share = ((isDown ? row.top : row.bottom) - from.y) / (to.y - from.y);
    const straight = from.x + (to.x - from.x) * share;
    ways = gapsNear(row, straight, clearance).flatMap((gap) =>
      wishesIn(gap, [straight, from.x, to.x]).map((x) => {
        const pass = { row, lane, ...gap, x };
        return cheapest(ways, x, pass);
      }),
    );
  }
  const passes: Pass[] = [];
  for (let way: Way | undefined = cheapest(ways, to.x, undefined).before; way !== undefined; way = way.before)
    if (way.pass !== undefined) passes.push(way.pass);
  return passes.reverse();
}

interface Gap {
  readonly gap: number;
  readonly left: number;
  readonly right: number;
}

/** A way up to some row, by its last step. */
interface Way {
  readonly x: number;
  readonly cost: number;
  readonly pass: Pass | undefined;
  readonly before: Way | undefined;
}

function cheapest(ways: readonly Way[], x: number, pass: Pass | undefined): Way {
  let best: Way | undefined;
  for (const before of ways) {
    const cost = before.cost + stepCost(Math.abs(x - before.x));
    if (best === undefined || cost < best.cost) best = { x, cost, pass, before };
  }
  return best!;
}

/** Every bend costs, and one long way aside more than two short ones: it would run along between the rows. */
function stepCost(aside: number): number {
  return aside < 1 ? 0 : 12 + aside * (1 + aside / 400);
}

const mostGaps = 6;

function gapsNear({ boxes }: Row, wish: number, clearance: number): Gap[] {
  const gaps: (Gap & { readonly distance: number })[] = [];
  for (let gap = 0; gap <= boxes.length; gap++) {
    const before = boxes[gap - 1];
    const after = boxes[gap];
    const left = before === undefined ? -Infinity : before.x + before.width + clearance;
    const right = after === undefined ? Infinity : after.x - clearance;
    if (left <= right) gaps.push({ gap, left, right, distance: Math.max(0, left - wish, wish - right) });
  }
  return gaps.sort((a, b) => a.distance - b.distance || a.gap - b.gap).slice(0, mostGaps);
}

function wishesIn({ left, right }: Gap, wishes: readonly number[]): number[] {
  return [...new Set(wishes.map((wish) => Math.min(right, Math.max(left, wish))))];
}

const laneWidth = 7;

/** Spreads the links that share a gap; where it is too narrow for that, they share it evenly. */
function keepDistance(passes: readonly Pass[]): void {
  const byGap = new Map<string, Map<string, Pass[]>>();
  for (const pass of passes) {
    const name = `${pass.row.top} ${pass.gap}`;
    const lanes = byGap.get(name) ?? new Map<string, Pass[]>();
    byGap.set(name, lanes);
    lanes.set(pass.lane, [...(lanes.get(pass.lane) ?? []), pass]);
  }
  for (const lanes of byGap.values()) {
    const sharing = [...lanes.values()]
      .map((inLane) => ({ inLane, x: average(inLane.map((pass) => pass.x)) }))
      .sort((a, b) => a.x - b.x);
    const { left, right } = sharing[0]!.inLane[0]!;
    const width = sharing.length < 2 ? laneWidth : Math.min(laneWidth, (right - left) / (sharing.length - 1));
    const least = sharing.map(({ x }) => x);
    for (let place = 1; place < sharing.length; place++)
      least[place] = Math.max(least[place]!, least[place - 1]! + width);
    // Push back from the right edge, then from the middle of what was pushed too far.
    const shift = average(sharing.map(({ x }, place) => x - least[place]!));
    let limit = right;
    for (let place = sharing.length - 1; place >= 0; place--) {
      const x = Math.min(limit, Math.max(left + place * width, least[place]! + shift));
      for (const pass of sharing[place]!.inLane) pass.x = x;
      limit = x - width;
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
