import { render } from 'preact';
import { httpApi } from './api.ts';
import { listenForKeys } from './keys.ts';
import { listenForFiles } from './file-drop.ts';
import { savedReport } from './saved-report.ts';
import { createSession } from './state.ts';
import './style.css';
import './around.css';
import { App } from './view/app.tsx';
import { SessionProvider } from './view/session.ts';

const saved = savedReport(document);
const session = saved === undefined ? createSession(httpApi(document.baseURI)) : createSession(saved, 'saved');
if (saved === undefined) listenForFiles(session);
listenForKeys(session);
render(
  <SessionProvider value={session}>
    <App />
  </SessionProvider>,
  document.getElementById('app')!,
);
