import type { TraceSection, TraceSpan } from '../../analyzer/model/analysis.ts';
import { duration, fullCount, plainName } from './format.ts';
import type { Stroke } from './trace-view.ts';

export const rowHeight = 28;

/** One span of the waterfall: its name, its bar, what of it is on the critical path. */
export function SpanRow(props: {
  readonly id: string;
  readonly span: TraceSpan;
  /** From the top, of those drawn. */
  readonly place: number;
  readonly placeCount: number;
  readonly strokes: readonly Stroke[];
  readonly current: TraceSection | undefined;
  readonly endUs: number;
  /** Spans below it. */
  readonly insideCount: number;
  readonly isFolded: boolean;
  readonly isActive: boolean;
  readonly isOpen: boolean;
  readonly isMatch: boolean;
  readonly onOpen: () => void;
  readonly onFold: () => void;
}) {
  const { span, place, strokes, endUs, current, insideCount, isFolded } = props;
  const isLater = span.startUs >= endUs;
  const left = (span.startUs / endUs) * 100;
  const width = Math.max(0.15, ((Math.min(span.endUs, endUs * 1.01) - span.startUs) / endUs) * 100);
  const classes = ['span-row'];
  if (props.isOpen) classes.push('is-open');
  if (props.isActive) classes.push('is-active');
  if (props.isMatch) classes.push('is-match');
  if (strokes.length > 0) classes.push('is-critical');
  if (!span.isJoined) classes.push('is-loose');
  if (span.isError) classes.push('is-error');
  const lengthWords = duration(span.endUs - span.startUs);
  return (
    <div
      id={props.id}
      class={classes.join(' ')}
      role="treeitem"
      aria-level={span.depth + 1}
      aria-setsize={props.placeCount}
      aria-posinset={place + 1}
      aria-selected={props.isOpen}
      {...(insideCount === 0 ? {} : { 'aria-expanded': !isFolded })}
      style={{ transform: `translateY(${place * rowHeight}px)` }}
      onClick={props.onOpen}
    >
      <div
        class="span-name"
        style={{ paddingInlineStart: `${6 + Math.min(span.depth, 24) * 12}px` }}
        title={`${plainName(span.service)} · ${span.operation}`}
      >
        <span
          class="twist"
          aria-hidden="true"
          title={insideCount === 0 ? undefined : isFolded ? 'Unfold (→)' : 'Fold (←)'}
          onClick={(event) => {
            if (insideCount === 0) return;
            event.stopPropagation();
            props.onFold();
          }}
        >
          {insideCount === 0 ? '' : isFolded ? '▸' : '▾'}
        </span>
        {span.isError && <span class="mark-error" role="img" aria-label="failed" />}
        <b>{plainName(span.service)}</b> {span.operation}
        {isFolded && <span class="loose-word">+{fullCount(insideCount)}</span>}
        {!span.isJoined && <span class="loose-word">not waited for</span>}
        {span.clockShiftUs !== undefined && (
          <span class="loose-word" title="The clock of its host disagreed with its callers'">
            clock {shiftWords(span.clockShiftUs)}
          </span>
        )}
      </div>
      <div class="span-lane">
        {!isLater && <span class="span-bar" style={{ left: `${left}%`, width: `${width}%` }} />}
        {strokes.map((stroke) => (
          <span key={stroke.startUs} class="span-section" style={strokePlace(stroke, endUs)} />
        ))}
        {current?.spanId === span.spanId && (
          <span class="span-section is-current" style={strokePlace(current, endUs)} />
        )}
        <span class="span-length" style={lengthPlace(left, width)}>
          {isLater ? `${lengthWords}, from ${duration(span.startUs)} →` : lengthWords}
        </span>
      </div>
    </div>
  );
}

/** `+12 ms`, `−840 µs`: what was added to its times. */
export function shiftWords(shiftUs: number): string {
  return `${shiftUs < 0 ? '−' : '+'}${duration(Math.abs(shiftUs))}`;
}

function strokePlace({ startUs, endUs }: Stroke, wholeUs: number): Record<string, string> {
  return {
    left: `${(startUs / wholeUs) * 100}%`,
    width: `${Math.max(0.15, ((endUs - startUs) / wholeUs) * 100)}%`,
  };
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
