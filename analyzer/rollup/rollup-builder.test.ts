import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawnTrace } from '../../fixtures/drawn-trace.ts';
import { generateSpans, generateTable, shuffled, type SpanDraft, tableOf } from '../../fixtures/generate.ts';
import { seededRandom } from '../../fixtures/seeded.ts';
import { createDictionary, SpanTable } from '../model/span-table.ts';
import { mergeRollups } from './merge-rollups.ts';
import { encodeRollup } from './encode-rollup.ts';
import { RollupBuilder } from './rollup-builder.ts';
import type { CallSiteRollup, Rollup } from './rollup.ts';

describe('a rollup of many traces', () => {
  it('does not depend on the order of spans, on duplicates or on how traces are spread over tables', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, spansPerTrace) => {
        const random = seededRandom(seed);
        const spans = generateSpans({ seed, traceCount: 4, spansPerTrace, isDirty: true, serviceCount: 4 });
        const whole = encodeRollup(rollupOf(spans));
        expect(encodeRollup(rollupOf(shuffled([...spans], random)))).toEqual(whole);
        expect(encodeRollup(rollupOf([...spans, ...spans.filter(() => random() < 0.3)]))).toEqual(whole);

        const builder = new RollupBuilder(createDictionary());
        expect(() => builder.observe(new SpanTable(createDictionary()))).toThrow('one dictionary');
        const byTrace = Map.groupBy(spans, ({ traceId }) => traceId);
        const dictionary = createDictionary();
        const inTurn = new RollupBuilder(dictionary);
        for (const ofTrace of shuffled([...byTrace.values()], random)) inTurn.observe(tableOf(ofTrace, dictionary));
        expect(encodeRollup(inTurn.finish())).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  it('adds up from parts, when no message crosses from one to the other', () => {
    const spans = generateSpans({ seed: 5, traceCount: 20, spansPerTrace: 30 });
    const traceIds = [...new Set(spans.map(({ traceId }) => traceId))];
    const first = new Set(traceIds.slice(0, 7));
    const merged = mergeRollups([
      rollupOf(spans.filter(({ traceId }) => first.has(traceId))),
      rollupOf(spans.filter(({ traceId }) => !first.has(traceId))),
    ]);
    expect(encodeRollup(merged)).toEqual(encodeRollup(rollupOf(spans)));
  });

  it('starts anew after finish', () => {
    const table = generateTable({ seed: 6, traceCount: 5, spansPerTrace: 20 });
    const builder = new RollupBuilder(table.dictionary);
    builder.observe(table);
    const first = encodeRollup(builder.finish());
    expect(builder.finish().traceCount).toBe(0);
    builder.observe(table);
    expect(encodeRollup(builder.finish())).toEqual(first);
  });

  it('keeps its edges when all INTERNAL spans are taken out', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const spans = generateSpans({ seed, traceCount: 3, spansPerTrace: 40, serviceCount: 5 });
        const parentOf = new Map(spans.map((span) => [span.spanId, span]));
        const without = spans
          .filter(({ kind }) => kind !== 'internal')
          .map((span): SpanDraft => {
            let parent = parentOf.get(span.parentSpanId ?? '');
            while (parent?.kind === 'internal') parent = parentOf.get(parent.parentSpanId ?? '');
            return parent === undefined ? span : { ...span, parentSpanId: parent.spanId };
          });
        expect(callCounts(rollupOf(without))).toEqual(callCounts(rollupOf(spans)));
      }),
      { numRuns: 20 },
    );
  });

  it('counts the calls a naive walk finds', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const spans = generateSpans({ seed, traceCount: 3, spansPerTrace: 40, serviceCount: 5 });
        expect(callCounts(rollupOf(spans))).toEqual(naiveCallCounts(spans));
      }),
      { numRuns: 20 },
    );
  });

  it('divides all time of an entry point among its parts', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, isDirty) => {
        const rollup = rollupOf(generateSpans({ seed, traceCount: 6, spansPerTrace: 30, isDirty }));
        for (const { parts, totalUs, completeTraceCount } of rollup.entryPoints.values()) {
          const sum = [...parts.values()].reduce((total, { criticalUs }) => total + criticalUs, 0);
          expect(sum).toBe(totalUs);
          for (const part of parts.values()) {
            expect(part.criticalTraceCount).toBeLessThanOrEqual(completeTraceCount);
            expect(part.joinedTraceCount).toBeLessThanOrEqual(completeTraceCount);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('knows whose time it is', () => {
    const rollup = rollupOf(
      drawnTrace(`a SERVER 0-100 http.request.method=GET http.route=/x
        a CLIENT 10-60
          b SERVER 20-50
            b CLIENT 30-40 db.system.name=mysql
        a CLIENT 70-90 server.address=c`),
    );
    const [entry] = rollup.entryPoints.values();
    const parts = Array.from(entry!.parts, ([name, part]) => [name, part.criticalUs, part.joinedTraceCount]);
    expect(parts.sort()).toEqual([
      ['a', 30, 1],
      ['b', 20, 1],
      ['database:mysql', 10, 1],
      ['external:c', 20, 1],
      ['transport:a->b', 20, 0],
    ]);
    expect([entry!.operation, entry!.totalUs, entry!.serverTraceCount]).toEqual(['GET /x', 100, 1]);
    const critical = Array.from(rollup.dependencies.values(), ({ callee, criticalUs }) => [callee, criticalUs]);
    expect(Object.fromEntries(critical)).toEqual({ b: 40, 'database:mysql': 10, 'external:c': 20 });
  });

  it('counts the answers of each operation, by the word of who answered', () => {
    const rollup = rollupOf(
      drawnTrace(`a SERVER 0-100 http.request.method=GET http.route=/x
        a CLIENT 10-60 error
          b SERVER 20-50
        a INTERNAL 60-90
          b SERVER 60-90 error`),
    );
    const answers = Array.from(rollup.nodes.values(), ({ id, operations }) =>
      Array.from(operations, ([name, { callCount, errorCount, latency }]) => [
        id,
        name,
        callCount,
        errorCount,
        latency.count,
      ]),
    );
    expect(answers.flat()).toEqual([
      ['a', 'GET /x', 1, 0, 1],
      ['b', 'server span', 2, 1, 2],
    ]);
    expect([...rollup.dependencies.values()].map(({ latency, errorCount }) => [latency.count, errorCount])).toEqual([
      [2, 2],
    ]);
  });

  it('has no entry point for orphans, and no shares where a part is missing', () => {
    const rollup = rollupOf(
      drawnTrace(`
      a SERVER 0-100
      b SERVER 10-90 parent=dead`),
    );
    expect(Array.from(rollup.entryPoints.values(), ({ node, totalUs }) => [node, totalUs])).toEqual([['a', 0]]);
    expect([rollup.incompleteTraceCount, rollup.problems.get('orphan')]).toEqual([1, 1]);
  });
});

describe('what calls tell of callers', () => {
  it.each<readonly [string, string, Partial<CallSiteRollup>]>([
    [
      'fails alone',
      `a SERVER 0-100\n  a CLIENT 10-20 error\n    b SERVER 11-19`,
      { errorCount: 1, failedParentOk: 1, lastUseCount: 1 },
    ],
    [
      'takes its caller along',
      `a SERVER 0-100 error\n  a CLIENT 10-20 error\n    b SERVER 11-19`,
      { errorCount: 1, failedParentFailed: 1, lastUseCount: 1 },
    ],
    ['succeeds', `a SERVER 0-100\n  a CLIENT 10-20\n    b SERVER 11-19`, { okParentOk: 1, lastUseCount: 1 }],
    [
      'succeeds in vain',
      `a SERVER 0-100 error\n  a CLIENT 10-20\n    b SERVER 11-19`,
      { okParentFailed: 1, lastUseCount: 1 },
    ],
    [
      'is tried again',
      `a SERVER 0-100\n  a CLIENT 10-20 error\n    b SERVER 11-19\n  a CLIENT 20-40\n    b SERVER 21-39`,
      { callCount: 2, errorCount: 1, okParentOk: 1, lastUseCount: 1 },
    ],
    [
      'is tried again by the transport, below one span',
      `a SERVER 0-100\n  a CLIENT 10-40\n    a CLIENT 10-20 error\n      b SERVER 11-19\n    a CLIENT 20-40\n      b SERVER 21-39`,
      { callCount: 2, errorCount: 1, okParentOk: 1, lastUseCount: 2 },
    ],
    [
      "fails by its caller's own fault",
      `a SERVER 0-100 error\n  a CLIENT 10-20 error http.response.status_code=404\n    b SERVER 11-19`,
      { errorCount: 1, lastUseCount: 1 },
    ],
    [
      'fails together with another callee',
      `a SERVER 0-100 error\n  a CLIENT 10-20 error\n    b SERVER 11-19\n  a CLIENT 10-20 error\n    c SERVER 11-19`,
      { errorCount: 1, lastUseCount: 1 },
    ],
    [
      'is off the path',
      `a SERVER 0-100\n  a CLIENT 10-20\n    b SERVER 11-19\n  a CLIENT 10-90 server.address=c`,
      { offPathCount: 1, okParentOk: 1, lastUseCount: 1 },
    ],
    [
      'is not awaited',
      `a SERVER 0-100\n  a INTERNAL 10-5000\n    a CLIENT 10-2000\n      b SERVER 11-19`,
      { unjoinedCount: 1, unjoinedByOkCount: 1, offPathCount: 1, lastUseCount: 1, okParentOk: 1 },
    ],
    // The other starts in the very moment this one ends: it may have waited for it.
    [
      'is followed',
      `a SERVER 0-100\n  a CLIENT 10-20\n    b SERVER 11-19\n  a CLIENT 20-30 server.address=c`,
      { okParentOk: 1 },
    ],
    [
      'is the last',
      `a SERVER 0-100\n  a CLIENT 10-21\n    b SERVER 11-19\n  a CLIENT 20-25 server.address=c`,
      { okParentOk: 1, offPathCount: 1, lastUseCount: 1 },
    ],
  ])('a call %s', (_, drawing, expected) => {
    const rollup = rollupOf(drawnTrace(drawing));
    const sites = [...rollup.dependencies.values()]
      .filter(({ callee }) => callee === 'b')
      .flatMap(({ callSites }) => [...callSites.values()]);
    expect(sites).toHaveLength(1);
    const counts = Object.entries(sites[0]!).filter(([, value]) => typeof value === 'number' && value > 0);
    expect(Object.fromEntries(counts)).toEqual({ callCount: 1, ...expected });
  });

  it('sets the outcome of each callee against that of the root', () => {
    const trace = (id: number, root: string, call: string): SpanDraft[] =>
      drawnTrace(`a SERVER 0-100 ${root}\n  a CLIENT 10-20 ${call}\n    b SERVER 11-19`, String(id).padStart(32, '0'));
    const rollup = rollupOf([...trace(1, 'error', 'error'), ...trace(2, 'ok', 'error'), ...trace(3, 'ok', 'ok')]);
    const [entry] = rollup.entryPoints.values();
    expect(entry!.parts.get('b')).toMatchObject({ failedRootFailed: 1, failedRootOk: 1, okRootFailed: 0, okRootOk: 1 });
    expect(entry!.parts.get('a')).toMatchObject({ failedRootFailed: 0, failedRootOk: 0, okRootFailed: 0, okRootOk: 0 });
  });
});

describe('re-entry', () => {
  it.each([
    ['there and back', `b SERVER 0-100\n  a SERVER 10-90\n    b SERVER 20-80`, ['a b']],
    ['the long way', `c SERVER 0-100\n  a SERVER 10-90\n    b SERVER 20-80\n      c SERVER 30-70`, ['a b c']],
    ['a self-call is none', `a SERVER 0-100\n  a CLIENT 10-90\n    a SERVER 20-80`, []],
    ['nobody waits', `a SERVER 0-100\n  b SERVER 10-90\n    b INTERNAL 20-5000\n      a SERVER 30-4000`, []],
    [
      'a detour on the way',
      `a SERVER 0-100\n  b SERVER 10-90\n    c SERVER 20-80\n      b SERVER 30-70\n        a SERVER 40-60`,
      ['a b', 'b c'],
    ],
    [
      'two circles closed by one service',
      `a SERVER 0-100\n  b SERVER 1-9\n    a SERVER 2-8\n  c SERVER 11-19\n    a SERVER 12-18`,
      ['a b', 'a c'],
    ],
    ['calls one after the other are none', `a SERVER 0-100\n  b SERVER 1-9\n  c SERVER 10-19\n  b SERVER 20-29`, []],
  ])('%s', (_, drawing, expected) => {
    const rollup = rollupOf(drawnTrace(drawing));
    const found = Array.from(rollup.reentries.values(), ({ members }) => members.join(' '));
    expect(found.sort()).toEqual(expected);
  });
});

describe('traces of 100,000 spans', () => {
  it.each(['flat', 'deep', 'every call failed', 'every span a root'])('%s', (shape) => {
    const spanCount = 100_000;
    const table = new SpanTable(createDictionary());
    for (let at = 0; at < spanCount; at++) {
      const parent = shape === 'deep' ? at - 1 : shape === 'every span a root' ? -1 : at === 0 ? -1 : 0;
      table.addSpan({
        traceId: '1',
        spanId: (at + 1).toString(16),
        ...(parent < 0 ? {} : { parentSpanId: (parent + 1).toString(16) }),
        resource: { service: `service-${at % 40}` },
        kind: 'server',
        startUs: at,
        endUs: shape === 'flat' ? at + 1 : 3 * spanCount - at,
        status: shape === 'every call failed' ? 2 : 0,
      });
    }
    const builder = new RollupBuilder(table.dictionary);
    builder.observe(table);
    const rollup = builder.finish();
    const callCount = [...rollup.dependencies.values()].reduce((sum, edge) => sum + edge.callCount, 0);
    const inProcess = shape === 'flat' || shape === 'every call failed' ? spanCount / 40 - 1 : 0;
    expect(callCount).toBe(shape === 'every span a root' ? 0 : spanCount - 1 - inProcess);
    expect(rollup.reentries.size).toBe(shape === 'deep' ? 1 : 0);
  });
});

function rollupOf(spans: Iterable<SpanDraft>): Rollup {
  const table = tableOf(spans);
  const builder = new RollupBuilder(table.dictionary);
  builder.observe(table);
  return builder.finish();
}

function callCounts(rollup: Rollup): Record<string, number> {
  const edges = [...rollup.dependencies.values()].filter(({ mode }) => mode === 'sync' || mode === 'async');
  const counts: Record<string, number> = {};
  for (const { caller, callee, callCount } of edges)
    counts[`${caller} ${callee}`] = (counts[`${caller} ${callee}`] ?? 0) + callCount;
  return counts;
}

/** Each SERVER span is called by the service of the CLIENT span above it; each message goes through its destination. */
function naiveCallCounts(spans: readonly SpanDraft[]): Record<string, number> {
  const counts: Record<string, number> = {};
  const count = (caller: string, callee: string): void => {
    counts[`${caller} ${callee}`] = (counts[`${caller} ${callee}`] ?? 0) + 1;
  };
  for (const { kind, resource, parentSpanId, attributes } of spans) {
    const destination = `destination:kafka/${attributes?.['messaging.destination.name'] ?? ''}`;
    if (kind === 'producer') count(resource.service, destination);
    if (kind === 'consumer') count(destination, resource.service);
    const caller = spans.find(({ spanId }) => spanId === parentSpanId);
    if (kind === 'server' && caller !== undefined) count(caller.resource.service, resource.service);
  }
  return counts;
}
