import { randomBytes } from 'node:crypto';

import { conclude } from '../analyzer/analyze.ts';
import type { Analysis, TraceDetail } from '../analyzer/model/analysis.ts';
import { ALL_ENVIRONMENTS } from '../analyzer/model/environments.ts';
import type { Policy } from '../analyzer/model/policy.ts';
import { type SpanDictionary, SpanTable } from '../analyzer/model/span-table.ts';
import { encodeRollup } from '../analyzer/rollup/encode-rollup.ts';
import { exampleTraceIds } from '../analyzer/rollup/example-traces.ts';
import { RollupBuilder } from '../analyzer/rollup/rollup-builder.ts';
import { TraceGroups } from '../analyzer/trace/group-traces.ts';
import { traceDetail } from '../analyzer/trace/trace-detail.ts';
import type { OnTrace } from './assemble/assembler.ts';
import { ClosedTraces } from './assemble/closed-traces.ts';
import { DictionaryTranslation } from './assemble/dictionary-translation.ts';
import { type TraceBatch, TraceBatches } from './assemble/trace-batches.ts';
import type { PipelineStatus, PipelineStore } from './pipeline.ts';
import type { AnalysisWindow, LiveState } from './server/state.ts';
import type { Store, StoredRollup } from './store/store.ts';

/** Whole traces wait here for the next commit, so that one look serves many; more than this is looked at at once. */
const MOST_WAITING_SPANS = 8_192;
/** What was looked at is added up until the next commit; more than this is rolled up at once. */
const MOST_GATHERED_SPANS = 100_000;
/** To pack a trace for reading takes as long as to observe a hundred; examples of circles and card data come first. */
const MOST_TRACES_PER_COMMIT = 64;
/** Spans of closed traces kept in case more of them comes: some twenty megabytes. */
const MOST_CLOSED_SPANS = 200_000;
const TIDY_INTERVAL_US = 600_000_000;

/** The traces of an environment: those of one minute were observed since its builder finished a rollup. */
interface Gathering {
  readonly environment: string;
  readonly builder: RollupBuilder;
  batches: TraceBatch[];
  spanCount: number;
}

/** What was observed since the last commit. */
export interface LiveDelta {
  readonly rollups: readonly StoredRollup[];
  readonly traces: readonly TraceDetail[];
}

/**
 * Between the pipeline and those who look: whole traces come in, are observed and rolled up by minute and environment, go to
 * the store, and come out as an analysis. Spans that come after their trace was counted correct what it showed.
 */
export class LiveAnalysis implements LiveState, PipelineStore<LiveDelta> {
  revision = 0;
  readonly #store: Store;
  readonly #policy: Policy;
  readonly #nowUs: () => number;
  /** Whole traces that nobody looked at yet, and late spans of traces that were looked at. */
  #waiting: TraceBatches | undefined;
  #late: SpanTable | undefined;
  readonly #groups: TraceGroups;
  readonly #closed: ClosedTraces;
  /** One an environment: its builder remembers who sent which message, for the consumers of later minutes. */
  readonly #gatherings = new Map<string, Gathering>();
  #observed: StoredRollup[] = [];
  #traces: TraceDetail[] = [];
  /** How many spans the next look may be at, going by those before. */
  #expectedSpanCount = 0;
  #tidiedUs = 0;
  #status: () => PipelineStatus | undefined = () => undefined;
  #traceCount = 0;
  #spanCount = 0;
  #correctedTraceCount = 0;
  #tooLateSpanCount = 0;

  constructor(options: {
    readonly store: Store;
    readonly policy: Policy;
    readonly nowUs: () => number;
    /** Secret of the hash tables over ids from outside. Default another one each time. */
    readonly seed?: number;
    readonly closedSpanLimit?: number;
  }) {
    const { seed = randomBytes(4).readUInt32LE(), closedSpanLimit = MOST_CLOSED_SPANS } = options;
    this.#store = options.store;
    this.#policy = options.policy;
    this.#nowUs = options.nowUs;
    this.#groups = new TraceGroups(seed);
    this.#closed = new ClosedTraces(seed, closedSpanLimit);
  }

  /** Where counters and readiness are read from; the pipeline is made after this, since it needs `onTrace`. */
  watch(status: () => PipelineStatus): void {
    this.#status = status;
  }

  /** Takes one whole trace, or what came late of one. */
  readonly onTrace: OnTrace = (trace, _reason, isLate) => {
    const { dictionary } = trace;
    if (this.#waiting?.dictionary !== dictionary) {
      this.#observeWaiting();
      const expected = this.#expectedSpanCount;
      const table = this.#closed.takeSpare(dictionary, expected) ?? new SpanTable(dictionary, expected);
      this.#waiting = new TraceBatches(dictionary, table);
      this.#late = new SpanTable(dictionary);
    }
    if (isLate) {
      this.#late!.appendRows(trace, 0, trace.count);
    } else {
      this.#waiting.add(trace);
      this.#traceCount++;
    }
    this.#spanCount += trace.count;
    if (this.#waiting.spanCount + this.#late!.count >= MOST_WAITING_SPANS) this.#observeWaiting();
  };

  readonly takeDelta = (): LiveDelta => {
    this.#observeWaiting();
    this.#finishAll();
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

  analyze(asked: AnalysisWindow): Analysis {
    const window = this.#chosen(asked);
    const rollup = this.#store.read(window);
    const today = new Date(this.#nowUs() / 1000).toISOString().slice(0, 10);
    const analysis = conclude(rollup, this.#policy, { environment: window.environment ?? null, today });
    // One environment was asked for; the others are still there to choose.
    const environments = this.#store.environments().filter((environment) => environment !== '');
    return { ...analysis, environments };
  }

  rollup(asked: AnalysisWindow): Uint8Array {
    const rollup = this.#store.read(this.#chosen(asked));
    for (const environment of this.#store.environments()) if (environment !== '') rollup.environments.add(environment);
    return encodeRollup(rollup);
  }

  /** Staging and production never merge unasked: where traces are of several environments, the one with the most is shown. */
  #chosen(asked: AnalysisWindow): AnalysisWindow {
    const { environment, ...window } = asked;
    if (environment === ALL_ENVIRONMENTS) return window;
    const named = this.#store.environments().filter((name) => name !== '');
    if (environment !== undefined || named.length < 2) return asked;
    const counts = named.map((name) => this.#store.read({ ...window, environment: name }).traceCount);
    return { ...window, environment: named[counts.indexOf(Math.max(...counts))]! };
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
      traces_late_total: status?.lateTraceCount ?? 0,
      traces_corrected_total: this.#correctedTraceCount,
      spans_too_late_total: this.#tooLateSpanCount,
      traces_failed_total: status?.failedTraceCount ?? 0,
      journal_waiting_bytes: status?.waitingByteCount ?? 0,
    };
  }

  unready(): string | undefined {
    return this.#status()?.refusal;
  }

  #observeWaiting(): void {
    const [waiting, late] = [this.#waiting, this.#late];
    this.#waiting = this.#late = undefined;
    if (waiting !== undefined) {
      this.#expectedSpanCount = Math.max(waiting.spanCount, this.#expectedSpanCount >> 1);
      this.#observe(waiting);
    }
    if (late !== undefined && late.count > 0) this.#observeLate(late);
  }

  #observe(batches: TraceBatches): void {
    for (const batch of batches) {
      const gathering = this.#gatheringOf(batch);
      gathering.builder.observe(batch.table);
      gathering.batches.push(batch);
      gathering.spanCount += batch.table.count;
      if (gathering.spanCount >= MOST_GATHERED_SPANS) this.#finish(gathering);
    }
  }

  /** What each trace showed without its late spans is taken back, and what it shows with them takes its place. */
  #observeLate(late: SpanTable): void {
    // What is taken back must have been added before.
    this.#finishAll();
    const before = new TraceBatches(late.dictionary);
    const after = new TraceBatches(late.dictionary);
    const groups = this.#groups;
    groups.group(late, 0, late.count);
    for (let trace = 0; trace < groups.count; trace++) {
      const [start, end] = [groups.starts[trace]!, groups.starts[trace + 1]!];
      const known = this.#closed.find(late.traceIds, groups.rows[start]! * 4);
      if (known === undefined) {
        this.#tooLateSpanCount += end - start;
        continue;
      }
      const whole = copyOf(known.table, known.from, known.to, late.dictionary);
      before.addTo(known.atUs, known.environment, whole, 0, whole.count);
      for (let at = start; at < end; at++) whole.appendRow(late, groups.rows[at]!);
      after.add(whole);
      this.#correctedTraceCount++;
    }
    for (const batch of before) {
      const { atUs, environment } = batch;
      const { builder } = this.#gatheringOf(batch);
      builder.observe(batch.table);
      this.#observed.push({ atUs, environment, rollup: builder.finish(), isRetracted: true });
    }
    this.#observe(after);
  }

  /** Where a batch is added up: with others of its minute, over its dictionary. */
  #gatheringOf({ atUs, environment, table: { dictionary } }: TraceBatch): Gathering {
    let gathering = this.#gatherings.get(environment);
    if (gathering === undefined) {
      const builder = new RollupBuilder(dictionary, { proxies: this.#policy.proxies });
      gathering = { environment, builder, batches: [], spanCount: 0 };
      this.#gatherings.set(environment, gathering);
    }
    const isOther = gathering.batches[0]?.atUs !== atUs || gathering.builder.dictionary !== dictionary;
    if (isOther) this.#finish(gathering);
    if (gathering.builder.dictionary !== dictionary) gathering.builder.moveTo(dictionary);
    return gathering;
  }

  #finishAll(): void {
    for (const gathering of this.#gatherings.values()) this.#finish(gathering);
  }

  #finish(gathering: Gathering): void {
    const { environment, builder, batches } = gathering;
    const atUs = batches[0]?.atUs;
    if (atUs === undefined) return;
    gathering.batches = [];
    gathering.spanCount = 0;
    const rollup = builder.finish();
    this.#observed.push({ atUs, environment, rollup });
    const room = MOST_TRACES_PER_COMMIT - this.#traces.length;
    if (room > 0) {
      const examples = exampleTraceIds(rollup, this.#store.sumAtHand(atUs, environment));
      this.#traces.push(...packed(batches, [...examples].slice(0, room)));
    }
    for (const batch of batches) this.#closed.keep(batch);
  }
}

/** Traces of the batches, by id, for reading. */
function packed(batches: readonly TraceBatch[], traceIds: readonly string[]): TraceDetail[] {
  const wanted = new Set(traceIds);
  const details = new Map<string, TraceDetail>();
  for (const { table, starts } of batches) {
    for (const [at, start] of starts.entries()) {
      const traceId = table.traceId(start);
      if (wanted.has(traceId)) details.set(traceId, traceDetail(table, start, starts[at + 1] ?? table.count));
    }
  }
  return traceIds.flatMap((traceId) => details.get(traceId) ?? []);
}

/** Rows of a table, over another dictionary if need be. */
function copyOf(table: SpanTable, from: number, to: number, dictionary: SpanDictionary): SpanTable {
  const copy = new SpanTable(dictionary, to - from);
  if (table.dictionary === dictionary) {
    copy.appendRows(table, from, to);
  } else {
    const translation = new DictionaryTranslation(table.dictionary, dictionary);
    for (let row = from; row < to; row++) translation.appendRow(table, row, copy);
  }
  return copy;
}
