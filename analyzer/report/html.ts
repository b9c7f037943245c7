import type { Analysis } from '../model/analysis.ts';

/** Where the page takes its analysis from, instead of asking a server. */
const PLACE = '<!--analysis-->';

/**
 * The analysis as one file: the map with everything it needs, opened from disk. `shell` is the built page (`report.html`);
 * its policy names the one script and the one style that may run, so nothing in the data can.
 */
export function html(analysis: Analysis, shell: string): string {
  if (!shell.includes(PLACE)) throw new Error('the page to put the report in has no place for it');
  // `<` is all that could end the element or begin a comment; as an escape it is the same JSON.
  const data = JSON.stringify(analysis).replaceAll('<', '\\u003c');
  return shell.replace(PLACE, () => `<script type="application/json" id="ringfence-analysis">${data}</script>`);
}
