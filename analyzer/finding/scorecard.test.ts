import { describe, expect, it } from 'vitest';
import { policyOf, rollupOf, type RollupSketch } from '../../fixtures/rollups.ts';
import { conclude } from '../analyze.ts';
import type { Attestation, Policy, Prerequisite, ServicePolicy } from '../model/policy.ts';
import { DEFAULT_PREREQUISITES } from '../model/policy.ts';
import { dependencyIn } from '../rollup/merge-rollups.ts';
import type { Dimension } from '../rollup/rollup-format.ts';
import type { SeenValueRollup } from '../rollup/rollup.ts';

const TODAY = '2026-03-02';

function seen(...values: readonly (readonly [dimension: Dimension, value: string])[]) {
  return {
    seenValues: new Map(
      values.map(([dimension, value]): [string, SeenValueRollup] => [
        `${dimension}\u0000${value}`,
        { dimension, value, spanCount: 1, firstSeenUs: 1_772_442_000_000_000, lastSeenUs: 1_772_442_000_000_000 },
      ]),
    ),
  };
}

function analysisOf(
  sketch: RollupSketch,
  declared: ServicePolicy = {},
  policy: Partial<Policy> = {},
  clientOnlyCount = 0,
) {
  const rollup = rollupOf(sketch);
  const call = dependencyIn(rollup, { caller: 'web', callee: 's', mode: 'sync' });
  call.clientOnlyCount = clientOnlyCount;
  const services = new Map([['s', declared]]);
  return conclude(rollup, policyOf({ services, ...policy }), { today: TODAY });
}

function statusOf(name: Prerequisite, ...args: Parameters<typeof analysisOf>): string {
  const asked = { all: [name], 'critical-path': [], pci: [] };
  const { services } = analysisOf(args[0], args[1], { prerequisites: asked, ...args[2] }, args[3]);
  return services.find(({ id }) => id === 's')!.scorecard!.prerequisites[0]!.status;
}

const CALLED: RollupSketch = { edges: [{ edge: 'web -> s', callCount: 200 }] };
const attested = (name: Prerequisite, on: string): ServicePolicy => ({
  attested: new Map<Prerequisite, Attestation>([[name, { by: 'platform', on }]]),
});

describe('the scorecard', () => {
  it.each<{ name: string; prerequisite: Prerequisite; args: Parameters<typeof analysisOf>; expected: string }>([
    { name: 'nothing says so', prerequisite: 'rapid-provisioning', args: [CALLED], expected: 'unknown' },
    {
      name: 'somebody does',
      prerequisite: 'rapid-provisioning',
      args: [CALLED, attested('rapid-provisioning', '2025-03-02')],
      expected: 'attested',
    },
    {
      name: 'somebody did, more than a year ago',
      prerequisite: 'rapid-provisioning',
      args: [CALLED, attested('rapid-provisioning', '2025-03-01')],
      expected: 'unknown',
    },
    { name: 'its calls have spans of its own', prerequisite: 'monitoring', args: [CALLED], expected: 'seen' },
    { name: 'too few calls to say', prerequisite: 'monitoring', args: [{ edges: ['web -> s'] }], expected: 'unknown' },
    { name: 'a tenth have not', prerequisite: 'monitoring', args: [CALLED, {}, {}, 20], expected: 'missing' },
    {
      name: 'evidence against it wins over an attestation',
      prerequisite: 'monitoring',
      args: [CALLED, attested('monitoring', TODAY), {}, 20],
      expected: 'missing',
    },
    { name: 'no owner', prerequisite: 'owner', args: [CALLED], expected: 'missing' },
    { name: 'an owner', prerequisite: 'owner', args: [CALLED, { owner: 'me' }], expected: 'attested' },
    { name: 'no version', prerequisite: 'versions', args: [CALLED], expected: 'missing' },
    {
      name: 'a version',
      prerequisite: 'versions',
      args: [{ ...CALLED, nodes: { s: seen(['version', '1']) } }],
      expected: 'seen',
    },
    {
      name: 'two versions in an hour',
      prerequisite: 'rapid-deployment',
      args: [{ ...CALLED, nodes: { s: seen(['version', '1'], ['version', '2']) } }],
      expected: 'seen',
    },
    {
      name: 'one version in an hour says nothing',
      prerequisite: 'rapid-deployment',
      args: [{ ...CALLED, nodes: { s: seen(['version', '1']) } }],
      expected: 'unknown',
    },
    { name: 'no zone named', prerequisite: 'redundancy', args: [CALLED], expected: 'unknown' },
    {
      name: 'one zone',
      prerequisite: 'redundancy',
      args: [{ ...CALLED, nodes: { s: seen(['zone', 'a']) } }],
      expected: 'missing',
    },
    {
      name: 'two zones',
      prerequisite: 'redundancy',
      args: [{ ...CALLED, nodes: { s: seen(['zone', 'a'], ['zone', 'b']) } }],
      expected: 'seen',
    },
    {
      name: 'scope confirmed a year ago',
      prerequisite: 'confirmed-scope',
      args: [CALLED, { confirmedOn: '2025-03-01' }],
      expected: 'missing',
    },
    {
      name: 'scope confirmed this year',
      prerequisite: 'confirmed-scope',
      args: [CALLED, { confirmedOn: '2025-03-03' }],
      expected: 'attested',
    },
  ])('$prerequisite, $name: $expected', ({ prerequisite, args, expected }) => {
    expect(statusOf(prerequisite, ...args)).toBe(expected);
  });

  it('asks for more the higher a service stands on the ladder', () => {
    const entries = [{ entry: 'web GET /', traceCount: 100, parts: { s: { joinedTraceCount: 100 } } }];
    const cardOf = (sketch: RollupSketch, declared: ServicePolicy) =>
      analysisOf(sketch, declared).services.find(({ id }) => id === 's')!.scorecard!;
    const [low, middle, high] = [
      cardOf(CALLED, {}),
      cardOf({ ...CALLED, entries }, {}),
      cardOf({ ...CALLED, entries }, { pci: 'cde' }),
    ];
    expect([low, middle, high].map((card) => card.class)).toEqual(['value-added', 'critical-path', 'pci']);
    const names = [low, middle, high].map(({ prerequisites }) => prerequisites.map(({ name }) => name));
    expect(names[0]).toEqual(DEFAULT_PREREQUISITES.all);
    expect(names[1]).toEqual([...DEFAULT_PREREQUISITES.all, ...DEFAULT_PREREQUISITES['critical-path']]);
    expect(new Set(names[2])).toEqual(new Set(Object.values(DEFAULT_PREREQUISITES).flat()));
  });

  it('is a finding only where the policy asks, and as loud as the class', () => {
    const prerequisites = { all: ['owner'], 'critical-path': [], pci: [] } as const;
    const titles = (policy: Partial<Policy>, declared: ServicePolicy = {}) =>
      analysisOf(CALLED, declared, policy)
        .findings.filter(({ kind, services }) => kind === 'missing-prerequisite' && services[0] === 's')
        .map(({ severity, title }) => `${severity}: ${title}`);
    expect(titles({})).toEqual([]);
    expect(titles({ prerequisites })).toEqual(['note: s lacks owner, as a value-added service']);
    const severities = { missingPrerequisite: 'error' } as const;
    expect(titles({ prerequisites, severities }, { pci: 'cde' })).toEqual([
      'error: s lacks owner, as a service in PCI scope',
    ]);
    expect(titles({ prerequisites, severities }, { criticality: 'critical' })).toEqual([
      'warning: s lacks owner, as a service on the critical path',
    ]);
    expect(titles({ prerequisites, severities }, { owner: 'me' })).toEqual([]);
  });

  it('has no card for what is not ours', () => {
    const { services } = analysisOf({ edges: ['web -> s', 's -> database:d data', 'unknown-caller -> web'] });
    expect(services.filter(({ scorecard }) => scorecard !== null).map(({ id }) => id)).toEqual(['s', 'web']);
  });
});
