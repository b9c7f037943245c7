import { render } from 'preact';
import { httpApi } from './api.ts';
import { listenForKeys } from './keys.ts';
import { createSession } from './state.ts';
import './style.css';
import './around.css';
import { App } from './view/app.tsx';
import { SessionProvider } from './view/session.ts';

const session = createSession(httpApi(document.baseURI));
listenForKeys(session);
render(
  <SessionProvider value={session}>
    <App />
  </SessionProvider>,
  document.getElementById('app')!,
);
