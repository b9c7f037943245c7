import type { Reason } from '../../analyzer/model/analysis.ts';
import { fullCount, percent, plainName } from './format.ts';
import { TraceLinks } from './trace-links.tsx';

/** Why a verdict was given: the sentence, what was counted, how sure that is, and where to look. */
export function Reasons({ reasons }: { readonly reasons: readonly Reason[] }) {
  if (reasons.length === 0) return null;
  return (
    <ul class="reasons">
      {reasons.map((reason) => (
        <li key={`${reason.rule} ${reason.message}`}>
          <p>{reason.message}</p>
          <p class="quiet">
            <code>{reason.rule}</code>
            {reason.n !== undefined && <span> · n {fullCount(reason.n)}</span>}
            {reason.interval !== undefined && (
              <span>
                {' '}
                · 95 % between {percent(reason.interval[0])} and {percent(reason.interval[1])}
              </span>
            )}
          </p>
          {reason.witnessPath !== undefined && (
            <p class="witness" aria-label="Witness path">
              {reason.witnessPath.map((id, place) => (
                <span key={place}>
                  {/* Two hops may run against the calls. */}
                  {place > 0 && <span class="arrow">{reason.rule === 'two-hops' ? ' – ' : ' → '}</span>}
                  {plainName(id)}
                </span>
              ))}
            </p>
          )}
          {reason.traceIds !== undefined && <TraceLinks traceIds={reason.traceIds} />}
        </li>
      ))}
    </ul>
  );
}
