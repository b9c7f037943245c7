import { selection } from 'd3-selection';

/**
 * What d3-zoom asks of d3-transition, for a page that has no transitions: the camera moves by itself (`map-engine.ts`).
 * It stands in for the package in the build (`vite.config.ts`), which is a tenth of the first load less.
 */
export function interrupt(): void {
  // Nothing is ever under way.
}

(selection.prototype as { interrupt?: () => unknown }).interrupt = function (this: unknown): unknown {
  return this;
};
