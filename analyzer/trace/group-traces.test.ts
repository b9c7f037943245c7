import { describe, expect, it } from 'vitest';
import { tableOf } from '../../fixtures/generate.ts';
import { TraceGroups } from './group-traces.ts';

function groupsOf(traceIds: readonly string[]): Record<string, readonly number[]> {
  const table = tableOf(traceIds.map((traceId) => ({ traceId, spanId: '1', resource: { service: 'a' } })));
  const groups = new TraceGroups();
  groups.group(table, 0, table.count);
  const traces = Array.from({ length: groups.count }, (_, trace) => [
    table.traceId(groups.idRows[trace]!).replace(/^0+/, ''),
    [...groups.rows.subarray(groups.starts[trace], groups.starts[trace + 1])],
  ]);
  return Object.fromEntries(traces) as Record<string, readonly number[]>;
}

const LOW = '00000000000000aa';

describe('TraceGroups', () => {
  it.each<readonly [string, readonly string[], Record<string, readonly number[]>]>([
    ['mixed spans', ['1', '2', '1', '3', '2'], { 1: [0, 2], 2: [1, 4], 3: [3] }],
    ['a 64-bit id of a 128-bit one', ['aa', `b${LOW}`, 'aa', 'c'], { [`b${LOW}`]: [0, 1, 2], c: [3] }],
    [
      'a 64-bit id that two others end in',
      [`b${LOW}`, 'aa', `c${LOW}`],
      { [`b${LOW}`]: [0], aa: [1], [`c${LOW}`]: [2] },
    ],
    ['nothing', [], {}],
  ])('%s', (_, traceIds, expected) => {
    expect(groupsOf(traceIds)).toEqual(expected);
  });

  it('takes many traces', () => {
    const groups = groupsOf(Array.from({ length: 20_000 }, (_, at) => ((at % 5000) + 1).toString(16)));
    expect(Object.keys(groups)).toHaveLength(5000);
    expect(groups['1']).toEqual([0, 5000, 10_000, 15_000]);
  });
});
