import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policyOf, rollupOf, type RollupSketch } from '../../fixtures/rollups.ts';
import { conclude } from '../analyze.ts';
import type { Check } from '../model/check.ts';
import type { ForbiddenDependency, Policy } from '../model/policy.ts';
import { baselineOf } from './baseline.ts';
import { checkOf } from './check.ts';
import { matcher } from './name-pattern.ts';

const FILES = { baselineFile: 'ringfence.baseline.json', policyFile: 'ringfence.yaml' };

function check(
  before: RollupSketch | undefined,
  after: RollupSketch,
  policy: Partial<Policy> = {},
  options: { readonly strict?: boolean; readonly today?: string } = {},
): Check {
  const known = policyOf(policy);
  const baseline = before === undefined ? undefined : baselineOf(conclude(rollupOf(before), known), known);
  return checkOf(conclude(rollupOf(after), known), baseline, known, { ...FILES, ...options });
}

const told = ({ findings }: Check) => findings.map(({ rule, severity, title }) => `${rule} ${severity}: ${title}`);

const FORBIDDEN: ForbiddenDependency = {
  from: ['web'],
  to: ['database:*'],
  mode: 'any',
  reach: 'direct',
  reason: 'go through the data layer',
  except: [],
};

describe('forbidden dependencies', () => {
  it.each<{
    readonly name: string;
    readonly edges: RollupSketch['edges'] & object;
    readonly rule?: Partial<ForbiddenDependency>;
    readonly expected: readonly string[];
  }>([
    { name: 'a direct one', edges: ['web -> database:x data'], expected: ['web → database:x'] },
    { name: 'another one', edges: ['api -> database:x data'], expected: [] },
    { name: 'one in another mode', edges: ['web -> database:x data'], rule: { mode: 'sync' }, expected: [] },
    {
      name: 'a way round, where only direct ones are meant',
      edges: ['web -> api', 'api -> database:x data'],
      expected: [],
    },
    {
      name: 'a way round, the shortest',
      edges: ['web -> a', 'a -> b', 'b -> database:x data', 'web -> c', 'c -> database:x data'],
      rule: { reach: 'reachable' },
      expected: ['web → c → database:x'],
    },
    {
      name: 'a way round in one mode only',
      edges: ['web -> a async', 'a -> legacy'],
      rule: { reach: 'reachable', mode: 'sync', to: ['legacy'] },
      expected: [],
    },
    {
      name: 'one that is let be',
      edges: ['web -> database:x data', 'web -> database:y data'],
      rule: { except: [['web', 'database:x']] },
      expected: ['web → database:y'],
    },
    {
      name: 'each of several, whatever the namespace',
      edges: ['shop/web -> database:x data', 'old/web -> database:x data'],
      expected: ['old/web → database:x', 'shop/web → database:x'],
    },
    { name: 'what calls itself', edges: ['web -> web'], rule: { to: ['web'] }, expected: [] },
    {
      name: 'a circle back to where it starts',
      edges: ['web -> a', 'a -> web'],
      rule: { to: ['web'], reach: 'reachable' },
      expected: [],
    },
  ])('finds $name', ({ edges, rule, expected }) => {
    const policy = { forbidden: [{ ...FORBIDDEN, ...rule }], severities: { newCycle: 'off' } } as const;
    // Also where the baseline knows them: nothing excuses what is forbidden but an exception.
    const { findings, fails } = check({ edges }, { edges }, policy);
    const forbidden = findings.filter(({ rule: name }) => name === 'forbiddenDependency');
    expect(forbidden.map(({ services }) => services.join(' → ')).sort()).toEqual(expected);
    for (const { message, file } of forbidden) {
      expect(message).toContain('go through the data layer');
      expect(file).toBe('policy');
    }
    expect(fails).toBe(expected.length > 0);
  });

  it('weigh what their rule says, else what the policy says of all', () => {
    const edges = ['web -> database:x data'];
    const weigh = (policy: Partial<Policy>) =>
      check(undefined, { edges }, policy).findings.map(({ severity }) => severity);
    expect(weigh({ forbidden: [FORBIDDEN] })).toEqual(['error']);
    expect(weigh({ forbidden: [{ ...FORBIDDEN, severity: 'note' }] })).toEqual(['note']);
    expect(weigh({ forbidden: [{ ...FORBIDDEN, severity: 'off' }] })).toEqual([]);
    expect(weigh({ forbidden: [FORBIDDEN], severities: { forbiddenDependency: 'warning' } })).toEqual(['warning']);
    expect(weigh({ forbidden: [FORBIDDEN], severities: { forbiddenDependency: 'off' } })).toEqual([]);
  });

  it('are looked through in a chain of 4,000 services, and listed to a limit', () => {
    const edges = Array.from({ length: 4000 }, (_, index) => `s${index} -> s${index + 1}`);
    const rule = { ...FORBIDDEN, from: ['s*'], to: ['s4000'], reach: 'reachable' as const };
    const { findings } = check(undefined, { edges }, { forbidden: [rule] });
    expect(findings).toHaveLength(100);
    const far = findings.find(({ services }) => services[0] === 's0')!;
    expect(far.title).toBe('Forbidden dependency: s0 → s1 → s2 → s3 → s4 → s5 → s6 → s7 → (3992 more) → s4000');
    expect(far.services).toHaveLength(4001);
  });
});

describe('patterns of names', () => {
  const isMatch = (pattern: string, id: string): boolean => {
    const at = id.lastIndexOf('/');
    return matcher([pattern])({ id, name: id.slice(at + 1), namespace: at < 0 ? null : id.slice(0, at) });
  };

  it.each([
    ['a', 'a', true],
    ['a', 'team/a', true],
    ['team/a', 'team/a', true],
    ['other/a', 'team/a', false],
    ['team/*', 'team/a', true],
    ['*', '', true],
    ['a*a', 'a', false],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a.c', 'abc', false],
    ['*db*', 'database:orders-db@host', true],
    ['**', 'anything', true],
  ])('%j and %j: %s', (pattern, id, expected) => {
    expect(isMatch(pattern, id)).toBe(expected);
  });

  it('match as a regular expression would, only never slowly', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (pattern, name) => {
        const same = new RegExp(`^${pattern.replaceAll('*', '[^]*')}$`).test(name);
        expect(isMatch(pattern, name)).toBe(same);
      }),
    );
    expect(isMatch(`${'*a'.repeat(2000)}*b`, 'a'.repeat(20_000))).toBe(false);
  });
});

describe('tiers', () => {
  const services = new Map([
    ['shop', { criticality: 'critical' }],
    ['mail', { criticality: 'low' }],
  ] as const);

  it.each([
    { name: 'new', before: [], edge: 'shop -> mail', expected: ['tierInversion warning'] },
    { name: 'known', before: ['shop -> mail'], edge: 'shop -> mail', expected: ['tierInversion note'] },
    { name: 'the other way round', before: [], edge: 'mail -> shop', expected: [] },
    { name: 'an event', before: [], edge: 'shop -> mail async', expected: [] },
    { name: 'undeclared', before: [], edge: 'shop -> other', expected: [] },
  ])('inverted, $name', ({ before, edge, expected }) => {
    const { findings } = check({ edges: before }, { edges: [edge] }, { services });
    expect(
      findings.filter(({ rule }) => rule === 'tierInversion').map(({ rule, severity }) => `${rule} ${severity}`),
    ).toEqual(expected);
  });
});

describe('what is new', () => {
  it('tells peers outside, and ways into the CDE, databases included', () => {
    const cde = { nodes: { vault: { pciScopes: new Set(['cde']) } } };
    const before = { ...cde, edges: ['pay -> vault'] };
    const after = { ...cde, edges: ['pay -> vault', 'shop -> vault', 'shop -> external:bank'] };
    expect(told(check(before, after, { severities: { newPciScope: 'off' } }))).toEqual([
      'cdeDependency warning: New dependency into the CDE: shop → vault',
      'newExternalPeer note: external:bank is a new peer outside the system',
    ]);
    expect(told(check(after, after))).toEqual([]);
  });

  it('is all there is, without a baseline', () => {
    const { hasBaseline, fails } = check(undefined, { edges: ['a -> b', 'b -> a'] });
    expect([hasBaseline, fails]).toEqual([false, true]);
  });
});

describe('an accepted circle', () => {
  const before = { edges: ['a -> b', 'b -> a'], entries: [{ entry: 'a GET /', traceCount: 10 }] };
  const after = (requestCount: number): RollupSketch => ({
    edges: ['a -> b', { edge: 'x -> b', callCount: requestCount }],
    entries: [{ entry: 'a GET /', traceCount: 10 }],
  });

  it.each([
    // Ten of its requests come from a.
    { requestCount: 289, state: 'unseen', findings: [] },
    { requestCount: 290, state: 'resolved', findings: ['staleBaseline note: An accepted circle is gone: a → b → a'] },
  ])('is $state after $requestCount requests that did not close it', ({ requestCount, state, findings }) => {
    const result = check(before, after(requestCount));
    expect(result.comparison.knownCycles.map((cycle) => cycle.state)).toEqual([state]);
    expect(told(result)).toEqual(findings);
    expect(result.fails).toBe(false);
  });

  it('that is gone fails a strict check, one that is unseen does not', () => {
    expect(check(before, after(290), {}, { strict: true }).fails).toBe(true);
    expect(check(before, after(289), {}, { strict: true }).fails).toBe(false);
  });

  it('resolves nothing in a sample far smaller than the one it was made from', () => {
    const large = { ...before, entries: [{ entry: 'a GET /', traceCount: 1000 }] };
    expect(check(large, after(5000)).comparison.knownCycles.map(({ state }) => state)).toEqual(['unseen']);
  });
});
