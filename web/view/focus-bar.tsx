import { focusCentre } from './focus-centre.ts';
import { plainName } from './format.ts';
import { mostHops, useSession } from './session.ts';

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
