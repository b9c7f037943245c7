import { useLayoutEffect, useRef } from 'preact/hooks';
import { FileButton } from './file-button.tsx';
import { useSession } from './session.ts';

const keys: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['/'], 'search; in a trace, in its spans'],
  [['←', '↑', '↓', '→'], 'on the map: nearest box in that direction'],
  [['Shift', '↑ ↓'], 'along the calls: strongest caller, strongest callee'],
  [['← →'], 'in a trace: fold and unfold; up and down go from span to span'],
  [['Enter'], 'open'],
  [['Esc'], 'back out one step'],
  [['n', 'p'], 'next and previous finding; in a trace, critical segment'],
  [['+', '−', '0'], 'zoom in, out, whole map'],
  [['g', 'f'], 'go to findings; g p paths, g s scope, g o outline, g l links, g c compare, g v coverage, g m map'],
  [['m', 'w', 'f', 'c', 'x'], 'arrange as territory, flow, focus, scope (CDE), matrix'],
  [['1', '…', '5'], 'in the focus arrangement: hops to each side'],
  [['o'], 'on the map: close the group of the active box; Enter opens a closed one'],
  [['e'], 'export: SVG, PNG, Mermaid, Graphviz, CSV, JSON, print'],
  [['u'], 'undo the last change of the view'],
  [['?'], 'this help'],
];

export function Help() {
  const session = useSession();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  const close = (): void => session.setDialog('none');
  return (
    <dialog
      ref={dialog}
      class="help"
      aria-labelledby="help-title"
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      <header>
        <h2 id="help-title">ringfence</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={close}>
          ×
        </button>
      </header>
      <p>
        Watches the traces of your services and shows which dependencies run in a circle, which services others wait
        for, and where the cardholder data environment ends.
      </p>
      <p>
        Send OpenTelemetry traces over HTTP to <code>http://127.0.0.1:4318</code>.
      </p>
      <p>
        Or drop a trace file anywhere on the page: it is read here and goes nowhere. <FileButton />
      </p>
      <dl class="keys">
        {keys.map(([names, what]) => (
          <div key={what}>
            <dt>
              {names.map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label class="help-switch">
        <input
          type="checkbox"
          checked={session.hasShortcuts.value}
          onChange={(event) => session.setShortcuts(event.currentTarget.checked)}
        />
        Single letters are shortcuts
      </label>
    </dialog>
  );
}
