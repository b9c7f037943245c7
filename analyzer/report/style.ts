/** ANSI styles, or nothing at all where colour is off. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly good: (text: string) => string;
  readonly cycle: (text: string) => string;
  readonly critical: (text: string) => string;
  readonly scope: (text: string) => string;
}

export function styleOf(color: boolean): Style {
  const wrap = (open: number, close: number) => (text: string) =>
    color && text !== '' ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: wrap(1, 22),
    dim: wrap(2, 22),
    error: wrap(31, 39),
    warning: wrap(33, 39),
    good: wrap(32, 39),
    cycle: wrap(35, 39),
    critical: wrap(33, 39),
    scope: wrap(36, 39),
  };
}
