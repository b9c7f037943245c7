import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { syntheticAnalysis } from '../../fixtures/analysis.ts';
import { lookupOf, territoryInput } from '../view/lookup.ts';
import {
  boxesOf,
  boxWidthFor,
  territoryBox,
  type Arrangement,
  type TerritoryLink,
  type TerritoryNode,
} from './arrangement.ts';
import { overlaps, type Box } from './geometry.ts';
import { newcomerShare } from './settle.ts';
import { territory } from './territory.ts';

interface System {
  readonly nodes: readonly TerritoryNode[];
  readonly links: readonly TerritoryLink[];
}

/** Any system of up to 60 nodes in up to 6 groups, circles and self-calls included. */
const systems: fc.Arbitrary<System> = fc
  .record({
    groups: fc.array(fc.nat(5), { minLength: 1, maxLength: 60 }),
    ends: fc.array(fc.tuple(fc.nat(59), fc.nat(59), fc.boolean()), { maxLength: 120 }),
  })
  .map(({ groups, ends }) => ({
    nodes: groups.map((group, index) => ({
      id: `s${index}`,
      group: `g${group}`,
      isSink: index % 7 === 6,
      labelWidth: 80 + 9 * (index % 13),
    })),
    links: ends.map(([caller, callee, isBackward]) => ({
      caller: `s${caller % groups.length}`,
      callee: `s${callee % groups.length}`,
      isBackward,
      isEvent: caller % 5 === 0,
    })),
  }));

function firstOverlap(boxes: readonly Box[]): [Box, Box] | undefined {
  for (let a = 0; a < boxes.length; a++)
    for (let b = a + 1; b < boxes.length; b++) if (overlaps(boxes[a]!, boxes[b]!)) return [boxes[a]!, boxes[b]!];
  return undefined;
}

function bytesOf(arrangement: Arrangement): string {
  return JSON.stringify({ ...arrangement, places: [...arrangement.places] });
}

function expectOrderly(arrangement: Arrangement): void {
  const boxes = boxesOf(arrangement);
  expect(firstOverlap([...boxes.values()])).toBeUndefined();
  const areas = new Map(arrangement.territories.map((each) => [each.key, territoryBox(each, arrangement)]));
  expect(firstOverlap([...areas.values()])).toBeUndefined();
  for (const [id, box] of boxes) {
    const area = areas.get(arrangement.places.get(id)!.territory)!;
    expect(box.x >= area.x && box.x + box.width <= area.x + area.width).toBe(true);
    expect(box.y >= area.y && box.y + box.height <= area.y + area.height).toBe(true);
  }
}

describe('territory', () => {
  it('places every node once, inside its territory, and nothing on anything', () => {
    fc.assert(
      fc.property(systems, ({ nodes, links }) => {
        const arrangement = territory(nodes, links);
        expect(arrangement.places.size).toBe(nodes.length);
        for (const node of nodes) expect(arrangement.places.get(node.id)!.territory).toBe(node.group);
        expectOrderly(arrangement);
      }),
    );
  });

  it('does not depend on the order of its input', () => {
    const shuffled = systems.chain((system) =>
      fc.record({
        system: fc.constant(system),
        nodes: fc.shuffledSubarray([...system.nodes], { minLength: system.nodes.length }),
        links: fc.shuffledSubarray([...system.links], { minLength: system.links.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ system, nodes, links }) => {
        expect(bytesOf(territory(nodes, links))).toBe(bytesOf(territory(system.nodes, system.links)));
      }),
    );
  });

  it('never moves a known service, whatever comes and goes', () => {
    fc.assert(
      fc.property(systems, fc.nat(59), fc.nat(59), ({ nodes, links }, first, second) => {
        const [from, to] = [Math.min(first, second), Math.max(first, second)];
        const before = nodes.slice(from, to + 1);
        if (before.length === 0) return;
        const known = territory(before, links);
        const next = territory(nodes, links, { previous: known });
        const boxes = boxesOf(next);
        for (const [id, box] of boxesOf(known)) expect(boxes.get(id)).toEqual(box);
        expect(next.places.size).toBe(nodes.length);
        expectOrderly(next);
      }),
    );
  });

  it('keeps the arrangement as it is when nothing is new', () => {
    const { nodes, links } = territoryInput(lookupOf(syntheticAnalysis(300)));
    const known = territory(nodes, links);
    expect(territory(nodes.slice(20), links, { previous: known })).toBe(known);
  });

  it('arranges 2,000 services without overlap, and wider than high when asked', () => {
    const { nodes, links } = territoryInput(lookupOf(syntheticAnalysis(2000)));
    const arrangement = territory(nodes, links, { aspect: 1.5 });
    expectOrderly(arrangement);
    const areas = arrangement.territories.map((each) => territoryBox(each, arrangement));
    const width = Math.max(...areas.map((area) => area.x + area.width)) - Math.min(...areas.map((area) => area.x));
    const height = Math.max(...areas.map((area) => area.y + area.height)) - Math.min(...areas.map((area) => area.y));
    expect(width / height).toBeGreaterThan(1.1);
    expect(width / height).toBeLessThan(2);
  });

  it('puts a caller above its callee, and both ends of a circle on one row', () => {
    const nodes = ['a', 'b', 'c', 'd'].map((id) => ({ id, group: 'g', isSink: false, labelWidth: 100 }));
    const link = (caller: string, callee: string): TerritoryLink => ({
      caller,
      callee,
      isBackward: false,
      isEvent: false,
    });
    const { places } = territory(nodes, [link('a', 'b'), link('b', 'c'), link('c', 'b'), link('c', 'd')]);
    expect(['a', 'b', 'c', 'd'].map((id) => places.get(id)!.row)).toEqual([0, 1, 1, 2]);
  });

  it('lets a link that is to be cut point up', () => {
    const nodes = ['a', 'b'].map((id) => ({ id, group: 'g', isSink: false, labelWidth: 100 }));
    const { places } = territory(nodes, [
      { caller: 'a', callee: 'b', isBackward: false, isEvent: false },
      { caller: 'b', callee: 'a', isBackward: true, isEvent: false },
    ]);
    expect(places.get('b')!.row).toBeGreaterThan(places.get('a')!.row);
  });

  it('lets an event stay on its row', () => {
    const nodes = ['a', 'b'].map((id) => ({ id, group: 'g', isSink: false, labelWidth: 100 }));
    const { places } = territory(nodes, [{ caller: 'a', callee: 'b', isBackward: false, isEvent: true }]);
    expect(places.get('b')!.row).toBe(places.get('a')!.row);
  });

  it.each([
    [[40], 96],
    [[100, 150], 150],
    [[...Array<number>(95).fill(120), ...Array<number>(5).fill(200)], 120],
    [[900], 220],
  ])('makes boxes as wide as their labels need: %s', (labelWidths, boxWidth) => {
    expect(boxWidthFor(labelWidths, 'roomy')).toBe(boxWidth);
  });

  it('makes a territory wide enough for its title', () => {
    const name = 'a-namespace-with-a-long-name';
    const nodes = [{ id: 'a', group: name, isSink: false, labelWidth: 100 }];
    const arrangement = territory(nodes, [], { titleWidth: () => 320 });
    expect(territoryBox(arrangement.territories[0]!, arrangement).width).toBeGreaterThan(320);
  });
});

describe('newcomerShare', () => {
  it('counts who has no place yet', () => {
    const known = territory([{ id: 'a', group: 'g', isSink: false, labelWidth: 100 }], []);
    expect(newcomerShare(known, ['a', 'b', 'c', 'd'])).toBe(0.75);
    expect(newcomerShare(known, [])).toBe(0);
  });
});
