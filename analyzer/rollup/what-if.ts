import { SPAN_KIND } from '../model/span.ts';
import type { SpanDictionary, SpanTable } from '../model/span-table.ts';
import type { DependencyFinder } from '../trace/dependencies.ts';
import { traceEnvironment } from '../trace/environment.ts';
import { EventModel } from '../trace/event-model.ts';
import { TraceGroups } from '../trace/group-traces.ts';
import { TraceObserver } from '../trace/observe.ts';
import { Histogram } from './histogram.ts';
import { joinKey } from './rollup.ts';

/** A service by id or plain name, or another node by id, whose own time is scaled: 0.5 is twice as fast. */
export interface Change {
  readonly service: string;
  readonly factor: number;
}

/** Complete requests of an entry point, as they were and as they would have been. */
export interface ChangedEntryPoint {
  readonly service: string;
  readonly operation: string;
  readonly traceCount: number;
  /** Requests that would have taken another time. */
  readonly changedTraceCount: number;
  readonly before: Histogram;
  readonly after: Histogram;
}

export interface WhatIfOptions {
  readonly proxies?: Iterable<string>;
  /** Only traces of this environment. */
  readonly environment?: string;
}

/**
 * What would become of requests if the own time of some services were another: each trace is timed anew (`EventModel`), and
 * quantiles are taken of the outcome, since a quantile of another request is not that of this one scaled. What lies between
 * two services is nobody's own time and stays as it was.
 */
export class WhatIf {
  /** Environments and nodes that traces named, whether chosen or not. */
  readonly environments = new Set<string>();
  readonly nodeIds = new Set<string>();
  /** Changes that no service was found for. */
  readonly unseen: Set<string>;
  #incompleteTraceCount = 0;
  readonly #changes: ReadonlyMap<string, number>;
  readonly #options: WhatIfOptions;
  readonly #groups = new TraceGroups();
  readonly #model = new EventModel();
  readonly #entries = new Map<string, { -readonly [K in keyof ChangedEntryPoint]: ChangedEntryPoint[K] }>();
  #dictionary: SpanDictionary;
  #observer: TraceObserver;
  /** By node of the observer. */
  #factors: number[] = [];
  #scales = new Float64Array(0);

  constructor(dictionary: SpanDictionary, changes: readonly Change[], options: WhatIfOptions = {}) {
    this.#changes = new Map(changes.map(({ service, factor }) => [service, factor]));
    this.unseen = new Set(this.#changes.keys());
    this.#options = options;
    this.#dictionary = dictionary;
    this.#observer = new TraceObserver(dictionary, options);
  }

  /** Traces that were left out, since a part of them never came. */
  get incompleteTraceCount(): number {
    return this.#incompleteTraceCount;
  }

  /** Takes whole traces. */
  observe(table: SpanTable): void {
    if (table.dictionary !== this.#dictionary) {
      this.#dictionary = table.dictionary;
      this.#observer = new TraceObserver(table.dictionary, this.#options);
      this.#factors = [];
    }
    const groups = this.#groups;
    groups.group(table, 0, table.count);
    for (let trace = 0; trace < groups.count; trace++) {
      const [from, to] = [groups.starts[trace]!, groups.starts[trace + 1]!];
      const environment = traceEnvironment(table, groups.rows, from, to);
      if (environment !== '') this.environments.add(environment);
      if (this.#options.environment !== undefined && environment !== this.#options.environment) continue;
      this.#observer.observe(table, groups.rows, from, to);
      this.#retime();
    }
  }

  /** Most traffic first. */
  entryPoints(): ChangedEntryPoint[] {
    return [...this.#entries]
      .sort(([aKey, a], [bKey, b]) => b.traceCount - a.traceCount || (aKey < bKey ? -1 : 1))
      .map(([, entry]) => entry);
  }

  #retime(): void {
    const { tree, dependencies, criticalPath, joined } = this.#observer;
    const isTouched = this.#scale(tree.count);
    if (!tree.isComplete) {
      this.#incompleteTraceCount++;
      return;
    }
    for (const { node: root } of tree.roots) {
      const durationUs = tree.endUs[root]! - tree.startUs[root]!;
      let afterUs = durationUs;
      if (isTouched) {
        this.#model.load(tree, criticalPath, joined, root);
        afterUs = Math.round(this.#model.duration((span) => this.#scales[span]!));
      }
      const service = dependencies.nodes.get(dependencies.services[root]!).id;
      const operation = dependencies.operations.text(dependencies.activationOperations[root]!);
      const entry = this.#entryOf(service, operation);
      entry.traceCount++;
      if (afterUs !== durationUs) entry.changedTraceCount++;
      entry.before.add(durationUs);
      entry.after.add(afterUs);
    }
  }

  /** Fills the scale of each span of the trace; false if all of them are 1. */
  #scale(count: number): boolean {
    const { dependencies } = this.#observer;
    if (this.#scales.length < count) this.#scales = new Float64Array(count * 2);
    let isTouched = false;
    for (let span = 0; span < count; span++) {
      const node = nodeOfOwnTime(dependencies, span);
      const scale = node < 0 ? 1 : this.#factorOf(node);
      this.#scales[span] = scale;
      if (scale !== 1) isTouched = true;
    }
    return isTouched;
  }

  #factorOf(node: number): number {
    const known = this.#factors[node];
    if (known !== undefined) return known;
    const { id, name, kind } = this.#observer.dependencies.nodes.get(node);
    this.nodeIds.add(id);
    // A database often has the name of its service, and is not meant.
    const key = (kind === 'service' ? [id, name] : [id]).find((each) => this.#changes.has(each));
    if (key !== undefined) this.unseen.delete(key);
    return (this.#factors[node] = key === undefined ? 1 : this.#changes.get(key)!);
  }

  #entryOf(service: string, operation: string) {
    const key = joinKey(service, operation);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const [before, after] = [new Histogram(), new Histogram()];
      entry = { service, operation, traceCount: 0, changedTraceCount: 0, before, after };
      this.#entries.set(key, entry);
    }
    return entry;
  }
}

/** Whose a span's own time is; -1 for the time on the way to a service that answered. */
function nodeOfOwnTime({ calls, kinds, outers, outerCalls, services }: DependencyFinder, span: number): number {
  const outer = outers[span]!;
  const isOut = (kinds[span] === SPAN_KIND.client || kinds[span] === SPAN_KIND.producer) && outer >= 0;
  const call = isOut ? outerCalls[outer]! : -1;
  if (call < 0) return services[span]!;
  return calls.calleeSpans[call] === 0 ? calls.callees[call]! : -1;
}
