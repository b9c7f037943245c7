import type { TraceSection } from '../../analyzer/model/analysis.ts';
import { duration, percent, plainName } from './format.ts';
import type { TraceView } from './trace-view.ts';

/** The critical path in one line: who has the time, from start to end. */
export function PathStrip(props: {
  readonly view: TraceView;
  readonly durationUs: number;
  readonly step: number;
  readonly onStep: (step: number) => void;
}) {
  const { view, durationUs } = props;
  const whole = Math.max(1, durationUs);
  // Thin slices of a path of thousands would only be lines beside lines.
  const slices = view.sections
    .map((section, index) => ({ section, index }))
    .filter(({ section }) => (section.endUs - section.startUs) / whole > 0.002)
    .slice(0, 400);
  return (
    <div class="path-strip">
      <div class="strip" role="group" aria-label="Critical path from start to end">
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
        {view.shares.slice(0, 6).map(({ service, durationUs: own }) => (
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
