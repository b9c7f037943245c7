import { printable } from './text.ts';

/**
 * Text that stays text: no markup, no mention, no link and no new column comes out of a name. Mentions and links are looked
 * for in what was rendered, so an entity for the sign does not hide it; a space of no width after it does.
 */
export function cell(text: string): string {
  return printable(text)
    .replace(/&/g, '&amp;')
    .replace(/[\\`*_{}[\]<>()+!|~]/g, (character) => `\\${character}`)
    .replace(/[@#]|:(?=\/\/)|\bwww(?=\.)/gi, (sign) => `${sign}&#8203;`);
}

/** As code where code can hold it: a code span has no escapes, and a table splits it at its bars. */
export function code(name: string): string {
  const text = printable(name);
  if (text.trim() === '') return '(no name)';
  return /[`|\\]/.test(text) ? cell(text) : `\`${text}\``;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
