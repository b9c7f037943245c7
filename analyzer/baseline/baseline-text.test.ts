import { describe, expect, it } from 'vitest';
import { policyOf, rollupOf } from '../../fixtures/rollups.ts';
import { conclude } from '../analyze.ts';
import { acceptCycle } from './accept-cycle.ts';
import { baselineOf } from './baseline.ts';
import { formatBaseline, parseBaseline, parseMergedBaseline } from './baseline-text.ts';
import { prunedBaseline } from './prune.ts';

const policy = policyOf({});
const analysis = conclude(
  rollupOf({
    edges: ['b -> a', 'a -> b', 'a -> c async', 'a -> database:d data', 'b -> external:bank'],
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
    { "caller": "b", "callee": "a", "reason": "billing \\"split\\"", "owner": "team a" }
  ],
  "criticalServices": [
    "c"
  ],
  "pciScope": [
    { "service": "a", "class": "connected-to" },
    { "service": "c", "class": "cde" }
  ],
  "cdeDependencies": [
    { "caller": "a", "callee": "c" }
  ],
  "externalPeers": [
    "external:bank"
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
    const pruned = prunedBaseline(baseline, smaller, policy, { isUnseenGone: true });
    expect(pruned).toMatchObject({ cycles: [], criticalServices: [], pciScope: [], accepted: [], externalPeers: [] });
    expect(pruned.dependencies).toEqual([{ caller: 'a', callee: 'b', mode: 'sync' }]);
  });

  it('prunes a call only where its caller did enough to make it', () => {
    // Ten requests come from a.
    const seenAgain = (requestCount: number) =>
      conclude(
        rollupOf({
          edges: ['a -> b', { edge: 'x -> b', sites: [{ calleeOperation: 'GET /', callCount: requestCount }] }],
          entries: [{ entry: 'a GET /', traceCount: 1000 }],
        }),
        policy,
      );
    expect(prunedBaseline(baseline, seenAgain(289), policy).cycles).toEqual([['a', 'b']]);
    const pruned = prunedBaseline(baseline, seenAgain(290), policy);
    expect(pruned.cycles).toEqual([]);
    expect(pruned.accepted).toEqual([]);
    // What is new does not come in by pruning.
    expect(pruned.dependencies.map(({ caller, callee }) => `${caller} ${callee}`)).toEqual(['a b', 'a c']);
  });
});

describe('parseMergedBaseline', () => {
  const lines = formatBaseline(baseline).split('\n');
  const at = lines.indexOf('    { "caller": "b", "callee": "a", "mode": "sync" }');
  const conflicted = (marks: readonly string[]) =>
    [
      ...lines.slice(0, at),
      '<<<<<<< HEAD',
      lines[at]! + ',',
      '    { "caller": "c", "callee": "x", "mode": "sync" }',
      ...marks,
      lines[at]! + ',',
      '    { "caller": "c", "callee": "y", "mode": "sync" }',
      '>>>>>>> feature',
      ...lines.slice(at + 1),
    ].join('\n');

  it.each([
    { name: 'as Git leaves it', text: conflicted(['=======']) },
    { name: 'with what both came from', text: conflicted(['||||||| base', lines[at]!, '=======']) },
    { name: 'on Windows', text: conflicted(['=======']).replaceAll('\n', '\r\n') },
  ])('takes what both sides know, $name', ({ text }) => {
    const parsed = parseMergedBaseline(text);
    if ('problem' in parsed) throw new Error(parsed.problem);
    expect(parsed.baseline.dependencies.map(({ caller, callee }) => `${caller} ${callee}`)).toEqual([
      'a b',
      'a c',
      'b a',
      'c x',
      'c y',
    ]);
    expect(parsed.baseline.accepted).toEqual(baseline.accepted);
  });

  it('puts back a comma that a merge lost, and says what it cannot read', () => {
    const text = conflicted(['=======']).replace('"mode": "async" },', '"mode": "async" }');
    expect(parseMergedBaseline(text)).toHaveProperty('baseline');
    expect(parseMergedBaseline('<<<<<<< HEAD\n{\n=======\n[]\n>>>>>>> x\n')).toHaveProperty('problem');
  });

  it('reads any other baseline as ever', () => {
    expect(parseMergedBaseline(formatBaseline(baseline))).toEqual({ baseline });
  });
});
