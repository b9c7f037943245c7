import type { Palette } from './palette.ts';
import type { Scene, SceneBox } from './scene.ts';
import { fenceMargin } from './scene-links.ts';
import { scissors } from './shapes.ts';
import { fontFamily } from './text-width.ts';

/** From here on crossings are a wash of blue; their numbers appear closer up. */
export const manyCrossings = 24;

/** Letters of circles, numbers of the path, numbers of crossings, scissors and the word CDE. */
export function paintMarks(
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
  for (const link of scene.links)
    if (link.cutAt !== undefined) {
      // Between two columns there is room for the scissors alone.
      paintCut(context, link.cutAt, palette, details, zoom >= 0.6 && !scene.isSideways);
    }
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
  hasWords: boolean,
): void {
  context.save();
  context.translate(at.x, at.y);
  context.scale(details, details);
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
