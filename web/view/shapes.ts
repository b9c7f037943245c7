import type { NodeKind } from '../../analyzer/model/analysis.ts';
import type { Box } from '../layout/geometry.ts';
import { arrowRoom, type Route } from '../layout/links.ts';

/** Outlines as path data, the same for canvas and SVG. Kinds are told apart by shape, never by colour. */

/** Service: box. Database: cylinder. Topic: pill. Peers outside: box, drawn dashed. */
export function boxPath(kind: NodeKind, box: Box): string {
  if (kind === 'database') return cylinder(box);
  return roundedBox(box, kind === 'destination' ? box.height / 2 : 7);
}

/** The visible rim of a cylinder's lid. */
export function cylinderRim({ x, y, width, height }: Box): string {
  const bow = height * 0.1;
  return `M${x} ${y + bow}A${width / 2} ${bow} 0 0 0 ${x + width} ${y + bow}`;
}

export function roundedBox({ x, y, width, height }: Box, radius: number): string {
  const r = Math.min(radius, width / 2, height / 2);
  return (
    `M${x + r} ${y}h${width - 2 * r}a${r} ${r} 0 0 1 ${r} ${r}v${height - 2 * r}a${r} ${r} 0 0 1 ${-r} ${r}` +
    `h${2 * r - width}a${r} ${r} 0 0 1 ${-r} ${-r}v${2 * r - height}a${r} ${r} 0 0 1 ${r} ${-r}z`
  );
}

/** Filled triangle for calls that wait; open angle for events. */
export function arrowPath(route: Route, isOpen: boolean, size = 1): string {
  const last = route.curves.at(-1)!;
  const dx = Math.sign(Math.round(route.tip.x - last.end.x));
  const dy = Math.sign(Math.round(route.tip.y - last.end.y));
  const length = (arrowRoom + 1) * size;
  const half = 3.6 * size;
  const backX = route.tip.x - dx * length;
  const backY = route.tip.y - dy * length;
  const left = `${round(backX - dy * half)} ${round(backY + dx * half)}`;
  const right = `${round(backX + dy * half)} ${round(backY - dx * half)}`;
  const tip = `${round(route.tip.x)} ${round(route.tip.y)}`;
  return isOpen ? `M${left}L${tip}L${right}` : `M${left}L${tip}L${right}z`;
}

/** Scissors around the origin, 14 units wide. */
export const scissors =
  'M-6.5 -3.4a2.1 2.1 0 1 0 4.2 0a2.1 2.1 0 1 0 -4.2 0zM-6.5 3.4a2.1 2.1 0 1 0 4.2 0a2.1 2.1 0 1 0 -4.2 0zM-2.6 -2.3L6.5 3.8M-2.6 2.3L6.5 -3.8';

function cylinder({ x, y, width, height }: Box): string {
  const bow = height * 0.1;
  return (
    `M${x} ${y + bow}A${width / 2} ${bow} 0 0 1 ${x + width} ${y + bow}V${y + height - bow}` +
    `A${width / 2} ${bow} 0 0 1 ${x} ${y + height - bow}z`
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
