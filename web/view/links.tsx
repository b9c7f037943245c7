import { useSignal } from '@preact/signals';
import type { AnalyzedDependency } from '../../analyzer/model/analysis.ts';
import { duration, fullCount, percent, plainName } from './format.ts';
import { selectedServices } from './highlight.ts';
import { linkKey } from './lookup.ts';
import { drawnLinks } from './scene-links.ts';
import { useSession } from './session.ts';
import { modeWords } from './words.ts';

/** Most rows at first. */
const firstRows = 200;

type Shown = 'all' | 'drawn' | 'left out';

/** Every dependency as a table, the busiest first: also those the map has no room for. */
export function Links() {
  const session = useSession();
  const shown = useSignal<Shown>('all');
  const isWhole = useSignal(false);
  const lookup = session.lookup.value;
  if (lookup === undefined) return null;
  const { overlays, selection } = session.view.value;
  const drawn = drawnLinks(lookup, session.plan.value, overlays, selectedServices(selection, lookup));
  const links = linkRows(lookup.analysis.dependencies).map((row) => ({ ...row, isDrawn: drawn.has(row.key) }));
  const counts: Readonly<Record<Shown, number>> = {
    all: links.length,
    drawn: links.filter((link) => link.isDrawn).length,
    'left out': links.filter((link) => !link.isDrawn).length,
  };
  const chosen = links.filter((link) => shown.value === 'all' || link.isDrawn === (shown.value === 'drawn'));
  const rows = isWhole.value ? chosen : chosen.slice(0, firstRows);
  return (
    <div class="links">
      <div class="chips" role="group" aria-label="Show only">
        {(['all', 'drawn', 'left out'] as const).map((each) => (
          <button
            key={each}
            type="button"
            class="chip"
            aria-pressed={shown.value === each}
            onClick={() => (shown.value = each)}
          >
            {each} {fullCount(counts[each])}
          </button>
        ))}
      </div>
      {counts['left out'] > 0 && (
        <p class="quiet">
          Left out: events while they are switched off, and what goes beyond the room of the map. A selected service
          shows all of its links.
        </p>
      )}
      <table class="table">
        <thead>
          <tr>
            <th scope="col">from → to</th>
            <th scope="col" class="number">
              calls
            </th>
            <th scope="col" class="number">
              failed
            </th>
            <th scope="col" class="number">
              p95
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, modes, caller, callee, callCount, errorCount, p95Us, isDrawn }) => (
            <tr key={key}>
              <td>
                <button
                  type="button"
                  class="link-button"
                  onClick={() => session.select({ kind: 'dependency', caller, callee }, { spotlight: true })}
                >
                  {plainName(caller)} → {plainName(callee)}
                </button>
                {modes.join() !== 'sync' && (
                  <span class="mode">{modes.map((mode) => modeWords[mode]).join(' + ')}</span>
                )}
                {!isDrawn && <span class="mode">left out</span>}
              </td>
              <td class="number">{fullCount(callCount)}</td>
              <td class="number">{errorCount === 0 ? '–' : percent(errorCount / callCount)}</td>
              <td class="number">{duration(p95Us)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length < chosen.length && (
        <button type="button" class="more" onClick={() => (isWhole.value = true)}>
          Show {fullCount(chosen.length - rows.length)} more
        </button>
      )}
    </div>
  );
}

interface LinkRow {
  readonly key: string;
  readonly caller: string;
  readonly callee: string;
  /** Busiest first. */
  readonly modes: readonly AnalyzedDependency['mode'][];
  readonly callCount: number;
  readonly errorCount: number;
  /** Of the busiest mode. */
  readonly p95Us: number;
}

/** One row per line of the map: all modes between two services together. */
function linkRows(dependencies: readonly AnalyzedDependency[]): LinkRow[] {
  const rows = new Map<string, LinkRow>();
  for (const each of [...dependencies].sort((a, b) => b.callCount - a.callCount)) {
    if (each.caller === each.callee) continue;
    const key = linkKey(each.caller, each.callee);
    const { caller, callee, p95Us } = rows.get(key) ?? each;
    const { modes, callCount, errorCount } = rows.get(key) ?? { modes: [], callCount: 0, errorCount: 0 };
    rows.set(key, {
      key,
      caller,
      callee,
      modes: [...modes, each.mode],
      callCount: callCount + each.callCount,
      errorCount: errorCount + each.errorCount,
      p95Us,
    });
  }
  return [...rows.values()].sort((a, b) => b.callCount - a.callCount || (a.key < b.key ? -1 : 1));
}
