import type { TraceSection, TraceSpan } from '../../analyzer/model/analysis.ts';
import { duration, plainName } from './format.ts';
import { useSession } from './session.ts';
import { shiftWords } from './span-row.tsx';

/** All there is to say about one span. */
export function SpanDetail(props: {
  readonly span: TraceSpan;
  readonly sections: readonly TraceSection[];
  readonly onClose: () => void;
}) {
  const session = useSession();
  const { span } = props;
  const onPath = props.sections.reduce((sum, section) => sum + section.endUs - section.startUs, 0);
  const attributes = Object.entries(span.attributes);
  const isOnMap = session.lookup.value?.services.has(span.service) === true;
  return (
    <aside class="span-detail" aria-label="Span">
      <header>
        <h3>
          {plainName(span.service)} <span class="quiet">{span.operation}</span>
        </h3>
        <span class="finding-actions">
          {isOnMap && (
            <button
              type="button"
              onClick={() => session.select({ kind: 'service', id: span.service }, { spotlight: true })}
            >
              Show on map
            </button>
          )}
          <button type="button" class="icon-button" aria-label="Close" onClick={props.onClose}>
            ×
          </button>
        </span>
      </header>
      <p class="quiet">
        {span.kind} · {duration(span.endUs - span.startUs)} from {duration(span.startUs)} · {duration(onPath)} on the
        critical path
        {span.isJoined ? '' : ' · its caller does not wait for it'}
        {span.isError ? ' · failed' : ''}
      </p>
      {roomWords(span).map((words) => (
        <p key={words}>{words}</p>
      ))}
      {span.clockShiftUs !== undefined && (
        <p class="quiet">
          The clock of its host disagreed with its callers'; its times were moved by {shiftWords(span.clockShiftUs)}, so
          that the call lies inside its caller.
        </p>
      )}
      <dl class="attributes">
        <div>
          <dt>span</dt>
          <dd>
            <code>{span.spanId}</code>
          </dd>
        </div>
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

/** What waiting for it costs, and what it could cost without anyone waiting longer. */
function roomWords({ dragUs, slackUs, abandonedUs }: TraceSpan): string[] {
  return [
    ...(dragUs === undefined || dragUs === 0
      ? []
      : [`Had it taken no time of its own, the answer had come ${duration(dragUs)} earlier.`]),
    ...(slackUs === undefined || slackUs === 0
      ? []
      : [`It could have ended ${duration(slackUs)} later without the answer being later.`]),
    ...(abandonedUs === undefined ? [] : [`It ran on for ${duration(abandonedUs)} after its caller had given up.`]),
  ];
}
