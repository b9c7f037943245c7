import { quadtree, type Quadtree } from 'd3-quadtree';
import type { Point } from '../layout/geometry.ts';
import { samplesOf } from '../layout/links.ts';
import type { Scene, SceneBox } from './scene.ts';
import type { SceneLink } from './scene-links.ts';

export type Hit =
  { readonly kind: 'box'; readonly box: SceneBox } | { readonly kind: 'link'; readonly link: SceneLink };

interface Sample extends Point {
  readonly link: SceneLink;
}

const trees = new WeakMap<Scene, Quadtree<Sample>>();

/** What lies under a point of the map: a box, else a link within `reach`. */
export function hitTest(scene: Scene, at: Point, reach: number): Hit | undefined {
  for (const item of scene.boxes) {
    const { x, y, width, height } = item.box;
    if (at.x >= x && at.x <= x + width && at.y >= y && at.y <= y + height) return { kind: 'box', box: item };
  }
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
