import type { ReadonlySignal, Signal } from '@preact/signals';
import type { TraceSection } from '../../analyzer/model/analysis.ts';
import { rowHeight, SpanRow } from './span-row.tsx';
import { strokesOf, type TraceView } from './trace-view.ts';

/** Stretches of the path closer than this share of the time shown are painted as one: about half a pixel. */
const leastGapShare = 1 / 2400;

/** First and last place in sight, and a few around them. */
export interface Sight {
  readonly first: number;
  readonly last: number;
}

export function rowId(row: number): string {
  return `span-row-${row}`;
}

/** The rows in sight. A component of its own, so that scrolling draws nothing else anew. */
export function SpanRows(props: {
  readonly view: TraceView;
  /** Rows of the trace, from top to bottom. */
  readonly rows: Int32Array;
  readonly sight: ReadonlySignal<Sight>;
  readonly active: Signal<number>;
  readonly open: Signal<number | undefined>;
  readonly folded: ReadonlySet<number>;
  readonly matches: ReadonlySignal<ReadonlySet<number>>;
  readonly current: TraceSection | undefined;
  readonly endUs: number;
  readonly onFold: (row: number) => void;
}) {
  const { view, rows, active, open, folded, endUs } = props;
  const { first: wanted, last } = props.sight.value;
  const first = Math.min(wanted, Math.max(0, rows.length - 1));
  return (
    <div class="rows" role="presentation" style={{ height: `${rows.length * rowHeight}px` }}>
      {[...rows.subarray(first, last)].map((row, offset) => (
        <SpanRow
          key={row}
          id={rowId(row)}
          span={view.trace.spans[row]!}
          place={first + offset}
          placeCount={rows.length}
          strokes={strokesOf(view, row, folded.has(row), endUs * leastGapShare)}
          current={props.current}
          endUs={endUs}
          insideCount={view.rowAfter[row]! - row - 1}
          isFolded={folded.has(row)}
          isActive={active.value === row}
          isOpen={open.value === row}
          isMatch={props.matches.value.has(row)}
          onOpen={() => {
            active.value = row;
            open.value = open.value === row ? undefined : row;
          }}
          onFold={() => props.onFold(row)}
        />
      ))}
    </div>
  );
}
