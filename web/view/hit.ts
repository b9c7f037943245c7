import { quadtree, type Quadtree } from 'd3-quadtree';
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

interface Sample extends Point {
  readonly link: SceneLink;
}

/** Where the name of a territory is clicked to close it. */
const titleHeight = 26;

const trees = new WeakMap<Scene, Quadtree<Sample>>();

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
  const sample = treeOf(scene).find(at.x, at.y, reach);
  return sample === undefined ? undefined : { kind: 'link', link: sample.link };
}

function treeOf(scene: Scene): Quadtree<Sample> {
  let tree = trees.get(scene);
  if (tree === undefined) {
    tree = quadtree<Sample>(
      scene.links.flatMap((link) => samplesOf(link.route, 12).map((point) => ({ ...point, link }))),
      (sample) => sample.x,
      (sample) => sample.y,
    );
    trees.set(scene, tree);
  }
  return tree;
}
