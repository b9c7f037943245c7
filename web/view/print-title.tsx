import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ALL_ENVIRONMENTS } from '../../analyzer/model/environments.ts';
import { fullCount, instant, plural } from './format.ts';
import { applyPalette } from './palette.ts';
import { useSession } from './session.ts';
import { windowWords } from './words.ts';

/** On paper alone: what was looked at, and when. Paper is light whatever the screen is. */
export function PrintTitle() {
  const session = useSession();
  const madeAt = useSignal<string | undefined>(undefined);
  useEffect(() => {
    const root = document.documentElement;
    // A canvas is painted in the next frame, which is too late for paper: the dark one is turned over by the style sheet.
    const before = (): void => {
      madeAt.value = new Date().toISOString();
      if (session.theme.peek() !== 'dark') return;
      root.dataset['printed'] = 'from-dark';
      applyPalette(root, 'light');
    };
    const after = (): void => {
      delete root.dataset['printed'];
      applyPalette(root, session.theme.peek());
    };
    addEventListener('beforeprint', before);
    addEventListener('afterprint', after);
    return () => {
      removeEventListener('beforeprint', before);
      removeEventListener('afterprint', after);
    };
  }, []);
  const analysis = session.analysis.value.value;
  if (analysis === undefined) return null;
  const { window: timeWindow, environment } = session.view.value;
  const { from, to } = analysis.window;
  return (
    <p class="print-title">
      <b>ringfence</b> · {windowWords[timeWindow]}
      {from === null || to === null ? '' : ` (${instant(from)} to ${instant(to)} UTC)`} ·{' '}
      {environment === null || environment === ALL_ENVIRONMENTS ? 'all environments' : environment} ·{' '}
      {plural(analysis.services.length, 'node')}, {fullCount(analysis.traceCount)} traces,{' '}
      {fullCount(analysis.incompleteTraceCount)} of them incomplete
      {madeAt.value === undefined ? '' : ` · printed ${instant(madeAt.value)} UTC`}
    </p>
  );
}
