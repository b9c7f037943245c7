import { batch, computed, effect, signal } from '@preact/signals';
import type { Analysis, TraceDetail } from '../analyzer/model/analysis.ts';
import type { Api } from './api.ts';
import type { Arrangement } from './layout/arrangement.ts';
import { newcomerShare } from './layout/settle.ts';
import type { Plan } from './layout/plan.ts';
import { roomyLimit, territory } from './layout/territory.ts';
import { territoryPlan } from './layout/territory-plan.ts';
import { recall, recallPlaces, remember, rememberPlaces } from './memory.ts';
import { decodeView, encodeView } from './url-state.ts';
import { highlightOf } from './view/highlight.ts';
import { lookupOf, territoryInput, type Lookup } from './view/lookup.ts';
import { applyPalette, type Theme } from './view/palette.ts';
import { textMeasure } from './view/text-width.ts';
import type { Connection, Dialog, Loadable, Session, Spotlight, ViewState } from './view/session.ts';

/** Above this share of newcomers a fresh arrangement reads better than a patched one: a system that is just coming up. */
const rearrangeAbove = 1 / 3;
/** At most one new picture in this time, however fast the server talks. */
const leastPauseMs = 1500;

/** The one session of the page: signals in, actions out. Starts to fetch and to listen at once. */
export function createSession(home: Api, atHome: 'connecting' | 'saved' = 'connecting'): Session {
  let api = home;
  const view = signal<ViewState>(decodeView(location.search));
  const analysis = signal<Loadable<Analysis>>({ value: undefined, isLoading: true, error: undefined });
  const trace = signal<Loadable<TraceDetail>>({ value: undefined, isLoading: false, error: undefined });
  const arrangement = signal<Arrangement | undefined>(undefined);
  const connection = signal<Connection>({ state: atHome, since: Date.now() });
  const theme = signal<Theme>(preferredTheme());
  const dialog = signal<Dialog>('none');
  const hasShortcuts = signal(recall('shortcuts') !== 'off');
  const announcement = signal('');
  const isSheetOpen = signal(false);
  const spotlight = signal<Spotlight>({ ids: [], around: [] });
  const lookup = computed(() => (analysis.value.value === undefined ? undefined : lookupOf(analysis.value.value)));
  const plan = signal<Plan | undefined>(undefined);
  /** Of the other arrangements, as long as the page is open. */
  const keptPlans = new Map<string, Plan>();

  const arrange = (isAnew: boolean): void => {
    const known = lookup.peek();
    if (known === undefined || known.services.size === 0) return;
    const isNarrow = innerWidth < narrowBelow;
    const measure = textMeasure(known.services.size <= roomyLimit, isNarrow ? 0.45 : 0.72);
    const { nodes, links } = territoryInput(known, measure.label);
    const before = arrangement.peek() ?? recallPlaces();
    const keep = !isAnew && before !== undefined && newcomerShare(before, [...known.services.keys()]) <= rearrangeAbove;
    const next = territory(nodes, links, {
      previous: keep ? before : undefined,
      aspect: mapAspect(),
      titleWidth: measure.title,
    });
    if (next === arrangement.peek()) return;
    arrangement.value = next;
    rememberPlaces(next);
  };

  const receive = (next: Analysis): void =>
    batch(() => {
      analysis.value = { value: next, isLoading: false, error: undefined };
      arrange(false);
    });

  let running: AbortController | undefined;
  let lastFetch = 0;
  let queued: ReturnType<typeof setTimeout> | undefined;
  const load = (): void => {
    clearTimeout(queued);
    queued = undefined;
    running?.abort();
    const own = (running = new AbortController());
    lastFetch = Date.now();
    const { window, environment } = view.peek();
    analysis.value = { ...analysis.peek(), isLoading: true };
    api.analysis(window, environment, own.signal).then(
      (next) => {
        if (!own.signal.aborted) receive(next);
      },
      (error: unknown) => {
        if (!own.signal.aborted) analysis.value = { ...analysis.peek(), isLoading: false, error: messageOf(error) };
      },
    );
  };
  const loadSoon = (): void => {
    queued ??= setTimeout(load, Math.max(0, lastFetch + leastPauseMs - Date.now()));
  };

  const asked = computed(() => `${view.value.window} ${view.value.environment ?? ''}`);
  effect(() => {
    // Read, so that the effect runs again when either changes.
    if (asked.value !== '') load();
  });

  const wanted = computed(() => {
    const { arrangement: name, focus } = view.value;
    return name === 'focus' ? `focus ${focus.up} ${focus.down} ${focus.centre ?? ''}` : name;
  });
  let planning = 0;
  const makePlan = (key: string, known: Lookup | undefined, territories: Arrangement | undefined): void => {
    const turn = ++planning;
    const { arrangement: name, focus } = view.peek();
    if (known === undefined || known.services.size === 0 || name === 'matrix') plan.value = undefined;
    else if (name === 'territory') plan.value = territories === undefined ? undefined : territoryPlan(territories);
    else
      void import('./plans.ts').then(({ planOf }) => {
        if (turn !== planning) return;
        const next = planOf(name, known, focus, mapAspect(), keptPlans.get(key));
        keptPlans.set(key, next);
        plan.value = next;
      });
  };
  effect(() => makePlan(wanted.value, lookup.value, arrangement.value));

  const traceId = computed(() => view.value.traceId);
  effect(() => {
    const id = traceId.value;
    if (id === null) return;
    const own = new AbortController();
    trace.value = { value: undefined, isLoading: true, error: undefined };
    api.trace(id, own.signal).then(
      (value) => {
        if (!own.signal.aborted) trace.value = { value, isLoading: false, error: undefined };
      },
      (error: unknown) => {
        if (!own.signal.aborted) trace.value = { value: undefined, isLoading: false, error: messageOf(error) };
      },
    );
    return () => own.abort();
  });

  effect(() => applyPalette(document.documentElement, theme.value));

  const listen = (): (() => void) =>
    api.listen({
      onOpen: () => {
        const wasLost = connection.peek().state === 'lost';
        connection.value = { state: 'live', since: Date.now() };
        if (wasLost) loadSoon();
      },
      onChange: () => {
        connection.value = { state: 'live', since: Date.now() };
        loadSoon();
      },
      onLost: () => {
        if (connection.peek().state !== 'lost') connection.value = { state: 'lost', since: Date.now() };
      },
    });
  let stop = listen();
  const use = (next: Api, state: Connection['state']): void => {
    stop();
    api = next;
    stop = listen();
    batch(() => {
      connection.value = { state, since: Date.now() };
      analysis.value = { value: undefined, isLoading: true, error: undefined };
      session.show({ ...view.peek(), window: 'all', selection: null, traceId: null, camera: null, toggled: [] });
    });
    load();
  };

  addEventListener('popstate', () => {
    view.value = decodeView(location.search);
  });

  const session: Session = {
    view,
    analysis,
    lookup,
    plan,
    trace,
    connection,
    theme,
    dialog,
    hasShortcuts,
    announcement,
    isSheetOpen,
    spotlight,
    show(change, kind = 'step') {
      const next = { ...view.peek(), ...change };
      const address = encodeView(next);
      if (address === encodeView(view.peek())) return;
      if (kind === 'step') history.pushState(null, '', address);
      else history.replaceState(null, '', address);
      view.value = next;
    },
    select(selection, options = {}) {
      batch(() => {
        session.show({ selection, traceId: null });
        if (selection === null) return;
        isSheetOpen.value = true;
        const known = lookup.peek();
        if (options.spotlight !== true || known === undefined) return;
        const ids =
          selection.kind === 'service'
            ? [selection.id]
            : selection.kind === 'dependency'
              ? [selection.caller, selection.callee]
              : (known.findings.get(selection.id)?.services ?? []);
        spotlight.value = { ids, around: [...(highlightOf(selection, known)?.services ?? [])] };
      });
    },
    analysisBetween: (span, signal) => api.analysisBetween(span, view.peek().environment, signal),
    openTrace(id) {
      session.show({ traceId: id });
    },
    focusOn(id) {
      session.show({
        arrangement: 'focus',
        focus: { ...view.peek().focus, centre: id },
        selection: { kind: 'service', id },
        camera: null,
        traceId: null,
      });
    },
    rearrange() {
      if (view.peek().arrangement === 'territory') arrange(true);
      else {
        keptPlans.delete(wanted.peek());
        makePlan(wanted.peek(), lookup.peek(), arrangement.peek());
      }
      session.show({ camera: null });
      announcement.value = 'Map arranged anew.';
    },
    reload: load,
    openFiles(files) {
      void import('./dropped-files.ts').then(({ droppedApi }) => use(droppedApi(files), 'files'));
    },
    closeFiles() {
      use(home, atHome);
    },
    setTheme(next) {
      theme.value = next;
      remember('theme', next);
    },
    setDialog(next: Dialog) {
      dialog.value = next;
    },
    setShortcuts(isOn) {
      hasShortcuts.value = isOn;
      remember('shortcuts', isOn ? 'on' : 'off');
    },
    setSheet(isOpen) {
      isSheetOpen.value = isOpen;
    },
    announce(words) {
      announcement.value = words;
    },
  };
  return session;
}

function preferredTheme(): Theme {
  const chosen = recall('theme');
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** From here on the panel is a sheet over the map. */
const narrowBelow = 860;

/** Width over height of the ground the map gets, beside its panel or above it. */
function mapAspect(): number {
  const isNarrow = innerWidth < narrowBelow;
  const width = isNarrow ? innerWidth : innerWidth - 400;
  const height = innerHeight - (isNarrow ? 230 : 80);
  return Math.max(0.5, Math.min(2.4, width / Math.max(200, height)));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
