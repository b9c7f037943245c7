import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { EMPTY_POLICY } from '../analyzer/model/policy.ts';
import { createDictionary, SpanTable } from '../analyzer/model/span-table.ts';
import { encodeRollup } from '../analyzer/rollup/encode-rollup.ts';
import { RollupBuilder } from '../analyzer/rollup/rollup-builder.ts';
import { TraceGroups } from '../analyzer/trace/group-traces.ts';
import { encodeOtlpProtobuf } from '../fixtures/otlp.ts';
import { generateBatches } from '../fixtures/otlp-traffic.ts';
import { decodeOtlpProtobuf } from './decode/otlp-protobuf.ts';
import { LiveAnalysis } from './live.ts';
import { STORES } from './store/index.ts';
import type { Store } from './store/store.ts';

/** A live analysis on a store of its own. */
function start(closedSpanLimit?: number): { live: LiveAnalysis; store: Store; readonly close: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'ringfence-live-'));
  const store = STORES.sqlite(directory);
  const live = new LiveAnalysis({
    store,
    policy: EMPTY_POLICY,
    nowUs: () => 0,
    ...(closedSpanLimit === undefined ? {} : { closedSpanLimit }),
  });
  const close = () => {
    store.close();
    rmSync(directory, { recursive: true });
  };
  return { live, store, close };
}

const TRAFFIC = new SpanTable(createDictionary());
for (const request of generateBatches({ seed: 5, traceCount: 6, spansPerTrace: 12 })) {
  decodeOtlpProtobuf(encodeOtlpProtobuf(request), TRAFFIC);
}

/** The rows of each trace. */
const TRACES = (() => {
  const groups = new TraceGroups();
  groups.group(TRAFFIC, 0, TRAFFIC.count);
  return Array.from({ length: groups.count }, (_, trace) =>
    Array.from(groups.rows.subarray(groups.starts[trace], groups.starts[trace + 1])),
  );
})();

function tableOf(rows: readonly number[]): SpanTable {
  const table = new SpanTable(TRAFFIC.dictionary);
  for (const row of rows) table.appendRow(TRAFFIC, row);
  return table;
}

function commit(live: LiveAnalysis): void {
  live.commit(live.takeDelta(), new Uint8Array(1));
}

/** What all spans show when none comes late. */
function whole(): Uint8Array {
  const builder = new RollupBuilder(TRAFFIC.dictionary);
  builder.observe(TRAFFIC);
  return encodeRollup(builder.finish());
}

it('late spans correct what their trace showed, however it was cut and whenever the store was written', () => {
  const cuts = fc.array(fc.tuple(fc.nat(11), fc.nat(11), fc.boolean()), {
    minLength: TRACES.length,
    maxLength: TRACES.length,
  });
  fc.assert(
    fc.property(cuts, (cutsOfTraces) => {
      const { live, store, close } = start();
      for (const [trace, rows] of TRACES.entries()) {
        const [one, other, isCommitted] = cutsOfTraces[trace]!;
        const [first, second] = [Math.min(one, other) + 1, Math.max(one, other) + 1];
        for (const [part, piece] of [rows.slice(0, first), rows.slice(first, second), rows.slice(second)].entries()) {
          if (piece.length > 0) live.onTrace(tableOf(piece), 'idle', part > 0);
          if (isCommitted) commit(live);
        }
      }
      commit(live);
      expect(encodeRollup(store.read())).toEqual(whole());
      expect(live.counters()['spans_too_late_total']).toBe(0);
      close();
    }),
    { numRuns: 25 },
  );
});

it('spans sent again after their trace was counted change nothing', () => {
  const { live, store, close } = start();
  for (const rows of TRACES) live.onTrace(tableOf(rows), 'idle', false);
  commit(live);
  for (const rows of TRACES) live.onTrace(tableOf(rows.slice(3)), 'idle', true);
  commit(live);
  expect(encodeRollup(store.read())).toEqual(whole());
  close();
});

it('late spans find their trace although names have other numbers by now', () => {
  const { live, store, close } = start();
  for (const rows of TRACES) live.onTrace(tableOf(rows.slice(0, 5)), 'idle', false);
  commit(live);
  const later = createDictionary(99);
  for (const rows of TRACES) {
    const table = new SpanTable(later);
    const late = tableOf(rows.slice(5));
    for (let row = 0; row < late.count; row++) table.addSpan(late.span(row));
    live.onTrace(table, 'idle', true);
  }
  commit(live);
  expect(encodeRollup(store.read())).toEqual(whole());
  close();
});

it('spans of traces that are forgotten are only counted', () => {
  const { live, store, close } = start(1);
  for (const rows of TRACES) {
    live.onTrace(tableOf(rows), 'idle', false);
    commit(live);
  }
  const before = encodeRollup(store.read());
  live.onTrace(tableOf(TRACES[0]!.slice(0, 4)), 'idle', true);
  commit(live);
  expect(encodeRollup(store.read())).toEqual(before);
  expect(live.counters()).toMatchObject({ spans_too_late_total: 4, traces_corrected_total: 0 });
  close();
});

it('shows the environment with the most traces where there are several, unless another is asked for, or all', () => {
  const { live, close } = start();
  for (const [trace, rows] of TRACES.entries()) {
    const environment = trace < 2 ? 'staging' : 'production';
    const table = new SpanTable(TRAFFIC.dictionary);
    for (const row of rows) {
      const span = TRAFFIC.span(row);
      table.addSpan({ ...span, resource: { ...span.resource, environment } });
    }
    live.onTrace(table, 'idle', false);
  }
  commit(live);
  const shown = (environment?: string) => {
    const analysis = live.analyze(environment === undefined ? {} : { environment });
    expect(analysis.environments).toEqual(['production', 'staging']);
    return [analysis.environment, analysis.traceCount];
  };
  expect(shown()).toEqual(['production', 4]);
  expect(shown('staging')).toEqual(['staging', 2]);
  expect(shown('*')).toEqual([null, 6]);
  close();
});
