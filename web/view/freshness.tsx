import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { age } from './format.ts';
import { useSession } from './session.ts';

/** How often the age of a picture that stands still is told anew. */
const tellEveryMs = 15_000;
/** How long it is said that the server is back. */
const backForMs = 5000;

/** Over the map: that the picture is older than it looks, that it is fresh again, or that the next is on its way. */
export function Freshness() {
  const session = useSession();
  const { value, error, isLoading } = session.analysis.value;
  const { state, since } = session.connection.value;
  const now = useSignal(Date.now());
  const isBack = useSignal(false);
  const wasLost = useRef(false);
  useEffect(() => {
    if (state === 'lost') {
      wasLost.current = true;
      const ticking = setInterval(() => (now.value = Date.now()), tellEveryMs);
      now.value = Date.now();
      return () => clearInterval(ticking);
    }
    if (state !== 'live' || !wasLost.current) return;
    wasLost.current = false;
    isBack.value = true;
    const ending = setTimeout(() => (isBack.value = false), backForMs);
    return () => clearTimeout(ending);
  }, [state]);
  if (value === undefined) return null;
  if (state === 'lost')
    return (
      <div class="banner" role="status">
        <span>
          Connection lost {age(now.value - since)}, at {new Date(since).toISOString().slice(11, 19)} UTC. The map shows
          what was known then; it comes back by itself.
        </span>
        <button type="button" onClick={() => session.reload()}>
          Try now
        </button>
      </div>
    );
  if (error !== undefined)
    return (
      <div class="banner" role="status">
        <span>The last refresh failed: {error} The map shows what was known before.</span>
        <button type="button" onClick={() => session.reload()}>
          Try now
        </button>
      </div>
    );
  if (isBack.value)
    return (
      <p class="back-again" role="status">
        Connected again.
      </p>
    );
  return isLoading ? <div class="loading-line" aria-hidden="true" /> : null;
}
