import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policyOf, rollupOf, traceId, type RollupSketch } from '../../fixtures/rollups.ts';
import type { AnalyzedCycle } from '../model/analysis.ts';
import type { Policy } from '../model/policy.ts';
import { wilson } from './wilson.ts';
import { cycleId, findCycles, unlistedCycles } from './cycle.ts';
import { dependencyGraph } from './dependency-graph.ts';
import { elementaryCircles } from './elementary-circles.ts';

function cyclesOf(sketch: RollupSketch, policy: Partial<Policy> = {}): readonly AnalyzedCycle[] {
  const rollup = rollupOf(sketch);
  return findCycles(dependencyGraph(rollup, policyOf(policy)), rollup, policyOf(policy), 0).cycles;
}

function inShort({ component, class: cycleClass, services }: AnalyzedCycle): string {
  return `${component} ${cycleClass} ${services.join(' ')}`;
}

/** Call sites that lead from the one operation of each service to the one of the next. */
const oneOperation = ['a -> b', 'b -> a'];
/** a.x calls b.y, b.z calls a.w. */
const differentOperations = [
  { edge: 'a -> b', sites: [{ callerOperation: 'x', calleeOperation: 'y' }] },
  { edge: 'b -> a', sites: [{ callerOperation: 'z', calleeOperation: 'w' }] },
];

describe('findCycles', () => {
  it.each<{ name: string; sketch: RollupSketch; policy?: Partial<Policy>; expected: string[] }>([
    { name: 'nothing in a chain', sketch: { edges: ['a -> b', 'b -> c'] }, expected: [] },
    { name: 'operations that recurse', sketch: { edges: oneOperation }, expected: ['A operation a b'] },
    { name: 'services only', sketch: { edges: differentOperations }, expected: ['A structural a b'] },
    {
      name: 'operations that meet after two rounds',
      sketch: {
        edges: [
          {
            edge: 'a -> b',
            sites: [
              { callerOperation: 'a1', calleeOperation: 'b1' },
              { callerOperation: 'a2', calleeOperation: 'b2' },
            ],
          },
          {
            edge: 'b -> a',
            sites: [
              { callerOperation: 'b1', calleeOperation: 'a2' },
              { callerOperation: 'b2', calleeOperation: 'a1' },
            ],
          },
        ],
      },
      expected: ['A operation a b'],
    },
    {
      name: 'one request all the way round, whatever the operations',
      sketch: { edges: differentOperations, reentries: [['a', 'b']] },
      expected: ['A re-entrant a b'],
    },
    {
      name: 'a long way round that a request went, beside the short ones',
      sketch: { edges: ['a -> b', 'b -> a', 'b -> c', 'c -> a', 'c -> b'], reentries: [['a', 'b', 'c']] },
      expected: ['A re-entrant a b c', 'A operation a b', 'A operation b c'],
    },
    {
      name: 'a re-entry over an edge that is too seldom',
      sketch: { edges: ['a -> b', { edge: 'b -> a', traceCount: 1 }], reentries: [['a', 'b']] },
      policy: { minTraces: 2 },
      expected: [],
    },
    { name: 'an event closes it', sketch: { edges: ['a -> b', 'b -> a async'] }, expected: ['A soft a b'] },
    {
      name: 'an event inside a circle of calls adds none',
      sketch: { edges: ['a -> b', 'b -> c', 'c -> a', 'b -> a async'] },
      expected: ['A operation a b c'],
    },
    {
      name: 'a pair that calls and sends',
      sketch: { edges: ['a -> b', 'b -> a', 'b -> a async'] },
      expected: ['A operation a b'],
    },
    {
      name: 'events by topics, from producer to consumer',
      sketch: { edges: ['b -> a'], via: ['a => destination:t => b'] },
      expected: ['A soft a b'],
    },
    {
      name: 'a shared topic is no circle',
      sketch: { via: ['a => destination:t => b', 'b => destination:u => c'], edges: ['c -> destination:t async'] },
      expected: [],
    },
    { name: 'itself', sketch: { edges: ['a -> a'] }, expected: ['A self-call a'] },
    { name: 'a database never', sketch: { edges: ['a -> database:d data', 'database:d -> a'] }, expected: [] },
    { name: 'unknown callers never', sketch: { edges: ['a -> unknown-caller', 'unknown-caller -> a'] }, expected: [] },
    {
      name: 'spans without a service name never',
      sketch: { edges: ['a -> unknown_service:node', 'unknown_service:node -> a'] },
      expected: [],
    },
    {
      name: 'the larger component first',
      sketch: { edges: ['a -> b', 'b -> a', 'c -> d', 'd -> e', 'e -> c'] },
      expected: ['A operation c d e', 'B operation a b'],
    },
  ])('$name', ({ sketch, policy, expected }) => {
    expect(cyclesOf(sketch, policy).map(inShort)).toEqual(expected);
  });

  it('gives the trace that went round, and the evidence of each edge', () => {
    const [cycle] = cyclesOf({ edges: oneOperation, reentries: [['a', 'b']] });
    expect(cycle?.witnessTraceId).toBe(traceId('a,b'));
    expect(cycle?.edges).toEqual([
      { caller: 'a', callee: 'b', mode: 'sync', callCount: 10, traceIds: [traceId('a -> b')] },
      { caller: 'b', callee: 'a', mode: 'sync', callCount: 10, traceIds: [traceId('b -> a')] },
    ]);
  });

  it('keeps the id of a circle when a request is seen to go round, not when an event closes it', () => {
    const [structural] = cyclesOf({ edges: differentOperations });
    const [witnessed] = cyclesOf({ edges: differentOperations, reentries: [['a', 'b']] });
    const [soft] = cyclesOf({ edges: ['a -> b', 'b -> a async'] });
    expect(structural?.id).toMatch(/^[0-9a-f]{12}$/);
    expect(witnessed?.id).toBe(structural?.id);
    expect(soft?.id).not.toBe(structural?.id);
    expect(cycleId('structural', ['a', 'c', 'b'])).not.toBe(cycleId('structural', ['a', 'b', 'c']));
  });

  it('covers exactly the edges whose ends reach each other (Floyd and Warshall)', () => {
    const services = ['a', 'b', 'c', 'd', 'e'];
    const pairs = services.flatMap((caller) =>
      services.filter((callee) => callee !== caller).map((callee) => ({ caller, callee })),
    );
    fc.assert(
      fc.property(fc.subarray(pairs), (edges) => {
        const cycles = cyclesOf({ edges: edges.map(({ caller, callee }) => `${caller} -> ${callee}`) });
        const covered = new Set(cycles.flatMap((cycle) => cycle.edges.map(({ caller, callee }) => caller + callee)));
        const reaches = new Set(edges.map(({ caller, callee }) => caller + callee));
        for (const via of services)
          for (const from of services)
            for (const to of services) if (reaches.has(from + via) && reaches.has(via + to)) reaches.add(from + to);
        const cyclic = edges.filter(({ caller, callee }) => reaches.has(callee + caller));
        expect([...covered].sort()).toEqual(cyclic.map(({ caller, callee }) => caller + callee).sort());
      }),
    );
  });
});

describe('many circles', () => {
  // Everyone calls everyone: 120 circles of two.
  const services = Array.from({ length: 16 }, (_, index) => `s${String(index).padStart(2, '0')}`);
  const edges = services.flatMap((one) =>
    services.filter((other) => other !== one).map((other) => `${one} -> ${other}`),
  );

  function reportOf(sketch: RollupSketch) {
    const rollup = rollupOf(sketch);
    return findCycles(dependencyGraph(rollup, policyOf({})), rollup, policyOf({}), 0);
  }

  it('lists the most severe and shortest of a component, and counts the calls without a listed circle', () => {
    const witnessed = ['s12', 's13', 's14', 's15'];
    const report = reportOf({ edges: [...edges, 's00 -> z', 'z -> s01'], reentries: [witnessed] });
    expect(report.cycles).toHaveLength(100);
    expect(report.cycles[0]?.services).toEqual(witnessed);
    expect(report.cycles.slice(1).every((cycle) => cycle.services.length === 2)).toBe(true);
    // 121 circles and the one through z; 21 of two are left out, of whose 42 calls the witnessed one covers 4.
    expect(report.unlistedCycleCount).toBe(22);
    expect(report.unlistedEdgeCount).toBe(42 - 4 + 2);
    expect(unlistedCycles(report)[0]?.message).toContain('40 calls lie on a circle of which none is listed.');
  });

  it('says nothing where all are listed, events among callers and calls to oneself included', () => {
    const report = reportOf({
      edges: ['a -> b', 'b -> c', 'c -> a', 'b -> a async', 'a -> a', 'c -> d async', 'd -> c'],
    });
    expect(report.cycles.map(inShort)).toEqual(['A soft c d', 'B operation a b c', 'B self-call a']);
    expect(unlistedCycles(report)).toEqual([]);
  });
});

describe('where to break a circle', () => {
  const writeNobodyWaitsFor = {
    edge: 'b -> a',
    sites: [{ calleeOperation: 'POST /events', callCount: 230, offPathCount: 212, lastUseCount: 230 }],
  };

  it('proposes the call that is most like an event, and says why', () => {
    const [cycle] = cyclesOf({ edges: ['a -> b', writeNobodyWaitsFor] });
    expect(cycle?.breakAt).toEqual([
      {
        caller: 'b',
        callee: 'a',
        reasons: [
          'b publishes “events created”, a subscribes',
          'nothing waits for it in 212 of 230 calls (95 %: at least 88 %)',
          'it is a write by its name, in 230 of 230 calls (95 %: at least 98 %)',
          'the caller calls nobody else after 230 of 230 calls (95 %: at least 98 %)',
          '1 call site to change',
          'check first whether its answer is used: traces do not show that',
        ],
        plan: {
          changes: [
            {
              callerOperation: 'GET /b',
              calleeOperation: 'POST /events',
              callCount: 230,
              how: 'event',
              publisher: 'b',
              event: 'events created',
              subscriber: 'a',
            },
          ],
          clues: [
            { clue: 'off-path', count: 212, n: 230, interval: wilson(212, 230) },
            { clue: 'write', count: 230, n: 230, interval: wilson(230, 230) },
            { clue: 'last-use', count: 230, n: 230, interval: wilson(230, 230) },
          ],
          savedShare: null,
          opens: [cycle?.id],
          cautions: [
            'check first whether its answer is used: traces do not show that',
            'the subscriber is behind for a while, and gets an event twice now and then: make it idempotent',
            'write state and event together (an outbox), or one of them gets lost',
            'events about one thing may arrive out of order: number them',
          ],
        },
      },
    ]);
  });

  it('has a read of the callee’s own data copied, not the call that is made for its answer', () => {
    // droplets asks billing for a quote, billing asks accounts, accounts reads what droplets has: the last is a copy's to keep.
    const [cycle] = cyclesOf({
      edges: [
        {
          edge: 'a -> b',
          sites: [
            { callerOperation: 'POST /check', calleeOperation: 'POST /quotes', callCount: 100, lastUseCount: 100 },
          ],
        },
        {
          edge: 'b -> c',
          sites: [
            { callerOperation: 'POST /quotes', calleeOperation: 'GET /standing', callCount: 100, lastUseCount: 100 },
          ],
        },
        {
          edge: 'c -> a',
          sites: [
            { callerOperation: 'GET /standing', calleeOperation: 'GET /usage', callCount: 100, lastUseCount: 100 },
          ],
        },
      ],
    });
    expect(cycle?.breakAt.map(({ caller, callee }) => `${caller} ${callee}`)).toEqual(['c a']);
    const [change] = cycle?.breakAt[0]?.plan?.changes ?? [];
    expect(change).toMatchObject({ how: 'copy', publisher: 'a', event: 'usage changed', subscriber: 'c' });
    expect(cycle?.breakAt[0]?.plan?.clues.map(({ clue }) => clue)).toEqual(['read-of-own-data']);
    expect(cycle?.breakAt[0]?.reasons.at(-1)).toBe(
      'check first how old the copy may be: it is as old as the last event',
    );
  });

  it('prefers the write that nothing waits for to the read', () => {
    const read = { edge: 'a -> b', sites: [{ calleeOperation: 'GET /usage', callCount: 100 }] };
    const [cycle] = cyclesOf({ edges: [read, writeNobodyWaitsFor] });
    expect(cycle?.breakAt.map(({ caller }) => caller)).toEqual(['b']);
  });

  it('lets thin evidence count for little', () => {
    const once = {
      edge: 'b -> a',
      sites: [{ calleeOperation: 'POST /x', callCount: 1, offPathCount: 1, lastUseCount: 1 }],
    };
    const often = {
      edge: 'a -> b',
      sites: [{ calleeOperation: 'POST /y', callCount: 200, offPathCount: 150, lastUseCount: 200 }],
    };
    expect(cyclesOf({ edges: [once, often] })[0]?.breakAt.map(({ caller }) => caller)).toEqual(['a']);
  });

  it('does not take for an event what is off the path because its whole caller is', () => {
    const intoCaller = { edge: 'x -> b', sites: [{ calleeOperation: 'GET /b', callCount: 300, offPathCount: 200 }] };
    const [cycle] = cyclesOf({ edges: ['a -> b', writeNobodyWaitsFor, intoCaller] });
    expect(cycle?.breakAt[0]?.reasons).toContain('nothing waits for it in 12 of 230 calls (95 %: at least 3.0 %)');
  });

  it('takes the one call that opens several circles', () => {
    const cycles = cyclesOf({ edges: ['a -> b', 'b -> c', 'c -> a', 'b -> d', 'd -> a'] });
    expect(cycles.map(({ breakAt }) => breakAt.map(({ caller, callee }) => `${caller} ${callee}`))).toEqual([
      ['a b'],
      ['a b'],
    ]);
    expect(cycles[0]?.breakAt[0]?.reasons).toContain('opens 2 of the 2 circles listed here');
  });

  it('never proposes what must stay synchronous', () => {
    const edges = ['a -> b', writeNobodyWaitsFor];
    const [other] = cyclesOf({ edges }, { neverAsync: [['b', 'a']] });
    expect(other?.breakAt.map(({ caller }) => caller)).toEqual(['a']);
    const both: Policy['neverAsync'] = [
      ['a', 'b'],
      ['b', 'a'],
    ];
    expect(cyclesOf({ edges }, { neverAsync: both })[0]?.breakAt).toEqual([]);
  });

  it('offers what is fire-and-forget already in a soft circle', () => {
    const [cycle] = cyclesOf({ edges: ['a -> b', { edge: 'b -> a async', sites: [{ unjoinedCount: 10 }] }] });
    expect(cycle?.breakAt.map(({ caller, callee }) => `${caller} ${callee}`)).toEqual(['b a']);
    expect(cyclesOf({ edges: ['b -> a'], via: ['a => destination:t => b'] })[0]?.breakAt).toEqual([]);
  });

  it('opens every circle unless the policy forbids it', () => {
    const services = ['a', 'b', 'c', 'd'];
    const pairs = services.flatMap((caller) =>
      services.filter((callee) => callee !== caller).map((callee) => [caller, callee] as const),
    );
    fc.assert(
      fc.property(fc.subarray(pairs), fc.subarray(pairs, { maxLength: 3 }), (edges, neverAsync) => {
        const isKept = (caller: string, callee: string) =>
          neverAsync.some(([one, two]) => one === caller && two === callee);
        for (const cycle of cyclesOf({ edges: edges.map((edge) => edge.join(' -> ')) }, { neverAsync })) {
          const canBeCut = cycle.edges.some(({ caller, callee }) => !isKept(caller, callee));
          expect(cycle.breakAt.length > 0).toBe(canBeCut);
          for (const { caller, callee } of cycle.breakAt) expect(isKept(caller, callee)).toBe(false);
        }
      }),
    );
  });
});

describe('elementaryCircles', () => {
  function elementaryOf(sketch: RollupSketch, limit: number) {
    const rollup = rollupOf(sketch);
    const { circles, isTruncated } = elementaryCircles(
      dependencyGraph(rollup, policyOf({})),
      rollup,
      policyOf({}),
      limit,
    );
    return {
      circles: circles.map(({ services, isSoft }) => services.join(' ') + (isSoft ? ' soft' : '')),
      isTruncated,
    };
  }

  it('lists every circle, calls first, and says when there are more', () => {
    const sketch = { edges: ['a -> b', 'b -> a', 'b -> c', 'c -> a', 'c -> b async'] };
    const all = { circles: ['a b', 'a b c', 'b c soft'], isTruncated: false };
    expect(elementaryOf(sketch, 10)).toEqual(all);
    expect(elementaryOf(sketch, 3)).toEqual(all);
    expect(elementaryOf(sketch, 2)).toEqual({ circles: ['a b', 'a b c'], isTruncated: true });
  });

  it('stops in time where there are billions', () => {
    const services = Array.from({ length: 30 }, (_, index) => `s${index}`);
    const edges = services.flatMap((one) =>
      services.filter((other) => other !== one).map((other) => `${one} -> ${other}`),
    );
    const { circles, isTruncated } = elementaryOf({ edges }, 1000);
    expect(circles).toHaveLength(1000);
    expect(isTruncated).toBe(true);
  });
});
