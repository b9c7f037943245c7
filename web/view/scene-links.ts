import type { Density } from '../layout/arrangement.ts';
import type { FenceIsland } from '../layout/fence.ts';
import { grown, type Box, type Point } from '../layout/geometry.ts';
import { chooseLinks } from '../layout/link-budget.ts';
import { pathOf, pointAlong, type Route } from '../layout/links.ts';
import type { Plan } from '../layout/plan.ts';
import { routePlan } from '../layout/route-plan.ts';
import { linkKey, linksOf, type Link, type Lookup } from './lookup.ts';
import type { Overlays } from './session.ts';

export interface SceneLink {
  readonly key: string;
  readonly caller: string;
  readonly callee: string;
  readonly mode: Link['mode'];
  /** How many it stands for; more than one between closed groups. */
  readonly linkCount: number;
  readonly route: Route;
  readonly path: string;
  /** Its share of the critical path in [0, 1]; 0 for none. */
  readonly criticalShare: number;
  /** On the numbered way, the heaviest one. */
  readonly isStep: boolean;
  readonly isCycle: boolean;
  /** Where to put the scissors; undefined where nothing is to be cut. */
  readonly cutAt: Point | undefined;
  /** Number of the crossing and where to print it. */
  readonly crossing: { readonly number: number; readonly at: Point } | undefined;
}

const linkBudget = 300;
/** From this many links on the ordinary ones are thinned out. */
const calmLimit = 140;
const plainOfMany = 60;
/** How far a fence stands off its boxes. */
const fenceMargins: Readonly<Record<Density, number>> = { roomy: 13, compact: 8 };

export function fenceMargin(density: Density): number {
  return fenceMargins[density];
}

/** Which links the map draws: all it can, else the most telling ones. */
export function drawnLinks(
  lookup: Lookup,
  plan: Plan | undefined,
  overlays: Overlays,
  selected: ReadonlySet<string>,
): ReadonlySet<string> {
  const only = plan?.links === undefined ? undefined : new Set(plan.links.map(([from, to]) => linkKey(from, to)));
  const all = linksOf(lookup.analysis).filter(
    (link) =>
      (overlays.async || link.mode !== 'async') &&
      (plan === undefined || (plan.boxes.has(link.caller) && plan.boxes.has(link.callee))) &&
      (only === undefined || only.has(link.key) || selected.has(link.caller) || selected.has(link.callee)),
  );
  const isLarge = all.length > calmLimit;
  const choice = chooseLinks(
    all.map((link) => ({
      key: link.key,
      isSelected: selected.has(link.caller) || selected.has(link.callee),
      isCritical: overlays.path && (lookup.stepLinks.has(link.key) || link.criticalShare >= 0.005),
      // On a large map only the link to cut speaks for its circle; the letters show the members.
      closesCycle: overlays.cycles && (isLarge ? lookup.cuts : lookup.cycleLinks).has(link.key),
      crossesFence: overlays.scope && link.crossesCde,
      callCount: link.callCount,
    })),
    linkBudget,
    isLarge ? plainOfMany : linkBudget,
  );
  return new Set(choice.drawn);
}

/** The links worth drawing, routed around the boxes that are shown. */
export function sceneLinks(
  lookup: Lookup,
  shown: ReadonlyMap<string, Box>,
  overlays: Overlays,
  selected: ReadonlySet<string>,
  fences: readonly FenceIsland[],
  titles: readonly Box[],
  plan: Plan,
): { readonly links: SceneLink[]; readonly linkTotal: number } {
  const known = linksOf(lookup.analysis);
  const drawn = drawnLinks(lookup, plan, overlays, selected);
  const chosen = known.filter((link) => drawn.has(link.key));
  const routes = routePlan(
    plan,
    shown,
    chosen.map((link) => ({ ...link, bundle: bundleOf(link, lookup, overlays) })),
    titles,
  );
  const taken: Point[] = [];
  const links = chosen.flatMap((link): SceneLink[] => {
    const route = routes.get(link.key);
    if (route === undefined) return [];
    const number = overlays.scope ? lookup.crossings.get(link.key) : undefined;
    const isCalleeInside = lookup.services.get(link.callee)?.pci.class === 'cde';
    return [
      {
        key: link.key,
        caller: link.caller,
        callee: link.callee,
        mode: link.mode,
        linkCount: 1,
        route,
        path: pathOf(route),
        criticalShare: overlays.path && link.criticalShare >= 0.005 ? link.criticalShare : 0,
        isStep: overlays.path && lookup.stepLinks.has(link.key),
        isCycle: overlays.cycles && lookup.cycleLinks.has(link.key),
        cutAt: overlays.cycles && lookup.cuts.has(link.key) ? pointAlong(route, 0.5) : undefined,
        crossing:
          number === undefined
            ? undefined
            : { number, at: numberPlace(route, isCalleeInside, fences, fenceMargin(plan.density), taken) },
      },
    ];
  });
  return { links, linkTotal: known.length };
}

/** Lines that look alike may run together. */
function bundleOf(link: Link, lookup: Lookup, overlays: Overlays): string {
  if (overlays.cycles && lookup.cycleLinks.has(link.key)) return `cycle ${link.key}`;
  if (overlays.path && lookup.stepLinks.has(link.key)) return 'step';
  if (overlays.scope && link.crossesCde) return `crossing ${link.key}`;
  return link.mode === 'async' ? 'event' : 'call';
}

/** Coming from the end inside: the first point of the link that is clear of every fence and of other numbers. */
function numberPlace(
  route: Route,
  isCalleeInside: boolean,
  fences: readonly FenceIsland[],
  margin: number,
  taken: Point[],
): Point {
  // Further up than to the sides, where the name of the territory stands.
  const rectangles = fences.flatMap((island) =>
    island.rectangles.map((box) => {
      const area = grown(box, margin + 11);
      return { ...area, y: area.y - 22, height: area.height + 22 };
    }),
  );
  for (let step = 1; step < 50; step++) {
    const point = pointAlong(route, isCalleeInside ? 1 - step / 50 : step / 50);
    const isInside = rectangles.some(
      ({ x, y, width, height }) => point.x > x && point.x < x + width && point.y > y && point.y < y + height,
    );
    if (isInside || taken.some((other) => Math.hypot(other.x - point.x, other.y - point.y) < 22)) continue;
    taken.push(point);
    return point;
  }
  return pointAlong(route, 0.5);
}
