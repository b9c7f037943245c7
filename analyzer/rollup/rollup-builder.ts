import { SPAN_FLAG } from '../model/span.ts';
import type { SpanDictionary, SpanTable } from '../model/span-table.ts';
import { TraceGroups } from '../trace/group-traces.ts';
import { TraceObserver } from '../trace/observe.ts';
import { ProducerIndex } from './producer-index.ts';
import type { Rollup } from './rollup.ts';
import { Tally } from './tally.ts';

export interface RollupBuilderOptions {
  /** Services spliced out of the graph, by name or node id. */
  readonly proxies?: Iterable<string>;
  /** How many spans that sent messages are kept for links from other traces. */
  readonly producerLimit?: number;
  /** Secret of the hash tables over ids from outside. */
  readonly seed?: number;
}

/**
 * Observes traces and adds up what they show. One builder serves the tables over one dictionary.
 *
 * The result depends on the set of traces alone, never on their order or on how they were spread over tables, as long as all
 * spans of a trace come in one call.
 */
export class RollupBuilder {
  readonly #dictionary: SpanDictionary;
  readonly #groups: TraceGroups;
  readonly #observer: TraceObserver;
  readonly #producers: ProducerIndex;
  #tally = new Tally();

  constructor(dictionary: SpanDictionary, options: RollupBuilderOptions = {}) {
    this.#dictionary = dictionary;
    this.#groups = new TraceGroups(options.seed);
    this.#observer = new TraceObserver(dictionary, options);
    this.#producers = new ProducerIndex(options.producerLimit ?? 1 << 18, options.seed);
  }

  /** Observes the traces of rows `[from, to)`, in any order. */
  observe(table: SpanTable, from = 0, to = table.count): void {
    if (table.dictionary !== this.#dictionary) throw new Error('a rollup builder serves tables over one dictionary');
    const groups = this.#groups;
    groups.group(table, from, to);
    for (let trace = 0; trace < groups.count; trace++) {
      const [start, end] = [groups.starts[trace]!, groups.starts[trace + 1]!];
      this.#observer.observe(table, groups.rows, start, end);
      this.#tally.add(this.#observer, groups.idRows[trace]!, this.#producers);
      if ((this.#observer.tree.flags & SPAN_FLAG.hasCardEvidence) !== 0) {
        this.#tally.addCardEvidence(this.#observer, groups.rows, start, end, groups.idRows[trace]!);
      }
    }
  }

  /** What the traces since the last call showed. Producers stay known: a message may be read in a later window. */
  finish(): Rollup {
    const rollup = this.#tally.toRollup(this.#observer, this.#producers);
    this.#tally = new Tally();
    return rollup;
  }
}
