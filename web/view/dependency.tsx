import { duration, fullCount, instant, percent, plainName } from './format.ts';
import { hardnessWords } from './hardness-words.ts';
import { linkKey } from './lookup.ts';
import { useSession } from './session.ts';
import { TraceLinks } from './trace-links.tsx';
import { modeWords } from './words.ts';

/** One dependency: how often, how long, from where to where, and examples. */
export function DependencyPanel({ caller, callee }: { readonly caller: string; readonly callee: string }) {
  const session = useSession();
  const lookup = session.lookup.value;
  if (lookup === undefined) return null;
  const dependencies = (lookup.callees.get(caller) ?? []).filter((dependency) => dependency.callee === callee);
  const key = linkKey(caller, callee);
  const name = (id: string) => (
    <button
      type="button"
      class="link-button"
      onClick={() => session.select({ kind: 'service', id }, { spotlight: true })}
    >
      {plainName(id)}
    </button>
  );
  return (
    <div class="service">
      <h2>
        {name(caller)} <span class="arrow">→</span> {name(callee)}
      </h2>
      {dependencies.length === 0 && (
        <>
          <p class="quiet">Not seen in this window.</p>
          <div class="finding-actions">
            <button
              type="button"
              onClick={() => session.show({ tab: 'coverage', selection: null, why: { caller, callee } })}
            >
              Why is there no edge?
            </button>
          </div>
        </>
      )}
      {lookup.cuts.has(key) && (
        <p class="verdict is-cycle">
          The link to cut for circle <span class="mark mark-cycle">{lookup.letters.get(caller)}</span>
        </p>
      )}
      {lookup.crossings.has(key) && (
        <p class="verdict is-cde">
          Crosses the CDE fence: crossing <span class="mark mark-crossing">{lookup.crossings.get(key)}</span>
        </p>
      )}
      {dependencies.map((dependency) => (
        <section key={dependency.mode}>
          <h3>
            {modeWords[dependency.mode]} <span class="count">{fullCount(dependency.traceCount)} traces</span>
          </h3>
          <dl class="figures">
            {[
              ['calls', fullCount(dependency.callCount)],
              ['failed', fullCount(dependency.errorCount)],
              ['p50', duration(dependency.p50Us)],
              ['p95', duration(dependency.p95Us)],
              ['p99', duration(dependency.p99Us)],
              ['waiting time', dependency.criticalShare === null ? '–' : percent(dependency.criticalShare)],
            ].map(([label, value]) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          <p>{hardnessWords(dependency.hardness)}</p>
          <p class="quiet">
            first seen {instant(dependency.firstSeen)}, last seen {instant(dependency.lastSeen)} UTC
          </p>
          <ul class="call-sites">
            {dependency.callSites.map((site) => (
              <li key={`${site.callerOperation} ${site.calleeOperation}`}>
                <span class="operation">{site.callerOperation}</span>
                <span class="arrow"> → </span>
                <span class="operation">{site.calleeOperation}</span>{' '}
                <span class="count">{fullCount(site.callCount)}</span>
              </li>
            ))}
          </ul>
          <TraceLinks traceIds={dependency.traceIds} />
        </section>
      ))}
    </div>
  );
}
