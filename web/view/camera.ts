import type { Box, Point } from '../layout/geometry.ts';
import type { Camera } from './session.ts';

/** Pan and zoom on the screen: a world point `p` is drawn at `p * zoom + (x, y)`. */
export interface Transform {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const leastZoom = 0.06;
export const mostZoom = 3;
/** From here on the names in the boxes can be read. */
export const readableZoom = 0.45;

/** Room for the buttons above the map. */
const topInset = 48;

/** Shows all of `bounds`, in the middle, little larger than life at most. */
export function fit(bounds: Box, size: Size, most = 1.2): Transform {
  const margin = Math.min(24, size.width * 0.025);
  const zoom = Math.max(
    leastZoom,
    Math.min(most, (size.width - 2 * margin) / bounds.width, (size.height - margin - topInset) / bounds.height),
  );
  const { x, y } = centred(middleOf(bounds), zoom, size);
  return { x, y: y + (topInset - margin) / 2, zoom };
}

function centred(at: Point, zoom: number, size: Size): Transform {
  return { x: size.width / 2 - at.x * zoom, y: size.height / 2 - at.y * zoom, zoom };
}

export function cameraOf(transform: Transform, size: Size): Camera {
  return {
    x: Math.round((size.width / 2 - transform.x) / transform.zoom),
    y: Math.round((size.height / 2 - transform.y) / transform.zoom),
    zoom: Math.round(transform.zoom * 1000) / 1000,
  };
}

export function transformOf(camera: Camera, size: Size): Transform {
  return centred(camera, camera.zoom, size);
}

/** The least change that brings `box` into sight; undefined where it already is. */
export function reveal(box: Box, at: Transform, size: Size): Transform | undefined {
  const left = box.x * at.zoom + at.x;
  const top = box.y * at.zoom + at.y;
  const right = left + box.width * at.zoom;
  const bottom = top + box.height * at.zoom;
  const isReadable = at.zoom >= readableZoom;
  if (isReadable && left >= 12 && top >= 12 && right <= size.width - 12 && bottom <= size.height - 12) return undefined;
  const around = fit(box, size, Math.max(0.9, at.zoom));
  return isReadable && around.zoom >= at.zoom ? centred(middleOf(box), at.zoom, size) : around;
}

/** A quarter of a second of motion: position after `share` of the way. */
export function between(from: Transform, to: Transform, share: number): Transform {
  const eased = 1 - (1 - share) ** 3;
  const mix = (a: number, b: number): number => a + (b - a) * eased;
  return { x: mix(from.x, to.x), y: mix(from.y, to.y), zoom: mix(from.zoom, to.zoom) };
}

function middleOf(box: Box): Point {
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
