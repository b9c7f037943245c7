import { conclude } from '../analyzer/analyze.ts';
import type { Analysis, TraceDetail } from '../analyzer/model/analysis.ts';
import type { Policy } from '../analyzer/model/policy.ts';
import { type SpanDictionary, SpanTable } from '../analyzer/model/span-table.ts';
import { exampleTraceIds } from '../analyzer/rollup/example-traces.ts';
import { addRollup, emptyRollup } from '../analyzer/rollup/merge-rollups.ts';
import type { Rollup } from '../analyzer/rollup/rollup.ts';
import { RollupBuilder } from '../analyzer/rollup/rollup-builder.ts';
import { traceEnvironment } from '../analyzer/trace/environment.ts';
import { traceDetail } from '../analyzer/trace/trace-detail.ts';
import type { PipelineStatus, PipelineStore } from './pipeline.ts';
import type { AnalysisWindow, LiveState } from './server/state.ts';
import type { Store, StoredRollup } from './store/store.ts';

const MINUTE_US = 60_000_000;
/** Whole traces wait here for the next commit, so that one look serves many; more than this is looked at at once. */
const MOST_WAITING_SPANS = 60_000;
/** Minutes whose examples are remembered: late traces seldom come later. */
const REMEMBERED_MINUTES = 8;
/** To pack a trace for reading takes as long as to observe a hundred; examples of circles and card data come first. */
const MOST_TRACES_PER_COMMIT = 64;
const TIDY_INTERVAL_US = 10 * MINUTE_US;

/** What was observed since the last commit. */
export interface LiveDelta {
  readonly rollups: readonly StoredRollup[];
  readonly traces: readonly TraceDetail[];
}

/** Whole traces of one minute and environment that nobody looked at yet. */
interface Waiting {
  readonly atUs: number;
  readonly environment: string;
  readonly table: SpanTable;
  /** First row of each trace. */
  readonly starts: number[];
}

/**
 * Between the pipeline and those who look: whole traces come in, are observed and rolled up by minute and environment, go to
 * the store, and come out as an analysis.
 */
export class LiveAnalysis implements LiveState, PipelineStore<LiveDelta> {
  revision = 0;
  readonly #store: Store;
  readonly #policy: Policy;
  readonly #nowUs: () => number;
  readonly #waiting = new Map<string, Waiting>();
  #waitingSpanCount = 0;
  readonly #builders = new Map<string, { readonly dictionary: SpanDictionary; readonly builder: RollupBuilder }>();
  #observed: StoredRollup[] = [];
  #traces: TraceDetail[] = [];
  /** By minute and environment: the sum so far, which tells whether a trace is still an example worth keeping. */
  readonly #minutes = new Map<string, Rollup>();
  #rows = new Uint32Array(0);
  #tidiedUs = 0;
  #status: () => PipelineStatus | undefined = () => undefined;
  #traceCount = 0;
  #spanCount = 0;

  constructor(options: { readonly store: Store; readonly policy: Policy; readonly nowUs: () => number }) {
    this.#store = options.store;
    this.#policy = options.policy;
    this.#nowUs = options.nowUs;
  }

  /** Where counters and readiness are read from; the pipeline is made after this, since it needs `onTrace`. */
  watch(status: () => PipelineStatus): void {
    this.#status = status;
  }

  /** Takes one whole trace. */
  readonly onTrace = (trace: SpanTable): void => {
    const environment = traceEnvironment(trace, this.#rowsOf(trace), 0, trace.count);
    const atUs = Math.floor(startOf(trace) / MINUTE_US) * MINUTE_US;
    const key = `${atUs} ${environment}`;
    let waiting = this.#waiting.get(key);
    if (waiting !== undefined && waiting.table.dictionary !== trace.dictionary) {
      this.#observeWaiting();
      waiting = undefined;
    }
    if (waiting === undefined) {
      waiting = { atUs, environment, table: new SpanTable(trace.dictionary, trace.count), starts: [] };
      this.#waiting.set(key, waiting);
    }
    waiting.starts.push(waiting.table.count);
    waiting.table.appendRows(trace, 0, trace.count);
    this.#traceCount++;
    this.#spanCount += trace.count;
    this.#waitingSpanCount += trace.count;
    if (this.#waitingSpanCount >= MOST_WAITING_SPANS) this.#observeWaiting();
  };

  readonly takeDelta = (): LiveDelta => {
    this.#observeWaiting();
    const delta = { rollups: this.#observed, traces: this.#traces };
    this.#observed = [];
    this.#traces = [];
    return delta;
  };

  readCheckpoint(): Uint8Array | undefined {
    return this.#store.checkpoint();
  }

  commit({ rollups, traces }: LiveDelta, checkpoint: Uint8Array): void {
    this.#store.commit({ rollups, traces, checkpoint });
    if (rollups.length > 0) this.revision++;
    const nowUs = this.#nowUs();
    if (nowUs - this.#tidiedUs >= TIDY_INTERVAL_US) {
      this.#store.tidy(nowUs);
      this.#tidiedUs = nowUs;
    }
  }

  analyze(window: AnalysisWindow): Analysis {
    const rollup = this.#store.read(window);
    const today = new Date(this.#nowUs() / 1000).toISOString().slice(0, 10);
    const analysis = conclude(rollup, this.#policy, { environment: window.environment ?? null, today });
    // One environment was asked for; the others are still there to choose.
    const environments = this.#store.environments().filter((environment) => environment !== '');
    return { ...analysis, environments };
  }

  trace(traceId: string): TraceDetail | undefined {
    return this.#store.trace(traceId);
  }

  counters(): Readonly<Record<string, number>> {
    const status = this.#status();
    return {
      traces_total: this.#traceCount,
      spans_total: this.#spanCount,
      open_traces: status?.openTraceCount ?? 0,
      open_spans: status?.openSpanCount ?? 0,
      traces_closed_early_total: status?.closedEarlyTraceCount ?? 0,
      trace_fragments_late_total: status?.lateTraceCount ?? 0,
      traces_failed_total: status?.failedTraceCount ?? 0,
      journal_waiting_bytes: status?.waitingByteCount ?? 0,
    };
  }

  unready(): string | undefined {
    return this.#status()?.refusal;
  }

  /** 0, 1, 2, …: a trace comes as a table of its own. */
  #rowsOf({ count }: SpanTable): Uint32Array {
    if (this.#rows.length < count) this.#rows = Uint32Array.from({ length: count * 2 }, (_, row) => row);
    return this.#rows;
  }

  #observeWaiting(): void {
    for (const waiting of this.#waiting.values()) {
      const builder = this.#builderOf(waiting);
      builder.observe(waiting.table);
      const { atUs, environment } = waiting;
      const rollup = builder.finish();
      this.#observed.push({ atUs, environment, rollup });
      this.#keepExamples(waiting, rollup);
    }
    this.#waiting.clear();
    this.#waitingSpanCount = 0;
  }

  /** One builder an environment: it remembers who sent which message, for the consumers of later minutes. */
  #builderOf({ environment, table: { dictionary } }: Waiting): RollupBuilder {
    let known = this.#builders.get(environment);
    if (known?.dictionary !== dictionary) {
      known = { dictionary, builder: new RollupBuilder(dictionary, { proxies: this.#policy.proxies }) };
      this.#builders.set(environment, known);
    }
    return known.builder;
  }

  #keepExamples({ atUs, environment, table, starts }: Waiting, rollup: Rollup): void {
    const key = `${atUs} ${environment}`;
    let minute = this.#minutes.get(key);
    if (minute === undefined) {
      minute = emptyRollup();
      this.#minutes.set(key, minute);
      if (this.#minutes.size > REMEMBERED_MINUTES) this.#minutes.delete(this.#minutes.keys().next().value!);
    }
    addRollup(minute, rollup);
    const room = MOST_TRACES_PER_COMMIT - this.#traces.length;
    if (room <= 0) return;
    const rowOf = new Map(starts.map((start, at) => [table.traceId(start), at]));
    const chosen = [...exampleTraceIds(minute)].filter((traceId) => rowOf.has(traceId)).slice(0, room);
    for (const traceId of chosen) {
      const at = rowOf.get(traceId)!;
      this.#traces.push(traceDetail(table, starts[at], starts[at + 1] ?? table.count));
    }
  }
}

function startOf(trace: SpanTable): number {
  let startUs = Infinity;
  for (let row = 0; row < trace.count; row++) {
    const rowStartUs = trace.startUs[row]!;
    if (rowStartUs > 0 && rowStartUs < startUs) startUs = rowStartUs;
  }
  return startUs === Infinity ? 0 : startUs;
}
