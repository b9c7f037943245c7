import type { ComponentChildren } from 'preact';
import type { TraceDetail } from '../../analyzer/model/analysis.ts';
import { duration, fullCount, instant, plainName, plural } from './format.ts';
import type { TraceView } from './trace-view.ts';

/** What trace this is, and what to know before believing it. */
export function TraceHead(props: {
  readonly trace: TraceDetail;
  readonly view: TraceView;
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
}) {
  const { trace, view } = props;
  const root = trace.spans[0];
  const notes = notesOf(view);
  return (
    <>
      <header class="trace-head">
        <button type="button" class="back" onClick={props.onClose}>
          ← Map
        </button>
        <div class="trace-title">
          <h2>{root?.operation ?? 'Trace'}</h2>
          <p class="quiet">
            {root === undefined ? '' : `${plainName(root.service)} · `}
            {duration(trace.durationUs)} · {plural(trace.spans.length, 'span')} · {instant(trace.startedAt)} UTC
            {!trace.isComplete && ' · incomplete: a parent never came'}
            <code class="trace-id"> · {trace.traceId}</code>
          </p>
        </div>
        {props.children}
      </header>
      {notes.length > 0 && (
        <details class="trace-notes" open={notes.length <= 2 && innerWidth >= 860}>
          <summary>To know about this trace ({notes.length})</summary>
          <ul class="lines">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** In sentences: clocks that were set right, what nobody waited for, what the trace lacks. */
function notesOf({ clocks, looseCount, trace }: TraceView): string[] {
  const named = clocks.services.slice(0, 3).map(plainName).join(', ');
  const more = clocks.services.length > 3 ? ` and ${clocks.services.length - 3} more` : '';
  return [
    ...(clocks.spanCount === 0
      ? []
      : [
          `Clocks disagreed: ${plural(clocks.spanCount, 'span')} of ${named}${more} moved by up to ${duration(clocks.mostUs)}, so that calls lie inside their callers.`,
        ]),
    ...(looseCount === 0
      ? []
      : [`${plural(looseCount, 'span')} not waited for (dashed): fire-and-forget or events; off the critical path.`]),
    ...trace.problems.map(({ message, count }) => (count > 1 ? `${message} (${fullCount(count)} times)` : message)),
  ];
}
