import { onDemand } from './on-demand.tsx';
import { FileButton } from './file-button.tsx';
import { Freshness } from './freshness.tsx';
import { useSession } from './session.ts';

const Welcome = onDemand(async () => (await import('./welcome.tsx')).Welcome);

/** In place of the map: first visit, nothing in this window, on the way, or an error. Nothing while there is a map. */
export function Placeholder() {
  const session = useSession();
  const { value, isLoading, error } = session.analysis.value;
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
  return (
    <div class="placeholder">
      <svg class="logo is-large" viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="10" />
        <circle cx="12" cy="12" r="6.6" />
        <circle class="logo-dot" cx="12" cy="12" r="2.6" />
      </svg>
      <Welcome />
      <p class="quiet">
        Or look at traces you have: drop a file anywhere on this page. It is read here and goes nowhere.
      </p>
      <FileButton />
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
  return session.connection.value.state === 'connecting' ? null : <Freshness />;
}
