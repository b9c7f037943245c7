import { useSignal, type Signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Analysis } from '../../analyzer/model/analysis.ts';
import { cautions, comparedSpans, comparisonOf, type ComparedSpans } from './comparison.ts';
import { ComparedTopics } from './compared-topics.tsx';
import { instant, plural } from './format.ts';
import { timeWindows, useSession, type Loadable, type Session, type Span, type TimeWindow } from './session.ts';
import { windowWords } from './words.ts';

/** Two stretches of time of one system: what came, went or changed between them. */
export function Compare() {
  const session = useSession();
  const shown = session.analysis.value.value;
  const { compare, window: timeWindow } = session.view.value;
  const { fetched, again } = useFetched(session);
  const { value, error, isLoading } = fetched.value;
  const after = value?.after ?? shown;
  const topics = useMemo(
    () => (value === undefined || after === undefined ? undefined : comparisonOf(value.before, after)),
    [value, after],
  );
  const isPicked = compare.before !== null || compare.after !== null;
  return (
    <div class="compare">
      <section>
        <h3>What came, went or changed</h3>
        <div class="chips compare-presets" role="group" aria-label="Last, against the one before">
          <span class="quiet">last</span>
          {timeWindows
            .filter((each) => each !== 'all')
            .map((each) => (
              <button
                key={each}
                type="button"
                class="chip"
                aria-pressed={!isPicked && timeWindow === each}
                onClick={() => session.show({ window: each, compare: { before: null, after: null } })}
              >
                {presetWords[each]}
              </button>
            ))}
          <span class="quiet">against the one before</span>
        </div>
        <Picker spans={value?.spans} />
        {value !== undefined && after !== undefined && <Sides value={value} after={after} />}
      </section>
      {error !== undefined && (
        <div role="alert">
          <p>{error}</p>
          <div class="finding-actions">
            <button type="button" onClick={again}>
              Try again
            </button>
          </div>
        </div>
      )}
      {isLoading && (
        <p class="quiet" role="status">
          Reading the other window…
        </p>
      )}
      {topics === undefined && !isLoading && error === undefined && (
        <p class="quiet">All time has nothing before it. Choose one of the above, or pick two windows.</p>
      )}
      {topics !== undefined && value !== undefined && after !== undefined && (
        <>
          {value.before.traceCount === 0 || after.traceCount === 0 ? (
            <p class="verdict">
              {value.before.traceCount === 0 ? 'Nothing was seen in A' : 'Nothing was seen in B'}, so there is nothing
              to compare. Choose another window.
            </p>
          ) : (
            <ComparedTopics topics={topics} />
          )}
        </>
      )}
    </div>
  );
}

const presetWords: Readonly<Record<TimeWindow, string>> = {
  '15m': '15 minutes',
  '1h': 'hour',
  '24h': 'day',
  '7d': 'week',
  all: 'all time',
};

function Sides({ value, after }: { readonly value: Fetched; readonly after: Analysis }) {
  const { window: timeWindow } = useSession().view.value;
  const { spans, before } = value;
  return (
    <>
      <dl class="sides">
        <div>
          <dt>A</dt>
          <dd>
            {spanWords(spans.before)} <span class="quiet">{plural(before.traceCount, 'trace')}</span>
          </dd>
        </div>
        <div>
          <dt>B</dt>
          <dd>
            {spans.after === null ? windowWords[timeWindow] : spanWords(spans.after)}
            {spans.after === null && ', as on the map'} <span class="quiet">{plural(after.traceCount, 'trace')}</span>
          </dd>
        </div>
      </dl>
      {cautions(before, after).map((words) => (
        <p key={words} class="caution">
          {words}
        </p>
      ))}
    </>
  );
}

function spanWords({ fromMs, toMs }: Span): string {
  const [from, to] = [fromMs, toMs].map((ms) => instant(new Date(ms).toISOString()).slice(0, -3)) as [string, string];
  const [day, hour] = [from.slice(0, -6), to.slice(-5)];
  return to.startsWith(`${day} `) ? `${from} – ${hour} UTC` : `${from} – ${to} UTC`;
}

interface Fetched {
  readonly key: string;
  readonly spans: ComparedSpans;
  readonly before: Analysis;
  /** Undefined where the page shows it. */
  readonly after: Analysis | undefined;
}

/** What was fetched last, so that the way back from a service shows it at once. */
const kept = new WeakMap<Session, Fetched & { readonly atMs: number }>();
const keptForMs = 60_000;

function useFetched(session: Session): { fetched: Signal<Loadable<Fetched>>; again: () => void } {
  const fetched = useSignal<Loadable<Fetched>>({ value: undefined, isLoading: true, error: undefined });
  const attempt = useSignal(0);
  const { compare, window: timeWindow, environment } = session.view.value;
  const key = JSON.stringify([compare, timeWindow, environment]);
  useEffect(() => {
    const known = kept.get(session);
    if (known?.key === key && Date.now() - known.atMs < keptForMs) {
      fetched.value = { value: known, isLoading: false, error: undefined };
      return;
    }
    const spans = comparedSpans(compare, timeWindow, Date.now());
    if (spans === undefined) {
      fetched.value = { value: undefined, isLoading: false, error: undefined };
      return;
    }
    const own = new AbortController();
    fetched.value = { value: undefined, isLoading: true, error: undefined };
    void fetchSides(session, spans, own.signal).then(
      (sides) => {
        if (own.signal.aborted) return;
        const value = { key, spans, ...sides };
        kept.set(session, { ...value, atMs: Date.now() });
        fetched.value = { value, isLoading: false, error: undefined };
      },
      (error: unknown) => {
        if (own.signal.aborted) return;
        const words = error instanceof Error ? error.message : String(error);
        fetched.value = { value: undefined, isLoading: false, error: words };
      },
    );
    return () => own.abort();
  }, [key, attempt.value]);
  return { fetched, again: () => attempt.value++ };
}

async function fetchSides(
  session: Session,
  spans: ComparedSpans,
  signal: AbortSignal,
): Promise<Pick<Fetched, 'before' | 'after'>> {
  const [before, after] = await Promise.all([
    session.analysisBetween(spans.before, signal),
    spans.after === null ? undefined : session.analysisBetween(spans.after, signal),
  ]);
  return { before, after };
}

/** Any two windows, in UTC: a link says the same to everyone. */
function Picker({ spans }: { readonly spans: ComparedSpans | undefined }) {
  const session = useSession();
  const { compare } = session.view.value;
  const problem = useSignal<string | undefined>(undefined);
  const apply = (event: Event): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [before, after] = ['a', 'b'].map((side) => spanOf(form.get(`${side}-from`), form.get(`${side}-to`)));
    problem.value =
      before === undefined || after === undefined
        ? 'Each window starts before it ends.'
        : before === null && after === null
          ? 'Pick at least one window.'
          : undefined;
    if (problem.value === undefined) session.show({ compare: { before: before!, after: after! } });
  };
  return (
    <details class="pick-spans">
      <summary>Pick two windows (UTC)</summary>
      <form class="span-fields" onSubmit={apply}>
        <Field name="a-from" label="A from" ms={compare.before?.fromMs ?? spans?.before.fromMs} />
        <Field name="a-to" label="A to" ms={compare.before?.toMs ?? spans?.before.toMs} />
        <Field name="b-from" label="B from" ms={compare.after?.fromMs} />
        <Field name="b-to" label="B to" ms={compare.after?.toMs} />
        <p class="quiet">Without B: what the map shows.</p>
        {problem.value !== undefined && <p role="alert">{problem.value}</p>}
        <button type="submit" class="primary">
          Compare
        </button>
      </form>
    </details>
  );
}

function Field({
  name,
  label,
  ms,
}: {
  readonly name: string;
  readonly label: string;
  readonly ms: number | undefined;
}) {
  return (
    <label>
      <span>{label}</span>
      <input
        type="datetime-local"
        name={name}
        value={ms === undefined ? '' : new Date(ms).toISOString().slice(0, 16)}
      />
    </label>
  );
}

/** Null where nothing was entered; undefined where it is no stretch of time. */
function spanOf(from: FormDataEntryValue | null, to: FormDataEntryValue | null): Span | null | undefined {
  if (typeof from !== 'string' || typeof to !== 'string') return undefined;
  if (from === '' && to === '') return null;
  const [fromMs, toMs] = [Date.parse(`${from}Z`), Date.parse(`${to}Z`)];
  return fromMs < toMs ? { fromMs, toMs } : undefined;
}
