import { describe, expect, it } from 'vitest';
import { syntheticAnalysis } from '../../fixtures/analysis.ts';
import { flow } from './flow.ts';
import { overlaps } from './geometry.ts';
import { keepPlaces, type Plan } from './plan.ts';

/** A system of 200, and the same with 2 in 100 services gone and as many new ones. */
function systemWithout(isGone: (place: number) => boolean, newcomers: number): Plan {
  const { services, dependencies } = syntheticAnalysis(200);
  const ids = services.map(({ id }) => id).filter((_, place) => !isGone(place));
  const fresh = Array.from({ length: newcomers }, (_, place) => `fresh/new-${place}`);
  return flow(
    [...ids, ...fresh].map((id) => ({ id, labelWidth: 120, step: undefined })),
    [
      ...dependencies.map(({ caller, callee }) => ({ caller, callee, isBackward: false })),
      ...fresh.map((id, place) => ({ caller: ids[place * 7]!, callee: id, isBackward: false })),
    ],
  );
}

describe('keepPlaces', () => {
  const before = systemWithout(() => false, 0);
  const after = systemWithout((place) => place % 50 === 3, 4);
  const kept = keepPlaces(before, after);

  it('moves no known service by a pixel', () => {
    for (const [id, box] of kept.boxes) expect(before.boxes.get(id) ?? box).toEqual(box);
    expect([...kept.boxes.keys()].sort()).toEqual([...after.boxes.keys()]);
    // Without it, most would move: the test would see it.
    const moved = [...after.boxes].filter(([id, box]) => {
      const old = before.boxes.get(id);
      return old !== undefined && (old.x !== box.x || old.y !== box.y);
    });
    expect(moved.length).toBeGreaterThan(20);
  });

  it('lays newcomers over nobody', () => {
    const all = [...kept.boxes.values()];
    all.forEach((a, place) => {
      for (const b of all.slice(place + 1)) expect(overlaps(a, b)).toBe(false);
    });
  });

  it('draws frames around where their members are', () => {
    for (const frame of kept.frames)
      for (const id of frame.members) expect(overlaps(kept.boxes.get(id)!, frame.box)).toBe(true);
    expect(kept.frames.length).toBeGreaterThan(0);
  });

  it('is the next plan where nothing is known', () => {
    expect(keepPlaces(undefined, after)).toBe(after);
  });
});
