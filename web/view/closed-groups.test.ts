import { describe, expect, it } from 'vitest';
import { syntheticAnalysis } from '../../fixtures/analysis.ts';
import { territory } from '../layout/territory.ts';
import { territoryPlan } from '../layout/territory-plan.ts';
import { closedFrames } from './closed-groups.ts';
import { groupsOf } from './groups.ts';
import { isPeerOnly, lookupOf, territoryInput } from './lookup.ts';
import { sceneOf } from './scene.ts';
import { initialView } from './session.ts';

function worldOf(count: number) {
  const lookup = lookupOf(syntheticAnalysis(count));
  const { nodes, links } = territoryInput(lookup);
  return { lookup, plan: territoryPlan(territory(nodes, links)) };
}

describe('closed groups', () => {
  const { lookup, plan } = worldOf(600);
  const territories = plan.frames.map(({ key }) => key);

  it('are all of a large system but those opened or holding what is selected, and none of a small one', () => {
    expect(closedFrames(plan, lookup, { toggled: [] }, new Set())).toEqual(new Set(territories));
    const [first, second] = plan.frames;
    const some = closedFrames(plan, lookup, { toggled: [first!.key] }, new Set([second!.members[0]!]));
    expect(territories.filter((key) => !some.has(key))).toEqual([first!.key, second!.key]);
    const small = worldOf(100);
    expect(closedFrames(small.plan, small.lookup, { toggled: [] }, new Set()).size).toBe(0);
    const key = small.plan.frames[0]!.key;
    expect(closedFrames(small.plan, small.lookup, { toggled: [key] }, new Set())).toEqual(new Set([key]));
  });

  it('stand where the open ones stood and say what is inside', () => {
    const closed = new Set(territories);
    const scene = sceneOf(lookup, plan, initialView.overlays, new Set(), closed);
    expect(scene.boxes).toEqual([]);
    expect(scene.groups.map(({ box }) => box)).toEqual(plan.frames.map(({ box }) => box));
    expect(scene.groups.reduce((sum, { memberCount }) => sum + memberCount, 0)).toBe(lookup.services.size);
    const steps = scene.groups.flatMap((group) => group.steps).sort((a, b) => a - b);
    expect(steps).toEqual([...lookup.steps.values()]);
    expect(scene.groups.some(({ letters }) => letters.length > 0)).toBe(true);
    expect(scene.groups.some(({ cdeCount }) => cdeCount > 0)).toBe(true);
  });

  it('bundle the links between them, and none is drawn twice', () => {
    const scene = sceneOf(lookup, plan, initialView.overlays, new Set(), new Set(territories.slice(1)));
    const keys = scene.links.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    const drawn = scene.links.reduce((sum, { linkCount }) => sum + linkCount, 0);
    expect(drawn).toBeGreaterThan(keys.length);
    expect(drawn).toBeLessThanOrEqual(scene.linkTotal);
    expect(scene.boxes.map(({ id }) => id).sort()).toEqual([...plan.frames[0]!.members].sort());
  });
});

describe('groups', () => {
  const flat = (count: number) => {
    const analysis = syntheticAnalysis(count);
    return { ...analysis, services: analysis.services.map((service) => ({ ...service, namespace: null })) };
  };

  it('are guessed from the calls in a large system without namespaces, with the hubs apart', () => {
    const analysis = flat(300);
    const groups = groupsOf(analysis, isPeerOnly);
    const names = [...new Set(groups.values())].sort();
    expect(names.length).toBeGreaterThan(4);
    expect(names.filter((name) => name !== 'hubs' && !name.startsWith('≈'))).toEqual([]);
    const callers = (id: string) =>
      new Set(analysis.dependencies.filter(({ callee }) => callee === id).map(({ caller }) => caller)).size;
    for (const [id, name] of groups) expect(name === 'hubs').toBe(callers(id) > 40);
    expect(names).toContain('hubs');
  });

  it('are one in a small one', () => {
    expect(new Set(groupsOf(flat(30), isPeerOnly).values())).toEqual(new Set(['services']));
  });
});
