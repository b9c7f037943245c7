import { elementaryCycles } from 'graphology-cycles';
import { DirectedGraph } from 'graphology';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policyOf, rollupOf, type RollupSketch } from '../../fixtures/rollups.ts';
import { conclude } from '../analyze.ts';
import type { Analysis } from '../model/analysis.ts';
import type { Policy } from '../model/policy.ts';
import { acceptCycle } from './accept-cycle.ts';
import { baselineOf } from './baseline.ts';
import { checkOf } from './check.ts';
import { compareWithBaseline } from './compare.ts';

function analysisOf(sketch: RollupSketch, policy: Partial<Policy> = {}): Analysis {
  return conclude(rollupOf(sketch), policyOf(policy));
}

function compare(before: RollupSketch, after: RollupSketch, policy: Partial<Policy> = {}) {
  const baseline = baselineOf(analysisOf(before, policy), policyOf(policy));
  const { comparison, findings, fails } = checkOf(analysisOf(after, policy), baseline, policyOf(policy), FILES);
  return { ...comparison, findings, fails };
}

const FILES = { baselineFile: 'ringfence.baseline.json', policyFile: 'ringfence.yaml' };

const triangle = ['a -> b', 'b -> c', 'c -> a'];

interface Case {
  readonly name: string;
  readonly before: RollupSketch;
  readonly after: RollupSketch;
  readonly policy?: Partial<Policy>;
  /** `new call: circle`. */
  readonly expected: readonly string[];
}

describe('compareWithBaseline', () => {
  it.each<Case>([
    { name: 'the same again', before: { edges: triangle }, after: { edges: triangle }, expected: [] },
    {
      name: 'a call that closes a circle',
      before: { edges: ['a -> b', 'b -> c'] },
      after: { edges: triangle },
      expected: ['c a: a b c (unknown)'],
    },
    {
      name: 'a call that closes none',
      before: { edges: ['a -> b'] },
      after: { edges: ['a -> b', 'b -> c'] },
      expected: [],
    },
    {
      name: 'one finding for each new call, not for each circle it closes',
      before: { edges: ['a -> b', 'a -> c', 'b -> d', 'c -> d'] },
      after: { edges: ['a -> b', 'a -> c', 'b -> d', 'c -> d', 'd -> a'] },
      expected: ['d a: a b d (unknown)'],
    },
    {
      name: 'a circle with as few other new calls as possible',
      before: { edges: ['a -> z', 'z -> d'] },
      after: { edges: ['a -> b', 'b -> d', 'a -> z', 'z -> d', 'd -> a'] },
      expected: ['a b: a b d (unknown)', 'b d: a b d (unknown)', 'd a: a z d (unknown)'],
    },
    {
      name: 'an event that became a call',
      before: { edges: ['a -> b', 'b -> a async'] },
      after: { edges: ['a -> b', 'b -> a'] },
      expected: ['b a: a b (was-async)'],
    },
    {
      name: 'a call that became an event',
      before: { edges: ['a -> b', 'b -> a'] },
      after: { edges: ['a -> b', 'b -> a async'] },
      expected: [],
    },
    {
      name: 'known calls that were seen apart from each other',
      before: { edges: triangle },
      after: { edges: ['a -> b', 'b -> c'] },
      expected: [],
    },
    {
      name: 'a service that calls itself',
      before: { edges: ['a -> b'] },
      after: { edges: ['a -> b', 'a -> a'] },
      expected: [],
    },
    {
      name: 'a new name',
      before: { edges: triangle },
      after: { edges: ['a -> b', 'b -> new', 'new -> a'] },
      expected: ['b new: a b new (unknown)', 'new a: a b new (unknown)'],
    },
    {
      name: 'a new name that the policy knows',
      before: { edges: ['a -> b', 'b -> c', 'c -> a', 'c -> x'] },
      after: { edges: ['a -> b', 'b -> new', 'new -> a'] },
      policy: { aliases: new Map([['c', 'new']]) },
      expected: [],
    },
    {
      name: 'a call too seldom to count',
      before: { edges: ['a -> b', 'b -> c'] },
      after: { edges: ['a -> b', 'b -> c', { edge: 'c -> a', traceCount: 1 }] },
      policy: { minTraces: 2 },
      expected: [],
    },
  ])('$name', ({ before, after, policy, expected }) => {
    const { newCycles, fails } = compare(before, after, policy);
    expect(
      newCycles.map(({ caller, callee, services, cause }) => `${caller} ${callee}: ${services.join(' ')} (${cause})`),
    ).toEqual(expected);
    expect(fails).toBe(expected.length > 0);
  });

  it('lists accepted calls that the new one puts on a circle', () => {
    const [cycle] = compare(
      { edges: ['a -> b', 'b -> c', 'c -> d'] },
      { edges: ['a -> b', 'b -> c', 'c -> d', 'c -> a'] },
    ).newCycles;
    expect(cycle?.nowCyclic).toEqual([
      { caller: 'a', callee: 'b' },
      { caller: 'b', callee: 'c' },
    ]);
  });

  it('carries the evidence and where to break it', () => {
    const { newCycles, findings } = compare({ edges: ['a -> b'] }, { edges: ['a -> b', 'b -> a'] });
    const analysis = analysisOf({ edges: ['a -> b', 'b -> a'] });
    expect(newCycles[0]).toMatchObject({
      id: analysis.cycles[0]?.id,
      component: ['a', 'b'],
      edges: analysis.cycles[0]?.edges,
      firstSeen: '2026-03-02T09:00:00.000Z',
      callSites: [{ callerOperation: 'GET /b', calleeOperation: 'GET /a' }],
    });
    // The new call first, with what speaks for it anyway; then the rest.
    const [best] = newCycles[0]!.breakAt;
    expect([best?.caller, best?.reasons[0]]).toEqual(['b', 'it is the new call: without it there is no circle']);
    expect(newCycles[0]!.breakAt.flatMap(({ reasons }) => reasons)).toEqual(
      expect.arrayContaining([...analysis.cycles[0]!.breakAt[0]!.reasons]),
    );
    expect(findings[0]).toMatchObject({ rule: 'newCycle', severity: 'error', services: ['a', 'b'] });
    expect(findings[0]?.title).toBe('New circle: a → b → a, closed by b → a');
  });

  it('does not propose a new call that must stay synchronous', () => {
    const policy = { neverAsync: [['b', 'a']] } as const;
    const { newCycles } = compare({ edges: ['a -> b'] }, { edges: ['a -> b', 'b -> a'] }, policy);
    expect(newCycles[0]?.breakAt.map(({ caller }) => caller)).toEqual(['a']);
  });

  it('lists the shortest of more new circles than anybody reads, and says how many it leaves out', () => {
    // Everyone calls everyone, but for one who is reached through another only: 182 calls on circles of two, 2 on longer ones.
    const services = Array.from({ length: 14 }, (_, index) => `s${String(index).padStart(2, '0')}`);
    const edges = services.flatMap((one) =>
      services.filter((other) => other !== one).map((other) => `${one} -> ${other}`),
    );
    const { newCycles, problems, fails } = compare({ edges: [] }, { edges: [...edges, 's00 -> z', 'z -> s01'] });
    expect(fails).toBe(true);
    expect(newCycles).toHaveLength(100);
    expect(newCycles.every((cycle) => cycle.services.length === 2)).toBe(true);
    expect(problems.map(({ kind, count }) => `${kind} ${count}`)).toEqual(['baseline-thin 1', 'new-cycles-cut-off 84']);
  });

  it('reports an accepted circle as unseen when one of its calls is', () => {
    const { knownCycles, fails } = compare({ edges: triangle }, { edges: ['a -> b', 'b -> c'] });
    expect(knownCycles).toEqual([
      {
        services: ['a', 'b', 'c'],
        state: 'unseen',
        missing: [{ caller: 'c', callee: 'a', callerRequestCount: expect.any(Number) as number }],
      },
    ]);
    expect(fails).toBe(false);
  });

  it('does not call a circle unseen because a shorter one has come up beside it', () => {
    const { knownCycles } = compare({ edges: triangle }, { edges: [...triangle, 'b -> a'] });
    expect(knownCycles.map(({ state }) => state)).toEqual(['present']);
  });

  describe('a circle accepted by name', () => {
    const policy = policyOf({});
    const before = baselineOf(analysisOf({ edges: ['a -> b'] }), policy);
    const after = analysisOf({ edges: ['a -> b', 'b -> a'] });
    const accepted = acceptCycle(before, ['b', 'a'], { reason: 'until the split', expires: '2026-06-30' });

    it.each([
      { name: 'without a date', today: undefined, expected: [] },
      { name: 'on its last day', today: '2026-06-30', expected: [] },
      { name: 'after it', today: '2026-07-01', expected: ['b a'] },
    ])('$name', ({ today, expected }) => {
      const { newCycles } = compareWithBaseline(after, accepted, policy, today === undefined ? {} : { today });
      expect(newCycles.map(({ caller, callee }) => `${caller} ${callee}`)).toEqual(expected);
      for (const cycle of newCycles)
        expect(cycle).toMatchObject({ cause: 'acceptance-expired', expired: { reason: 'until the split' } });
    });
  });

  it('weighs what is new by the policy', () => {
    const before: RollupSketch = { edges: ['web -> s'] };
    const after: RollupSketch = {
      edges: ['web -> s', 's -> web'],
      nodes: { s: { pciScopes: new Set(['cde']), criticalities: new Set(['critical']) } },
    };
    const severities = (policy: Partial<Policy>) =>
      compare(before, after, policy)
        .findings.map(({ rule, severity, services }) => `${rule} ${severity} ${services.join(' ')}`)
        .sort();
    expect(severities({})).toEqual([
      'cdeDependency warning web s',
      'newCriticalService note s',
      'newCycle error s web',
      'newPciScope warning s',
      'newPciScope warning s web',
    ]);
    const weighed = {
      newCycle: 'off',
      newPciScope: 'error',
      newCriticalService: 'off',
      cdeDependency: 'note',
    } as const;
    expect(severities({ severities: weighed })).toEqual([
      'cdeDependency note web s',
      'newPciScope error s',
      'newPciScope error s web',
    ]);
  });

  it('counts a stricter PCI class as new, a laxer one not', () => {
    const label = (scope: string): RollupSketch => ({ nodes: { s: { pciScopes: new Set([scope]) } } });
    expect(compare(label('connected-to'), label('cde')).newPciScope).toEqual([
      { service: 's', class: 'cde', was: 'connected-to' },
    ]);
    expect(compare(label('cde'), label('connected-to')).newPciScope).toEqual([]);
  });

  it('warns of a baseline from far fewer traces', () => {
    const seen = (traceCount: number): RollupSketch => ({ entries: [{ entry: 'a GET /', traceCount }] });
    expect(compare(seen(19), seen(100)).problems.map(({ kind }) => kind)).toEqual(['baseline-thin']);
    expect(compare(seen(20), seen(100)).problems).toEqual([]);
  });

  const services = ['a', 'b', 'c', 'd', 'e'];
  const pairs = services.flatMap((caller) =>
    services.filter((callee) => callee !== caller).map((callee) => `${caller} -> ${callee}`),
  );

  it('fails exactly where enumeration finds a circle that the baseline does not have, and shows the shortest', () => {
    fc.assert(
      fc.property(fc.subarray(pairs), fc.subarray(pairs), (before, after) => {
        const { newCycles, fails } = compare({ edges: before }, { edges: after });
        const known = new Set(allCycles(before));
        const fresh = allCycles(after).filter((cycle) => !known.has(cycle));
        expect(fails).toBe(fresh.length > 0);
        for (const { caller, callee, services: members } of newCycles) {
          expect(fresh).toContain(members.join(' '));
          const through = fresh.filter((cycle) => hasCall(cycle.split(' '), caller, callee));
          expect(members.length).toBe(Math.min(...through.map((cycle) => cycle.split(' ').length)));
        }
        // Every new circle passes a call that is reported.
        const reported = (cycle: string[]) => newCycles.some(({ caller, callee }) => hasCall(cycle, caller, callee));
        expect(fresh.filter((cycle) => !reported(cycle.split(' ')))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('finds nothing new in what the baseline was written from, also after adding to an older one', () => {
    const sketches = fc.tuple(
      fc.subarray(pairs),
      fc.subarray(pairs),
      fc.subarray(services),
      fc.subarray(services),
      fc.constantFrom(1, 2, 11),
    );
    fc.assert(
      fc.property(sketches, ([edges, events, leaks, critical, minTraces]) => {
        const policy = policyOf({ minTraces });
        const nodes = Object.fromEntries(critical.map((id) => [id, { criticalities: new Set(['critical']) }]));
        const cards = leaks.map((node) => ({ node, strength: 'strong' as const }));
        const both = [...edges, ...events.map((event) => `${event} async`)];
        const analysis = analysisOf({ nodes, edges: both, cards }, policy);
        const previous = baselineOf(analysisOf({ edges: events }, policy), policy);
        for (const baseline of [baselineOf(analysis, policy), baselineOf(analysis, policy, { previous })]) {
          const { comparison, findings } = checkOf(analysis, baseline, policy, FILES);
          expect(comparison).toMatchObject({
            newCycles: [],
            newDependencies: [],
            newCriticalServices: [],
            newPciScope: [],
            newCdeDependencies: [],
            newExternalPeers: [],
          });
          expect(findings.filter(({ rule }) => rule !== 'cardData')).toEqual([]);
        }
      }),
    );
  });
});

/** Every circle, by enumeration. */
function allCycles(edges: readonly string[]): string[] {
  const graph = new DirectedGraph();
  for (const edge of edges) {
    const [caller, callee] = edge.split(' -> ');
    graph.mergeDirectedEdge(caller, callee);
  }
  return elementaryCycles(graph, { limit: 10_000 }).cycles.map((cycle) => cycle.join(' '));
}

function hasCall(cycle: readonly string[], caller: string, callee: string): boolean {
  return cycle.some((service, index) => service === caller && cycle[(index + 1) % cycle.length] === callee);
}
