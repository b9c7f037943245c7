import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallHalves, Coverage, ServiceCoverage } from '../../analyzer/model/coverage.ts';
import { coverageColumns, coverageRows, coverageSentences, halvesSentence, wholeSentence } from './coverage-rows.ts';

const none: CallHalves = { callCount: 0, bothCount: 0, clientOnlyCount: 0, serverOnlyCount: 0 };

function halves(bothCount: number, clientOnlyCount: number, serverOnlyCount: number): CallHalves {
  return { callCount: bothCount + clientOnlyCount + serverOnlyCount, bothCount, clientOnlyCount, serverOnlyCount };
}

function service(name: string, known: Partial<ServiceCoverage> = {}): ServiceCoverage {
  return {
    service: name,
    spanCount: 10,
    orphanCount: 0,
    unknownKindCount: 0,
    asCaller: none,
    asCallee: none,
    ...known,
  };
}

function coverage(known: Partial<Coverage>): Coverage {
  return {
    spanCount: 0,
    orphanCount: 0,
    unknownKindCount: 0,
    anonymousSpanCount: 0,
    traceCount: 0,
    incompleteTraceCount: 0,
    calls: none,
    oneSidedByNatureCount: 0,
    services: [],
    ...known,
  };
}

describe('coverage by service', () => {
  const services = [
    service('b', { asCaller: halves(1, 2, 0), asCallee: halves(0, 0, 1) }),
    service('a', { spanCount: 40, orphanCount: 10, asCallee: halves(9, 0, 1) }),
    service('c', { spanCount: 0 }),
  ];

  it('counts the halves of calls on both sides', () => {
    const [, first] = coverageRows(coverage({ services }), { column: 'service', isDescending: false });
    expect(first).toMatchObject({ service: 'b', oneSidedCount: 3, oneSidedShare: 0.75 });
  });

  it('has no share of nothing', () => {
    const row = coverageRows(coverage({ services }), { column: 'service', isDescending: true })[0];
    expect(row).toMatchObject({
      service: 'c',
      oneSidedShare: undefined,
      orphanShare: undefined,
      unknownKindShare: undefined,
    });
  });

  it.each([
    ['oneSided', 'b a c'],
    ['orphans', 'a b c'],
    ['spans', 'a b c'],
    ['unknownKind', 'a b c'],
    ['service', 'c b a'],
  ] as const)('%s: the most first', (column, order) => {
    const rows = coverageRows(coverage({ services }), { column, isDescending: true });
    expect(rows.map((row) => row.service).join(' ')).toBe(order);
  });

  it('comes in the same order however it came in', () => {
    const shuffled = fc.shuffledSubarray(services, { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(shuffled, fc.constantFrom(...coverageColumns), fc.boolean(), (some, column, isDescending) => {
        const order = { column, isDescending };
        expect(coverageRows(coverage({ services: some }), order)).toEqual(coverageRows(coverage({ services }), order));
      }),
    );
  });
});

describe('coverage in words', () => {
  it('says what is missing, and what it means', () => {
    const sentences = coverageSentences(
      coverage({ traceCount: 10, spanCount: 1000, orphanCount: 5, oneSidedByNatureCount: 7 }),
    );
    expect(sentences.map(({ figure, words }) => `${figure} ${words}`)).toEqual([
      '5 of 1,000 spans name a parent that never came (0.5 %)',
      '7 calls went to databases, topics and hosts outside: nobody sends their other half',
    ]);
    expect(sentences[0]!.meaning).toContain('Sample alike');
  });

  it('says what nothing is missing of', () => {
    const lacking = { orphanCount: 5, unknownKindCount: 1, anonymousSpanCount: 1, incompleteTraceCount: 1 };
    expect(wholeSentence(coverage({ traceCount: 10, spanCount: 1000, orphanCount: 5 }))).toBe(
      'Nothing is missing here: no trace has a gap, every span says which side of a call it is, every sender says its name.',
    );
    expect(wholeSentence(coverage({ traceCount: 10, spanCount: 1000, ...lacking }))).toBe(undefined);
    expect(wholeSentence(coverage({}))).toBe(undefined);
  });

  it.each([
    [none, 'No call between two services was seen.'],
    [halves(4, 0, 0), 'Of 4 calls between services 4 were seen from both sides (100 %).'],
    [
      halves(1, 2, 1),
      'Of 4 calls between services 1 was seen from both sides (25 %); 2 by the caller alone, 1 by the callee alone.',
    ],
  ])('%j', (calls, words) => {
    expect(halvesSentence(calls)).toBe(words);
  });
});
