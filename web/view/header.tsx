import { ALL_ENVIRONMENTS } from '../../analyzer/model/environments.ts';
import { ArrangementSwitch } from './arrangements.tsx';
import { fullCount, plural } from './format.ts';
import { timeWindows, useSession, type TimeWindow } from './session.ts';
import { windowWords } from './words.ts';

/** Who we are, what is shown, and the ways to change it. */
export function Header() {
  const session = useSession();
  const analysis = session.analysis.value.value;
  const theme = session.theme.value;
  const isConnected = !['saved', 'files'].includes(session.connection.value.state);
  return (
    <header class="header">
      <h1>
        <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
          <circle cx="12" cy="12" r="10" />
          <circle cx="12" cy="12" r="6.6" />
          <circle class="logo-dot" cx="12" cy="12" r="2.6" />
        </svg>
        ringfence
      </h1>
      {analysis !== undefined && analysis.traceCount > 0 && (
        <p class="summary">
          {plural(analysis.services.length, 'node')} <i>·</i> {fullCount(analysis.traceCount)} traces
        </p>
      )}
      <ArrangementSwitch />
      <span class="header-space" />
      {isConnected && <WindowChoice />}
      <button type="button" class="search-button" onClick={() => session.setDialog('search')}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="6.8" cy="6.8" r="4.6" />
          <path d="M10.2 10.2L14.4 14.4" />
        </svg>
        <span>Search</span>
        <kbd>/</kbd>
      </button>
      <LiveMark />
      <button
        type="button"
        class="icon-button"
        aria-label="Export and print"
        title="Export and print (e)"
        onClick={() => session.setDialog('export')}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M8 2v8M4.8 7L8 10.2L11.2 7M2.5 11v2.5h11V11" />
        </svg>
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={theme === 'dark' ? 'Light colours' : 'Dark colours'}
        title={theme === 'dark' ? 'Light colours' : 'Dark colours'}
        onClick={() => session.setTheme(theme === 'dark' ? 'light' : 'dark')}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="6" />
          <path class="half" d="M8 2a6 6 0 0 1 0 12z" />
        </svg>
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label="Keys and help"
        title="Keys and help (?)"
        onClick={() => session.setDialog('help')}
      >
        ?
      </button>
    </header>
  );
}

/** Which traces: of what time, and of which environment. A file holds what it holds. */
function WindowChoice() {
  const session = useSession();
  const { window: timeWindow, environment } = session.view.value;
  const analysis = session.analysis.value.value;
  const environments = new Set(analysis?.environments);
  if (environment !== null && environment !== ALL_ENVIRONMENTS) environments.add(environment);
  return (
    <>
      <label class="field">
        <span class="visually-hidden">Time window</span>
        <select
          name="window"
          value={timeWindow}
          onChange={(event) => session.show({ window: event.currentTarget.value as TimeWindow })}
        >
          {timeWindows.map((each) => (
            <option key={each} value={each}>
              {windowWords[each]}
            </option>
          ))}
        </select>
      </label>
      {environments.size > 0 && (
        <label class="field">
          <span class="visually-hidden">Environment</span>
          <select
            name="environment"
            value={environment ?? analysis?.environment ?? ''}
            onChange={(event) =>
              session.show({ environment: event.currentTarget.value === '' ? null : event.currentTarget.value })
            }
          >
            <option value={environments.size > 1 ? ALL_ENVIRONMENTS : ''}>all environments</option>
            {[...environments].sort().map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  );
}

const liveWords = {
  connecting: 'connecting',
  live: 'live',
  lost: 'offline',
  saved: 'saved report',
  files: 'from files',
};

function LiveMark() {
  const { connection } = useSession();
  const { state } = connection.value;
  return (
    <span class={`live is-${state}`} title={state === 'live' ? 'Numbers move as traces arrive' : liveWords[state]}>
      <i aria-hidden="true" />
      <span>{liveWords[state]}</span>
    </span>
  );
}
