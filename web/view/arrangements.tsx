import { plainName } from './format.ts';
import { focusCentre } from './focus-centre.ts';
import { arrangementNames, mostHops, useSession, type ArrangementName, type Session } from './session.ts';

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

/** Over the focus arrangement: around whom, and how far to each side. */
export function FocusBar() {
  const session = useSession();
  const { arrangement, focus } = session.view.value;
  const lookup = session.lookup.value;
  if (arrangement !== 'focus' || lookup === undefined) return null;
  const set = (change: Partial<typeof focus>): void => session.show({ focus: { ...focus, ...change }, camera: null });
  return (
    <div class="focus-bar">
      <Hops label="hops of callers" value={focus.up} onChange={(up) => set({ up })} />
      <b>{plainName(focusCentre(focus.centre, lookup))}</b>
      <Hops label="hops of callees" value={focus.down} onChange={(down) => set({ down })} />
    </div>
  );
}

interface HopsProps {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

function Hops({ label, value, onChange }: HopsProps) {
  return (
    <span class="hops">
      <button type="button" aria-label={`Fewer ${label}`} disabled={value === 0} onClick={() => onChange(value - 1)}>
        −
      </button>
      <span aria-label={`${value} ${label}`}>{value}</span>
      <button
        type="button"
        aria-label={`More ${label}`}
        disabled={value === mostHops}
        onClick={() => onChange(value + 1)}
      >
        +
      </button>
    </span>
  );
}
