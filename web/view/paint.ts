import type { Box } from '../layout/geometry.ts';
import { grown } from '../layout/geometry.ts';
import type { Palette } from './palette.ts';
import type { Scene, SceneBox } from './scene.ts';
import { fenceMargin, type SceneLink } from './scene-links.ts';
import { fontFamily } from './text-width.ts';
import { arrowPath, boxPath, cylinderRim, roundedBox, scissors } from './shapes.ts';

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
  paintTerritories(context, scene, palette, zoom);
  paintFences(context, scene, palette);
  paintLinks(context, scene, palette, zoom, details);
  paintTitles(context, scene, palette, zoom, sight);
  paintBoxes(context, scene, boxes, palette, zoom);
  paintLabels(context, scene, boxes, palette, zoom);
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

function paintTerritories(context: CanvasRenderingContext2D, scene: Scene, palette: Palette, zoom: number): void {
  const frames = joined(scene, 'territories', () => scene.territories.map(({ box }) => roundedBox(box, 12)));
  context.fillStyle = palette.territory;
  context.fill(frames);
  context.strokeStyle = palette.line;
  context.lineWidth = 1 / zoom;
  context.stroke(frames);
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
  for (const { box, name, memberCount } of scene.territories) {
    if (!isInSight(box, sight)) continue;
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

/** From here on crossings are a wash of blue; their numbers appear closer up. */
const manyCrossings = 24;

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
        isPlain(link) && link.criticalShare >= least && link.criticalShare < (limits[step + 1] ?? Infinity),
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

/** Text gets this much smaller before it is cut. */
const leastShrink = 0.82;

function widthOf(context: CanvasRenderingContext2D, font: string, words: string): number {
  context.font = `${font} ${fontFamily}`;
  return context.measureText(words).width;
}

function fillFitted(
  context: CanvasRenderingContext2D,
  words: string,
  at: { readonly x: number; readonly y: number; readonly room: number; readonly weight: number; readonly size: number },
): void {
  const shrinkFor = (text: string): number => at.room / widthOf(context, `${at.weight} ${at.size}px`, text);
  // Of a path that is too long, the last part says the most.
  const isPath = words.includes('/') && shrinkFor(words) < leastShrink;
  const text = isPath ? `…${words.slice(words.lastIndexOf('/'))}` : words;
  context.font = `${at.weight} ${at.size * Math.min(1, Math.max(leastShrink, shrinkFor(text)))}px ${fontFamily}`;
  context.fillText(fitted(context, text, at.room + 0.5), at.x, at.y);
}

/** Letters of circles, numbers of the path, numbers of crossings, scissors and the word CDE. */
function paintMarks(
  context: CanvasRenderingContext2D,
  scene: Scene,
  boxes: readonly SceneBox[],
  palette: Palette,
  zoom: number,
  details: number,
): void {
  const radius = 9 * details;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const disc = (x: number, y: number, words: string, colour: string, isSquare: boolean): void => {
    context.beginPath();
    if (isSquare) context.roundRect(x - radius * 0.95, y - radius * 0.85, radius * 1.9, radius * 1.7, 3 * details);
    else context.arc(x, y, radius, 0, Math.PI * 2);
    context.fillStyle = colour;
    context.fill();
    context.strokeStyle = palette.surface;
    context.lineWidth = 1.5 * details;
    context.stroke();
    context.font = `700 ${(words.length > 2 ? 8.5 : 10.5) * details}px ${fontFamily}`;
    context.fillStyle = palette.onAccent;
    context.fillText(words, x, y + 0.5 * details);
  };
  const crossings = scene.links.filter((link) => link.crossing !== undefined);
  for (const link of crossings)
    if (link.crossing !== undefined && zoom > (crossings.length > manyCrossings ? 0.9 : 0.34))
      disc(link.crossing.at.x, link.crossing.at.y, String(link.crossing.number), palette.cde, true);
  for (const item of boxes) {
    if (item.letter !== undefined) disc(item.box.x + item.box.width - 3, item.box.y, item.letter, palette.cycle, false);
    if (item.step !== undefined) disc(item.box.x + 3, item.box.y, String(item.step), palette.critical, false);
  }
  for (const link of scene.links) if (link.cutAt !== undefined) paintCut(context, link.cutAt, palette, details, zoom);
  const size = Math.max(10.5, 8 / zoom);
  for (const island of scene.fences) {
    context.font = `800 ${size}px ${fontFamily}`;
    const width = context.measureText('CDE').width + size * 0.9;
    const x = island.x + 8;
    const y = island.y + fenceMargin(scene.density);
    context.fillStyle = palette.cde;
    context.beginPath();
    context.roundRect(x, y - size * 0.72, width, size * 1.44, 3);
    context.fill();
    context.fillStyle = palette.onAccent;
    context.fillText('CDE', x + width / 2, y + 0.5);
  }
}

function paintCut(
  context: CanvasRenderingContext2D,
  at: { readonly x: number; readonly y: number },
  palette: Palette,
  details: number,
  zoom: number,
): void {
  context.save();
  context.translate(at.x, at.y);
  context.scale(details, details);
  const hasWords = zoom >= 0.6;
  context.font = `600 11px ${fontFamily}`;
  const width = hasWords ? 24 + context.measureText('cut here').width + 8 : 24;
  context.beginPath();
  context.roundRect(-12, -10, width, 20, 10);
  context.fillStyle = palette.surface;
  context.fill();
  context.strokeStyle = palette.cycle;
  context.lineWidth = 1.6;
  context.stroke();
  context.lineWidth = 1.5;
  context.stroke(new Path2D(scissors));
  if (hasWords) {
    context.textAlign = 'left';
    context.fillStyle = palette.cycle;
    context.fillText('cut here', 12, 0.5);
    context.textAlign = 'center';
  }
  context.restore();
}

const widths = new Map<string, string>();

/** The words, shortened at the end until they fit. Names share their start with their neighbours, so the end is what gives way least. */
function fitted(context: CanvasRenderingContext2D, words: string, room: number): string {
  const name = `${context.font}|${Math.round(room)}|${words}`;
  const known = widths.get(name);
  if (known !== undefined) return known;
  let text = words;
  if (context.measureText(words).width > room) {
    let low = 0;
    let high = words.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (context.measureText(`${words.slice(0, middle)}…`).width <= room) low = middle;
      else high = middle - 1;
    }
    text = low === 0 ? '' : `${words.slice(0, low)}…`;
  }
  if (widths.size > 20_000) widths.clear();
  widths.set(name, text);
  return text;
}
