import { plainName } from './format.ts';
import type { MatrixCell, MatrixScene } from './matrix-scene.ts';
import type { Palette } from './palette.ts';
import { fitted } from './paint-text.ts';
import { fontFamily } from './text-width.ts';

/** Where the matrix lies on the screen: cell (0, 0) begins at `x`, `y`; a cell is `cell` pixels wide. */
export interface MatrixView {
  readonly x: number;
  readonly y: number;
  readonly cell: number;
  readonly width: number;
  readonly height: number;
  readonly pixelRatio: number;
  /** Room for names, to the left and above. */
  readonly gutter: number;
}

export interface MatrixPlace {
  readonly row: number;
  readonly column: number;
}

/** From this cell size on names stand beside every row. */
export const namedFrom = 9;

export function paintMatrix(
  context: CanvasRenderingContext2D,
  scene: MatrixScene,
  palette: Palette,
  view: MatrixView,
  at: MatrixPlace | undefined,
): void {
  const { x, y, cell, width, height, gutter, pixelRatio } = view;
  const size = scene.ids.length;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.save();
  context.beginPath();
  context.rect(gutter, gutter, width - gutter, height - gutter);
  context.clip();
  const side = size * cell;
  context.fillStyle = palette.surface;
  context.fillRect(x, y, side, side);
  context.fillStyle = palette.cdeWash;
  for (const place of scene.fenced) {
    context.fillRect(x, y + place * cell, side, cell);
    context.fillRect(x + place * cell, y, cell, side);
  }
  if (at !== undefined) {
    context.fillStyle = palette.raised;
    context.globalAlpha = 0.9;
    context.fillRect(x, y + at.row * cell, side, cell);
    context.fillRect(x + at.column * cell, y, cell, side);
    context.globalAlpha = 1;
  }
  context.fillStyle = palette.line;
  for (let place = 0; place < size; place++)
    if (isInSight(place, place, view)) context.fillRect(x + place * cell, y + place * cell, cell, cell);
  paintCells(context, scene, palette, view);
  context.strokeStyle = palette.cycle;
  context.lineWidth = 2;
  for (const { first, last } of scene.blocks) {
    const span = Math.max(5, (last - first + 1) * cell);
    context.strokeRect(x + first * cell - 1, y + first * cell - 1, span + 2, span + 2);
  }
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
  if (at !== undefined) {
    context.strokeStyle = palette.focus;
    context.lineWidth = 2;
    const square = Math.max(cell, 6);
    context.strokeRect(
      x + (at.column + 0.5) * cell - square / 2 - 1,
      y + (at.row + 0.5) * cell - square / 2 - 1,
      square + 2,
      square + 2,
    );
  }
  context.restore();
  paintNames(context, scene, palette, view, at);
}

function isInSight(row: number, column: number, { x, y, cell, width, height, gutter }: MatrixView): boolean {
  const [left, top] = [x + column * cell, y + row * cell];
  return left < width && top < height && left + cell > gutter && top + cell > gutter;
}

/** Filled: waits for it. Ring: an event. Bar: data. */
function paintCells(context: CanvasRenderingContext2D, scene: MatrixScene, palette: Palette, view: MatrixView): void {
  const { x, y, cell } = view;
  const mark = Math.max(1.2, cell * 0.68);
  const shift = (cell - mark) / 2;
  const colourOf = (item: MatrixCell): string =>
    item.isStep ? palette.critical : item.closesCycle ? palette.cycle : palette.ink;
  for (const colour of [palette.ink, palette.cycle, palette.critical]) {
    context.fillStyle = context.strokeStyle = colour;
    context.lineWidth = Math.max(1, cell * 0.12);
    context.beginPath();
    for (const item of scene.cells) {
      if (colourOf(item) !== colour || !isInSight(item.row, item.column, view)) continue;
      const [left, top] = [x + item.column * cell + shift, y + item.row * cell + shift];
      if (item.mode === 'async' && cell >= 5) {
        const radius = mark / 2 - context.lineWidth / 2;
        context.moveTo(left + mark / 2 + radius, top + mark / 2);
        context.arc(left + mark / 2, top + mark / 2, radius, 0, Math.PI * 2);
      } else if (item.mode === 'data') context.fillRect(left, top + mark * 0.3, mark, Math.max(1, mark * 0.4));
      else context.fillRect(left, top, mark, mark);
    }
    context.stroke();
  }
}

function paintNames(
  context: CanvasRenderingContext2D,
  scene: MatrixScene,
  palette: Palette,
  { x, y, cell, width, height, gutter }: MatrixView,
  at: MatrixPlace | undefined,
): void {
  const size = Math.max(8.5, Math.min(13, cell * 0.82));
  context.textBaseline = 'middle';
  const draw = (place: number, isRow: boolean, isActive: boolean): void => {
    const middle = (isRow ? y : x) + (place + 0.5) * cell;
    if (middle < gutter - 1 || middle > (isRow ? height : width)) return;
    context.font = `${isActive || scene.critical.has(place) ? 700 : 450} ${isActive ? Math.max(12, size) : size}px ${fontFamily}`;
    context.fillStyle = scene.critical.has(place) ? palette.critical : isActive ? palette.ink : palette.muted;
    const words = fitted(context, plainName(scene.ids[place]!), gutter - 14);
    if (isRow) {
      context.textAlign = 'right';
      if (isActive) backed(context, palette, gutter - 8 - context.measureText(words).width, middle, words);
      context.fillText(words, gutter - 8, middle);
      return;
    }
    context.save();
    context.translate(middle, gutter - 8);
    context.rotate(-Math.PI / 2);
    context.textAlign = 'left';
    if (isActive) backed(context, palette, 0, 0, words);
    context.fillText(words, 0, 0);
    context.restore();
  };
  if (cell >= namedFrom)
    for (let place = 0; place < scene.ids.length; place++) {
      draw(place, true, false);
      draw(place, false, false);
    }
  if (at === undefined) return;
  draw(at.row, true, true);
  draw(at.column, false, true);
}

function backed(
  context: CanvasRenderingContext2D,
  palette: Palette,
  left: number,
  middle: number,
  words: string,
): void {
  const ink = context.fillStyle;
  context.fillStyle = palette.ground;
  context.fillRect(left - 3, middle - 9, context.measureText(words).width + 6, 18);
  context.fillStyle = ink;
}
