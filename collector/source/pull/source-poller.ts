import { join } from 'node:path';
import { SpanTable } from '../../../analyzer/model/span-table.ts';
import { TraceIdIndex } from '../../../analyzer/model/trace-id-index.ts';
import { SourceError } from '../source-error.ts';
import { BACKENDS } from './backends.ts';
import { HttpClient } from './http-client.ts';
import { parsePullSource, type PullSource } from './pull-source.ts';
import { pullWindow } from './pull-window.ts';
import { SpanMemory } from './span-memory.ts';

/** One entry of `sources:` in the policy file. */
export interface PolledSource {
  readonly url: string;
  readonly intervalMs: number;
}

export interface PollerOptions {
  readonly source: PolledSource;
  /** Takes spans as a receiver's: what it resolves for is safe. */
  readonly sink: { createTable(): SpanTable; ingest(table: SpanTable): Promise<void> };
  readonly dataDirectory: string;
  /** Told what went wrong, and when it is right again; the same is not said twice in a row. */
  readonly onMessage: (message: string) => void;
  readonly nowUs?: () => number;
  readonly backoffMs?: number;
}

/** The youngest spans are left for the next pull: backends get the parts of a trace at different times. */
const SETTLE_US = 30_000_000;
/** How long before what was pulled already the next window begins, for spans that reach the backend late. */
const OVERLAP_US = 120_000_000;
/** What was missed in a long pause is pulled in windows of this length, each remembered when it is through. */
const LONGEST_WINDOW_US = 3_600_000_000;
const INGESTED_ROWS = 8192;
const MOST_REMEMBERED_PROBLEMS = 1000;

/**
 * Pulls a source again and again, each time what is new. Windows overlap; a span taken is remembered until its time lies
 * before all windows to come, and one that is older than the window is left out. So a span is taken once, if it reaches the
 * backend within a minute and a half of its end.
 *
 * A trace with spans younger than the window is left for the next pull as a whole, as long as that one will find all of it.
 * Spans are remembered right after they are safe with the sink: only a kill between the two makes them come twice, and then
 * they meet their own trace, which the journal has just opened again.
 */
export class SourcePoller {
  readonly #options: PollerOptions;
  readonly #source: PullSource;
  readonly #memory: SpanMemory;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #pulling: Promise<void> | undefined;
  #lastMessage: string | undefined;
  readonly #saidProblems = new Set<string>();

  /** Throws `SourceError` if the source cannot be pulled for ever, or its state cannot be read. */
  constructor(options: PollerOptions) {
    this.#options = options;
    this.#source = parsePullSource(options.source.url);
    const { label, window, services } = this.#source;
    if (window.fromUs !== undefined || window.toUs !== undefined) {
      throw new SourceError(`${label}: from= and to= are for one pull; lookback= says where the first of many begins`);
    }
    const identity = JSON.stringify([this.#source.backend, this.#source.baseUrl, services]);
    this.#memory = SpanMemory.open(join(options.dataDirectory, 'pulled'), label, identity);
  }

  /** Pulls at once, then at every interval. */
  start(): void {
    this.#pulling = this.#pull().then((isBehind) => {
      if (this.#abort.signal.aborted) return;
      const intervalMs = isBehind ? 0 : this.#options.source.intervalMs;
      this.#timer = setTimeout(() => {
        this.start();
      }, intervalMs);
    });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#timer);
    await this.#pulling;
  }

  /** Resolves with true if there is more to pull without waiting. */
  async #pull(): Promise<boolean> {
    try {
      const isBehind = await this.pullOnce();
      if (this.#lastMessage !== undefined) this.#options.onMessage(`${this.#source.label}: pulled again`);
      this.#lastMessage = undefined;
      return isBehind;
    } catch (error) {
      if (this.#abort.signal.aborted) return false;
      this.#say(error instanceof SourceError ? error.message : `${this.#source.label}: ${String(error)}`);
      return false;
    }
  }

  /** One window. Resolves with true if that was not all there is. */
  async pullOnce(): Promise<boolean> {
    const memory = this.#memory;
    const nowUs = this.#options.nowUs?.() ?? Date.now() * 1000;
    const settledUs = nowUs - SETTLE_US;
    const coveredUs = memory.coveredToUs;
    const fromUs =
      coveredUs === undefined ? Math.max(0, settledUs - this.#source.window.lookbackUs) : coveredUs - OVERLAP_US;
    const toUs = Math.min(settledUs, fromUs + LONGEST_WINDOW_US);
    // A clock set back, or a pull right after the last.
    if (coveredUs !== undefined && toUs <= coveredUs) return false;
    const { problems } = await pullWindow({
      backend: BACKENDS[this.#source.backend],
      http: new HttpClient({
        source: this.#source,
        signal: this.#abort.signal,
        backoffMs: this.#options.backoffMs,
      }),
      window: { fromUs, toUs },
      services: this.#source.services,
      pageSize: this.#source.pageSize,
      traceLimit: this.#source.traceLimit,
      createTable: () => this.#options.sink.createTable(),
      // The first window has nothing before it that could have been taken.
      choose: (page) => this.#choice(page, coveredUs === undefined ? -Infinity : fromUs, toUs),
      take: (traces) => this.#take(traces, toUs),
    });
    memory.advance(toUs, toUs - OVERLAP_US);
    for (const { message } of problems) this.#sayOnce(message);
    return toUs < settledUs;
  }

  #choice(page: SpanTable, fromUs: number, toUs: number): (row: number) => boolean {
    const isNew = new Uint8Array(page.count);
    const traces = new TraceIdIndex(0x2545f491, Math.max(8, page.count));
    const slots = new Uint32Array(page.count);
    const newestEndUs = new Float64Array(page.count).fill(-Infinity);
    const newestStartUs = new Float64Array(page.count).fill(-Infinity);
    const oldestNewEndUs = new Float64Array(page.count).fill(Infinity);
    for (let row = 0; row < page.count; row++) {
      const slot = traces.findOrAdd(page.traceIds, row * 4);
      slots[row] = slot;
      newestEndUs[slot] = Math.max(newestEndUs[slot]!, page.endUs[row]!);
      newestStartUs[slot] = Math.max(newestStartUs[slot]!, page.startUs[row]!);
    }
    for (let row = 0; row < page.count; row++) {
      const slot = slots[row]!;
      // Zipkin has spans without a time: they go with their trace.
      const endUs = page.endUs[row] === 0 ? newestEndUs[slot]! : page.endUs[row]!;
      if (endUs < fromUs || this.#memory.has(page, row)) continue;
      isNew[row] = 1;
      oldestNewEndUs[slot] = Math.min(oldestNewEndUs[slot]!, endUs);
    }
    const nextFromUs = toUs - OVERLAP_US;
    const isLeft = (slot: number) =>
      newestEndUs[slot]! > toUs && oldestNewEndUs[slot]! >= nextFromUs && newestStartUs[slot]! >= nextFromUs;
    return (row) => isNew[row] === 1 && !isLeft(slots[row]!);
  }

  /** In parts that the journal writes as one record each. */
  async #take(traces: SpanTable, toUs: number): Promise<void> {
    for (let from = 0; from < traces.count; from += INGESTED_ROWS) {
      const part = new SpanTable(traces.dictionary, INGESTED_ROWS);
      part.appendRows(traces, from, Math.min(traces.count, from + INGESTED_ROWS));
      // The sink may use the table for others once it is done with it.
      const remembered = new SpanTable(traces.dictionary, part.count);
      remembered.appendRows(part, 0, part.count);
      for (let row = 0; row < remembered.count; row++) if (remembered.endUs[row] === 0) remembered.endUs[row] = toUs;
      await this.#options.sink.ingest(part);
      this.#memory.add(remembered);
    }
  }

  /** Windows overlap, so what is wrong with a trace is met again. */
  #sayOnce(problem: string): void {
    if (this.#saidProblems.has(problem)) return;
    if (this.#saidProblems.size >= MOST_REMEMBERED_PROBLEMS) this.#saidProblems.clear();
    this.#saidProblems.add(problem);
    this.#options.onMessage(problem);
  }

  #say(message: string): void {
    if (message !== this.#lastMessage) this.#options.onMessage(message);
    this.#lastMessage = message;
  }
}
