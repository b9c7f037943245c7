import { percent } from './format.ts';
import type { CellKind, SceneGroup } from './closed-groups.ts';
import type { Palette } from './palette.ts';
import { fitted } from './paint-text.ts';
import { fontFamily } from './text-width.ts';

/** Closed territories: their ground, and their members as cells. */
export function paintGroups(
  context: CanvasRenderingContext2D,
  groups: readonly SceneGroup[],
  palette: Palette,
  zoom: number,
): void {
  for (const group of groups) {
    const { x, y, width, height } = group.box;
    context.beginPath();
    context.roundRect(x, y, width, height, 12);
    context.fillStyle = palette.surface;
    context.fill();
    context.strokeStyle = group.steps.length > 0 ? palette.critical : palette.link;
    context.lineWidth = (group.steps.length > 0 ? 2.2 : 1.3) / zoom;
    context.stroke();
    if (group.cdeCount > 0) {
      context.strokeStyle = palette.cde;
      context.lineWidth = 1.6 / zoom;
      for (const inset of [4, 7]) {
        context.beginPath();
        context.roundRect(
          x + inset / zoom,
          y + inset / zoom,
          width - (2 * inset) / zoom,
          height - (2 * inset) / zoom,
          8,
        );
        context.stroke();
      }
    }
    paintCells(context, group, palette);
  }
}

function paintCells(context: CanvasRenderingContext2D, group: SceneGroup, palette: Palette): void {
  const colours: Readonly<Record<CellKind, string>> = {
    plain: palette.line,
    cycle: palette.cycle,
    cde: palette.cde,
    critical: palette.critical,
  };
  for (const kind of ['plain', 'cycle', 'cde', 'critical'] as const) {
    context.beginPath();
    for (const { box, is } of group.cells) if (is === kind) context.roundRect(box.x, box.y, box.width, box.height, 5);
    context.globalAlpha = kind === 'plain' ? 0.55 : 0.45;
    context.fillStyle = colours[kind];
    context.fill();
  }
  context.globalAlpha = 1;
}

/** Name, size, and what is inside as badges with words, over everything else. Text keeps its size on the screen. */
export function paintGroupWords(
  context: CanvasRenderingContext2D,
  groups: readonly SceneGroup[],
  palette: Palette,
  zoom: number,
): void {
  for (const group of groups) paintWords(context, group, palette, zoom);
}

function paintWords(context: CanvasRenderingContext2D, group: SceneGroup, palette: Palette, zoom: number): void {
  const { x, y, width, height } = group.box;
  const unit = 1 / zoom;
  const room = width - 20 * unit;
  // Of a group that is small on the screen only the name, and smaller.
  const size = Math.max(9, Math.min(15, (width * zoom) / 9)) * unit;
  const badges = badgesOf(group, palette);
  const isLow = height * zoom < 58;
  const left = x + 10 * unit;
  let middle = isLow ? y + height / 2 : y + Math.min(height * 0.3, 26 * unit);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.font = `650 ${size}px ${fontFamily}`;
  context.fillStyle = palette.ink;
  context.lineJoin = 'round';
  context.strokeStyle = palette.surface;
  context.lineWidth = 5 * unit;
  const write = (words: string): void => {
    const text = fitted(context, words, room);
    context.strokeText(text, left, middle);
    context.fillText(text, left, middle);
  };
  write(group.name);
  if (isLow) return;
  middle += size * 1.25;
  context.font = `400 ${11.5 * unit}px ${fontFamily}`;
  context.fillStyle = palette.muted;
  write(`${group.memberCount} services`);
  middle += 21 * unit;
  let at = left;
  for (const { words, colour } of badges) {
    context.font = `700 ${10.5 * unit}px ${fontFamily}`;
    const wide = context.measureText(words).width + 12 * unit;
    if (at > left && at + wide > x + width - 8 * unit) {
      at = left;
      middle += 21 * unit;
    }
    if (middle + 10 * unit > y + height) return;
    context.beginPath();
    context.roundRect(at, middle - 8.5 * unit, wide, 17 * unit, 8.5 * unit);
    context.fillStyle = colour;
    context.fill();
    context.fillStyle = palette.onAccent;
    context.fillText(words, at + 6 * unit, middle + 0.5 * unit);
    at += wide + 5 * unit;
  }
}

function badgesOf(group: SceneGroup, palette: Palette): { readonly words: string; readonly colour: string }[] {
  const { letters, cdeCount, connectedCount, share, steps } = group;
  const badges: { words: string; colour: string }[] = [];
  if (steps.length > 0) badges.push({ words: `path ${steps.slice(0, 4).join(' ')}`, colour: palette.critical });
  if (share >= 0.005) badges.push({ words: percent(share), colour: palette.critical });
  if (letters.length > 0)
    badges.push({
      words: letters.length > 5 ? `${letters.length} circles` : `circle ${letters.join(' ')}`,
      colour: palette.cycle,
    });
  if (cdeCount > 0) badges.push({ words: `CDE ${cdeCount}`, colour: palette.cde });
  else if (connectedCount > 0) badges.push({ words: `CDE +1: ${connectedCount}`, colour: palette.cde });
  return badges;
}
