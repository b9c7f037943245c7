import { useEffect } from 'preact/hooks';
import { Header } from './header.tsx';
import { MapView } from './map.tsx';
import { onDemand, prepareViews } from './on-demand.tsx';
import { Panel } from './panel.tsx';
import { PrintTitle } from './print-title.tsx';
import { useSession } from './session.ts';
import { Banner, Placeholder } from './status.tsx';

const Search = onDemand(async () => (await import('./search.tsx')).Search);
const Export = onDemand(async () => (await import('./export.tsx')).Export);
const Help = onDemand(async () => (await import('./help.tsx')).Help);
const Matrix = onDemand(async () => (await import('./matrix.tsx')).Matrix);
const Timeline = onDemand(async () => (await import('./timeline.tsx')).Timeline);

/** The page: header, then the map and its panel, or one trace. */
export function App() {
  const session = useSession();
  const { traceId, arrangement } = session.view.value;
  const analysis = session.analysis.value.value;
  const hasMap = analysis !== undefined && analysis.services.length > 0;
  const dialog = session.dialog.value;
  // Once the map stands the rest comes by itself, so that a key finds its dialog there.
  useEffect(() => {
    if (!hasMap) return;
    const waiting = setTimeout(prepareViews, 800);
    return () => clearTimeout(waiting);
  }, [hasMap]);
  return (
    <>
      <Header />
      <Banner />
      <PrintTitle />
      <main class={traceId === null ? 'main' : 'main is-trace'}>
        {traceId !== null ? (
          <Timeline>
            <div class="placeholder" aria-busy="true">
              <span class="spinner" aria-hidden="true" />
            </div>
          </Timeline>
        ) : hasMap ? (
          <>
            {arrangement === 'matrix' ? <Matrix /> : <MapView />}
            <Panel />
          </>
        ) : (
          <Placeholder />
        )}
      </main>
      <p class="visually-hidden" role="status" aria-live="polite">
        {session.announcement.value}
      </p>
      {dialog === 'search' && <Search />}
      {dialog === 'help' && <Help />}
      {dialog === 'export' && <Export />}
    </>
  );
}
