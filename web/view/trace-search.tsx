import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { fullCount } from './format.ts';
import { useSession } from './session.ts';
import { matchingRows, nextMatch, searchTexts, type TraceView } from './trace-view.ts';

/** Names, operations and attributes of all spans; `/` comes here while a trace is open. */
export function TraceSearch(props: {
  readonly view: TraceView;
  readonly activeRow: number;
  readonly onMatches: (rows: readonly number[]) => void;
  readonly onGo: (row: number) => void;
}) {
  const session = useSession();
  const query = useSignal('');
  const input = useRef<HTMLInputElement>(null);
  const hasQuery = query.value.trim() !== '';
  // Made when the first letter is typed: of 80,000 spans it is megabytes.
  const texts = useMemo(() => (hasQuery ? searchTexts(props.view.trace) : []), [props.view, hasQuery]);
  const matches = useMemo(() => matchingRows(texts, query.value), [texts, query.value]);
  useEffect(() => props.onMatches(matches), [matches]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLInputElement || session.dialog.peek() !== 'none') return;
      if (!session.hasShortcuts.peek()) return;
      event.preventDefault();
      input.current?.focus();
    };
    // Before the page's own keys, to which `/` means the search for services.
    addEventListener('keydown', onKey, { capture: true });
    return () => removeEventListener('keydown', onKey, { capture: true });
  }, []);
  const go = (step: 1 | -1): void => {
    const row = nextMatch(matches, props.activeRow, step);
    if (row !== undefined) props.onGo(row);
  };
  const at = matches.indexOf(props.activeRow);
  const words =
    matches.length === 0 ? 'no match' : `${at < 0 ? '–' : fullCount(at + 1)} of ${fullCount(matches.length)}`;
  return (
    <div class="trace-search" role="search">
      <input
        ref={input}
        type="text"
        name="span-search"
        aria-label="Search in spans"
        placeholder="Search in spans  /"
        value={query.value}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => (query.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') go(event.shiftKey ? -1 : 1);
          else if (event.key === 'Escape') {
            query.value = '';
            event.currentTarget.blur();
          } else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <span class="quiet" aria-live="polite">
        {hasQuery ? words : ''}
      </span>
      {hasQuery && matches.length > 0 && (
        <>
          <button type="button" aria-label="Previous match" title="Previous match (Shift Enter)" onClick={() => go(-1)}>
            ↑
          </button>
          <button type="button" aria-label="Next match" title="Next match (Enter)" onClick={() => go(1)}>
            ↓
          </button>
        </>
      )}
    </div>
  );
}
