import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { matchesOf, type Match } from './search-matches.ts';
import { useSession } from './session.ts';

/** `/`: services, topics, stores, operations and findings by any part of their name. */
export function Search() {
  const session = useSession();
  const dialog = useRef<HTMLDialogElement>(null);
  const words = useSignal('');
  const active = useSignal(0);
  const lookup = session.lookup.value;
  const matches = lookup === undefined ? [] : matchesOf(words.value, lookup);
  // Before the next key, so that quick fingers lose no letter.
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  const close = (): void => session.setDialog('none');
  const choose = (match: Match | undefined): void => {
    if (match === undefined) return;
    close();
    session.select(match.selection, { spotlight: true });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') active.value = Math.min(matches.length - 1, active.value + 1);
    else if (event.key === 'ArrowUp') active.value = Math.max(0, active.value - 1);
    else if (event.key === 'Enter') choose(matches[active.value]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog
      ref={dialog}
      class="search"
      aria-label="Search"
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      <input
        type="text"
        list={undefined}
        role="combobox"
        aria-expanded="true"
        aria-controls="search-matches"
        aria-activedescendant={matches.length > 0 ? `match-${active.value}` : undefined}
        aria-label="Search services, topics, operations and findings"
        placeholder="Service, topic, operation or finding"
        autocomplete="off"
        spellcheck={false}
        autoFocus
        value={words.value}
        onInput={(event) => {
          words.value = event.currentTarget.value;
          active.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="search-matches" role="listbox" aria-label="Matches">
        {matches.map((match, place) => (
          <li
            key={`${match.selection.kind} ${match.name} ${match.what}`}
            id={`match-${place}`}
            role="option"
            aria-selected={place === active.value}
            onClick={() => choose(match)}
            onPointerMove={() => (active.value = place)}
          >
            <b>{match.name}</b>
            <span class="quiet">{match.what}</span>
          </li>
        ))}
      </ul>
      {words.value !== '' && matches.length === 0 && (
        <p class="quiet search-none">Nothing of that name in this window.</p>
      )}
    </dialog>
  );
}
