import type { AnalyzedService } from '../../analyzer/model/analysis.ts';
import { plainName } from './format.ts';
import { detailOf } from './scene.ts';

export const fontFamily = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';

/** Measures what boxes and titles have to say, in the fonts of this browser. */
export interface TextMeasure {
  readonly title: (name: string) => number;
  readonly label: (service: AnalyzedService) => number;
}

/** Both ends of a line in a box. */
const insets = 26;
/** Of the figure: `14 %`. */
const figureWidth = 48;

/**
 * For a map that will be seen at about `zoom`: text has a least size on the screen, so it needs more of a smaller map.
 * In roomy boxes the name has a line of its own, in dense ones it stands beside the figure.
 */
export function textMeasure(isRoomy: boolean, zoom: number): TextMeasure {
  const context = document.createElement('canvas').getContext('2d');
  const widthOf = (words: string, weight: number, size: number): number => {
    if (context === null) return words.length * size * 0.6;
    context.font = `${weight} ${size}px ${fontFamily}`;
    return context.measureText(words).width;
  };
  const nameSize = Math.max(13, 9.5 / zoom);
  const detailSize = Math.max(11, 8.8 / zoom);
  return {
    title: (name) => widthOf(name, 600, Math.max(12.5, 11.5 / zoom)),
    label: (service) => {
      const pill = service.kind === 'destination' ? 10 : 0;
      const name = widthOf(plainName(service.id), isRoomy ? 600 : 500, isRoomy ? nameSize : 12.5);
      if (!isRoomy) return insets + pill + name + figureWidth;
      return insets + pill + Math.max(name, widthOf(detailOf(service), 400, detailSize) + figureWidth);
    },
  };
}
