import { useSignal } from '@preact/signals';
import type { Coverage as CoverageFigures } from '../../analyzer/model/coverage.ts';
import {
  coverageColumns,
  coverageRows,
  coverageSentences,
  halvesSentence,
  wholeSentence,
  type CoverageColumn,
  type CoverageOrder,
} from './coverage-rows.ts';
import { fullCount, percent, plainName } from './format.ts';
import { useSession } from './session.ts';
import { Why } from './why.tsx';

/** Most rows at first. */
const firstRows = 100;

/** What we do not see: how much of the traces fits together, where it does not, and what that hides. */
export function Coverage() {
  const session = useSession();
  const analysis = session.analysis.value.value;
  if (analysis === undefined) return null;
  const { coverage, problems } = analysis;
  const whole = wholeSentence(coverage);
  return (
    <div class="coverage">
      <section>
        <h3>What we do not see</h3>
        <Halves coverage={coverage} />
        <dl class="sentences">
          {coverageSentences(coverage).map(({ figure, words, meaning }) => (
            <div key={words}>
              <dt>{figure}</dt>
              <dd>
                {words}
                {meaning !== undefined && <span class="quiet"> {meaning}</span>}
              </dd>
            </div>
          ))}
        </dl>
        {whole !== undefined && <p class="quiet">{whole}</p>}
      </section>
      <Why analysis={analysis} />
      <ServiceTable coverage={coverage} />
      {problems.length > 0 && (
        <section>
          <h3>
            Said by the input <span class="count">{problems.length}</span>
          </h3>
          <ul class="lines">
            {problems.map(({ kind, message, count }) => (
              <li key={`${kind} ${message}`}>
                {message} <span class="count">{fullCount(count)} ×</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

/** Calls between services by which of their two spans came: one bar, and the same in words. */
function Halves({ coverage: { calls } }: { readonly coverage: CoverageFigures }) {
  const width = (count: number): Record<string, string> => ({
    width: `${calls.callCount === 0 ? 0 : (count / calls.callCount) * 100}%`,
  });
  return (
    <>
      <div class="halves" aria-hidden="true">
        <span class="halves-both" style={width(calls.bothCount)} />
        <span class="halves-client" style={width(calls.clientOnlyCount)} />
        <span class="halves-server" style={width(calls.serverOnlyCount)} />
      </div>
      <p>{halvesSentence(calls)}</p>
    </>
  );
}

const columnWords: Readonly<Record<CoverageColumn, readonly [label: string, title: string]>> = {
  service: ['service', 'By name'],
  spans: ['spans', 'Spans it sent'],
  oneSided: ['one side', 'Calls it makes or answers of which one half only was seen'],
  orphans: ['no parent', 'Spans that name a parent that never came'],
  unknownKind: ['no kind', 'Spans that do not say which side of a call they are'],
};

function ServiceTable({ coverage }: { readonly coverage: CoverageFigures }) {
  const session = useSession();
  const order = useSignal<CoverageOrder>({ column: 'oneSided', isDescending: true });
  const isWhole = useSignal(false);
  const all = coverageRows(coverage, order.value);
  const rows = isWhole.value ? all : all.slice(0, firstRows);
  if (all.length === 0) return null;
  const sortBy = (column: CoverageColumn): void => {
    const isSame = order.value.column === column;
    order.value = { column, isDescending: isSame ? !order.value.isDescending : column !== 'service' };
  };
  return (
    <section>
      <h3>
        By service <span class="count">{fullCount(all.length)}</span>
      </h3>
      <table class="table coverage-table">
        <thead>
          <tr>
            {coverageColumns.map((column) => {
              const [label, title] = columnWords[column];
              const isSorted = order.value.column === column;
              const direction = order.value.isDescending ? 'descending' : 'ascending';
              return (
                <th
                  key={column}
                  scope="col"
                  class={column === 'service' ? undefined : 'number'}
                  aria-sort={isSorted ? direction : 'none'}
                >
                  <button type="button" class="sort-button" title={title} onClick={() => sortBy(column)}>
                    {label}
                    <span aria-hidden="true">{isSorted ? (order.value.isDescending ? ' ↓' : ' ↑') : ''}</span>
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.service}>
              <td>
                <button
                  type="button"
                  class="link-button"
                  onClick={() => session.select({ kind: 'service', id: row.service }, { spotlight: true })}
                >
                  {plainName(row.service)}
                </button>
              </td>
              <td class="number">{fullCount(row.spanCount)}</td>
              <Lack count={row.oneSidedCount} share={row.oneSidedShare} />
              <Lack count={row.orphanCount} share={row.orphanShare} />
              <Lack count={row.unknownKindCount} share={row.unknownKindShare} />
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length < all.length && (
        <button type="button" class="more" onClick={() => (isWhole.value = true)}>
          Show {fullCount(all.length - rows.length)} more
        </button>
      )}
    </section>
  );
}

function Lack({ count, share }: { readonly count: number; readonly share: number | undefined }) {
  if (share === undefined) return <td class="number quiet">·</td>;
  return (
    <td class={count === 0 ? 'number quiet' : 'number'} title={fullCount(count)}>
      {count === 0 ? '–' : percent(share)}
    </td>
  );
}
