import { describe, expect, it } from 'vitest';
import { policyOf, rollupOf, traceId, type EntrySketch, type RollupSketch } from '../../fixtures/rollups.ts';
import type { ServicePolicy } from '../model/policy.ts';
import type { EntryPartRollup } from '../rollup/rollup.ts';
import { criticalServices } from './critical-service.ts';
import { dependencyGraph } from './dependency-graph.ts';
import { entryPoints } from './entry-point.ts';

function verdictsOf(sketch: RollupSketch, services: Record<string, ServicePolicy> = {}) {
  const policy = policyOf({ services: new Map(Object.entries(services)) });
  const rollup = rollupOf(sketch);
  return criticalServices(dependencyGraph(rollup, policy), entryPoints(rollup, policy).entries);
}

/** web calls s; of 100 requests of 10 ms each, `part` says what s did. */
function oneService(part: Partial<EntryPartRollup>, entry: Partial<EntrySketch> = {}): RollupSketch {
  return { edges: ['web -> s'], entries: [{ entry: 'web GET /', traceCount: 100, parts: { s: part }, ...entry }] };
}

interface Case {
  readonly name: string;
  readonly sketch: RollupSketch;
  readonly services?: Record<string, ServicePolicy>;
  readonly expected: string;
}

describe('criticalServices', () => {
  it.each<Case>([
    {
      name: 'R1 declared by the policy',
      sketch: oneService({}),
      services: { s: { criticality: 'critical' } },
      expected: 'critical-path: declared',
    },
    {
      name: 'R1 declared by its spans, however few traces',
      sketch: { ...oneService({}, { traceCount: 3 }), nodes: { s: { criticalities: new Set(['critical']) } } },
      expected: 'critical-path: declared',
    },
    {
      name: 'R2 requests fail with it',
      sketch: oneService({ joinedTraceCount: 60, failedRootFailed: 9, failedRootOk: 1, okRootFailed: 1, okRootOk: 49 }),
      expected: 'critical-path: observed-hard',
    },
    {
      name: 'R2 not by four failures',
      sketch: oneService({ joinedTraceCount: 60, failedRootFailed: 4, okRootOk: 56 }),
      expected: 'undetermined: undecided',
    },
    {
      name: 'R2 not where requests fail as often without',
      sketch: oneService({ joinedTraceCount: 60, failedRootFailed: 9, failedRootOk: 1, okRootFailed: 45, okRootOk: 5 }),
      expected: 'undetermined: undecided',
    },
    {
      name: 'R3 every request waits for it',
      sketch: oneService({ joinedTraceCount: 100 }),
      expected: 'presumed: structurally-required',
    },
    {
      name: 'R3 not by 97 of 100, whose lower bound is 92 %',
      sketch: oneService({ joinedTraceCount: 97 }),
      expected: 'undetermined: undecided',
    },
    {
      name: 'R3 not over a call whose failure is tolerated',
      sketch: {
        ...oneService({ joinedTraceCount: 100 }),
        edges: [{ edge: 'web -> s', sites: [{ failedParentOk: 20, okParentOk: 80 }] }],
      },
      expected: 'undetermined: undecided',
    },
    {
      name: 'R4 it holds requests up',
      sketch: oneService({ joinedTraceCount: 80, criticalTraceCount: 70, criticalUs: 500_000 }),
      expected: 'presumed: latency-critical',
    },
    {
      name: 'R4 not for 4 % of the time',
      sketch: oneService({ joinedTraceCount: 80, criticalTraceCount: 70, criticalUs: 40_000 }),
      expected: 'undetermined: undecided',
    },
    {
      name: 'R4 not in 55 of 100, whose lower bound is 45 %',
      sketch: oneService({ joinedTraceCount: 80, criticalTraceCount: 55, criticalUs: 500_000 }),
      expected: 'undetermined: undecided',
    },
    {
      name: 'requests survive its failures',
      sketch: oneService({ joinedTraceCount: 100, failedRootOk: 20, okRootOk: 80 }),
      expected: 'value-added: failure-tolerated',
    },
    {
      name: 'only events lead to it',
      sketch: { ...oneService({}), edges: ['web -> destination:t data'], via: ['web => destination:t => s'] },
      expected: 'value-added: only-async',
    },
    {
      name: 'too few complete traces',
      sketch: oneService({ joinedTraceCount: 29 }, { traceCount: 500, completeTraceCount: 29 }),
      expected: 'undetermined: insufficient',
    },
    {
      name: '30 are enough to judge',
      sketch: oneService({ criticalTraceCount: 30, criticalUs: 300_000, joinedTraceCount: 30 }, { traceCount: 30 }),
      expected: 'presumed: latency-critical',
    },
    {
      name: 'nobody at an entry point waits for it',
      sketch: { edges: ['job -> s'], entries: [{ entry: 'web GET /', traceCount: 100 }] },
      expected: 'undetermined: not-under-entry-points',
    },
  ])('$name', ({ sketch, services, expected }) => {
    const { verdict, reasons } = verdictsOf(sketch, services).get('s')!;
    expect(`${verdict}: ${reasons[0]!.rule}`).toBe(expected);
  });

  it('counts the requests that wait for a service through calls nobody was seen to do without', () => {
    const sketch: RollupSketch = {
      edges: ['web -> a', 'a -> b', { edge: 'web -> c', sites: [{ failedParentOk: 20, okParentOk: 80 }] }, 'c -> d'],
      entries: [
        {
          entry: 'web GET /',
          traceCount: 60,
          parts: {
            a: { joinedTraceCount: 60 },
            b: { joinedTraceCount: 30 },
            c: { joinedTraceCount: 60 },
            d: { joinedTraceCount: 60 },
          },
        },
        { entry: 'b GET /', traceCount: 40 },
      ],
    };
    const radius = (id: string) => verdictsOf(sketch).get(id)!.blastRadius;
    expect(['web', 'a', 'b', 'c', 'd'].map(radius)).toEqual([0.6, 0.6, 0.7, 0, 0]);
    expect(
      verdictsOf({ ...sketch, entries: [{ entry: 'web GET /', traceCount: 29 }] }).get('a')!.blastRadius,
    ).toBeNull();
  });

  it('prints what a reason rests on', () => {
    const part = { joinedTraceCount: 60, failedRootFailed: 9, failedRootOk: 1, okRootFailed: 1, okRootOk: 49 };
    const [reason] = verdictsOf(oneService(part)).get('s')!.reasons;
    expect(reason).toEqual({
      rule: 'observed-hard',
      message:
        'When a call to it failed, web GET / failed in 9 of 10 traces (95 %: at least 60 %), against 2.0 % otherwise.',
      n: 10,
      estimate: 0.9,
      interval: [expect.closeTo(0.5958, 4), expect.closeTo(0.9821, 4)],
      traceIds: [traceId('s')],
    });
  });

  it('states shares of all entry points together, and none below 30 traces', () => {
    const half = { criticalUs: 500_000, criticalTraceCount: 90, joinedTraceCount: 90 };
    const { share, frequency } = verdictsOf({
      edges: ['web -> s'],
      entries: [
        { entry: 'web GET /', traceCount: 100, parts: { s: half } },
        { entry: 'web GET /b', traceCount: 100 },
      ],
    }).get('s')!;
    expect({ share, frequency }).toEqual({ share: 0.25, frequency: 0.45 });
    const few = verdictsOf(oneService(half, { traceCount: 29 })).get('s')!;
    expect({ share: few.share, frequency: few.frequency }).toEqual({ share: null, frequency: null });
  });

  it('presumes the service that answers the request itself', () => {
    expect(verdictsOf(oneService({}, { parts: { web: { criticalUs: 1 } } })).get('web')?.verdict).toBe('presumed');
  });
});

describe('entryPoints', () => {
  const entries: EntrySketch[] = [
    { entry: 'web GET /', traceCount: 990 },
    { entry: 'shop/api GET /', traceCount: 10 },
    { entry: 'web GET /rare', traceCount: 9 },
  ];
  it.each([
    { name: 'those with 1 % of the traffic', declared: [], expected: ['web GET /'] },
    { name: 'declared by service', declared: ['web'], expected: ['web GET /', 'web GET /rare'] },
    { name: 'declared by plain name', declared: ['api'], expected: ['shop/api GET /'] },
    { name: 'declared with operation', declared: ['web GET /rare'], expected: ['web GET /rare'] },
  ])('$name', ({ declared, expected }) => {
    const chosen = entryPoints(rollupOf({ entries }), policyOf({ entryPoints: declared }));
    expect(chosen.entries.map(({ node, operation }) => `${node} ${operation}`)).toEqual(expected);
  });

  it('takes all where none has 1 %', () => {
    const many = Array.from({ length: 150 }, (_, index) => ({ entry: `web GET /${index}`, traceCount: 1 }));
    expect(entryPoints(rollupOf({ entries: many }), policyOf({})).entries).toHaveLength(150);
  });

  it('says which declared entry was never seen', () => {
    const { problems } = entryPoints(rollupOf({ entries }), policyOf({ entryPoints: ['wbe'] }));
    expect(problems.map(({ message }) => message)).toEqual([
      'The policy names the entry point "wbe", but no request came in there.',
    ]);
  });
});
