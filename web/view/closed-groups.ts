import type { AnalyzedService } from '../../analyzer/model/analysis.ts';
import { centreOf, type Box } from '../layout/geometry.ts';
import { arrowRoom, pathOf, type Route } from '../layout/links.ts';
import type { Plan } from '../layout/plan.ts';
import type { Link, Lookup } from './lookup.ts';
import type { SceneLink } from './scene-links.ts';
import type { Overlays, ViewState } from './session.ts';

/** A territory drawn as one: who it is, and what is inside worth opening it for. */
export interface SceneGroup {
  readonly key: string;
  readonly name: string;
  readonly box: Box;
  readonly memberCount: number;
  /** Letters of the circles that pass through it. */
  readonly letters: readonly string[];
  /** Members in the CDE, and one call from it. */
  readonly cdeCount: number;
  readonly connectedCount: number;
  /** Of the critical path: sum of the shares of its members, and the step they begin at. */
  readonly share: number;
  readonly steps: readonly number[];
  /** Its members as cells, by what they are. */
  readonly cells: readonly { readonly box: Box; readonly is: CellKind }[];
}

export type CellKind = 'plain' | 'cycle' | 'cde' | 'critical';

/** From this many services on territories begin closed. */
const closedFrom = 400;

/** Keys of the territories that are closed: those of a large system, but for those that were opened or hold what is selected. */
export function closedFrames(
  plan: Plan,
  lookup: Lookup,
  view: Pick<ViewState, 'toggled'>,
  selected: ReadonlySet<string>,
): ReadonlySet<string> {
  const territories = plan.frames.filter((frame) => frame.kind === 'territory');
  if (territories.length < 2) return new Set();
  const isClosedAtFirst = lookup.services.size >= closedFrom;
  const toggled = new Set(view.toggled);
  return new Set(
    territories
      .filter(({ key, members }) => isClosedAtFirst !== toggled.has(key) && !members.some((id) => selected.has(id)))
      .map(({ key }) => key),
  );
}

export function groupId(key: string): string {
  return `group:${key}`;
}

export function sceneGroups(plan: Plan, lookup: Lookup, overlays: Overlays, closed: ReadonlySet<string>): SceneGroup[] {
  return plan.frames
    .filter(({ key }) => closed.has(key))
    .map(({ key, name, box, members }) => {
      const services = members.flatMap((id) => lookup.services.get(id) ?? []);
      const countOf = (pci: string): number => services.filter((service) => service.pci.class === pci).length;
      return {
        key,
        name,
        box,
        memberCount: services.length,
        letters: overlays.cycles ? [...new Set(services.flatMap(({ id }) => lookup.letters.get(id) ?? []))].sort() : [],
        cdeCount: overlays.scope ? countOf('cde') : 0,
        connectedCount: overlays.scope ? countOf('connected-to') : 0,
        share: overlays.path ? services.reduce((sum, { criticalPath }) => sum + (criticalPath.share ?? 0), 0) : 0,
        steps: overlays.path ? services.flatMap(({ id }) => lookup.steps.get(id) ?? []).sort((a, b) => a - b) : [],
        cells: services.map((service) => ({
          box: plan.boxes.get(service.id)!,
          is: cellKind(service, lookup, overlays),
        })),
      };
    })
    .filter(({ memberCount }) => memberCount > 0);
}

function cellKind(service: AnalyzedService, lookup: Lookup, overlays: Overlays): CellKind {
  if (overlays.path && (service.criticalPath.share ?? 0) >= 0.005) return 'critical';
  if (overlays.scope && service.pci.class === 'cde') return 'cde';
  return overlays.cycles && lookup.inCircle.has(service.id) ? 'cycle' : 'plain';
}

/** Most bundles drawn: the strongest, and those that close a circle or carry the critical path. */
const mostBundles = 90;

/** Links from and to closed groups, one line for all between the same two. */
export function bundles(
  links: readonly Link[],
  lookup: Lookup,
  overlays: Overlays,
  endOf: (id: string) => string,
  boxes: ReadonlyMap<string, Box>,
): SceneLink[] {
  const byEnds = new Map<string, Link[]>();
  for (const link of links) {
    const [from, to] = [endOf(link.caller), endOf(link.callee)];
    if (from === to || (from === link.caller && to === link.callee)) continue;
    const key = `${from}\n${to}`;
    const known = byEnds.get(key);
    if (known === undefined) byEnds.set(key, [link]);
    else known.push(link);
  }
  const ranked = [...byEnds]
    .map(([key, inside]) => ({
      key,
      inside,
      isStep: overlays.path && inside.some((link) => lookup.stepLinks.has(link.key)),
      isCycle: overlays.cycles && inside.some((link) => lookup.cuts.has(link.key)),
    }))
    .sort(
      (a, b) =>
        Number(b.isStep) - Number(a.isStep) ||
        Number(b.isCycle) - Number(a.isCycle) ||
        b.inside.length - a.inside.length ||
        (a.key < b.key ? -1 : 1),
    )
    .slice(0, mostBundles);
  return ranked.flatMap(({ key, inside, isStep, isCycle }): SceneLink[] => {
    const [caller, callee] = key.split('\n') as [string, string];
    const [from, to] = [boxes.get(caller), boxes.get(callee)];
    if (from === undefined || to === undefined) return [];
    const route = bundleRoute(from, to);
    return [
      {
        key,
        caller,
        callee,
        linkCount: inside.length,
        mode: inside.every((link) => link.mode === 'async') ? 'async' : 'sync',
        route,
        path: pathOf(route),
        criticalShare: Math.max(...inside.map((link) => link.criticalShare)),
        isStep,
        isCycle,
        cutAt: undefined,
        crossing: undefined,
      },
    ];
  });
}

/** One bow from edge to edge; there and back stand apart. */
function bundleRoute(from: Box, to: Box): Route {
  const [a, b] = [centreOf(from), centreOf(to)];
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const isVertical = Math.abs(dy) * (from.width + to.width) > Math.abs(dx) * (from.height + to.height);
  const aside = 0.08;
  if (isVertical) {
    const sign = Math.sign(dy) || 1;
    const start = {
      x: a.x + sign * from.width * aside + clamp(dx * 0.2, from.width * 0.25),
      y: a.y + (sign * from.height) / 2,
    };
    const tip = {
      x: b.x + sign * to.width * aside - clamp(dx * 0.2, to.width * 0.25),
      y: b.y - (sign * to.height) / 2,
    };
    const end = { x: tip.x, y: tip.y - sign * arrowRoom };
    const bend = (end.y - start.y) * 0.5;
    return {
      start,
      tip,
      curves: [{ control1: { x: start.x, y: start.y + bend }, control2: { x: end.x, y: end.y - bend }, end }],
    };
  }
  const sign = Math.sign(dx) || 1;
  const start = {
    x: a.x + (sign * from.width) / 2,
    y: a.y + sign * from.height * aside + clamp(dy * 0.2, from.height * 0.25),
  };
  const tip = { x: b.x - (sign * to.width) / 2, y: b.y + sign * to.height * aside - clamp(dy * 0.2, to.height * 0.25) };
  const end = { x: tip.x - sign * arrowRoom, y: tip.y };
  const bend = (end.x - start.x) * 0.5;
  return {
    start,
    tip,
    curves: [{ control1: { x: start.x + bend, y: start.y }, control2: { x: end.x - bend, y: end.y }, end }],
  };
}

function clamp(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value));
}
