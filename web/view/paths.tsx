import type { AnalyzedEntryPoint } from '../../analyzer/model/analysis.ts';
import { duration, fullCount, percent, plainName } from './format.ts';
import { useSession } from './session.ts';
import { TraceLinks } from './trace-links.tsx';

const shownShares = 6;

/** Entry points, and who takes the time of those who wait at each. */
export function Paths() {
  const session = useSession();
  const lookup = session.lookup.value;
  if (lookup === undefined) return null;
  const entryPoints = [...lookup.analysis.entryPoints].sort((a, b) => b.traceCount - a.traceCount);
  if (entryPoints.length === 0) return <p class="quiet">No entry point seen in this window.</p>;
  return (
    <div class="paths">
      {lookup.steps.size > 0 && (
        <section>
          <h3>Heaviest way</h3>
          <ol class="steps">
            {[...lookup.steps].map(([id, step]) => (
              <li key={id}>
                <button type="button" onClick={() => session.select({ kind: 'service', id }, { spotlight: true })}>
                  <span class="mark mark-step">{step}</span> {plainName(id)}
                </button>
              </li>
            ))}
          </ol>
        </section>
      )}
      <h3>Entry points</h3>
      {entryPoints.slice(0, 40).map((entry) => (
        <EntryPoint key={`${entry.service} ${entry.operation}`} entry={entry} />
      ))}
      {entryPoints.length > 40 && <p class="quiet">and {fullCount(entryPoints.length - 40)} less used ones</p>}
    </div>
  );
}

/** A node, or the way to one: `transport:caller->callee`. */
function nameOf(service: string): string {
  if (!service.startsWith('transport:')) return plainName(service);
  const callee = service.slice(service.lastIndexOf('->') + 2);
  return `network to ${plainName(callee)}`;
}

function EntryPoint({ entry }: { readonly entry: AnalyzedEntryPoint }) {
  const session = useSession();
  const shares = entry.criticalShare.slice(0, shownShares);
  const rest = 1 - shares.reduce((sum, { share }) => sum + share, 0);
  return (
    <article class="entry-point">
      <h4>{entry.operation}</h4>
      <p class="quiet">
        {plainName(entry.service)} · {fullCount(entry.traceCount)} traces · p50 {duration(entry.p50Us)} · p95{' '}
        {duration(entry.p95Us)} · p99 {duration(entry.p99Us)}
      </p>
      {shares.length === 0 ? (
        <p class="quiet">Fewer than 30 complete traces: no verdict yet.</p>
      ) : (
        <ul class="share-bars">
          {shares.map(({ service, share, frequency }) => (
            <li key={service}>
              <button
                type="button"
                onClick={() => session.select({ kind: 'service', id: service }, { spotlight: true })}
              >
                <span class="share-name">{nameOf(service)}</span>
                <span class="share-bar">
                  <span style={{ width: `${Math.max(0.5, share * 100)}%` }} />
                </span>
                <span class="share-value" title={`on the path in ${percent(frequency)} of traces`}>
                  {percent(share)}
                </span>
              </button>
            </li>
          ))}
          {rest > 0.005 && entry.criticalShare.length > shownShares && (
            <li class="quiet">
              {entry.criticalShare.length - shownShares} more share {percent(rest)}
            </li>
          )}
        </ul>
      )}
      <TraceLinks traceIds={entry.traceIds} />
    </article>
  );
}
