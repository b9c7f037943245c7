import type { Box } from '../layout/geometry.ts';
import { grown } from '../layout/geometry.ts';
import type { Palette } from './palette.ts';
import type { Scene, SceneBox } from './scene.ts';
import { fenceMargin, type SceneLink } from './scene-links.ts';
import { fontFamily } from './text-width.ts';
import { arrowPath, boxPath, cylinderRim, roundedBox } from './shapes.ts';
import { paintGroups, paintGroupWords } from './paint-groups.ts';
import { manyCrossings, paintMarks } from './paint-marks.ts';
import { fillFitted, fitted, leastShrink, widthOf } from './paint-text.ts';

/** World point at the upper left of the canvas is (-x / zoom, -y / zoom). */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
  readonly width: number;
  readonly height: number;
  /** Device pixels per CSS pixel. */
  readonly pixelRatio: number;
}

/**
 * Draws a scene on a canvas. Things of one style are drawn together, things out of sight not at all, and details only
 * where they can be read: text has a size on the screen, not on the map.
 */
export function paint(context: CanvasRenderingContext2D, scene: Scene, palette: Palette, at: Viewport): void {
  const { zoom, pixelRatio } = at;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, at.width * pixelRatio, at.height * pixelRatio);
  context.setTransform(pixelRatio * zoom, 0, 0, pixelRatio * zoom, pixelRatio * at.x, pixelRatio * at.y);
  const sight: Box = { x: -at.x / zoom, y: -at.y / zoom, width: at.width / zoom, height: at.height / zoom };
  const boxes = scene.boxes.filter(({ box }) => isInSight(box, sight));
  const details = Math.max(1, Math.min(2.2, 0.62 / zoom));
  paintFrames(context, scene, palette, zoom);
  paintFences(context, scene, palette);
  paintGroups(context, scene.groups, palette, zoom);
  paintLinks(context, scene, palette, zoom, details);
  paintTitles(context, scene, palette, zoom, sight);
  paintNotes(context, scene, palette, zoom);
  paintBoxes(context, scene, boxes, palette, zoom);
  paintLabels(context, scene, boxes, palette, zoom);
  paintGroupWords(context, scene.groups, palette, zoom);
  paintMarks(context, scene, boxes, palette, zoom, details);
}

function isInSight(box: Box, sight: Box): boolean {
  return (
    box.x < sight.x + sight.width + 20 &&
    sight.x < box.x + box.width + 20 &&
    box.y < sight.y + sight.height + 20 &&
    sight.y < box.y + box.height + 20
  );
}

function paintFrames(context: CanvasRenderingContext2D, scene: Scene, palette: Palette, zoom: number): void {
  const framesOf = (isCircle: boolean): Path2D =>
    joined(scene, `frames ${isCircle}`, () =>
      scene.frames.filter(({ kind }) => (kind === 'circle') === isCircle).map(({ box }) => roundedBox(box, 12)),
    );
  const grounds = framesOf(false);
  context.fillStyle = palette.territory;
  context.fill(grounds);
  context.strokeStyle = palette.line;
  context.lineWidth = 1 / zoom;
  context.stroke(grounds);
  const circles = framesOf(true);
  context.fill(circles);
  context.strokeStyle = palette.cycle;
  context.lineWidth = Math.max(1.2, 1 / zoom);
  context.setLineDash([2, 4]);
  context.stroke(circles);
  context.setLineDash([]);
}

function paintTitles(
  context: CanvasRenderingContext2D,
  scene: Scene,
  palette: Palette,
  zoom: number,
  sight: Box,
): void {
  const size = Math.max(12.5, 11.5 / zoom);
  context.font = `600 ${size}px ${fontFamily}`;
  context.fillStyle = palette.muted;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  // A halo of ground keeps the name readable where links pass behind it.
  context.strokeStyle = palette.territory;
  context.lineWidth = 4.5 / Math.min(1, zoom);
  context.lineJoin = 'round';
  for (const { box, name, kind, memberCount } of scene.frames) {
    if (kind === 'circle' || !isInSight(box, sight)) continue;
    const room = box.width - 24;
    const shrink = Math.min(1, Math.max(leastShrink, room / widthOf(context, `600 ${size}px`, name)));
    context.font = `600 ${size * shrink}px ${fontFamily}`;
    const words = fitted(context, name, room + 0.5);
    // Far out, the name stands on the frame so that it does not lie over the first row.
    const y = zoom > 0.7 ? box.y + 19 : box.y + Math.min(18, size * 0.9);
    context.strokeText(words, box.x + 14, y);
    context.fillText(words, box.x + 14, y);
    const used = context.measureText(words).width;
    if (zoom > 0.45 && used + size * 2 < room) {
      context.globalAlpha = 0.75;
      context.fillText(String(memberCount), box.x + 14 + used + size * 0.55, y);
      context.globalAlpha = 1;
    }
  }
}

function paintNotes(context: CanvasRenderingContext2D, scene: Scene, palette: Palette, zoom: number): void {
  const size = Math.max(13, 10.5 / zoom);
  context.font = `600 ${size}px ${fontFamily}`;
  context.fillStyle = palette.muted;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  for (const { x, y, words } of scene.notes) context.fillText(words, x, y);
}

/** Two lines and a hatch: each island is filled four times, each time a little smaller, which outlines its union. */
function paintFences(context: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  const hatch = hatchOf(context, palette);
  for (const [index, island] of scene.fences.entries()) {
    for (const [margin, colour] of fenceLayers(palette, hatch)) {
      const reach = (margin * fenceMargin(scene.density)) / 13;
      const path = joined(scene, `fence ${index} ${margin}`, () =>
        island.rectangles.map((rectangle) => roundedBox(grown(rectangle, reach), 11)),
      );
      context.fillStyle = colour;
      context.fill(path);
    }
  }
}

function fenceLayers(palette: Palette, hatch: CanvasPattern | string): [number, CanvasPattern | string][] {
  return [
    [13, palette.cde],
    [11.2, palette.territory],
    [9.2, palette.cde],
    [7.8, palette.cdeWash],
    [7.8, hatch],
  ];
}

const hatches = new WeakMap<Palette, CanvasPattern>();

function hatchOf(context: CanvasRenderingContext2D, palette: Palette): CanvasPattern | string {
  const known = hatches.get(palette);
  if (known !== undefined) return known;
  const tile = document.createElement('canvas');
  tile.width = tile.height = 8;
  const ink = tile.getContext('2d');
  if (ink === null) return palette.cdeWash;
  ink.strokeStyle = palette.cde;
  ink.globalAlpha = 0.28;
  ink.lineWidth = 1.1;
  ink.beginPath();
  for (const shift of [-8, 0, 8]) {
    ink.moveTo(shift, 8);
    ink.lineTo(shift + 8, 0);
  }
  ink.stroke();
  const pattern = context.createPattern(tile, 'repeat');
  if (pattern === null) return palette.cdeWash;
  hatches.set(palette, pattern);
  return pattern;
}

interface LinkStyle {
  readonly colour: string;
  readonly width: number;
  readonly alpha: number;
  /** Length of the stripes it leaves to what is under it; a whole line where absent. */
  readonly stripe?: number;
  readonly includes: (link: SceneLink) => boolean;
}

function linkStyles(scene: Scene, palette: Palette): LinkStyle[] {
  const isPlain = (link: SceneLink): boolean => !link.isStep && !link.isCycle && link.crossing === undefined;
  const isCalm = scene.links.length < 60;
  const hasManyCrossings = scene.links.filter((link) => link.crossing !== undefined).length > manyCrossings;
  return [
    // Width says the share; only the heaviest way has the colour of the critical path.
    ...[0, 0.005, 0.05, 0.15].map((least, step, limits) => ({
      colour: palette.link,
      width: (isCalm ? 1.1 : 0.9) + step * 0.65,
      alpha: isCalm ? 0.85 : 0.6,
      includes: (link: SceneLink) =>
        isPlain(link) &&
        link.linkCount === 1 &&
        link.criticalShare >= least &&
        link.criticalShare < (limits[step + 1] ?? Infinity),
    })),
    // Between closed groups the width says how many there are.
    ...[1, 4, 12, 40].map((least, step, limits) => ({
      colour: palette.link,
      width: 1.4 + step * 1.6,
      alpha: 0.5,
      includes: (link: SceneLink) =>
        isPlain(link) &&
        link.linkCount > 1 &&
        link.linkCount >= least &&
        link.linkCount < (limits[step + 1] ?? Infinity),
    })),
    {
      colour: palette.cde,
      width: hasManyCrossings ? 1.2 : 1.8,
      alpha: hasManyCrossings ? 0.42 : 1,
      includes: (link) => link.crossing !== undefined && !link.isStep && !link.isCycle,
    },
    { colour: palette.cycle, width: 2.3, alpha: 1, includes: (link) => link.isCycle && !link.isStep },
    ...[0, 0.1, 0.3].map((least, step, limits) => ({
      colour: palette.critical,
      width: 3.2 + step * 1.2,
      alpha: 1,
      includes: (link: SceneLink) =>
        link.isStep && link.criticalShare >= least && link.criticalShare < (limits[step + 1] ?? Infinity),
    })),
    // A step of the way that also closes a circle is striped in both colours.
    { colour: palette.cycle, width: 3.6, alpha: 1, stripe: 12, includes: (link) => link.isCycle && link.isStep },
  ];
}

function paintLinks(
  context: CanvasRenderingContext2D,
  scene: Scene,
  palette: Palette,
  zoom: number,
  details: number,
): void {
  for (const style of linkStyles(scene, palette)) {
    for (const isAsync of [false, true]) {
      const links = scene.links.filter((link) => (link.mode === 'async') === isAsync && style.includes(link));
      if (links.length === 0) continue;
      const name = `${style.colour} ${style.width} ${isAsync}`;
      const lines = joined(scene, `lines ${name}`, () => links.map((link) => link.path));
      const size = arrowSize(style.width) * details;
      const arrows = joined(scene, `arrows ${name} ${size}`, () =>
        links.map((link) => arrowPath(link.route, isAsync, size)),
      );
      context.globalAlpha = style.alpha;
      context.strokeStyle = context.fillStyle = style.colour;
      context.lineWidth = Math.max(style.width, style.width * 0.62 * details, 0.8 / zoom);
      const stripe = (style.stripe ?? 0) * details;
      context.setLineDash(isAsync ? [6 * details, 4.5 * details] : stripe > 0 ? [stripe, stripe] : []);
      context.lineCap = isAsync || stripe > 0 ? 'butt' : 'round';
      context.stroke(lines);
      context.setLineDash([]);
      if (isAsync) context.stroke(arrows);
      else context.fill(arrows);
      context.globalAlpha = 1;
    }
  }
}

function arrowSize(width: number): number {
  return 0.82 + width * 0.16;
}

/** Path2D is costly to build and a scene is painted many times: what is drawn alike is kept as one path. */
const paths = new WeakMap<Scene, Map<string, Path2D>>();
const mostPaths = 120;

function joined(scene: Scene, name: string, parts: () => readonly string[]): Path2D {
  let known = paths.get(scene);
  if (known === undefined || known.size > mostPaths) paths.set(scene, (known = new Map<string, Path2D>()));
  let path = known.get(name);
  if (path === undefined) known.set(name, (path = new Path2D(parts().join(''))));
  return path;
}

function paintBoxes(
  context: CanvasRenderingContext2D,
  scene: Scene,
  boxes: readonly SceneBox[],
  palette: Palette,
  zoom: number,
): void {
  // The whole map has its paths ready; a part of it is few boxes.
  const isWhole = boxes.length === scene.boxes.length;
  const pathFor = (name: string, parts: () => readonly string[]): Path2D =>
    isWhole ? joined(scene, name, parts) : new Path2D(parts().join(''));
  const byStyle = new Map<string, SceneBox[]>();
  for (const item of boxes) {
    const name = `${item.heat} ${item.isCritical} ${item.isOutside}`;
    const list = byStyle.get(name);
    if (list === undefined) byStyle.set(name, [item]);
    else list.push(item);
  }
  for (const [name, list] of byStyle) {
    const { heat, isCritical, isOutside } = list[0]!;
    const outline = pathFor(`boxes ${name}`, () => list.map((item) => boxPath(item.kind, item.box)));
    const rims = pathFor(`rims ${name}`, () =>
      list.filter((item) => item.kind === 'database').map((item) => cylinderRim(item.box)),
    );
    context.fillStyle = heat === 0 ? palette.surface : palette.heat[heat - 1]!;
    context.fill(outline);
    context.strokeStyle = isCritical ? palette.critical : palette.link;
    context.lineWidth = Math.max(isCritical ? 2 : 1.15, (isCritical ? 1.4 : 0.7) / zoom);
    context.setLineDash(isOutside ? [5, 4] : []);
    context.stroke(outline);
    context.stroke(rims);
    context.setLineDash([]);
  }
  const connected = pathFor('connected', () =>
    boxes
      .filter((item) => item.pci === 'connected-to' || item.pci === 'security-impacting')
      .map((item) => roundedBox(grown(item.box, 4.5), item.kind === 'destination' ? 40 : 11)),
  );
  context.strokeStyle = palette.cde;
  context.lineWidth = Math.max(1.8, 1.2 / zoom);
  // Dots that would run together anyway are drawn as short dashes, which cost a tenth.
  const hasDots = zoom >= 0.3;
  context.setLineDash(hasDots ? [0.1, Math.max(4.2, 3.2 / zoom)] : [2 / zoom, 2 / zoom]);
  context.lineCap = hasDots ? 'round' : 'butt';
  context.stroke(connected);
  context.setLineDash([]);
}

function paintLabels(
  context: CanvasRenderingContext2D,
  scene: Scene,
  boxes: readonly SceneBox[],
  palette: Palette,
  zoom: number,
): void {
  if (zoom < 0.3) return;
  const isRoomy = scene.density === 'roomy';
  const size = Math.max(isRoomy ? 13 : 12.5, 9.5 / zoom);
  const detailSize = Math.max(11, 8.8 / zoom);
  const hasDetail = isRoomy && zoom >= 0.56;
  const weight = isRoomy ? 600 : 500;
  context.textBaseline = 'middle';
  for (const item of boxes) {
    const { x, y, width, height } = item.box;
    const lid = item.kind === 'database' ? height * 0.1 : 0;
    const inset = item.kind === 'destination' ? 16 : 11;
    const middle = y + height / 2 + lid;
    const [nameY, detailY] = hasDetail ? [middle - detailSize * 0.72, middle + size * 0.66] : [middle + 0.5, middle];
    let nameRoom = width - inset * 2 + 6;
    let detailRoom = nameRoom;
    context.fillStyle = palette.ink;
    if (item.shareText !== undefined && (hasDetail || zoom >= 0.5)) {
      context.font = `600 ${hasDetail ? detailSize + 0.5 : size}px ${fontFamily}`;
      const used = context.measureText(item.shareText).width + 8;
      // Where both do not fit on one line, the name matters more: the heat says the rest.
      if (hasDetail || used + widthOf(context, `${weight} ${size * leastShrink}px`, item.name) <= nameRoom) {
        context.textAlign = 'right';
        context.fillText(item.shareText, x + width - inset + 3, hasDetail ? detailY : nameY);
        if (hasDetail) detailRoom -= used;
        else nameRoom -= used;
      }
    }
    context.textAlign = 'left';
    fillFitted(context, item.name, { x: x + inset, y: nameY, room: nameRoom, weight, size });
    if (!hasDetail) continue;
    context.fillStyle = item.heat > 2 ? palette.ink : palette.muted;
    // Rather the system alone than half of both.
    const isWhole = widthOf(context, `400 ${detailSize}px`, item.detail) <= detailRoom;
    const words = isWhole ? item.detail : item.detail.split(' · ')[0]!;
    fillFitted(context, words, { x: x + inset, y: detailY, room: detailRoom, weight: 400, size: detailSize });
  }
}
