import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ALL_ENVIRONMENTS } from '../../analyzer/model/environments.ts';
import { instant, plural } from './format.ts';
import { useSession } from './session.ts';
import { windowWords } from './words.ts';

/** Nothing to draw: on the first visit what this is and where to send traces, else what was seen at another time. */
export function Welcome() {
  const session = useSession();
  const { window: timeWindow, environment } = session.view.value;
  const earlier = useEarlier();
  const where = environment === null || environment === ALL_ENVIRONMENTS ? '' : ` in ${environment}`;
  const showAll = (
    <button type="button" class="primary" onClick={() => session.show({ window: 'all', environment: null })}>
      Show all time
    </button>
  );
  if (earlier !== undefined)
    return (
      <>
        <h2>
          Nothing in the {windowWords[timeWindow]}
          {where}
        </h2>
        <p>
          {plural(earlier.traceCount, 'trace')} came before that
          {earlier.lastSeen === null ? '' : `, the last at ${instant(earlier.lastSeen)} UTC`}. Either nobody called
          since, or the traces do not arrive any more.
        </p>
        {showAll}
        <Ports />
      </>
    );
  return (
    <>
      <h2>Waiting for the first trace{where}</h2>
      <p>
        ringfence draws who calls whom from the traces of your services, and shows the circles, the critical path and
        the PCI fence.
      </p>
      <Ports />
      <p class="quiet">The map appears by itself, some ten seconds after the first trace is whole.</p>
    </>
  );
}

/** What is received where, as `ringfence serve` opens its doors unless told otherwise. */
const ports = [
  ['OTLP over HTTP', 4318, '', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  ['OTLP over gRPC', 4317, '', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  ['Zipkin', 9411, '/api/v2/spans', 'OTEL_EXPORTER_ZIPKIN_ENDPOINT'],
] as const;

function Ports() {
  const session = useSession();
  // A page from a file has no host; the receivers are where the page comes from otherwise.
  const host = location.hostname === '' ? '127.0.0.1' : location.hostname;
  const copy = (text: string): void => {
    void navigator.clipboard.writeText(text).then(
      () => session.announce('Copied.'),
      () => session.announce('Could not copy.'),
    );
  };
  return (
    <section class="ports" aria-label="Where to send traces">
      <dl>
        {ports.map(([name, port, path, variable]) => {
          const url = `http://${host}:${port}${path}`;
          return (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <code>{url}</code>
                <button
                  type="button"
                  title={`Copy ${variable}=${url}`}
                  aria-label={`Copy the setting for ${name}`}
                  onClick={() => copy(`${variable}=${url}`)}
                >
                  copy
                </button>
              </dd>
            </div>
          );
        })}
      </dl>
      <p class="quiet">Where ringfence was started with other ports, it printed them.</p>
    </section>
  );
}

interface Earlier {
  readonly traceCount: number;
  readonly lastSeen: string | null;
}

/** What is there at any time, where the window shown is empty; undefined where there is nothing, or nobody says. */
function useEarlier(): Earlier | undefined {
  const session = useSession();
  const { window: timeWindow, environment } = session.view.value;
  const earlier = useSignal<Earlier | undefined>(undefined);
  useEffect(() => {
    earlier.value = undefined;
    if (timeWindow === 'all') return;
    const own = new AbortController();
    session.analysisBetween({ fromMs: 0, toMs: Date.now() }, own.signal).then(
      ({ traceCount, window: seen }) => {
        if (!own.signal.aborted && traceCount > 0) earlier.value = { traceCount, lastSeen: seen.to };
      },
      () => {
        // Then it is the first visit as far as anyone can tell.
      },
    );
    return () => own.abort();
  }, [timeWindow, environment]);
  return earlier.value;
}
