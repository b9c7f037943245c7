import { useEffect } from 'preact/hooks';
import { Header } from './header.tsx';
import { MapView } from './map.tsx';
import { onDemand } from './on-demand.tsx';
import { Panel } from './panel.tsx';
import { useSession } from './session.ts';
import { Banner, Placeholder } from './status.tsx';

const search = onDemand(async () => (await import('./search.tsx')).Search);
const help = onDemand(async () => (await import('./help.tsx')).Help);
const timeline = onDemand(async () => (await import('./timeline.tsx')).Timeline);

/** The page: header, then the map and its panel, or one trace. */
export function App() {
  const session = useSession();
  const { traceId } = session.view.value;
  const analysis = session.analysis.value.value;
  const hasMap = analysis !== undefined && analysis.services.length > 0;
  const dialog = session.dialog.value;
  // Once the map stands the rest comes by itself, so that a key finds its dialog there.
  useEffect(() => {
    if (!hasMap) return;
    const waiting = setTimeout(() => [search, timeline, help].forEach((view) => view.prepare()), 800);
    return () => clearTimeout(waiting);
  }, [hasMap]);
  return (
    <>
      <Header />
      <Banner />
      <main class={traceId === null ? 'main' : 'main is-trace'}>
        {traceId !== null ? (
          <timeline.View>
            <div class="placeholder" aria-busy="true">
              <span class="spinner" aria-hidden="true" />
            </div>
          </timeline.View>
        ) : hasMap ? (
          <>
            <MapView />
            <Panel />
          </>
        ) : (
          <Placeholder />
        )}
      </main>
      <p class="visually-hidden" role="status" aria-live="polite">
        {session.announcement.value}
      </p>
      {dialog === 'search' && <search.View />}
      {dialog === 'help' && <help.View />}
    </>
  );
}
