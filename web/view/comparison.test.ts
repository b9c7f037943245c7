import { describe, expect, it } from 'vitest';
import { cloudAnalysis, emptyAnalysis } from '../../fixtures/analysis.ts';
import type { Analysis } from '../../analyzer/model/analysis.ts';
import { cautions, comparedSpans, comparisonOf } from './comparison.ts';

const whole = cloudAnalysis();

/** The same system before billing was there. */
function withoutBilling(): Analysis {
  const isBilling = (id: string): boolean => id === 'money/billing';
  return {
    ...whole,
    services: whole.services.filter(({ id }) => !isBilling(id)),
    dependencies: whole.dependencies.filter(({ caller, callee }) => !isBilling(caller) && !isBilling(callee)),
    cycles: whole.cycles.filter(({ services }) => !services.some(isBilling)),
  };
}

function written(before: Analysis, after: Analysis): Record<string, string[]> {
  const signs = { came: '+', changed: '~', went: '-' };
  return Object.fromEntries(
    comparisonOf(before, after)
      .filter(({ rows }) => rows.length > 0)
      .map(({ title, rows }) => [title, rows.map((row) => `${signs[row.mark]} ${row.label} ${row.detail}`.trim())]),
  );
}

describe('a comparison', () => {
  it('of the same is without rows', () => {
    expect(written(whole, whole)).toEqual({});
  });

  it('tells what came, most telling first', () => {
    const now = written(withoutBilling(), whole);
    expect(Object.keys(now)).toEqual(['Circles', 'Into the CDE', 'PCI scope', 'Critical path', 'Services', 'Calls']);
    expect(now['Services']).toEqual(['+ billing service']);
    expect(now['PCI scope']).toEqual(['+ billing connected to the CDE']);
    expect(now['Circles']![0]).toMatch(/^\+ .*billing.* re-entrant/);
    expect(now['Calls']).toContain('+ billing → payments sync');
  });

  it('tells what went', () => {
    const then = written(whole, withoutBilling());
    expect(then['Services']).toEqual(['- billing service']);
    expect(then['Calls']!.every((row) => row.startsWith('- '))).toBe(true);
  });

  it('tells another mode and another class with both', () => {
    const after: Analysis = {
      ...whole,
      dependencies: whole.dependencies.map((one) =>
        one.caller === 'money/billing' && one.callee === 'money/rating' ? { ...one, mode: 'async' } : one,
      ),
      services: whole.services.map((one) =>
        one.id === 'money/billing' ? { ...one, pci: { ...one.pci, class: 'cde' } } : one,
      ),
    };
    const changed = written(whole, after);
    expect(changed['Calls']).toEqual(['~ billing → rating sync → async']);
    expect(changed['PCI scope']).toEqual(['~ billing connected to the CDE → CDE']);
  });

  it.each([
    ['a fifth slower', 1.2, 30, 1],
    ['a little slower', 1.19, 30, 0],
    ['a fifth quicker', 0.8, 30, 1],
    ['seen too rarely', 2, 29, 0],
  ])('tells entry points that are %s', (_, factor, traceCount, count) => {
    const with95 = (p95Us: number, seen: number): Analysis => ({
      ...whole,
      entryPoints: [{ ...whole.entryPoints[0]!, p95Us, traceCount: seen }],
    });
    const rows = written(with95(100_000, 1000), with95(100_000 * factor, traceCount))['Entry points'] ?? [];
    expect(rows.length).toBe(count);
    if (factor === 1.2) expect(rows[0]).toContain('p95 100 ms → 120 ms (+20 %)');
    if (factor === 0.8) expect(rows[0]).toContain('p95 100 ms → 80 ms (−20 %)');
  });
});

describe('cautions', () => {
  it.each([
    [0, 4812, []],
    [4000, 4812, []],
    [1, 2, ['Only 1 trace on one side: no verdict about the critical path there.']],
    [100, 300, ['One side has 3 times the traces of the other: rare calls may look new or gone.']],
  ])('%d traces against %d', (before, after, words) => {
    expect(cautions({ ...emptyAnalysis(), traceCount: before }, { ...whole, traceCount: after })).toEqual(words);
  });
});

describe('the windows compared', () => {
  const hour = 3_600_000;
  const now = 10 * hour;
  const span = { fromMs: 4 * hour, toMs: 5 * hour };

  it.each([
    [
      'the hour before',
      { before: null, after: null },
      '1h',
      { before: { fromMs: now - 2 * hour, toMs: now - hour }, after: null },
    ],
    ['a picked one before', { before: span, after: null }, 'all', { before: span, after: null }],
    [
      'as long before a picked one',
      { before: null, after: span },
      'all',
      { before: { fromMs: 3 * hour, toMs: 4 * hour }, after: span },
    ],
    ['none before all time', { before: null, after: null }, 'all', undefined],
  ] as const)('%s', (_, compare, window, expected) => {
    expect(comparedSpans(compare, window, now)).toEqual(expected);
  });
});
