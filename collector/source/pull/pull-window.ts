import type { Problem } from '../../../analyzer/model/analysis.ts';
import { writeHexId } from '../../../analyzer/model/identifiers.ts';
import { SpanTable } from '../../../analyzer/model/span-table.ts';
import { TraceIdIndex } from '../../../analyzer/model/trace-id-index.ts';
import { SourceError } from '../source-error.ts';
import type { Backend, PageReport, Search, Window } from './backend.ts';
import { AnswerTooLargeError, type HttpClient } from './http-client.ts';

export interface PullOptions {
  readonly backend: Backend;
  readonly http: HttpClient;
  readonly window: Window;
  readonly services: readonly string[];
  readonly pageSize?: number | undefined;
  readonly traceLimit?: number | undefined;
  readonly createTable: () => SpanTable;
  /** Gets the traces that were not there before, page by page, in an order that follows from the answers alone. */
  readonly take: (traces: SpanTable) => Promise<void>;
  /** What to take of a page, by row; everything unless given. */
  readonly choose?: ((page: SpanTable) => (row: number) => boolean) | undefined;
  /** How much of the window is through, from 0 to 1. */
  readonly onShare?: ((share: number) => void) | undefined;
}

export interface PullReport {
  readonly traceCount: number;
  readonly rejectedCount: number;
  readonly problems: readonly Problem[];
}

/** A backend that answers the same whatever the window would otherwise be asked millions of times. */
const MOST_PAGES = 20_000;

interface Task {
  readonly search: Search;
  readonly window: Window;
}

/**
 * All traces of a window. A page that is full may have left some out, so its window is asked again in two halves, as often
 * as it takes; where it cannot be split any more, a problem says so. A trace that comes twice, for another service or in
 * another window, is taken once.
 */
export async function pullWindow(options: PullOptions): Promise<PullReport> {
  const { backend, http, window, onShare } = options;
  const pageSize = options.pageSize ?? backend.pageSize;
  const sieve = new TraceSieve(options.traceLimit ?? Infinity);
  const searches = await backend.searches(http, options.services);
  // The last is next: the windows of one search in the order of time.
  const tasks: Task[] = searches.map((search) => ({ search, window })).reverse();
  const totalUs = (window.toUs - window.fromUs) * searches.length;
  const problems = new Map<string, Problem>();
  let doneUs = 0;
  let rejectedCount = 0;
  let pageCount = 0;
  const note = (problem: Problem) => {
    const known = problems.get(problem.message);
    problems.set(problem.message, { ...problem, count: problem.count + (known?.count ?? 0) });
  };

  while (tasks.length > 0 && !sieve.isFull) {
    const batch = tasks.splice(-backend.pagesAtOnce).reverse();
    pageCount += batch.length;
    if (pageCount > MOST_PAGES) {
      throw new SourceError(
        `${http.label}: not through after ${MOST_PAGES} pages of traces: take a shorter lookback=, or raise pageSize=`,
      );
    }
    const pages = await Promise.all(batch.map((task) => readPage(options, task, pageSize, sieve)));
    const halves: Task[] = [];
    for (const [index, { table, report }] of pages.entries()) {
      const task = batch[index]!;
      rejectedCount += report?.rejectedCount ?? 0;
      for (const problem of report?.problems ?? []) note({ ...problem, message: `${http.label}: ${problem.message}` });
      const chosen = sieve.newTraces(table, options.choose?.(table));
      if (chosen.count > 0) await options.take(chosen);
      const isFull = report === undefined || report.isFull;
      const lengthUs = task.window.toUs - task.window.fromUs;
      if (isFull && lengthUs > backend.shortestWindowUs) halves.push(...halvesOf(task, backend.shortestWindowUs));
      else {
        doneUs += lengthUs;
        if (isFull) note(fullWindow(http.label, task, report === undefined ? undefined : pageSize));
      }
    }
    tasks.push(...halves.reverse());
    onShare?.(totalUs === 0 ? 1 : doneUs / totalUs);
  }
  if (sieve.hasLeftOut || (sieve.isFull && tasks.length > 0)) {
    const message = `${http.label}: stopped at limit=${sieve.traceCount} traces; the window holds more`;
    note({ kind: 'pull-limit', message, count: 1 });
  }
  const byMessage = [...problems.values()].sort((a, b) => (a.message < b.message ? -1 : 1));
  return { traceCount: sieve.traceCount, rejectedCount, problems: byMessage };
}

/** The report is undefined if the answer was too large to be read. */
async function readPage(
  { backend, http, createTable }: PullOptions,
  { window, search }: Task,
  pageSize: number,
  sieve: TraceSieve,
): Promise<{ readonly table: SpanTable; readonly report: PageReport | undefined }> {
  const table = createTable();
  try {
    const query = { window, search, pageSize, knows: (traceId: string) => sieve.knows(traceId) };
    return { table, report: await backend.readPage(http, query, table) };
  } catch (error) {
    if (error instanceof AnswerTooLargeError) return { table, report: undefined };
    throw error;
  }
}

function halvesOf({ search, window: { fromUs, toUs } }: Task, unitUs: number): readonly [Task, Task] {
  const middleUs = Math.min(Math.max(Math.round((fromUs + toUs) / 2 / unitUs) * unitUs, fromUs + 1), toUs - 1);
  return [
    { search, window: { fromUs, toUs: middleUs } },
    { search, window: { fromUs: middleUs, toUs } },
  ];
}

function fullWindow(label: string, { search, window }: Task, pageSize: number | undefined): Problem {
  const from = new Date(window.fromUs / 1000).toISOString();
  const lengthMs = Math.ceil((window.toUs - window.fromUs) / 1000);
  const service = search.length === 0 ? '' : ` of ${search.join(', ')}`;
  const place = `the ${lengthMs} ms from ${from}${service}`;
  const message =
    pageSize === undefined
      ? `${label}: ${place} are an answer too large to be read, and were left out`
      : `${label}: ${place} hold ${pageSize} traces or more; those above ${pageSize} are missing, raise pageSize=`;
  return { kind: 'pull-window-full', message, count: 1 };
}

/** Lets through the traces that it has not seen before. */
class TraceSieve {
  readonly #limit: number;
  /** Any seed does: ids of one backend, for the time of one pull. */
  readonly #index = new TraceIdIndex(0x9e3779b9);
  readonly #words = new Uint32Array(4);
  /** Number of the page that brought each trace, by its slot. */
  #pageOfSlot = new Uint32Array(256);
  #page = 0;
  hasLeftOut = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get traceCount(): number {
    return this.#index.size;
  }

  get isFull(): boolean {
    return this.traceCount >= this.#limit;
  }

  knows(traceId: string): boolean {
    return writeHexId(traceId, this.#words, 0, 4) && this.#index.find(this.#words, 0) >= 0;
  }

  newTraces(page: SpanTable, isWanted: ((row: number) => boolean) | undefined): SpanTable {
    const chosen = new SpanTable(page.dictionary, Math.max(page.count, 1));
    this.#page++;
    for (let row = 0; row < page.count; row++) {
      if (this.#isOfThisPage(page.traceIds, row * 4) && isWanted?.(row) !== false) chosen.appendRow(page, row);
    }
    return chosen;
  }

  #isOfThisPage(words: Uint32Array, offset: number): boolean {
    const known = this.#index.find(words, offset);
    if (known >= 0) return this.#pageOfSlot[known] === this.#page;
    if (this.isFull) {
      this.hasLeftOut = true;
      return false;
    }
    const slot = this.#index.findOrAdd(words, offset);
    if (slot >= this.#pageOfSlot.length) {
      const longer = new Uint32Array(this.#pageOfSlot.length * 2);
      longer.set(this.#pageOfSlot);
      this.#pageOfSlot = longer;
    }
    this.#pageOfSlot[slot] = this.#page;
    return true;
  }
}
