import type { Session } from './view/session.ts';

/** Files may be dropped anywhere on the page. */
export function listenForFiles(session: Session): void {
  const root = document.documentElement;
  addEventListener('dragover', (event) => {
    if (event.dataTransfer?.types.includes('Files') !== true) return;
    event.preventDefault();
    root.classList.add('is-dropping');
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) root.classList.remove('is-dropping');
  });
  addEventListener('drop', (event) => {
    root.classList.remove('is-dropping');
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    session.openFiles(files);
  });
}
