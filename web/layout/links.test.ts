import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cloudAnalysis, syntheticAnalysis } from '../../fixtures/analysis.ts';
import { linksOf, lookupOf, territoryInput } from '../view/lookup.ts';
import { boxesOf } from './arrangement.ts';
import type { Box, Point } from './geometry.ts';
import { arrowRoom, pathOf, pointAlong, routeLinks, samplesOf } from './links.ts';
import { territory } from './territory.ts';

function routedMap(analysis: ReturnType<typeof cloudAnalysis>) {
  const lookup = lookupOf(analysis);
  const { nodes, links } = territoryInput(lookup);
  const boxes = boxesOf(territory(nodes, links));
  return { boxes, links: linksOf(analysis), routes: routeLinks(boxes, linksOf(analysis)) };
}

function isInside(box: Box, point: Point): boolean {
  const edge = 1;
  return (
    point.x > box.x + edge &&
    point.x < box.x + box.width - edge &&
    point.y > box.y + edge &&
    point.y < box.y + box.height - edge
  );
}

describe('routeLinks', () => {
  it.each([
    ['the demo cloud', cloudAnalysis()],
    ['300 services', syntheticAnalysis(300)],
  ])('goes around every box of %s', (_, analysis) => {
    const { boxes, links, routes } = routedMap(analysis);
    expect(routes.size).toBe(links.length);
    for (const link of links) {
      const through = samplesOf(routes.get(link.key)!, 6).filter((point) =>
        [...boxes].some(([, box]) => isInside(box, point)),
      );
      expect({ link: link.key, through }).toEqual({ link: link.key, through: [] });
    }
  });

  it('starts on the edge of the caller and ends on the edge of the callee, an arrow before the tip', () => {
    const { boxes, links, routes } = routedMap(cloudAnalysis());
    const isOnEdge = ({ x, y, width, height }: Box, point: Point): boolean =>
      ((point.x === x || point.x === x + width) && point.y >= y && point.y <= y + height) ||
      ((point.y === y || point.y === y + height) && point.x >= x && point.x <= x + width);
    for (const link of links) {
      const route = routes.get(link.key)!;
      expect(isOnEdge(boxes.get(link.caller)!, route.start)).toBe(true);
      expect(isOnEdge(boxes.get(link.callee)!, route.tip)).toBe(true);
      const { end } = route.curves.at(-1)!;
      expect(Math.hypot(end.x - route.tip.x, end.y - route.tip.y)).toBeCloseTo(arrowRoom);
    }
  });

  it('does not depend on the order of the links', () => {
    const { boxes, links, routes } = routedMap(cloudAnalysis());
    fc.assert(
      fc.property(fc.shuffledSubarray(links, { minLength: links.length }), (shuffled) => {
        expect(routeLinks(boxes, shuffled)).toEqual(routes);
      }),
      { numRuns: 20 },
    );
  });

  it('gives two links between the same boxes two ways', () => {
    const boxes = new Map<string, Box>([
      ['a', { x: 0, y: 0, width: 100, height: 40 }],
      ['b', { x: 0, y: 100, width: 100, height: 40 }],
    ]);
    const routes = routeLinks(boxes, [
      { key: 'ab', caller: 'a', callee: 'b' },
      { key: 'ba', caller: 'b', callee: 'a' },
    ]);
    expect(routes.get('ab')!.start.x).not.toBe(routes.get('ba')!.tip.x);
    expect(pathOf(routes.get('ab')!)).toMatch(/^M[\d. ]+C/);
    expect(pointAlong(routes.get('ab')!, 0.5).y).toBeGreaterThan(40);
  });

  it('brings links of one bundle to one port, in one lane', () => {
    const box = (x: number, y: number): Box => ({ x, y, width: 100, height: 40 });
    const boxes = new Map<string, Box>([
      ['a', box(0, 0)],
      ['b', box(150, 0)],
      ['c', box(0, 100)],
      ['d', box(150, 100)],
      ['e', box(75, 200)],
    ]);
    const links = ['a', 'b'].map((caller) => ({ key: `${caller}e`, caller, callee: 'e', bundle: 'call' }));
    const routes = routeLinks(boxes, links);
    const [first, second] = [routes.get('ae')!, routes.get('be')!];
    expect(first.start).not.toEqual(second.start);
    expect(first.curves.at(-1)).toEqual(second.curves.at(-1));
    const apart = routeLinks(boxes, [links[0]!, { ...links[1]!, bundle: 'event' }]);
    expect(apart.get('ae')!.tip).not.toEqual(apart.get('be')!.tip);
  });

  it('goes around an obstacle between the rows', () => {
    const boxes = new Map<string, Box>([
      ['a', { x: 0, y: 0, width: 100, height: 40 }],
      ['b', { x: 0, y: 200, width: 100, height: 40 }],
    ]);
    const title = { x: 20, y: 100, width: 60, height: 20 };
    const route = routeLinks(boxes, [{ key: 'ab', caller: 'a', callee: 'b' }], { obstacles: [title] }).get('ab')!;
    expect(samplesOf(route, 20).filter((point) => isInside(title, point))).toEqual([]);
  });

  it('has no way for a call to itself or to a box that is not there', () => {
    const boxes = new Map<string, Box>([['a', { x: 0, y: 0, width: 100, height: 40 }]]);
    const ends = [
      { key: 'aa', caller: 'a', callee: 'a' },
      { key: 'az', caller: 'a', callee: 'z' },
    ];
    expect(routeLinks(boxes, ends).size).toBe(0);
  });
});
