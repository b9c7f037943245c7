import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { scissors } from './shapes.ts';
import { useSession, type Overlays } from './session.ts';

/** What the marks mean, and the switches of the overlays: each switch is its own legend. */
export function Legend() {
  const isOpen = useSignal(innerWidth >= 860);
  return (
    <div class={isOpen.value ? 'legend is-open' : 'legend'}>
      <button
        type="button"
        class="legend-title"
        aria-expanded={isOpen.value}
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        Legend
      </button>
      {isOpen.value && (
        <div class="legend-body">
          <Switch name="path" label="Critical path">
            <svg class="sample" viewBox="0 0 44 16" aria-hidden="true">
              <path class="critical-line" d="M14 8H34" />
              <path class="critical-fill" d="M33 3.5L42 8L33 12.5z" />
              <circle class="critical-fill" cx="8" cy="8" r="7" />
              <text class="on-accent" x="8" y="11.4">
                1
              </text>
            </svg>
          </Switch>
          <Switch name="cycles" label="Circles">
            <svg class="sample" viewBox="0 0 44 16" aria-hidden="true">
              <circle class="cycle-fill" cx="8" cy="8" r="7" />
              <text class="on-accent" x="8" y="11.4">
                A
              </text>
              <path class="cycle-line" transform="translate(31 8)" d={scissors} />
            </svg>
          </Switch>
          <Switch name="scope" label="PCI scope">
            <svg class="sample" viewBox="0 0 44 16" aria-hidden="true">
              <rect class="cde-outer" x="1" y="1" width="18" height="14" rx="4" />
              <rect class="cde-inner" x="3.6" y="3.6" width="12.8" height="8.8" rx="2.4" />
              <rect class="cde-dotted" x="25" y="2" width="17" height="12" rx="4" />
            </svg>
          </Switch>
          <Switch name="async" label="Events">
            <svg class="sample" viewBox="0 0 44 16" aria-hidden="true">
              <path class="plain-line is-dashed" d="M2 8H40" />
              <path class="plain-line" d="M34 3.5L41 8L34 12.5" />
            </svg>
          </Switch>
          <ul class="legend-shapes">
            <li>
              <svg class="sample is-small" viewBox="0 0 26 16" aria-hidden="true">
                <rect class="shape" x="1" y="2" width="24" height="12" rx="3" />
              </svg>
              service
            </li>
            <li>
              <svg class="sample is-small" viewBox="0 0 26 16" aria-hidden="true">
                <path class="shape" d="M1 4a12 2.4 0 0 1 24 0v8a12 2.4 0 0 1-24 0zM1 4a12 2.4 0 0 0 24 0" />
              </svg>
              database
            </li>
            <li>
              <svg class="sample is-small" viewBox="0 0 26 16" aria-hidden="true">
                <rect class="shape" x="1" y="2" width="24" height="12" rx="6" />
              </svg>
              topic
            </li>
            <li>
              <svg class="sample is-small" viewBox="0 0 26 16" aria-hidden="true">
                <rect class="shape is-dashed" x="1" y="2" width="24" height="12" rx="3" />
              </svg>
              external
            </li>
          </ul>
        </div>
      )}
    </div>
  );
}

const explanations: Readonly<Record<keyof Overlays, string>> = {
  path: 'Heat and per cent: share of the time that callers of an entry point wait for this service. Numbers walk the heaviest way.',
  cycles: 'Services of one circle share a letter. The scissors mark the link to cut first.',
  scope:
    'Double line and hatch: cardholder data environment. Dotted: connected to it. Square numbers: calls that cross the fence.',
  async: 'Dashed with an open arrow: nobody waits for it.',
};

function Switch({ name, label, children }: { name: keyof Overlays; label: string; children: ComponentChildren }) {
  const session = useSession();
  const { overlays } = session.view.value;
  return (
    <label class="legend-switch" title={explanations[name]}>
      <input
        type="checkbox"
        checked={overlays[name]}
        onChange={() => session.show({ overlays: { ...overlays, [name]: !overlays[name] } })}
      />
      {children}
      <span>{label}</span>
    </label>
  );
}
