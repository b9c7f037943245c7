import { describe, expect, it } from 'vitest';

import { cloudAnalysis } from '../../fixtures/analysis.ts';
import type { Analysis, AnalyzedEntryPoint, TrafficSlice } from '../model/analysis.ts';
import { entryTime, entryTimeTable } from './entry-time.ts';
import { styleOf } from './style.ts';

const part = (name: string, category: 'self' | 'transport' | 'external' | 'backoff', share: number) => ({
  part: name,
  category,
  share,
  frequency: 0.9,
  interval: [0.852, 0.941] as const,
});

const ALL: TrafficSlice = {
  slice: 'all',
  traceCount: 200,
  fromUs: 8000,
  toUs: 400_000,
  isSufficient: true,
  parts: [
    part('payments', 'self', 0.5),
    part('transport:shop->payments', 'transport', 0.25),
    part('backoff:shop->payments', 'backoff', 0.15),
    part('database:orders\u001b[31m', 'external', 0.06),
    part('shop', 'self', 0.04),
  ],
};
const TAIL: TrafficSlice = { ...ALL, slice: 'tail', traceCount: 10, isSufficient: false, parts: [] };

describe('where the time goes', () => {
  it('is told by entry point and traffic, with what there is too little of', () => {
    const retryWaste = { share: 0.2, frequency: 0.3, interval: [0.25, 0.35] as const };
    const text = entryTime(analysisWith({ traffic: [ALL, TAIL], retryWaste }), styleOf(false), 100);
    expect(text.split('\n')).toEqual([
      'Where the time goes',
      '  shop POST /pay  p95 300 ms',
      '    all     200 traces of 8.00 ms to 400 ms: payments 50 % (in 85-95 % of traces), on the way shop →',
      '            payments 25 % (in 85-95 % of traces), pause before a retry shop → payments 15 % (in',
      '            85-95 % of traces), 2 more 10 %',
      '    insufficient: slowest (n=10)',
      '    retries 20 % of the time went into tries that were made again and the pauses between them, in',
      '            30 % of traces',
    ]);
  });

  it('is a table in Markdown', () => {
    const lines = entryTimeTable(analysisWith({ traffic: [ALL, TAIL] })).split('\n');
    expect(lines[0]).toContain('Entry point');
    expect(lines[2]).toContain('payments 50 %');
    expect(lines[3]).toContain('insufficient (n=10)');
  });

  it('is left out where no request was whole, and prints no control characters', () => {
    expect(entryTime(analysisWith({ traffic: [] }), styleOf(false), 100)).toBe('');
    expect(entryTimeTable(analysisWith({ traffic: [] }))).toBe('');
    const hostile = analysisWith({ operation: 'POST \u001b[2J', traffic: [ALL] });
    expect(entryTime(hostile, styleOf(false), 100) + entryTimeTable(hostile)).not.toContain('\u001b');
  });
});

function analysisWith(entry: Partial<AnalyzedEntryPoint>): Analysis {
  const analysis = cloudAnalysis();
  const [first] = analysis.entryPoints;
  return {
    ...analysis,
    entryPoints: [{ ...first!, service: 'shop', operation: 'POST /pay', p95Us: 300_000, ...entry }],
  };
}
