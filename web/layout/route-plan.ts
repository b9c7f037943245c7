import type { Box, Point } from './geometry.ts';
import { routeLinks, type LinkEnds, type Route } from './links.ts';
import type { Plan } from './plan.ts';

/** Routes on a plan; where calls run sideways, it is routed lying on its side. */
export function routePlan(
  plan: Pick<Plan, 'isSideways' | 'metrics'>,
  boxes: ReadonlyMap<string, Box>,
  links: readonly LinkEnds[],
  obstacles: readonly Box[],
): Map<string, Route> {
  const { columnGap, rowGap } = plan.metrics;
  if (!plan.isSideways) return routeLinks(boxes, links, { clearance: columnGap / 3, obstacles });
  const lying = new Map([...boxes].map(([id, box]) => [id, turnedBox(box)]));
  const routes = routeLinks(lying, links, { clearance: rowGap / 3 });
  return new Map([...routes].map(([key, route]) => [key, turnedRoute(route)]));
}

function turned({ x, y }: Point): Point {
  return { x: y, y: x };
}

function turnedBox({ x, y, width, height }: Box): Box {
  return { x: y, y: x, width: height, height: width };
}

function turnedRoute({ start, curves, tip }: Route): Route {
  return {
    start: turned(start),
    tip: turned(tip),
    curves: curves.map(({ control1, control2, end }) => ({
      control1: turned(control1),
      control2: turned(control2),
      end: turned(end),
    })),
  };
}
