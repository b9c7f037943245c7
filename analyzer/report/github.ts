import type { Severity } from '../model/analysis.ts';
import type { Results } from './result.ts';
import { plural, printable } from './text.ts';

/** GitHub shows ten annotations of each kind for a step. */
const MOST_OF_A_KIND = 10;

/** Workflow commands of GitHub Actions: an annotation for each finding, beside the file where its way out is. */
export function github({ results }: Results): string {
  const lines: string[] = [];
  for (const severity of ['error', 'warning', 'note'] as const) {
    const found = results.filter((result) => result.severity === severity);
    const shown = found.length > MOST_OF_A_KIND ? found.slice(0, MOST_OF_A_KIND - 1) : found;
    for (const { path, title, message } of shown) {
      lines.push(`::${COMMANDS[severity]} file=${property(path)},line=1,title=${property(title)}::${data(message)}`);
    }
    const rest = found.length - shown.length;
    if (rest > 0) lines.push(`::${COMMANDS[severity]} title=ringfence::${plural(rest, `more ${severity}`)}`);
  }
  if (lines.length === 0) lines.push('ringfence: nothing new');
  return `${lines.join('\n')}\n`;
}

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'notice' };

function data(text: string): string {
  return printable(text).replace(/[%\r\n]/g, encoded);
}

function property(text: string): string {
  return printable(text).replace(/[%\r\n:,]/g, encoded);
}

function encoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
