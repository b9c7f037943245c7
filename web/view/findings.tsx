import { useSignal } from '@preact/signals';
import type { Finding, FindingKind } from '../../analyzer/model/analysis.ts';
import { fullCount } from './format.ts';
import { useSession } from './session.ts';
import { CutReasons } from './cut-reasons.tsx';
import { TraceLinks } from './trace-links.tsx';
import { findingWords, severityWords } from './words.ts';

/** Most rows drawn at first: the list is ranked, and long lists are for filters. */
const firstRows = 60;

/** Ranked list of what an architect should act on. */
export function Findings() {
  const session = useSession();
  const kind = useSignal<FindingKind | undefined>(undefined);
  const isWhole = useSignal(false);
  const analysis = session.analysis.value.value;
  if (analysis === undefined) return null;
  const kinds = [...new Set(analysis.findings.map((finding) => finding.kind))];
  const chosen = analysis.findings.filter((finding) => kind.value === undefined || finding.kind === kind.value);
  const rows = isWhole.value ? chosen : chosen.slice(0, firstRows);
  return (
    <div class="findings">
      {kinds.length > 1 && (
        <div class="chips" role="group" aria-label="Show only">
          <Chip
            label={`All ${fullCount(analysis.findings.length)}`}
            isOn={kind.value === undefined}
            onClick={() => (kind.value = undefined)}
          />
          {kinds.map((each) => (
            <Chip
              key={each}
              label={`${findingWords[each]} ${fullCount(analysis.findings.filter((finding) => finding.kind === each).length)}`}
              isOn={kind.value === each}
              onClick={() => (kind.value = kind.value === each ? undefined : each)}
            />
          ))}
        </div>
      )}
      {chosen.length === 0 && (
        <p class="quiet">Nothing found in this window: no circle, no card data outside the CDE.</p>
      )}
      <ol class="finding-list">
        {rows.map((finding) => (
          <FindingRow key={`${finding.kind} ${finding.id}`} finding={finding} />
        ))}
      </ol>
      {rows.length < chosen.length && (
        <button type="button" class="more" onClick={() => (isWhole.value = true)}>
          Show {fullCount(chosen.length - rows.length)} more
        </button>
      )}
      {analysis.problems.length > 0 && (
        <details class="problems">
          <summary>What we do not see ({analysis.problems.length})</summary>
          <ul>
            {analysis.problems.map((problem) => (
              <li key={`${problem.kind} ${problem.message}`}>
                {problem.message} <span class="count">{fullCount(problem.count)} ×</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function FindingRow({ finding }: { readonly finding: Finding }) {
  const session = useSession();
  const { selection } = session.view.value;
  const isSelected = selection?.kind === 'finding' && selection.id === finding.id;
  return (
    <li class={isSelected ? `finding is-${finding.severity} is-selected` : `finding is-${finding.severity}`}>
      <p class="finding-kind">
        <SeverityIcon severity={finding.severity} />
        {severityWords[finding.severity]} · {findingWords[finding.kind]}
      </p>
      <h3>{finding.title}</h3>
      <p class="finding-message">{finding.message}</p>
      <Cuts cycleId={finding.id} />
      <div class="finding-actions">
        <button
          type="button"
          aria-pressed={isSelected}
          onClick={() => session.select(isSelected ? null : { kind: 'finding', id: finding.id }, { spotlight: true })}
        >
          {isSelected ? 'Shown on map' : 'Show on map'}
        </button>
        <TraceLinks traceIds={finding.traceIds} />
      </div>
    </li>
  );
}

/** Where to break a circle; why, when asked. */
function Cuts({ cycleId }: { readonly cycleId: string }) {
  const cycle = useSession().lookup.value?.analysis.cycles.find(({ id }) => id === cycleId);
  if (cycle === undefined) return null;
  return (
    <>
      {cycle.breakAt.map((cut) => (
        <CutReasons key={`${cut.caller} ${cut.callee}`} cut={cut} />
      ))}
    </>
  );
}

/** Told apart by shape: octagon, triangle, ring. */
function SeverityIcon({ severity }: { readonly severity: Finding['severity'] }) {
  return (
    <svg class={`severity severity-${severity}`} viewBox="0 0 14 14" aria-hidden="true">
      {severity === 'error' && <path d="M4.4 1h5.2L13 4.4v5.2L9.6 13H4.4L1 9.6V4.4z" />}
      {severity === 'warning' && <path d="M7 1.2L13.4 12.6H.6z" />}
      {severity === 'note' && <circle class="ring" cx="7" cy="7" r="5" />}
    </svg>
  );
}

function Chip({
  label,
  isOn,
  onClick,
}: {
  readonly label: string;
  readonly isOn: boolean;
  readonly onClick: () => void;
}) {
  return (
    <button type="button" class="chip" aria-pressed={isOn} onClick={onClick}>
      {label}
    </button>
  );
}
