import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { TraceDetail } from '../../analyzer/model/analysis.ts';
import { duration, fullCount, plainName, plural } from './format.ts';
import { PathStrip } from './path-strip.tsx';
import { useSession } from './session.ts';
import { SpanDetail } from './span-detail.tsx';
import { rowHeight } from './span-row.tsx';
import { rowId, SpanRows, type Sight } from './span-rows.tsx';
import { TraceHead } from './trace-head.tsx';
import { TraceSearch } from './trace-search.tsx';
import { chosenRows, traceView, unfolded } from './trace-view.ts';

/** Rows drawn beyond the edges, so that quick scrolling shows no blank. */
const spareRows = 12;
/** Rows are drawn by so many at a time: not for each that scrolls by. */
const rowStep = 8;

/** One trace as a waterfall with its critical path painted. Only the rows in sight exist: 80,000 spans scroll like 80. */
export function Timeline() {
  const session = useSession();
  const { value, isLoading, error } = session.trace.value;
  const close = (): void => session.show({ traceId: null });
  return (
    <section class="trace" aria-label="Trace">
      {value === undefined ? (
        <div class="placeholder" aria-busy={isLoading}>
          {isLoading ? <span class="spinner" aria-hidden="true" /> : <h2>The trace could not be loaded</h2>}
          <p>{error ?? 'Reading the trace…'}</p>
          <button type="button" class="primary" onClick={close}>
            Back to the map
          </button>
        </div>
      ) : (
        <Waterfall key={value.traceId} trace={value} onClose={close} />
      )}
    </section>
  );
}

function Waterfall({ trace, onClose }: { readonly trace: TraceDetail; readonly onClose: () => void }) {
  const session = useSession();
  const view = useMemo(() => traceView(trace), [trace]);
  const scroller = useRef<HTMLDivElement>(null);
  const sight = useSignal<Sight>({ first: 0, last: 60 });
  const step = useSignal(-1);
  /** The row the keys stand on, and the one whose details are open: rows of the trace, not places on the screen. */
  const active = useSignal(0);
  const open = useSignal<number | undefined>(undefined);
  const folded = useSignal<ReadonlySet<number>>(new Set());
  const isCriticalOnly = useSignal(false);
  const isWhole = useSignal(false);
  const matches = useSignal<ReadonlySet<number>>(new Set());
  const rows = useMemo(
    () => chosenRows(view, { folded: folded.value, isCriticalOnly: isCriticalOnly.value }),
    [view, folded.value, isCriticalOnly.value],
  );
  const endUs = isWhole.value ? view.endUs : view.requestEndUs;
  const updateSight = (): void => {
    // A last scroll event may come after the view is gone.
    if (scroller.current === null) return;
    const { scrollTop, clientHeight } = scroller.current;
    const inSteps = (place: number): number => Math.max(0, Math.ceil(place / rowStep) * rowStep);
    const first = inSteps(scrollTop / rowHeight - spareRows - rowStep);
    const last = inSteps((scrollTop + clientHeight) / rowHeight + spareRows);
    const { first: drawnFirst, last: drawnLast } = sight.peek();
    if (first !== drawnFirst || last !== drawnLast) sight.value = { first, last };
  };
  /** Brings a row into sight, unfolded and in the middle where it was not in sight yet. */
  const show = (row: number): void => {
    active.value = row;
    folded.value = unfolded(view, folded.value, row);
    const chosen = chosenRows(view, { folded: folded.value, isCriticalOnly: isCriticalOnly.value });
    let place = chosen.indexOf(row);
    if (place < 0) {
      isCriticalOnly.value = false;
      place = chosenRows(view, { folded: folded.value, isCriticalOnly: false }).indexOf(row);
    }
    const { clientHeight, scrollTop } = scroller.current!;
    const top = place * rowHeight;
    if (top >= scrollTop && top <= scrollTop + clientHeight - 3 * rowHeight) return;
    // The rows may only now become as many as that.
    requestAnimationFrame(() => {
      if (scroller.current === null) return;
      scroller.current.scrollTop = top - clientHeight / 2;
      updateSight();
    });
  };
  const goTo = (next: number): void => {
    const section = view.sections[next];
    if (section === undefined) return;
    step.value = next;
    const row = view.rowOf.get(section.spanId) ?? 0;
    open.value = row;
    show(row);
    session.announce(
      `Segment ${next + 1} of ${view.sections.length}: ${plainName(section.service)}, ${section.operation}, ${duration(section.endUs - section.startUs)}`,
    );
  };
  const fold = (row: number): void => {
    const next = new Set(folded.value);
    if (!next.delete(row)) next.add(row);
    folded.value = next;
  };
  const walk = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const place = rows.indexOf(active.value);
    const row = active.value;
    const isFoldable = view.rowAfter[row]! > row + 1;
    const page = Math.max(1, Math.floor(scroller.current!.clientHeight / rowHeight) - 2);
    const moves: Readonly<Record<string, number | undefined>> = {
      ArrowDown: place + 1,
      ArrowUp: place - 1,
      PageDown: place + page,
      PageUp: place - page,
      Home: 0,
      End: rows.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) show(rows[Math.max(0, Math.min(rows.length - 1, to))] ?? 0);
    else if (event.key === 'ArrowLeft' && isFoldable && !folded.value.has(row)) fold(row);
    else if (event.key === 'ArrowRight' && folded.value.has(row)) fold(row);
    else if (event.key === 'Enter' || event.key === ' ') open.value = open.value === row ? undefined : row;
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    updateSight();
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLInputElement || session.dialog.peek() !== 'none' || !session.hasShortcuts.peek())
        return;
      if (event.key === 'n') goTo(Math.min(view.sections.length - 1, step.value + 1));
      else if (event.key === 'p') goTo(Math.max(0, step.value - 1));
    };
    const observer = new ResizeObserver(updateSight);
    observer.observe(scroller.current!);
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', onKey);
      observer.disconnect();
    };
  }, [view]);
  const current = view.sections[step.value];
  const openSpan = trace.spans[open.value ?? -1];
  return (
    <>
      <TraceHead trace={trace} view={view} onClose={onClose}>
        {view.requestEndUs < view.endUs && (
          <div class="trace-span" role="group" aria-label="Time shown">
            <button type="button" aria-pressed={!isWhole.value} onClick={() => (isWhole.value = false)}>
              Request {duration(trace.durationUs)}
            </button>
            <button type="button" aria-pressed={isWhole.value} onClick={() => (isWhole.value = true)}>
              All {duration(view.endUs)}
            </button>
          </div>
        )}
        <div class="trace-steps">
          <span class="quiet">
            {current === undefined
              ? plural(view.sections.length, 'critical segment')
              : `${step.value + 1} of ${view.sections.length}`}
          </span>
          <button
            type="button"
            title="Previous segment (p)"
            disabled={step.value <= 0}
            onClick={() => goTo(step.value - 1)}
          >
            <kbd>p</kbd> previous
          </button>
          <button
            type="button"
            title="Next segment (n)"
            disabled={step.value >= view.sections.length - 1}
            onClick={() => goTo(step.value + 1)}
          >
            next <kbd>n</kbd>
          </button>
        </div>
      </TraceHead>
      <PathStrip view={view} durationUs={trace.durationUs} step={step.value} onStep={goTo} />
      <div class="trace-tools">
        <TraceSearch
          view={view}
          activeRow={active.value}
          onMatches={(found) => (matches.value = new Set(found))}
          onGo={(row) => {
            open.value = row;
            show(row);
          }}
        />
        <button
          type="button"
          class="chip"
          aria-pressed={isCriticalOnly.value}
          onClick={() => {
            isCriticalOnly.value = !isCriticalOnly.value;
            scroller.current!.scrollTop = 0;
          }}
        >
          critical path only
        </button>
        {folded.value.size > 0 && (
          <button type="button" class="chip" onClick={() => (folded.value = new Set())}>
            unfold all
          </button>
        )}
        {rows.length < trace.spans.length && (
          <span class="quiet">
            {fullCount(rows.length)} of {plural(trace.spans.length, 'span')}
          </span>
        )}
      </div>
      <div
        class="waterfall"
        ref={scroller}
        onScroll={updateSight}
        onKeyDown={walk}
        tabIndex={0}
        role="tree"
        aria-label="Spans"
        aria-activedescendant={rowId(active.value)}
      >
        <Axis endUs={endUs} />
        <SpanRows
          view={view}
          rows={rows}
          sight={sight}
          active={active}
          open={open}
          folded={folded.value}
          matches={matches}
          current={current}
          endUs={endUs}
          onFold={fold}
        />
      </div>
      {openSpan !== undefined && (
        <SpanDetail
          span={openSpan}
          sections={view.sectionsOf.get(openSpan.spanId) ?? []}
          onClose={() => (open.value = undefined)}
        />
      )}
    </>
  );
}

function Axis({ endUs }: { readonly endUs: number }) {
  return (
    <div class="axis" aria-hidden="true">
      <span class="axis-name">service and operation</span>
      <span class="axis-time">
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <span key={share} style={{ left: `${share * 100}%` }}>
            {share === 0 ? '0' : duration(endUs * share)}
          </span>
        ))}
      </span>
    </div>
  );
}
