import { describe, expect, it } from 'vitest';
import { policyOf, rollupOf, type RollupSketch } from '../../fixtures/rollups.ts';
import { conclude } from '../analyze.ts';
import type { ServicePolicy } from '../model/policy.ts';
import type { EntryPartRollup } from '../rollup/rollup.ts';

/** web calls s in 100 requests; titles of the findings about s, other than that it is critical. */
function conflictsOf(
  part: Partial<EntryPartRollup>,
  declared: ServicePolicy,
  onSpans: readonly string[] = [],
): string[] {
  const sketch: RollupSketch = {
    edges: ['web -> s'],
    nodes: { s: { criticalities: new Set(onSpans) } },
    entries: [{ entry: 'web GET /', traceCount: 100, parts: { s: part } }],
  };
  const policy = policyOf({ services: new Map([['s', declared]]) });
  return conclude(rollupOf(sketch), policy)
    .findings.filter(({ services, title }) => services[0] === 's' && !title.endsWith('on the critical path'))
    .filter(({ kind }) => kind === 'critical-service')
    .map(({ severity, title }) => `${severity}: ${title}`);
}

const FAILS_WITH_IT = { joinedTraceCount: 60, failedRootFailed: 9, failedRootOk: 1, okRootFailed: 1, okRootOk: 49 };

describe('what is declared against what was seen', () => {
  it.each<{
    name: string;
    part: Partial<EntryPartRollup>;
    declared: ServicePolicy;
    onSpans?: string[];
    expected: string[];
  }>([
    { name: 'nothing declared', part: FAILS_WITH_IT, declared: {}, expected: [] },
    {
      name: 'low, and requests fail with it',
      part: FAILS_WITH_IT,
      declared: { criticality: 'low' },
      expected: ['warning: s is declared low, but requests fail with it'],
    },
    {
      name: 'medium on its own spans, and requests fail with it',
      part: FAILS_WITH_IT,
      declared: {},
      onSpans: ['medium'],
      expected: ['warning: s is declared medium, but requests fail with it'],
    },
    {
      name: 'low, and requests wait for it',
      part: { joinedTraceCount: 100 },
      declared: { criticality: 'low' },
      expected: ['note: s is declared low, but requests wait for it'],
    },
    { name: 'high, and requests fail with it', part: FAILS_WITH_IT, declared: { criticality: 'high' }, expected: [] },
    {
      name: 'critical, and no request waits for it',
      part: {},
      declared: { criticality: 'critical' },
      expected: ['note: s is declared critical, but no entry point was seen to need it'],
    },
    {
      name: 'critical, and needed',
      part: { joinedTraceCount: 40 },
      declared: { criticality: 'critical' },
      expected: [],
    },
    {
      name: 'one thing here, another there',
      part: {},
      declared: { criticality: 'high' },
      onSpans: ['critical', 'high'],
      expected: ['note: s is declared high in the policy and critical on its own spans'],
    },
  ])('$name', ({ part, declared, onSpans, expected }) => {
    expect(conflictsOf(part, declared, onSpans)).toEqual(expected);
  });
});

it('a service that most requests wait for, and that is the only way to others, is a choke point unless requests start there', () => {
  const sketch: RollupSketch = {
    edges: ['web -> api', 'api -> a', 'api -> b', 'b -> c'],
    entries: [
      {
        entry: 'web GET /',
        traceCount: 100,
        parts: { api: { joinedTraceCount: 80 }, a: { joinedTraceCount: 20 }, b: { joinedTraceCount: 30 } },
      },
    ],
  };
  const choke = conclude(rollupOf(sketch), policyOf({})).findings.filter(({ title }) =>
    title.endsWith('a choke point'),
  );
  expect(choke.map(({ title, message }) => `${title}: ${message}`)).toEqual([
    'api is a choke point: 80 % of requests wait for it, and it is the only way to 3 services: a and b and what lies behind.',
  ]);
});
