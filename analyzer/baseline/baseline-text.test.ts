import { describe, expect, it } from 'vitest';
import { policyOf, rollupOf } from '../../fixtures/rollups.ts';
import { conclude } from '../analyze.ts';
import { acceptCycle, baselineOf } from './baseline.ts';
import { formatBaseline, parseBaseline } from './baseline-text.ts';

const policy = policyOf({});
const analysis = conclude(
  rollupOf({
    edges: ['b -> a', 'a -> b', 'a -> c async', 'a -> database:d data'],
    nodes: { c: { pciScopes: new Set(['cde']), criticalities: new Set(['critical']) } },
    entries: [{ entry: 'a GET /', traceCount: 1234 }],
  }),
  policy,
);
const baseline = acceptCycle(baselineOf(analysis, policy), ['a', 'b'], { reason: 'billing "split"', owner: 'team a' });

describe('formatBaseline', () => {
  it('writes one fact on each line, sorted, without clock or exact counts', () => {
    expect(formatBaseline(baseline)).toBe(`{
  "schema": "ringfence.baseline/1",
  "tracesAtLeast": 1000,
  "dependencies": [
    { "caller": "a", "callee": "b", "mode": "sync" },
    { "caller": "a", "callee": "c", "mode": "async" },
    { "caller": "b", "callee": "a", "mode": "sync" }
  ],
  "cycles": [
    ["a", "b"]
  ],
  "accepted": [
    { "caller": "a", "callee": "b", "reason": "billing \\"split\\"", "owner": "team a" },
    { "caller": "b", "callee": "a", "reason": "billing \\"split\\"", "owner": "team a" }
  ],
  "criticalServices": [
    "c"
  ],
  "pciScope": [
    { "service": "a", "class": "connected-to" },
    { "service": "c", "class": "cde" }
  ]
}
`);
  });

  it('is read back as it was', () => {
    expect(parseBaseline(formatBaseline(baseline))).toEqual({ baseline });
  });
});

describe('parseBaseline', () => {
  it.each([
    { name: 'no JSON', text: '{', says: 'no JSON' },
    { name: 'a list', text: '[]', says: 'no JSON object' },
    { name: 'another file', text: '{}', says: '"schema" should be' },
    { name: 'a newer one', text: '{"schema":"ringfence.baseline/2"}', says: 'update ringfence' },
    { name: 'a merge conflict', text: '{\n<<<<<<< HEAD\n', says: 'merge conflict' },
    { name: 'no list', text: '{"schema":"ringfence.baseline/1","cycles":1}', says: '"cycles" should be a list' },
    {
      name: 'an acceptance without a reason',
      text: '{"schema":"ringfence.baseline/1","accepted":[{"caller":"a","callee":"b"}]}',
      says: '"accepted" should hold { caller, callee, reason }, entry 1 does not',
    },
    {
      name: 'a date that is none',
      text: '{"schema":"ringfence.baseline/1","accepted":[{"caller":"a","callee":"b","reason":"r","expires":"soon"}]}',
      says: 'entry 1',
    },
    {
      name: 'a mode that is none',
      text: '{"schema":"ringfence.baseline/1","dependencies":[{"caller":"a","callee":"b","mode":"data"}]}',
      says: '"dependencies"',
    },
  ])('says what is wrong with $name', ({ text, says }) => {
    expect(parseBaseline(text)).toEqual({ problem: expect.stringContaining(says) as string });
  });
});

describe('baselineOf', () => {
  const smaller = conclude(rollupOf({ edges: ['a -> b'] }), policy);

  it('keeps what is unseen today, since traces are a sample', () => {
    expect(baselineOf(smaller, policy, { previous: baseline })).toEqual(baseline);
  });

  it('drops it when asked to, and acceptances with their calls', () => {
    const pruned = baselineOf(smaller, policy, { previous: baseline, prune: true });
    expect(pruned).toMatchObject({ cycles: [], criticalServices: [], pciScope: [] });
    expect(pruned.dependencies).toEqual([{ caller: 'a', callee: 'b', mode: 'sync' }]);
    expect(pruned.accepted.map(({ caller, callee }) => `${caller} ${callee}`)).toEqual(['a b']);
  });
});
