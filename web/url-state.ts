import { decodeAround, encodeAround } from './around-url.ts';
import {
  arrangementNames,
  initialView,
  mostHops,
  tabs,
  timeWindows,
  type ArrangementName,
  type Camera,
  type Focus,
  type Overlays,
  type Selection,
  type Tab,
  type TimeWindow,
  type ViewState,
} from './view/session.ts';

/**
 * The view state as a query string with short names, version first: `?v=1&w=1h&s=compute%2Fdroplets`. Only what differs
 * from the start is written. What cannot be read is left at its start: an old or mistyped address still opens.
 */
export function encodeView(view: ViewState): string {
  const query = new URLSearchParams({ v: '1' });
  if (view.window !== initialView.window) query.set('w', view.window);
  if (view.environment !== null) query.set('env', view.environment);
  if (view.tab !== initialView.tab) query.set('tab', view.tab);
  if (view.arrangement !== initialView.arrangement) query.set('a', view.arrangement);
  if (view.focus.centre !== null) query.set('at', view.focus.centre);
  if (view.focus.up !== 1 || view.focus.down !== 1) query.set('h', `${view.focus.up},${view.focus.down}`);
  for (const key of view.toggled) query.append('g', key);
  const { selection } = view;
  if (selection?.kind === 'service') query.set('s', selection.id);
  if (selection?.kind === 'finding') query.set('f', selection.id);
  if (selection?.kind === 'dependency') {
    query.set('from', selection.caller);
    query.set('to', selection.callee);
  }
  if (view.traceId !== null) query.set('t', view.traceId);
  const overlays = encodeOverlays(view.overlays);
  if (overlays !== encodeOverlays(initialView.overlays)) query.set('o', overlays);
  if (view.camera !== null) query.set('c', `${view.camera.x},${view.camera.y},${view.camera.zoom}`);
  encodeAround(view, query);
  return `?${query.toString()}`;
}

export function decodeView(query: string): ViewState {
  const values = new URLSearchParams(query);
  if (values.get('v') !== '1') return initialView;
  return {
    window: oneOf<TimeWindow>(timeWindows, values.get('w')) ?? initialView.window,
    environment: values.get('env'),
    tab: oneOf<Tab>(tabs, values.get('tab')) ?? initialView.tab,
    arrangement: oneOf<ArrangementName>(arrangementNames, values.get('a')) ?? initialView.arrangement,
    focus: decodeFocus(values.get('at'), values.get('h')),
    toggled: [...new Set(values.getAll('g'))].sort(),
    selection: decodeSelection(values),
    traceId: values.get('t'),
    ...decodeAround(values),
    overlays: decodeOverlays(values.get('o')),
    camera: decodeCamera(values.get('c')),
  };
}

const overlayLetters: readonly (readonly [keyof Overlays, string])[] = [
  ['path', 'p'],
  ['cycles', 'c'],
  ['scope', 's'],
  ['async', 'a'],
];

function encodeOverlays(overlays: Overlays): string {
  const letters = overlayLetters.filter(([name]) => overlays[name]).map(([, letter]) => letter);
  return letters.join('') || '-';
}

function decodeOverlays(letters: string | null): Overlays {
  if (letters === null) return initialView.overlays;
  const isOn = (name: keyof Overlays): boolean =>
    letters.includes(overlayLetters.find(([known]) => known === name)![1]);
  return { path: isOn('path'), cycles: isOn('cycles'), scope: isOn('scope'), async: isOn('async') };
}

function decodeSelection(values: URLSearchParams): Selection | null {
  const [service, finding, caller, callee] = ['s', 'f', 'from', 'to'].map((name) => values.get(name));
  if (typeof service === 'string') return { kind: 'service', id: service };
  if (typeof finding === 'string') return { kind: 'finding', id: finding };
  if (typeof caller === 'string' && typeof callee === 'string') return { kind: 'dependency', caller, callee };
  return null;
}

function decodeFocus(centre: string | null, hops: string | null): Focus {
  const [up, down] = (hops ?? '1,1').split(',').map(Number);
  const isHops = (count: number | undefined): count is number =>
    count !== undefined && Number.isInteger(count) && count >= 0 && count <= mostHops;
  return { centre, ...(isHops(up) && isHops(down) ? { up, down } : { up: 1, down: 1 }) };
}

function decodeCamera(words: string | null): Camera | null {
  if (words === null) return null;
  const [x, y, zoom] = words.split(',').map(Number);
  if (x === undefined || y === undefined || zoom === undefined || ![x, y, zoom].every(Number.isFinite)) return null;
  return zoom > 0 ? { x, y, zoom } : null;
}

function oneOf<T extends string>(known: readonly T[], word: string | null): T | undefined {
  return known.find((candidate) => candidate === word);
}
