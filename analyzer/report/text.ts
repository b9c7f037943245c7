export { percent } from '../model/wording.ts';

/**
 * Control characters, which could move a terminal's cursor or end a line of a log; characters that turn the direction of
 * writing; and characters that nobody sees.
 */
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** What build servers take for a command: `::error …` where a line begins, `##[…]` and `##vso[…]` anywhere. */
const COMMANDS = /(?<=^|\s):(?=:)|#(?=#\w*\[)/g;

/** A name as it may be printed: what could do anything but be read becomes a visible escape. */
export function printable(name: string): string {
  return name.replace(UNSEEN, escaped).replace(COMMANDS, escaped);
}

/** JSON with the same values, of which nothing acts on a terminal or on a build server. */
export function printableJson(value: unknown): string {
  // Line breaks are of the layout; those of the values are escaped already.
  return JSON.stringify(value, undefined, 2)
    .replace(UNSEEN, (one) => (one === '\n' ? one : escaped(one)))
    .replace(/#(?=#)/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** 1234567 as `1,234,567`, the same on every machine. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Microseconds with three significant digits and a unit. */
export function duration(us: number): string {
  if (us < 999.5) return `${Math.round(us)} µs`;
  if (us < 999_500) return `${significant(us / 1000)} ms`;
  const seconds = us / 1_000_000;
  if (seconds < 120) return `${significant(seconds)} s`;
  if (seconds < 7200) return `${significant(seconds / 60)} min`;
  if (seconds < 172_800) return `${significant(seconds / 3600)} h`;
  return `${significant(seconds / 86_400)} days`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** Breaks text at spaces into lines of at most `width`, each after the first with `indent` before it. */
export function wrapped(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = '';
  // A number stays with its unit: `97 %`.
  for (const word of text.match(/\S+(?: %\S*)?/g) ?? []) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.join(`\n${indent}`);
}

/** Below this many columns beside it, a text goes under what it belongs to. */
const NARROWEST = 24;

/** `left` in its column with `text` beside it, or below it where the terminal is narrow. `leftWidth` counts no colours. */
export function beside(left: string, leftWidth: number, text: string, width: number): string {
  if (text === '') return left.trimEnd();
  const room = width - leftWidth;
  if (room >= NARROWEST) return `${left}${wrapped(text, room, ' '.repeat(leftWidth))}`;
  return `${left.trimEnd()}\n      ${wrapped(text, width - 6, '      ')}`;
}

function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
