import { useSignal } from '@preact/signals';
import type { ComparedRow, ComparedTopic, Mark } from './comparison.ts';
import { fullCount, plural } from './format.ts';
import { useSession, type Session } from './session.ts';

/** Most rows of a topic at first. */
const firstRows = 30;

const marks = ['came', 'changed', 'went'] as const;
const markSigns: Readonly<Record<Mark, string>> = { came: '+', changed: '~', went: '−' };
const markWords: Readonly<Record<Mark, string>> = { came: 'new', changed: 'changed', went: 'not seen any more' };

/** How much of what differs, then each difference; a click shows it on the map. */
export function ComparedTopics({ topics }: { readonly topics: readonly ComparedTopic[] }) {
  const differing = topics.filter(({ rows }) => rows.length > 0);
  if (differing.length === 0)
    return <p class="verdict">No difference: the same services, calls, circles, critical path and scope.</p>;
  return (
    <>
      <section>
        <table class="table compare-counts">
          <thead>
            <tr>
              <th scope="col">
                <span class="visually-hidden">what</span>
              </th>
              {marks.map((mark) => (
                <th key={mark} scope="col" class="number">
                  <MarkSign mark={mark} /> {mark === 'went' ? 'gone' : markWords[mark]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {topics.map(({ title, rows }) => (
              <tr key={title} class={rows.length === 0 ? 'quiet' : undefined}>
                <td>
                  {rows.length === 0 ? (
                    title
                  ) : (
                    <a href={`#${anchorOf(title)}`} onClick={jump}>
                      {title}
                    </a>
                  )}
                </td>
                {marks.map((mark) => {
                  const count = rows.filter((row) => row.mark === mark).length;
                  return (
                    <td key={mark} class="number">
                      {count === 0 ? '–' : fullCount(count)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
        <p class="quiet">Traces are a sample: gone means not seen, not that it is no more.</p>
      </section>
      {differing.map((topic) => (
        <Topic key={topic.title} topic={topic} />
      ))}
    </>
  );
}

function anchorOf(title: string): string {
  return `compared-${title.toLowerCase().replaceAll(' ', '-')}`;
}

/** Without the address: that belongs to the view. */
function jump(event: Event): void {
  event.preventDefault();
  const target = document.getElementById((event.currentTarget as HTMLAnchorElement).hash.slice(1));
  if (target === null) return;
  // By hand: scrolling into view would move the page under its header too.
  const list = target.closest('.panel-body');
  if (list !== null) list.scrollTop += target.getBoundingClientRect().top - list.getBoundingClientRect().top - 8;
  target.focus({ preventScroll: true });
}

function Topic({ topic: { title, rows } }: { readonly topic: ComparedTopic }) {
  const session = useSession();
  const isWhole = useSignal(false);
  const shown = isWhole.value ? rows : rows.slice(0, firstRows);
  return (
    <section class="compared-topic">
      <h3 id={anchorOf(title)} tabIndex={-1}>
        {title} <span class="count">{fullCount(rows.length)}</span>
      </h3>
      <ul class="compared">
        {shown.map((row) => (
          <li key={`${row.mark} ${row.key}`}>
            <MarkSign mark={row.mark} />
            <span>
              {isOnMap(session, row) ? (
                <button type="button" class="link-button" title="Show on map" onClick={() => showOnMap(session, row)}>
                  {row.label}
                </button>
              ) : (
                <span title="Not on the map that is shown">{row.label}</span>
              )}
              {row.detail !== '' && <span class="quiet"> {row.detail}</span>}
            </span>
          </li>
        ))}
      </ul>
      {shown.length < rows.length && (
        <button type="button" class="more" onClick={() => (isWhole.value = true)}>
          Show {plural(rows.length - shown.length, 'more', 'more')}
        </button>
      )}
    </section>
  );
}

function MarkSign({ mark }: { readonly mark: Mark }) {
  return (
    <span class={`compare-mark is-${mark}`}>
      <span aria-hidden="true">{markSigns[mark]}</span>
      <span class="visually-hidden">{markWords[mark]}</span>
    </span>
  );
}

/** All of its ends stand on the map, whether or not the call is still seen. */
function isOnMap(session: Session, { services }: ComparedRow): boolean {
  const known = session.lookup.value?.services;
  return services.every((id) => known?.has(id) === true);
}

function showOnMap(session: Session, { kind, services }: ComparedRow): void {
  const [first, second] = services as [string, string];
  const found = session.lookup.peek()?.analysis.cycles.find((one) => one.services.join('\n') === services.join('\n'));
  const selection =
    kind === 'dependency'
      ? ({ kind, caller: first, callee: second } as const)
      : kind === 'circle' && found !== undefined
        ? ({ kind: 'finding', id: found.id } as const)
        : ({ kind: 'service', id: first } as const);
  session.select(selection, { spotlight: true });
}
