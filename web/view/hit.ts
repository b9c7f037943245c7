import { contains, type Point } from '../layout/geometry.ts';
import { samplesOf } from '../layout/links.ts';
import type { SceneGroup } from './closed-groups.ts';
import type { Scene, SceneBox, SceneFrame } from './scene.ts';
import type { SceneLink } from './scene-links.ts';

export type Hit =
  | { readonly kind: 'box'; readonly box: SceneBox }
  | { readonly kind: 'link'; readonly link: SceneLink }
  | { readonly kind: 'group'; readonly group: SceneGroup }
  /** Of an open territory. */
  | { readonly kind: 'title'; readonly frame: SceneFrame };

/** Where the name of a territory is clicked to close it. */
const titleHeight = 26;

/** Points on the links. A few thousand, looked through in less time than an index takes to build. */
const samples = new WeakMap<Scene, readonly (readonly [link: SceneLink, points: readonly Point[]])[]>();

/** What lies under a point of the map: a box, else a link within `reach`. */
export function hitTest(scene: Scene, at: Point, reach: number): Hit | undefined {
  for (const item of scene.boxes) {
    if (contains(item.box, at)) return { kind: 'box', box: item };
  }
  const group = scene.groups.find(({ box }) => contains(box, at));
  if (group !== undefined) return { kind: 'group', group };
  const frame = scene.frames.find(
    ({ kind, box }) => kind === 'territory' && contains({ ...box, height: titleHeight }, at),
  );
  if (frame !== undefined && scene.frames.length > 1) return { kind: 'title', frame };
  const link = nearestLink(scene, at, reach);
  return link === undefined ? undefined : { kind: 'link', link };
}

function nearestLink(scene: Scene, at: Point, reach: number): SceneLink | undefined {
  let known = samples.get(scene);
  if (known === undefined)
    samples.set(scene, (known = scene.links.map((link) => [link, samplesOf(link.route, 12)] as const)));
  let best: SceneLink | undefined;
  let least = reach * reach;
  for (const [link, points] of known)
    for (const { x, y } of points) {
      const distance = (x - at.x) ** 2 + (y - at.y) ** 2;
      if (distance > least) continue;
      least = distance;
      best = link;
    }
  return best;
}
