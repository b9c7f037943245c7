import { ALL_ENVIRONMENTS } from '../../analyzer/model/environments.ts';
import { FileButton } from './file-button.tsx';
import { useSession } from './session.ts';
import { windowWords } from './words.ts';

/** In place of the map: first visit, nothing in this window, on the way, or an error. Nothing while there is a map. */
export function Placeholder() {
  const session = useSession();
  const { value, isLoading, error } = session.analysis.value;
  const { window: timeWindow, environment } = session.view.value;
  if (value === undefined)
    return error === undefined ? (
      <div class="placeholder" aria-busy="true">
        <span class="spinner" aria-hidden="true" />
        <p>Reading the traces…</p>
      </div>
    ) : (
      <div class="placeholder" role="alert">
        <h2>The map could not be loaded</h2>
        <p>{error}</p>
        <button type="button" class="primary" onClick={() => session.reload()} disabled={isLoading}>
          Try again
        </button>
      </div>
    );
  if (value.services.length > 0) return null;
  const isFiltered = timeWindow !== 'all' || environment !== null;
  return (
    <div class="placeholder">
      <svg class="logo is-large" viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="10" />
        <circle cx="12" cy="12" r="6.6" />
        <circle class="logo-dot" cx="12" cy="12" r="2.6" />
      </svg>
      <h2>Waiting for the first trace</h2>
      <p>
        ringfence draws who calls whom from the traces of your services, and shows the circles, the critical path and
        the PCI fence.
      </p>
      <p>
        Send OpenTelemetry traces (OTLP/HTTP) to <code>http://127.0.0.1:4318</code>
      </p>
      <pre>
        <code>OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318</code>
      </pre>
      <p class="quiet">
        Or look at traces you have: drop a file anywhere on this page. It is read here and goes nowhere.
      </p>
      <FileButton />
      {isFiltered && (
        <p class="quiet">
          Nothing was seen in the {windowWords[timeWindow]}
          {environment === null || environment === ALL_ENVIRONMENTS ? '' : ` in ${environment}`}.{' '}
          <button type="button" class="link-button" onClick={() => session.show({ window: 'all', environment: null })}>
            Show all time
          </button>
        </p>
      )}
    </div>
  );
}

/** Over the map: the picture is older than it looks. */
export function Banner() {
  const session = useSession();
  if (session.connection.value.state === 'files')
    return (
      <div class="banner is-quiet" role="status">
        <span>From files of this computer, read in this page: nothing was uploaded.</span>
        <button type="button" onClick={() => session.closeFiles()}>
          Back to the server
        </button>
      </div>
    );
  const { value, error } = session.analysis.value;
  const { state, since } = session.connection.value;
  if (value === undefined || (state !== 'lost' && error === undefined)) return null;
  return (
    <div class="banner" role="status">
      <span>
        {state === 'lost'
          ? `Connection lost at ${new Date(since).toISOString().slice(11, 19)} UTC. The map shows what was known then; it comes back by itself.`
          : `The last refresh failed: ${error ?? ''}`}
      </span>
      <button type="button" onClick={() => session.reload()}>
        Try now
      </button>
    </div>
  );
}
