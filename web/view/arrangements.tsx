import { arrangementNames, useSession, type ArrangementName, type Session } from './session.ts';

const words: Readonly<Record<ArrangementName, readonly [name: string, what: string, key: string]>> = {
  territory: ['Territory', 'The whole system in its groups', 'm'],
  flow: ['Flow', 'Layers: callers above callees, the critical path straight down', 'w'],
  focus: ['Focus', 'One service, its callers and callees', 'f'],
  scope: ['Scope', 'The CDE in its fence and every call that crosses it', 'c'],
  matrix: ['Matrix', 'Who calls whom as a table, circles as blocks', 'x'],
};

/** The switch between the five ways to look at the system. */
export function ArrangementSwitch() {
  const session = useSession();
  const { arrangement } = session.view.value;
  return (
    <div class="switch" role="group" aria-label="Arrangement">
      {arrangementNames.map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={arrangement === name}
          title={`${words[name][1]} (${words[name][2]})`}
          onClick={() => arrange(session, name)}
        >
          {words[name][0]}
        </button>
      ))}
    </div>
  );
}

/** What the key of an arrangement does; false for any other key. */
export function arrangeByKey(session: Session, key: string): boolean {
  const name = arrangementNames.find((each) => words[each][2] === key);
  if (name === undefined) return false;
  arrange(session, name);
  session.announce(`${words[name][0]}. ${words[name][1]}.`);
  return true;
}

function arrange(session: Session, name: ArrangementName): void {
  const { selection, arrangement } = session.view.peek();
  if (name === 'focus' && selection?.kind === 'service') session.focusOn(selection.id);
  else if (name !== arrangement) session.show({ arrangement: name, camera: null, traceId: null });
}
