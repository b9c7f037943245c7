import { fontFamily } from './text-width.ts';

/** Text gets this much smaller before it is cut. */
export const leastShrink = 0.82;

export function widthOf(context: CanvasRenderingContext2D, font: string, words: string): number {
  context.font = `${font} ${fontFamily}`;
  return context.measureText(words).width;
}

export function fillFitted(
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

const widths = new Map<string, string>();

/** The words, shortened at the end until they fit. Names share their start with their neighbours, so the end is what gives way least. */
export function fitted(context: CanvasRenderingContext2D, words: string, room: number): string {
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
