import { conclude } from '../analyzer/analyze.ts';
import { EMPTY_POLICY } from '../analyzer/model/policy.ts';
import { createDictionary, SpanTable } from '../analyzer/model/span-table.ts';
import { SPAN_KIND } from '../analyzer/model/span.ts';
import { RollupBuilder } from '../analyzer/rollup/rollup-builder.ts';
import { type BenchResult, median } from './bench.ts';
import { measureInTurns, msText, quickestText } from './measure.ts';

const SPAN_COUNT = 100_000;
const SERVICE_COUNT = 40;
const ROOT_US = 10_000_000;
const START_US = 1.79e15;

/** One trace so large that whatever recurses or compares all with all is found out, from its table to the analysis. */
export function benchLargeTrace(): Promise<BenchResult[]> {
  const flat = flatTrace();
  const deep = deepTrace();
  const tookMs = measureInTurns({ flat: () => analyze(flat), deep: () => analyze(deep) });
  return Promise.resolve(
    (['flat', 'deep'] as const).map((shape): BenchResult => ({
      figure: `a trace of 100,000 spans, ${shape === 'flat' ? 'flat' : '100,000 deep'}, whole analysis`,
      value: median(tookMs[shape]),
      unit: 'ms',
      ours: msText(tookMs[shape]),
      atLeast: 200,
      aim: 100,
      better: 'lower',
      detail: `tree, dependencies, re-entry, critical path, rollup and conclusions; ${quickestText(tookMs[shape])}; ${(median(tookMs[shape]) / (SPAN_COUNT / 1e6)).toFixed(0)} ns a span`,
    })),
  );
}

function analyze(table: SpanTable): void {
  const builder = new RollupBuilder(table.dictionary);
  builder.observe(table);
  const rollup = builder.finish();
  if (rollup.spanCount !== SPAN_COUNT || rollup.incompleteTraceCount > 0) throw new Error('the trace is not whole');
  const entry = conclude(rollup, EMPTY_POLICY).entryPoints[0];
  if (entry?.traceCount !== 1) throw new Error('the trace has no entry point');
}

/** A root that makes all the calls, one after the other and four at a time. */
function flatTrace(): SpanTable {
  const trace = new TraceWriter();
  trace.add(-1, 0, SPAN_KIND.server, 0, ROOT_US);
  for (let span = 1; span < SPAN_COUNT; span++) {
    const startUs = Math.floor(((span - 1) / SPAN_COUNT) * ROOT_US);
    trace.add(0, 0, SPAN_KIND.client, startUs, Math.min(ROOT_US, startUs + 400));
  }
  return trace.table;
}

/** A chain of calls: client, server, client, server, each a little shorter than the one above it, through all services in turn. */
function deepTrace(): SpanTable {
  const trace = new TraceWriter();
  for (let span = 0; span < SPAN_COUNT; span++) {
    const service = Math.floor((span + 1) / 2) % SERVICE_COUNT;
    trace.add(
      span - 1,
      service,
      span % 2 === 0 ? SPAN_KIND.server : SPAN_KIND.client,
      span * 10,
      2 * ROOT_US - span * 10,
    );
  }
  return trace.table;
}

class TraceWriter {
  readonly table = new SpanTable(createDictionary(), SPAN_COUNT);
  readonly #resources: number[];
  readonly #names: number[];

  constructor() {
    const { strings, resources } = this.table.dictionary;
    const services = Array.from({ length: SERVICE_COUNT }, (_, service) => `service-${service}`);
    this.#resources = services.map((service) => resources.intern({ service }));
    this.#names = services.map((service) => strings.intern(`GET /${service}`));
  }

  /** `parent` is a row, or -1 for the root; times count from the start of the trace. */
  add(parent: number, service: number, kind: number, startUs: number, endUs: number): void {
    const { table } = this;
    const row = table.addRow();
    table.traceIds.set([0x5ca1ab1e, 0xdecade, 0x0ff1ce, 1], row * 4);
    writeSpanId(table.spanIds, row, row);
    if (parent >= 0) writeSpanId(table.parentIds, row, parent);
    else table.parentIds.fill(0, row * 2, row * 2 + 2);
    table.startUs[row] = START_US + startUs;
    table.endUs[row] = START_US + endUs;
    table.names[row] = this.#names[service]!;
    table.resources[row] = this.#resources[service]!;
    table.kinds[row] = kind;
  }
}

/** Ids as random as real ones look, and different for each span: a multiplication by an odd number loses nothing. */
function writeSpanId(ids: Uint32Array, row: number, span: number): void {
  ids[row * 2] = Math.imul(span + 1, 0x9e3779b1);
  ids[row * 2 + 1] = Math.imul(span + 1, 0x85ebca77);
}
