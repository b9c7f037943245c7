/**
 * The one table of colours, for the page (as custom properties) and for the canvas. Contrast is tested: text 4.5 on its
 * ground, lines and marks 3. Critical, cycle and CDE stay apart in the common colour-vision deficiencies, and none of them
 * ever speaks alone: numbers, letters, the scissors and the word CDE say the same.
 */
export interface Palette {
  /** Under the map. */
  readonly ground: string;
  /** Panels, boxes and the header. */
  readonly surface: string;
  /** A second plane on a surface: fields, rows under the pointer. */
  readonly raised: string;
  /** Ground of a territory. */
  readonly territory: string;
  readonly ink: string;
  readonly muted: string;
  /** Hairlines between things; decoration only. */
  readonly line: string;
  /** Ordinary dependencies and outlines of boxes. */
  readonly link: string;
  readonly critical: string;
  /** Heat of a box in five steps, coolest first; ink is readable on each. */
  readonly heat: readonly [string, string, string, string, string];
  readonly cycle: string;
  readonly cde: string;
  /** Hatch inside the fence. */
  readonly cdeWash: string;
  /** Text on critical, cycle and cde. */
  readonly onAccent: string;
  readonly error: string;
  readonly focus: string;
}

export type Theme = 'light' | 'dark';

export const palettes: Readonly<Record<Theme, Palette>> = {
  light: {
    ground: '#fbfcfd',
    surface: '#ffffff',
    raised: '#f1f4f7',
    territory: '#f2f5f8',
    ink: '#18222d',
    muted: '#4f5a66',
    line: '#d9dfe6',
    link: '#7f8994',
    critical: '#b84a00',
    heat: ['#fff3e9', '#ffe3cd', '#ffd0ab', '#ffbb85', '#ffa55e'],
    cycle: '#b0457b',
    cde: '#0b5fa5',
    cdeWash: '#dceafa',
    onAccent: '#ffffff',
    error: '#b3261e',
    focus: '#0b5fa5',
  },
  dark: {
    ground: '#10151b',
    surface: '#171e26',
    raised: '#212a34',
    territory: '#151c24',
    ink: '#e9eef3',
    muted: '#a3b0bd',
    line: '#2d3844',
    link: '#778594',
    critical: '#ff8a3d',
    heat: ['#29211b', '#3b281a', '#4f2f17', '#653813', '#783f0f'],
    cycle: '#e58bc0',
    cde: '#5fb3ff',
    cdeWash: '#16304a',
    onAccent: '#10151b',
    error: '#ff8a80',
    focus: '#5fb3ff',
  },
};

/** Writes the palette to the page as `--ink`, `--heat-1` and so on. */
export function applyPalette(root: HTMLElement, theme: Theme): void {
  const palette = palettes[theme];
  for (const [name, value] of Object.entries(palette) as [keyof Palette, string | readonly string[]][]) {
    const property = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (typeof value === 'string') root.style.setProperty(property, value);
    else value.forEach((step, index) => root.style.setProperty(`${property}-${index + 1}`, step));
  }
  root.style.colorScheme = theme;
  root.dataset['theme'] = theme;
}
