import type { Analysis } from '../analyzer/model/analysis.ts';
import type { Api } from './api.ts';

/** The analysis in a report file; undefined where the page is none. */
export function savedReport(document: Document): Api | undefined {
  const text = document.getElementById('ringfence-analysis')?.textContent;
  if (text === undefined) return undefined;
  const nothing = (words: string) => (): Promise<never> => Promise.reject(new Error(words));
  return {
    analysis: () => Promise.resolve(JSON.parse(text) as Analysis),
    analysisBetween: nothing('A saved report is one window: there is nothing to compare it with.'),
    trace: nothing('A saved report holds no traces. They are where it was made, under the same id.'),
    listen: () => () => undefined,
  };
}
