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
  readonly #options: RollupBuilderOptions;
  readonly #groups: TraceGroups;
  #dictionary: SpanDictionary;
  #observer: TraceObserver;
  readonly #producers: ProducerIndex;
  #tally = new Tally();

  constructor(dictionary: SpanDictionary, options: RollupBuilderOptions = {}) {
    this.#options = { ...options, ...(options.proxies === undefined ? {} : { proxies: [...options.proxies] }) };
    this.#dictionary = dictionary;
    this.#groups = new TraceGroups(options.seed);
    this.#observer = new TraceObserver(dictionary, this.#options);
    this.#producers = new ProducerIndex(options.producerLimit ?? 1 << 18, options.seed);
  }

  get dictionary(): SpanDictionary {
    return this.#dictionary;
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

  /**
   * Goes on over another dictionary. Returns what the traces since `finish` showed, but for links to other traces, which
   * wait for their producers: together with what `finish` returns later, it is what one dictionary would have given.
   */
  moveTo(dictionary: SpanDictionary): Rollup {
    const [from, to] = [this.#observer, new TraceObserver(dictionary, this.#options)];
    const nodeOf = (node: number): number => to.dependencies.nodes.intern(from.dependencies.nodes.get(node));
    const operationOf = (operation: number): number =>
      to.dependencies.operations.intern(from.dependencies.operations.text(operation));
    const next = new Tally();
    next.takeLinks(this.#tally).renumber(nodeOf, operationOf);
    // Without its links, the old tally looks for no producer.
    const rollup = this.#tally.toRollup(from, this.#producers);
    this.#producers.renumber(nodeOf, operationOf);
    this.#dictionary = dictionary;
    this.#observer = to;
    this.#tally = next;
    return rollup;
  }
}
