import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { TraceDetail, TraceSection, TraceSpan } from '../../analyzer/model/analysis.ts';
import { duration, instant, percent, plainName, plural } from './format.ts';
import { useSession } from './session.ts';

const rowHeight = 28;
/** Rows drawn beyond the edges, so that quick scrolling shows no blank. */
const spareRows = 12;

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

/** Work that goes on this much longer than the request is looked at only when asked for. */
const worthZooming = 1.15;

interface Prepared {
  readonly rowOf: ReadonlyMap<string, number>;
  /** By span, in time order. */
  readonly sectionsOf: ReadonlyMap<string, readonly TraceSection[]>;
  /** In time order. */
  readonly sections: readonly TraceSection[];
  readonly endUs: number;
  /** A little after the request was answered; `endUs` where hardly anything comes after it. */
  readonly requestEndUs: number;
  /** Services by their time on the path, largest first. */
  readonly shares: readonly { readonly service: string; readonly durationUs: number }[];
}

function prepare(trace: TraceDetail): Prepared {
  const sections = [...trace.sections].sort((a, b) => a.startUs - b.startUs || a.endUs - b.endUs);
  const sectionsOf = new Map<string, TraceSection[]>();
  const timeOf = new Map<string, number>();
  for (const section of sections) {
    const list = sectionsOf.get(section.spanId);
    if (list === undefined) sectionsOf.set(section.spanId, [section]);
    else list.push(section);
    timeOf.set(section.service, (timeOf.get(section.service) ?? 0) + section.endUs - section.startUs);
  }
  let endUs = Math.max(1, trace.durationUs);
  for (const span of trace.spans) endUs = Math.max(endUs, span.endUs);
  return {
    rowOf: new Map(trace.spans.map((span, row) => [span.spanId, row])),
    sectionsOf,
    sections,
    endUs,
    requestEndUs: endUs > trace.durationUs * worthZooming ? Math.max(1, trace.durationUs) * 1.09 : endUs,
    shares: [...timeOf]
      .map(([service, durationUs]) => ({ service, durationUs }))
      .sort((a, b) => b.durationUs - a.durationUs || (a.service < b.service ? -1 : 1)),
  };
}

function Waterfall({ trace, onClose }: { readonly trace: TraceDetail; readonly onClose: () => void }) {
  const session = useSession();
  const prepared = useMemo(() => prepare(trace), [trace]);
  const scroller = useRef<HTMLDivElement>(null);
  const sight = useSignal({ first: 0, last: 60 });
  const step = useSignal(-1);
  const open = useSignal<string | undefined>(undefined);
  const isWhole = useSignal(false);
  const endUs = isWhole.value ? prepared.endUs : prepared.requestEndUs;
  const updateSight = (): void => {
    // A last scroll event may come after the view is gone.
    if (scroller.current === null) return;
    const { scrollTop, clientHeight } = scroller.current;
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - spareRows);
    const last = Math.min(trace.spans.length, Math.ceil((scrollTop + clientHeight) / rowHeight) + spareRows);
    if (first !== sight.value.first || last !== sight.value.last) sight.value = { first, last };
  };
  const goTo = (next: number): void => {
    const section = prepared.sections[next];
    if (section === undefined) return;
    step.value = next;
    open.value = section.spanId;
    const row = prepared.rowOf.get(section.spanId) ?? 0;
    const { clientHeight, scrollTop } = scroller.current!;
    const top = row * rowHeight;
    if (top < scrollTop + rowHeight || top > scrollTop + clientHeight - 2 * rowHeight)
      scroller.current!.scrollTop = top - clientHeight / 2;
    session.announce(
      `Segment ${next + 1} of ${prepared.sections.length}: ${plainName(section.service)}, ${section.operation}, ${duration(section.endUs - section.startUs)}`,
    );
  };
  useEffect(() => {
    updateSight();
    const onKey = (event: KeyboardEvent): void => {
      if (event.target instanceof HTMLInputElement || session.dialog.peek() !== 'none' || !session.hasShortcuts.peek())
        return;
      if (event.key === 'n') goTo(Math.min(prepared.sections.length - 1, step.value + 1));
      else if (event.key === 'p') goTo(Math.max(0, step.value - 1));
    };
    const observer = new ResizeObserver(updateSight);
    observer.observe(scroller.current!);
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', onKey);
      observer.disconnect();
    };
  }, [prepared]);
  const root = trace.spans[0];
  const current = prepared.sections[step.value];
  const openSpan = trace.spans[prepared.rowOf.get(open.value ?? '') ?? -1];
  return (
    <>
      <header class="trace-head">
        <button type="button" class="back" onClick={onClose}>
          ← Map
        </button>
        <div class="trace-title">
          <h2>{root?.operation ?? 'Trace'}</h2>
          <p class="quiet">
            {root === undefined ? '' : `${plainName(root.service)} · `}
            {duration(trace.durationUs)} · {plural(trace.spans.length, 'span')} · {instant(trace.startedAt)} UTC
            {!trace.isComplete && ' · incomplete: a parent never came'} · <code>{trace.traceId}</code>
          </p>
        </div>
        {prepared.requestEndUs < prepared.endUs && (
          <div class="trace-span" role="group" aria-label="Time shown">
            <button type="button" aria-pressed={!isWhole.value} onClick={() => (isWhole.value = false)}>
              Request {duration(trace.durationUs)}
            </button>
            <button type="button" aria-pressed={isWhole.value} onClick={() => (isWhole.value = true)}>
              All {duration(prepared.endUs)}
            </button>
          </div>
        )}
        <div class="trace-steps">
          <span class="quiet">
            {current === undefined
              ? plural(prepared.sections.length, 'critical segment')
              : `${step.value + 1} of ${prepared.sections.length}`}
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
            disabled={step.value >= prepared.sections.length - 1}
            onClick={() => goTo(step.value + 1)}
          >
            next <kbd>n</kbd>
          </button>
        </div>
      </header>
      <PathStrip prepared={prepared} durationUs={trace.durationUs} step={step.value} onStep={goTo} />
      <div class="waterfall" ref={scroller} onScroll={updateSight} tabIndex={0} role="region" aria-label="Spans">
        <Axis endUs={endUs} />
        <div class="rows" role="list" style={{ height: `${trace.spans.length * rowHeight}px` }}>
          {trace.spans.slice(sight.value.first, sight.value.last).map((span, place) => (
            <SpanRow
              key={span.spanId}
              span={span}
              row={sight.value.first + place}
              rowCount={trace.spans.length}
              sections={prepared.sectionsOf.get(span.spanId) ?? []}
              current={current}
              endUs={endUs}
              isOpen={open.value === span.spanId}
              onOpen={() => (open.value = open.value === span.spanId ? undefined : span.spanId)}
            />
          ))}
        </div>
      </div>
      {openSpan !== undefined && (
        <SpanDetail
          span={openSpan}
          sections={prepared.sectionsOf.get(openSpan.spanId) ?? []}
          onClose={() => (open.value = undefined)}
        />
      )}
    </>
  );
}

/** The critical path in one line: who has the time, from start to end. */
function PathStrip(props: {
  readonly prepared: Prepared;
  readonly durationUs: number;
  readonly step: number;
  readonly onStep: (step: number) => void;
}) {
  const { prepared, durationUs } = props;
  const whole = Math.max(1, durationUs);
  // Thin slices of a path of thousands would only be lines beside lines.
  const slices = prepared.sections
    .map((section, index) => ({ section, index }))
    .filter(({ section }) => (section.endUs - section.startUs) / whole > 0.002)
    .slice(0, 400);
  return (
    <div class="path-strip">
      <div class="strip" role="img" aria-label="Critical path from start to end">
        {slices.map(({ section, index }) => (
          <button
            key={index}
            type="button"
            tabIndex={-1}
            class={index === props.step ? 'slice is-current' : index % 2 === 0 ? 'slice' : 'slice is-odd'}
            title={`${plainName(section.service)} · ${section.operation} · ${duration(section.endUs - section.startUs)}`}
            style={{
              left: `${(section.startUs / whole) * 100}%`,
              width: `${((section.endUs - section.startUs) / whole) * 100}%`,
            }}
            onClick={() => props.onStep(index)}
          >
            {hasRoom(section, whole) ? plainName(section.service) : ''}
          </button>
        ))}
      </div>
      <p class="strip-shares">
        {prepared.shares.slice(0, 6).map(({ service, durationUs: own }) => (
          <span key={service}>
            <b>{plainName(service)}</b> {duration(own)} <span class="quiet">{percent(own / whole)}</span>
          </span>
        ))}
      </p>
    </div>
  );
}

/** Whether a slice holds its name: half a name helps nobody. */
function hasRoom(section: TraceSection, wholeUs: number): boolean {
  const width = ((section.endUs - section.startUs) / wholeUs) * innerWidth * 0.97;
  return width > plainName(section.service).length * 7.4 + 12;
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

function SpanRow(props: {
  readonly span: TraceSpan;
  readonly row: number;
  readonly rowCount: number;
  readonly sections: readonly TraceSection[];
  readonly current: TraceSection | undefined;
  readonly endUs: number;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
}) {
  const { span, row, sections, endUs } = props;
  const isLater = span.startUs >= endUs;
  const left = (span.startUs / endUs) * 100;
  const width = Math.max(0.15, ((Math.min(span.endUs, endUs * 1.01) - span.startUs) / endUs) * 100);
  const classes = ['span-row'];
  if (props.isOpen) classes.push('is-open');
  if (sections.length > 0) classes.push('is-critical');
  if (!span.isJoined) classes.push('is-loose');
  if (span.isError) classes.push('is-error');
  const lengthWords = duration(span.endUs - span.startUs);
  return (
    <div
      class={classes.join(' ')}
      role="listitem"
      aria-setsize={props.rowCount}
      aria-posinset={row + 1}
      style={{ transform: `translateY(${row * rowHeight}px)` }}
    >
      <button
        type="button"
        class="span-name"
        style={{ paddingInlineStart: `${10 + Math.min(span.depth, 24) * 12}px` }}
        title={`${plainName(span.service)} · ${span.operation}`}
        onClick={props.onOpen}
      >
        {span.isError && <span class="mark-error" role="img" aria-label="failed" />}
        <b>{plainName(span.service)}</b> {span.operation}
        {!span.isJoined && <span class="loose-word">not waited for</span>}
      </button>
      <div class="span-lane">
        {!isLater && <span class="span-bar" style={{ left: `${left}%`, width: `${width}%` }} />}
        {sections.map((section) => (
          <span
            key={section.startUs}
            class={section === props.current ? 'span-section is-current' : 'span-section'}
            style={{
              left: `${(section.startUs / endUs) * 100}%`,
              width: `${Math.max(0.15, ((section.endUs - section.startUs) / endUs) * 100)}%`,
            }}
          />
        ))}
        <span class="span-length" style={lengthPlace(left, width)}>
          {isLater ? `${lengthWords}, from ${duration(span.startUs)} →` : lengthWords}
        </span>
      </div>
    </div>
  );
}

/** Behind the bar, where there is no room before it, where there is none either on its end. */
function lengthPlace(left: number, width: number): Record<string, string> {
  if (left >= 100) return { right: '0' };
  const isRoomBehind = left + width <= (innerWidth < 860 ? 78 : 92);
  if (isRoomBehind) return { left: `${left + width}%` };
  return left > 16
    ? { right: `${100 - left}%` }
    : { right: '0', color: 'var(--ink)', background: 'var(--surface)', borderRadius: '4px' };
}

function SpanDetail(props: {
  readonly span: TraceSpan;
  readonly sections: readonly TraceSection[];
  readonly onClose: () => void;
}) {
  const { span } = props;
  const onPath = props.sections.reduce((sum, section) => sum + section.endUs - section.startUs, 0);
  const attributes = Object.entries(span.attributes);
  return (
    <aside class="span-detail" aria-label="Span">
      <header>
        <h3>
          {plainName(span.service)} <span class="quiet">{span.operation}</span>
        </h3>
        <button type="button" class="icon-button" aria-label="Close" onClick={props.onClose}>
          ×
        </button>
      </header>
      <p class="quiet">
        {span.kind} · {duration(span.endUs - span.startUs)} from {duration(span.startUs)} · {duration(onPath)} on the
        critical path
        {span.isJoined ? '' : ' · its caller does not wait for it'}
        {span.isError ? ' · failed' : ''}
      </p>
      <dl class="attributes">
        {attributes.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}
