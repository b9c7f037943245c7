import { Header } from './header.tsx';
import { Help } from './help.tsx';
import { MapView } from './map.tsx';
import { Panel } from './panel.tsx';
import { Search } from './search.tsx';
import { useSession } from './session.ts';
import { Banner, Placeholder } from './status.tsx';
import { Timeline } from './timeline.tsx';

/** The page: header, then the map and its panel, or one trace. */
export function App() {
  const session = useSession();
  const { traceId } = session.view.value;
  const analysis = session.analysis.value.value;
  const hasMap = analysis !== undefined && analysis.services.length > 0;
  const dialog = session.dialog.value;
  return (
    <>
      <Header />
      <Banner />
      <main class={traceId === null ? 'main' : 'main is-trace'}>
        {traceId !== null ? (
          <Timeline />
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
      {dialog === 'search' && <Search />}
      {dialog === 'help' && <Help />}
    </>
  );
}
