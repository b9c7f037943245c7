import { describe, expect, it } from 'vitest';
import { palettes, type Palette } from './palette.ts';

/** Relative luminance and contrast of WCAG 2.2. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(a: string, b: string): number {
  const light = Math.max(luminance(a), luminance(b));
  const dark = Math.min(luminance(a), luminance(b));
  return (light + 0.05) / (dark + 0.05);
}

describe.each<[string, Palette]>(Object.entries(palettes))('the %s palette', (_, palette) => {
  const grounds = ['ground', 'surface', 'raised', 'territory', 'cdeWash'] as const;

  it.each(['ink', 'muted'] as const)('has readable text: %s', (name) => {
    for (const ground of grounds) expect(contrast(palette[name], palette[ground])).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['critical', 'cycle', 'cde', 'error'] as const)('has readable words in %s', (name) => {
    for (const ground of ['ground', 'surface', 'raised'] as const)
      expect(contrast(palette[name], palette[ground])).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['critical', 'cycle', 'cde'] as const)('has readable marks on %s', (name) => {
    expect(contrast(palette.onAccent, palette[name])).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['link', 'critical', 'cycle', 'cde', 'focus'] as const)('has visible lines: %s', (name) => {
    for (const ground of ['ground', 'surface', 'territory'] as const)
      expect(contrast(palette[name], palette[ground])).toBeGreaterThanOrEqual(3);
  });

  it('is readable at every heat', () => {
    for (const heat of palette.heat) {
      expect(contrast(palette.ink, heat)).toBeGreaterThanOrEqual(7);
    }
    // Cool boxes say their details in the muted ink.
    for (const heat of palette.heat.slice(0, 2)) expect(contrast(palette.muted, heat)).toBeGreaterThanOrEqual(4.5);
  });

  it('gets hotter in steps that can be told apart', () => {
    const steps = [palette.surface, ...palette.heat].map((heat) => contrast(heat, palette.surface));
    for (let step = 1; step < steps.length; step++)
      expect(steps[step]! / steps[step - 1]!).toBeGreaterThanOrEqual(step === 1 ? 1.04 : 1.09);
  });
});
