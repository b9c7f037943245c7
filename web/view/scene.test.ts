import { describe, expect, it } from 'vitest';
import { cloudAnalysis, emptyAnalysis, syntheticAnalysis } from '../../fixtures/analysis.ts';
import { territory } from '../layout/territory.ts';
import { territoryPlan } from '../layout/territory-plan.ts';
import { brightPart, highlightOf } from './highlight.ts';
import { lookupOf, territoryInput } from './lookup.ts';
import { sceneOf, type Scene } from './scene.ts';
import { matchesOf } from './search-matches.ts';
import { initialView, type Overlays } from './session.ts';
import { nearestInDirection } from './walk.ts';

function sceneFor(analysis: ReturnType<typeof cloudAnalysis>, overlays: Partial<Overlays> = {}): Scene {
  const lookup = lookupOf(analysis);
  const { nodes, links } = territoryInput(lookup);
  return sceneOf(lookup, territoryPlan(territory(nodes, links)), { ...initialView.overlays, ...overlays }, new Set());
}

const cloud = cloudAnalysis();
const lookup = lookupOf(cloud);

describe('the scene of the demo cloud', () => {
  const scene = sceneFor(cloud);
  const box = (id: string) => scene.boxes.find((item) => item.id === id)!;

  it('draws every link and says so', () => {
    expect([scene.links.length, scene.linkTotal]).toEqual([27, 27]);
  });

  it('letters the members of circles and marks the links to cut, but not in a soft circle', () => {
    expect(['compute/droplets', 'compute/images', 'edge/bff'].map((id) => box(id).letter)).toEqual([
      'A',
      'B',
      undefined,
    ]);
    expect(scene.links.filter((link) => link.cutAt !== undefined).map((link) => [link.caller, link.callee])).toEqual([
      ['compute/regions', 'compute/images'],
      ['money/accounts', 'compute/droplets'],
    ]);
  });

  it('numbers the heaviest way from its entry', () => {
    const steps = scene.boxes.filter((item) => item.step !== undefined).sort((a, b) => a.step! - b.step!);
    expect(steps.map((item) => item.name)).toEqual(['bff', 'public-api', 'droplets', 'billing', 'accounts', 'cloud']);
  });

  it.each([
    ['compute/droplets', 5],
    ['money/billing', 4],
    ['edge/bff', 3],
    ['compute/images', 2],
    ['money/invoicing', 0],
  ])('heats %s to step %s', (id, step) => {
    expect(box(id).heat).toBe(step);
  });

  it('fences the CDE and numbers what crosses', () => {
    expect(scene.fences).toHaveLength(1);
    const crossings = scene.links.flatMap((link) => (link.crossing === undefined ? [] : [link.crossing.number]));
    expect(crossings.sort()).toEqual([1, 2, 3]);
  });

  it('stands a peer of one namespace with it, and shares the rest', () => {
    const names = scene.frames.map((each) => `${each.name} ${each.memberCount}`);
    expect(names).toEqual(['cards 3', 'comms 1', 'compute 4', 'edge 2', 'money 4', 'shared 3']);
  });

  it('drops what its overlay is off for, but not the boxes', () => {
    const bare = sceneFor(cloud, { path: false, cycles: false, scope: false, async: false });
    expect(bare.fences).toEqual([]);
    expect(bare.links.some((link) => link.mode === 'async' || link.isCycle || link.criticalShare > 0)).toBe(false);
    expect(bare.boxes.some((item) => item.heat > 0 || item.letter !== undefined || item.step !== undefined)).toBe(
      false,
    );
    expect(bare.boxes).toHaveLength(scene.boxes.length);
    expect(bare.linkTotal).toBe(27);
  });

  it('keeps a circle bright with its own links only', () => {
    const cycle = cloud.cycles[0]!;
    const bright = brightPart(scene, highlightOf({ kind: 'finding', id: cycle.id }, lookup)!);
    expect(bright.boxes.map((item) => item.id).sort()).toEqual([...cycle.services].sort());
    expect(bright.links).toHaveLength(3);
  });
});

describe('other scenes', () => {
  it('keeps the budget at 2,000 services', () => {
    const scene = sceneFor(syntheticAnalysis(2000));
    expect(scene.links.length).toBeLessThanOrEqual(300);
    expect(scene.linkTotal).toBeGreaterThan(5000);
    expect(scene.boxes).toHaveLength(2000);
  });

  it('is empty for nothing', () => {
    const scene = sceneOf(lookupOf(emptyAnalysis()), territoryPlan(territory([], [])), initialView.overlays, new Set());
    expect([scene.boxes.length, scene.links.length, scene.bounds]).toEqual([0, 0, undefined]);
  });

  it('puts all in one territory where nobody names a namespace', () => {
    const flat = { ...cloud, services: cloud.services.map((service) => ({ ...service, namespace: null })) };
    expect(sceneFor(flat).frames.map((each) => each.name)).toEqual(['services']);
  });
});

describe('search', () => {
  it('finds by name first, then by operation, then findings', () => {
    expect(
      matchesOf('drop', lookup)
        .map((match) => match.name)
        .slice(0, 2),
    ).toEqual(['droplets', 'droplet.events']);
    expect(matchesOf('post /billing', lookup)[0]!.name).toBe('billing');
    expect(matchesOf('re-entrant', lookup)[0]!.selection.kind).toBe('finding');
    expect(matchesOf('nothing of that name', lookup)).toEqual([]);
  });
});

describe('walking', () => {
  it('goes to what the eye sees next', () => {
    const at = (x: number, y: number) => ({ x, y, width: 10, height: 10 });
    const boxes = [
      ['right', at(50, 0)],
      ['far right', at(100, 0)],
      ['below', at(4, 60)],
    ] as const;
    expect(nearestInDirection(boxes, at(0, 0), 'right')).toBe('right');
    expect(nearestInDirection(boxes, at(0, 0), 'down')).toBe('below');
    expect(nearestInDirection(boxes, at(0, 0), 'left')).toBeUndefined();
  });
});
