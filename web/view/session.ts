import type { ReadonlySignal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Analysis, TraceDetail } from '../../analyzer/model/analysis.ts';
import type { Plan } from '../layout/plan.ts';
import type { Lookup } from './lookup.ts';
import type { Theme } from './palette.ts';

/** What is on the screen, and all of it: the address holds it, the back button walks it. */
export interface ViewState {
  readonly window: TimeWindow;
  /** Null for all environments together. */
  readonly environment: string | null;
  readonly tab: Tab;
  readonly arrangement: ArrangementName;
  readonly focus: Focus;
  /** Territories that are not as they would be at first: closed in a large system, open in a small one. Sorted. */
  readonly toggled: readonly string[];
  readonly selection: Selection | null;
  readonly traceId: string | null;
  /** Two services between which an edge is missed, as typed; empty while nothing was. */
  readonly why: { readonly caller: string; readonly callee: string };
  readonly compare: Comparison;
  readonly overlays: Overlays;
  /** Null while the whole map is fitted into the window. */
  readonly camera: Camera | null;
}

export const timeWindows = ['15m', '1h', '24h', '7d', 'all'] as const;
export type TimeWindow = (typeof timeWindows)[number];

/** Milliseconds a window reaches back; undefined for all time. */
export function spanMs(window: TimeWindow): number | undefined {
  const minute = 60_000;
  const spans = { '15m': 15 * minute, '1h': 60 * minute, '24h': 1440 * minute, '7d': 10_080 * minute, all: undefined };
  return spans[window];
}

export const tabs = ['findings', 'paths', 'scope', 'outline', 'links', 'compare', 'coverage'] as const;
export type Tab = (typeof tabs)[number];

/** Two stretches of time. Null after: what the page shows; null before: the same length just before that. */
export interface Comparison {
  readonly before: Span | null;
  readonly after: Span | null;
}

/** Milliseconds since the epoch; the end is later than the start. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Five ways to look at one system. */
export const arrangementNames = ['territory', 'flow', 'focus', 'scope', 'matrix'] as const;
export type ArrangementName = (typeof arrangementNames)[number];

/** What the focus arrangement stands around, and how many hops it looks to each side. */
export interface Focus {
  /** Null for the first service of the critical path, else the busiest. */
  readonly centre: string | null;
  readonly up: number;
  readonly down: number;
}

export const mostHops = 5;

export type Selection =
  | { readonly kind: 'service'; readonly id: string }
  | { readonly kind: 'dependency'; readonly caller: string; readonly callee: string }
  | { readonly kind: 'finding'; readonly id: string };

export interface Overlays {
  readonly path: boolean;
  readonly cycles: boolean;
  readonly scope: boolean;
  readonly async: boolean;
}

/** The world point in the middle of the map, and the zoom. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export const initialView: ViewState = {
  window: '24h',
  environment: null,
  tab: 'findings',
  arrangement: 'territory',
  focus: { centre: null, up: 1, down: 1 },
  toggled: [],
  selection: null,
  traceId: null,
  why: { caller: '', callee: '' },
  compare: { before: null, after: null },
  overlays: { path: true, cycles: true, scope: true, async: true },
  camera: null,
};

/** Something fetched. What was there before stays readable while the next is on its way. */
export interface Loadable<T> {
  readonly value: T | undefined;
  readonly isLoading: boolean;
  readonly error: string | undefined;
}

export interface Connection {
  /** A saved report and files of this computer are not connected to anything. */
  readonly state: 'connecting' | 'live' | 'lost' | 'saved' | 'files';
  /** Milliseconds since the epoch of the last word from the server. */
  readonly since: number;
}

/** What a view may know and do. The page composes one; a test can hand in its own. */
export interface Session {
  readonly view: ReadonlySignal<ViewState>;
  readonly analysis: ReadonlySignal<Loadable<Analysis>>;
  readonly lookup: ReadonlySignal<Lookup | undefined>;
  /** Where everything stands; undefined until it is laid out, and for the matrix. */
  readonly plan: ReadonlySignal<Plan | undefined>;
  readonly trace: ReadonlySignal<Loadable<TraceDetail>>;
  readonly connection: ReadonlySignal<Connection>;
  readonly theme: ReadonlySignal<Theme>;
  readonly dialog: ReadonlySignal<Dialog>;
  /** Whether single letters are shortcuts (WCAG 2.1.4). */
  readonly hasShortcuts: ReadonlySignal<boolean>;
  /** The next word for the live region. */
  readonly announcement: ReadonlySignal<string>;
  /** On a narrow screen: whether the sheet is up. */
  readonly isSheetOpen: ReadonlySignal<boolean>;
  /** Asks the map to bring these services into sight; a new object each time. */
  readonly spotlight: ReadonlySignal<Spotlight>;

  /** Changes the view. A step is one the back button undoes; a drift (camera) is not. */
  show(change: Partial<ViewState>, kind?: 'step' | 'drift'): void;
  /** Selects, opens the panel and brings it into sight. */
  select(selection: Selection | null, options?: { readonly spotlight?: boolean }): void;
  openTrace(traceId: string): void;
  /** The analysis of any stretch of time in the environment shown. Rejects with words for people. */
  analysisBetween(span: Span, signal: AbortSignal): Promise<Analysis>;
  /** Puts a service in the middle of the focus arrangement. */
  focusOn(id: string): void;
  rearrange(): void;
  reload(): void;
  /** Analyzes files of this computer in the browser, instead of what the server has; nothing is uploaded. */
  openFiles(files: readonly File[]): void;
  /** Back from files to the server. */
  closeFiles(): void;
  setTheme(theme: Theme): void;
  setDialog(dialog: Dialog): void;
  setShortcuts(isOn: boolean): void;
  setSheet(isOpen: boolean): void;
  announce(words: string): void;
}

export interface Spotlight {
  readonly ids: readonly string[];
  /** Their neighbours: shown too where all of it stays readable. */
  readonly around: readonly string[];
}

export type Dialog = 'none' | 'search' | 'help' | 'export';

const context = createContext<Session | undefined>(undefined);

export const SessionProvider = context.Provider;

export function useSession(): Session {
  const session = useContext(context);
  if (session === undefined) throw new Error('a view was drawn outside of its session');
  return session;
}
