import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createDictionary, type SpanDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import type { Span } from '../../analyzer/model/span.ts';
import { Assembler, type AssemblerOptions, type CloseReason } from './assembler.ts';

type TestSpan = Partial<Span> & Pick<Span, 'traceId' | 'spanId' | 'resource'>;

function span(trace: number, number: number, more: Partial<Span> = {}): TestSpan {
  return {
    traceId: (trace + 1).toString(16),
    spanId: (number + 1).toString(16),
    resource: { service: `service-${number % 5}` },
    name: `operation-${number}`,
    ...more,
  };
}

function tableOf(dictionary: SpanDictionary, spans: readonly TestSpan[]): SpanTable {
  const table = new SpanTable(dictionary, 4);
  for (const each of spans) table.addSpan(each);
  return table;
}

function start(options: AssemblerOptions = {}) {
  const dictionary = createDictionary();
  const assembler = new Assembler(dictionary, { chunkRowCount: 8, ...options });
  const closed: { reason: CloseReason; isLate: boolean; traceId: string; spans: Span[] }[] = [];
  const onTrace = (trace: SpanTable, reason: CloseReason, isLate: boolean) => {
    closed.push({ reason, isLate, traceId: trace.traceId(0), spans: spansOf(trace) });
  };
  const add = (spans: readonly TestSpan[], nowMs: number, recordId = 0) =>
    assembler.add(tableOf(dictionary, spans), 0, spans.length, nowMs, recordId);
  return { dictionary, assembler, closed, onTrace, add };
}

function spansOf(table: SpanTable): Span[] {
  return Array.from({ length: table.count }, (_, row) => table.span(row));
}

describe('a trace closes', () => {
  it('after the idle limit without a span, on the very millisecond', () => {
    const { assembler, closed, onTrace, add } = start();
    add([span(0, 0)], 1_000);
    add([span(0, 1)], 9_000);
    assembler.closeDue(18_999, onTrace);
    expect(closed).toEqual([]);
    assembler.closeDue(19_000, onTrace);
    expect(closed.map(({ reason, spans }) => [reason, spans.map(({ name }) => name)])).toEqual([
      ['idle', ['operation-0', 'operation-1']],
    ]);
    expect([assembler.openSpanCount, assembler.openTraceCount]).toEqual([0, 0]);
  });

  it('at the age limit although spans keep coming', () => {
    const { assembler, closed, onTrace, add } = start({ maxAgeMs: 20_000 });
    for (let second = 0; second <= 20; second += 4) {
      add([span(0, second)], second * 1_000);
      assembler.closeDue(second * 1_000, onTrace);
    }
    expect(closed.map(({ reason, spans }) => [reason, spans.length])).toEqual([['age', 6]]);
  });

  it('oldest first when too many spans are open, but never within `add`', () => {
    const { assembler, closed, onTrace, add } = start({ maxOpenSpanCount: 3 });
    add([span(0, 0), span(1, 1), span(2, 2), span(0, 3), span(3, 4)], 0);
    expect(assembler.openSpanCount).toBe(5);
    assembler.closeDue(0, onTrace);
    expect(closed.map(({ reason, spans }) => [reason, spans.length])).toEqual([['full', 2]]);
    expect(assembler.counts.closedEarlyTraceCount).toBe(1);
  });

  it('at the end, all that are left', () => {
    const { assembler, closed, onTrace, add } = start();
    add([span(1, 0), span(0, 1)], 0);
    assembler.closeAll(onTrace);
    expect(closed.map(({ reason, traceId }) => [reason, Number.parseInt(traceId, 16)])).toEqual([
      ['end', 2],
      ['end', 1],
    ]);
  });

  it('not earlier because the clock stepped back', () => {
    const { assembler, closed, onTrace, add } = start();
    add([span(0, 0)], 100_000);
    add([span(1, 1)], 5_000);
    assembler.closeDue(109_999, onTrace);
    expect(closed).toEqual([]);
  });

  it('in slices where the caller asks for it', () => {
    const { assembler, closed, onTrace, add } = start();
    for (let trace = 0; trace < 10; trace++) add([span(trace, 0), span(trace, 1)], 0);
    expect(assembler.closeDue(10_000, onTrace, 3)).toBe(4);
    expect(closed).toHaveLength(2);
  });
});

it('spans that come after their trace was closed come as late ones and are counted', () => {
  const { assembler, closed, onTrace, add } = start();
  add([span(0, 0)], 0);
  assembler.closeDue(10_000, onTrace);
  add([span(0, 1)], 11_000);
  expect(assembler.counts.lateTraceCount).toBe(1);
  assembler.closeAll(onTrace);
  expect(closed.map(({ spans }) => spans.map(({ name }) => name))).toEqual([['operation-0'], ['operation-1']]);
  expect(closed.map(({ isLate }) => isLate)).toEqual([false, true]);
});

it('names for each open trace the record that opened it', () => {
  const { assembler, onTrace, add } = start();
  add([span(0, 0)], 0, 7);
  add([span(1, 1), span(0, 2)], 5_000, 8);
  assembler.closeDue(15_000, onTrace);
  add([span(0, 3)], 16_000, 9);
  const open: [number, number][] = [];
  assembler.forEachOpenTrace((ids, offset, recordId) => open.push([ids[offset + 3]!, recordId]));
  expect(open).toEqual([[1, 9]]);
});

it('keeps attributes, links and card evidence', () => {
  const { assembler, closed, onTrace, add } = start();
  const rich = span(0, 0, {
    attributes: { 'http.route': '/v2/droplets' },
    links: [{ traceId: 'ab'.padStart(32, '0'), spanId: 'cd'.padStart(16, '0') }],
    cardEvidence: [{ place: 'payment.note', brand: 'visa', strength: 'strong' }],
  });
  add([span(1, 1), rich, span(1, 2)], 0);
  assembler.closeAll(onTrace);
  expect(closed[1]!.spans[0]).toMatchObject({
    attributes: { 'http.route': '/v2/droplets' },
    links: rich.links,
    cardEvidence: rich.cardEvidence,
  });
});

it('a trace over two epochs comes whole, in the newer dictionary', () => {
  const { dictionary, assembler, add } = start();
  const link = { traceId: 'ab'.padStart(32, '0'), spanId: 'cd'.padStart(16, '0') };
  add([span(0, 0, { attributes: { 'peer.service': 'billing' }, links: [link] }), span(1, 9)], 0);
  const newer = createDictionary();
  newer.strings.intern('so that the ids differ');
  assembler.startEpoch(newer);
  const late = tableOf(newer, [span(0, 1)]);
  assembler.add(late, 0, 1, 1);
  // Decoded before the epoch began, arriving after it.
  const evidence = { place: 'note', brand: 'jcb', strength: 'test' } as const;
  assembler.add(tableOf(dictionary, [span(0, 2, { cardEvidence: [evidence] })]), 0, 1, 2);
  const traces: Span[][] = [];
  assembler.closeAll((trace) => {
    expect(trace.dictionary).toBe(newer);
    traces.push(spansOf(trace));
  });
  expect(traces[0]).toMatchObject([
    {
      name: 'operation-0',
      attributes: { 'peer.service': 'billing' },
      links: [link],
      resource: { service: 'service-0' },
    },
    { name: 'operation-1' },
    { name: 'operation-2', cardEvidence: [evidence], resource: { service: 'service-2' } },
  ]);
});

it('holds a sparse steady state in bounded room', () => {
  const { assembler, onTrace, add } = start({ chunkRowCount: 64, idleLimitMs: 10 });
  const before = assembler.byteLength;
  for (let step = 0; step < 3_000; step++) {
    add(
      Array.from({ length: 60 }, (_, number) => span(10_000 + step, number)),
      step,
    );
    // Traces that live throughout, one more row each now and then: dead weight in every chunk without compaction.
    add([span(step % 9, step)], step);
    assembler.closeDue(step, onTrace);
  }
  expect(assembler.openSpanCount).toBeGreaterThan(3_000);
  expect(assembler.byteLength - before).toBeLessThan(assembler.openSpanCount * 400);
});

it('a trace of 100,000 spans is whole and in order', () => {
  const { dictionary, assembler } = start({ chunkRowCount: 1 << 14 });
  const table = new SpanTable(dictionary);
  const row = table.addSpan(span(0, 0));
  for (let number = 1; number < 100_000; number++) {
    table.appendRow(table, row);
    table.spanIds[number * 2 + 1] = number + 1;
  }
  for (let from = 0; from < 100_000; from += 500) assembler.add(table, from, from + 500, 0);
  let spanCount = 0;
  assembler.closeAll((trace) => {
    spanCount = trace.count;
    for (let at = 0; at < trace.count; at++) if (trace.spanIds[at * 2 + 1] !== at + 1) throw new Error('out of order');
  });
  expect(spanCount).toBe(100_000);
});

/** The same promises in twenty lines: a map from trace id to its rows, in the order they were opened. */
class NaiveAssembler {
  readonly closed: string[] = [];
  readonly #open = new Map<string, { openedMs: number; lastMs: number; spans: string[] }>();
  readonly #limits: Required<Pick<AssemblerOptions, 'idleLimitMs' | 'maxAgeMs' | 'maxOpenSpanCount'>>;

  constructor(limits: Required<Pick<AssemblerOptions, 'idleLimitMs' | 'maxAgeMs' | 'maxOpenSpanCount'>>) {
    this.#limits = limits;
  }

  add(trace: number, number: number, nowMs: number): void {
    const key = String(trace);
    const open = this.#open.get(key) ?? { openedMs: nowMs, lastMs: nowMs, spans: [] };
    open.lastMs = nowMs;
    open.spans.push(String(number));
    this.#open.set(key, open);
  }

  closeDue(nowMs: number): void {
    for (const [key, { openedMs, lastMs }] of this.#open) {
      if (nowMs - lastMs >= this.#limits.idleLimitMs || nowMs - openedMs >= this.#limits.maxAgeMs) this.#close(key);
    }
    const openSpanCount = () => [...this.#open.values()].reduce((sum, { spans }) => sum + spans.length, 0);
    while (openSpanCount() > this.#limits.maxOpenSpanCount) this.#close([...this.#open.keys()][0]!);
  }

  closeAll(): void {
    for (const key of this.#open.keys()) this.#close(key);
  }

  #close(key: string): void {
    this.closed.push(`${key}: ${this.#open.get(key)!.spans.join(' ')}`);
    this.#open.delete(key);
  }
}

it('agrees with a map from trace id to spans, whatever comes', () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ add: fc.array(fc.nat(12), { minLength: 1, maxLength: 12 }) }) },
    { weight: 4, arbitrary: fc.record({ waitMs: fc.nat(40) }) },
    { weight: 1, arbitrary: fc.record({ newEpoch: fc.constant(true) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (steps, maxOpenSpanCount) => {
      const limits = { idleLimitMs: 50, maxAgeMs: 120, maxOpenSpanCount };
      let dictionary = createDictionary();
      const assembler = new Assembler(dictionary, { ...limits, chunkRowCount: 4, rememberedTraceCount: 4 });
      const naive = new NaiveAssembler(limits);
      const closed: string[] = [];
      const onTrace = (trace: SpanTable) => {
        const names = spansOf(trace).map((each) => each.name.slice('operation-'.length));
        closed.push(`${Number.parseInt(trace.traceId(0), 16) - 1}: ${names.join(' ')}`);
      };
      let nowMs = 0;
      let number = 0;
      for (const each of steps) {
        if ('waitMs' in each) {
          nowMs += each.waitMs;
          assembler.closeDue(nowMs, onTrace);
          naive.closeDue(nowMs);
        } else if ('add' in each) {
          const spans = each.add.map((trace) => {
            naive.add(trace, number, nowMs);
            return span(trace, number++);
          });
          assembler.add(tableOf(dictionary, spans), 0, spans.length, nowMs);
        } else {
          dictionary = createDictionary();
          assembler.startEpoch(dictionary);
        }
      }
      assembler.closeAll(onTrace);
      naive.closeAll();
      expect(closed.toSorted()).toEqual(naive.closed.toSorted());
    }),
    { numRuns: 500 },
  );
});

it('hands over the same traces for every order and batching of the spans', () => {
  const spans = Array.from({ length: 40 }, (_, number) => span(number % 7, number));
  const tracesOf = (order: readonly TestSpan[], batchLength: number) => {
    const { dictionary, assembler } = start();
    const table = tableOf(dictionary, order);
    for (let from = 0; from < table.count; from += batchLength) {
      assembler.add(table, from, Math.min(table.count, from + batchLength), 0);
    }
    const traces: string[] = [];
    assembler.closeAll((trace) => {
      traces.push(
        JSON.stringify([
          trace.traceId(0),
          spansOf(trace)
            .map(({ spanId }) => spanId)
            .sort(),
        ]),
      );
    });
    return traces.sort();
  };
  const expected = tracesOf(spans, 40);
  fc.assert(
    fc.property(
      fc.shuffledSubarray(spans, { minLength: 40 }),
      fc.integer({ min: 1, max: 40 }),
      (order, batchLength) => {
        expect(tracesOf(order, batchLength)).toEqual(expected);
      },
    ),
    { numRuns: 200 },
  );
});
