import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policyOf, rollupOf, type RollupSketch } from '../fixtures/rollups.ts';
import { conclude } from './analyze.ts';
import { coverageOf } from './coverage/coverage.ts';
import type { Analysis } from './model/analysis.ts';
import type { ServicePolicy } from './model/policy.ts';
import { emptyRollup } from './rollup/merge-rollups.ts';
import { joinKey, type NodeRollup, type Rollup } from './rollup/rollup.ts';

const system: RollupSketch = {
  edges: [
    { edge: 'web -> shop/orders', sites: [{ callerOperation: 'GET /', calleeOperation: 'GET /orders' }] },
    'shop/orders -> billing',
    'billing -> shop/orders',
    { edge: 'billing -> payments', errorCount: 2, criticalUs: 100_000 },
    'billing -> ledger async',
    'payments -> database:cards@db:5432 data',
    'payments -> external:api.stripe.com',
  ],
  via: ['billing => destination:paid => web'],
  reentries: [['billing', 'shop/orders']],
  nodes: { payments: { pciScopes: new Set(['cde']), seenValues: seenVersions('2.0', '1.9') } },
  entries: [
    {
      entry: 'web GET /',
      traceCount: 100,
      parts: {
        web: { criticalUs: 400_000, criticalTraceCount: 100, joinedTraceCount: 100 },
        billing: { criticalUs: 500_000, criticalTraceCount: 90, joinedTraceCount: 100 },
        'transport:web->shop/orders': { criticalUs: 100_000, criticalTraceCount: 100 },
      },
    },
    { entry: 'web GET /rare', traceCount: 29 },
  ],
  cards: [
    { node: 'billing', strength: 'test' },
    { node: 'web', strength: 'strong', place: 'url.full', count: 3 },
  ],
  problems: { orphan: 4, 'no-such-problem': 1 },
};

function analysisOf(sketch: RollupSketch, services: Record<string, ServicePolicy> = {}, today?: string): Analysis {
  const policy = policyOf({ services: new Map(Object.entries(services)) });
  return conclude(rollupOf(sketch), policy, today === undefined ? {} : { today });
}

describe('conclude', () => {
  it('says nothing about nothing', () => {
    const { parameters, ...rest } = conclude(emptyRollup(), policyOf({}));
    expect(parameters['minTraces']).toBe(1);
    expect(rest).toEqual({
      schema: 'ringfence.analysis/1',
      window: { from: null, to: null },
      environment: null,
      environments: [],
      traceCount: 0,
      spanCount: 0,
      incompleteTraceCount: 0,
      services: [],
      dependencies: [],
      cycles: [],
      entryPoints: [],
      findings: [],
      problems: [],
      coverage: coverageOf({ services: [], dependencies: [], traceCount: 0, spanCount: 0, incompleteTraceCount: 0 }),
    });
  });

  it('describes each service', () => {
    const { services } = analysisOf(system);
    expect(services.map(({ id }) => id)).toEqual([...services.map(({ id }) => id)].sort());
    expect(services.find(({ id }) => id === 'payments')).toMatchObject({
      name: 'payments',
      namespace: null,
      kind: 'service',
      callCount: 10,
      versions: ['1.9', '2.0'],
      operations: [{ name: 'GET /payments', callCount: 10, errorCount: 0, p50Us: 2007, p95Us: 2007 }],
    });
    expect(services.find(({ id }) => id === 'shop/orders')).toMatchObject({ name: 'orders', namespace: 'shop' });
    // A database makes no spans: its callers say what it answered.
    expect(services.find(({ kind }) => kind === 'database')).toMatchObject({ callCount: 10, operations: [] });
  });

  it('describes each dependency', () => {
    const { dependencies } = analysisOf(system);
    expect(dependencies.find(({ caller, callee }) => caller === 'billing' && callee === 'payments')).toMatchObject({
      mode: 'sync',
      errorCount: 2,
      p50Us: 2007,
      firstSeen: '2026-03-02T09:00:00.000Z',
      inCycle: false,
      crossesCde: true,
      criticalShare: 100_000 / 1_290_000,
    });
    // The event path from billing back to web closes a circle through the topic.
    const inCycle = dependencies.filter((edge) => edge.inCycle).map(({ caller, callee }) => `${caller} ${callee}`);
    expect(inCycle).toEqual([
      'billing destination:paid',
      'billing shop/orders',
      'destination:paid web',
      'shop/orders billing',
      'web shop/orders',
    ]);
  });

  it('adds up the critical path of each entry point, and is silent below 30 traces', () => {
    const { entryPoints } = analysisOf(system);
    expect(entryPoints.map(({ operation, criticalShare }) => ({ operation, criticalShare }))).toEqual([
      {
        operation: 'GET /',
        criticalShare: [
          { service: 'billing', share: 0.5, frequency: 0.9 },
          { service: 'web', share: 0.4, frequency: 1 },
          { service: 'transport:web->shop/orders', share: 0.1, frequency: 1 },
        ],
      },
      { operation: 'GET /rare', criticalShare: [] },
    ]);
  });

  it('lists the most severe findings first', () => {
    const { findings } = analysisOf(system);
    expect(
      findings
        .filter(({ severity }) => severity !== 'note')
        .map(({ severity, title }) => `${severity}: ${title}`)
        .sort(),
    ).toEqual([
      'error: Circle within one request: billing → shop/orders → billing',
      'error: web writes card data into its spans',
      'warning: billing writes test card numbers into its spans',
      'warning: web is in the cardholder data environment (CDE)',
    ]);
    const rank = findings.map(({ severity }) => ['error', 'warning', 'note'].indexOf(severity));
    expect(rank).toEqual([...rank].sort());
  });

  it.each<{ name: string; services: Record<string, ServicePolicy>; today: string; expected: string }>([
    {
      name: 'a contradicted declaration',
      services: { web: { pci: 'out-of-scope' } },
      today: '2026-03-02',
      expected: 'error: web is declared out of PCI scope, but carries card data',
    },
    {
      name: 'a declaration that ran out',
      services: { ledger: { pci: 'out-of-scope', expires: '2026-03-01' } },
      today: '2026-03-02',
      expected: 'warning: The PCI declaration of ledger ran out on 2026-03-01',
    },
  ])('finds $name', ({ services, today, expected }) => {
    const titles = analysisOf(system, services, today).findings.map(({ severity, title }) => `${severity}: ${title}`);
    expect(titles).toContain(expected);
    expect(analysisOf(system).findings.map(({ severity, title }) => `${severity}: ${title}`)).not.toContain(expected);
  });

  it('lists problems of traces and of the policy, with the nearest name', () => {
    expect(analysisOf(system, { paymnets: {} }).problems).toEqual([
      {
        kind: 'no-such-problem',
        message:
          'Spans had something odd about them that this version has no words for (no-such-problem): what rests on them may be incomplete.',
        count: 1,
      },
      { kind: 'orphan', message: expect.stringContaining('parent that never came') as string, count: 4 },
      {
        kind: 'policy-unseen',
        message: 'The policy names "paymnets" under services, but no trace mentions it (did you mean "payments"?).',
        count: 1,
      },
    ]);
  });

  it('treats an old and a new name as one service', () => {
    const policy = policyOf({ aliases: new Map([['accounting', 'billing']]) });
    const before = rollupOf({
      edges: ['web -> accounting', 'web -> billing', 'accounting -> web'],
      reentries: [['accounting', 'web']],
    });
    const { services, dependencies, cycles } = conclude(before, policy);
    expect(services.map(({ id }) => id)).toEqual(['billing', 'web']);
    expect(dependencies.map(({ caller, callee, callCount }) => `${caller} ${callee} ${callCount}`)).toEqual([
      'billing web 10',
      'web billing 20',
    ]);
    expect(cycles.map(({ class: cycleClass, services: members }) => `${cycleClass} ${members.join(' ')}`)).toEqual([
      're-entrant billing web',
    ]);
  });

  it('gives the same bytes in whatever order the rollup was filled, and leaves it as it was', () => {
    const whole = rollupOf(system);
    const expected = JSON.stringify(conclude(whole, policyOf({})));
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (order) => {
        const shuffled = shuffledRollup(rollupOf(system), order);
        expect(JSON.stringify(conclude(shuffled, policyOf({})))).toBe(expected);
        expect(JSON.stringify(conclude(shuffled, policyOf({})))).toBe(expected);
      }),
      { numRuns: 30 },
    );
  });
});

/** The same rollup with every map filled in another order. */
function shuffledRollup(rollup: Rollup, order: Iterator<number>): Rollup {
  const shuffled = <V>(map: Map<string, V>): Map<string, V> =>
    new Map(
      [...map]
        .map((entry) => ({ entry, place: order.next().value as number }))
        .sort((one, two) => one.place - two.place)
        .map(({ entry }) => entry),
    );
  return {
    ...rollup,
    nodes: shuffled(rollup.nodes),
    dependencies: shuffled(rollup.dependencies),
    entryPoints: shuffled(
      new Map([...rollup.entryPoints].map(([key, entry]) => [key, { ...entry, parts: shuffled(entry.parts) }])),
    ),
    reentries: shuffled(rollup.reentries),
    cardEvidence: shuffled(rollup.cardEvidence),
    viaDestinations: shuffled(rollup.viaDestinations),
    problems: shuffled(rollup.problems),
  };
}

function seenVersions(...versions: readonly string[]): NodeRollup['seenValues'] {
  return new Map(
    versions.map((value) => [
      joinKey('version', value),
      {
        dimension: 'version',
        value,
        spanCount: 1,
        firstSeenUs: 1_772_442_000_000_000,
        lastSeenUs: 1_772_442_000_000_000,
      },
    ]),
  );
}
