import { arrangeByKey } from './view/arrangements.tsx';
import { mostHops, type Session, type Tab } from './view/session.ts';

/** Keys that work everywhere. Single letters can be turned off; Escape backs out one step. */
export function listenForKeys(session: Session): void {
  let isGoing = false;
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (session.dialog.peek() !== 'none' || isTyping(event.target)) return;
    if (event.key === 'Escape') {
      backOut(session);
      return;
    }
    if (!session.hasShortcuts.peek()) return;
    if (isGoing) {
      isGoing = false;
      if (goTo(session, event.key)) event.preventDefault();
      return;
    }
    if (event.key === '/') session.setDialog('search');
    else if (event.key === '?') session.setDialog('help');
    else if (event.key === 'g') isGoing = true;
    else if ((event.key === 'n' || event.key === 'p') && session.view.peek().traceId === null)
      stepFinding(session, event.key === 'n' ? 1 : -1);
    else if (event.key === 'u') history.back();
    else if (event.key === 'e' && session.lookup.peek() !== undefined) session.setDialog('export');
    else if (setHops(session, event.key) || arrangeByKey(session, event.key)) {
      // Done.
    } else return;
    event.preventDefault();
  });
}

const places: Readonly<Record<string, Tab | undefined>> = {
  f: 'findings',
  p: 'paths',
  s: 'scope',
  o: 'outline',
  l: 'links',
  c: 'compare',
  v: 'coverage',
};

function goTo(session: Session, key: string): boolean {
  const tab = places[key];
  if (tab !== undefined) {
    session.show({ tab, traceId: null, selection: null });
    session.setSheet(true);
    document.getElementById(`tab-${tab}`)?.focus();
  } else if (key === 'm') {
    session.show({ traceId: null, selection: null });
    session.setSheet(false);
    document.querySelector<HTMLElement>('.map-ground')?.focus();
  } else return false;
  return true;
}

/** `1` to `5` in the focus arrangement. */
function setHops(session: Session, key: string): boolean {
  const hops = Number(key);
  if (session.view.peek().arrangement !== 'focus' || !(hops >= 1 && hops <= mostHops)) return false;
  const { focus } = session.view.peek();
  session.show({ focus: { ...focus, up: hops, down: hops }, camera: null });
  session.announce(`${hops} ${hops === 1 ? 'hop' : 'hops'} to each side.`);
  return true;
}

function backOut(session: Session): void {
  const { traceId, selection } = session.view.peek();
  if (traceId !== null) session.show({ traceId: null });
  else if (selection !== null) session.select(null);
  else session.setSheet(false);
}

function stepFinding(session: Session, step: 1 | -1): void {
  const findings = session.lookup.peek()?.analysis.findings ?? [];
  if (findings.length === 0) return;
  const { selection } = session.view.peek();
  const at = selection?.kind === 'finding' ? findings.findIndex((finding) => finding.id === selection.id) : -1;
  const next =
    findings[at < 0 ? (step > 0 ? 0 : findings.length - 1) : (at + step + findings.length) % findings.length]!;
  session.show({ tab: 'findings' });
  session.select({ kind: 'finding', id: next.id }, { spotlight: true });
  session.announce(next.title);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement ? target.type !== 'checkbox' : target instanceof HTMLSelectElement;
}
