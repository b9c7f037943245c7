import type { Box } from '../layout/geometry.ts';
import { groupId, type SceneGroup } from './closed-groups.ts';
import type { Scene } from './scene.ts';
import { nearestInDirection, type Direction } from './walk.ts';

/** What the arrow keys walk: boxes and closed groups. */
export function stops(scene: Scene | undefined): readonly { readonly id: string; readonly box: Box }[] {
  if (scene === undefined) return [];
  return [...scene.groups.map(({ key, box }) => ({ id: groupId(key), box })), ...scene.boxes];
}

export function groupOf(scene: Scene, id: string): SceneGroup | undefined {
  return scene.groups.find(({ key }) => groupId(key) === id);
}

export function stepTo(
  scene: Scene,
  from: { readonly id: string; readonly box: Box } | undefined,
  direction: Direction,
) {
  const all = stops(scene);
  if (from === undefined) return all[0]?.id;
  const others = all.filter((item) => item.id !== from.id).map((item) => [item.id, item.box] as const);
  return nearestInDirection(others, from.box, direction);
}
