import fc from 'fast-check';
import { DirectedGraph } from 'graphology';
import { expect, it } from 'vitest';
import { policyOf, rollupOf } from '../../fixtures/rollups.ts';
import { dependencyGraph, type DependencyEdge, type DependencyGraph, type DependencyNode } from './dependency-graph.ts';
import { reachedOnlyThrough } from './only-through.ts';

function behindOf(edges: readonly string[], entries: readonly string[]): Record<string, string> {
  const found = reachedOnlyThrough(dependencyGraph(rollupOf({ edges }), policyOf({})), entries);
  return Object.fromEntries(
    [...found].map(([id, { serviceCount, services }]) => [id, `${serviceCount}: ${services.join(' ')}`]),
  );
}

it('is what cannot be reached without it', () => {
  expect(behindOf(['web -> api', 'api -> a', 'api -> b', 'a -> c', 'b -> c', 'c -> d', 'x -> d'], ['web'])).toEqual({
    web: '5: api',
    api: '4: a b c',
    c: '1: d',
  });
});

it('lets events through, and databases out', () => {
  expect(behindOf(['web -> a', 'a -> b async', 'b -> c', 'a -> database:d data'], ['web'])).toEqual({ web: '1: a' });
});

it('agrees with taking each service away (breadth first)', () => {
  const services = ['a', 'b', 'c', 'd', 'e', 'f'];
  const pairs = services.flatMap((one) => services.map((other) => `${one} -> ${other}`));
  fc.assert(
    fc.property(fc.subarray(pairs), fc.subarray(services, { minLength: 1, maxLength: 2 }), (edges, entries) => {
      const reach = (without?: string) => {
        const seen = new Set(entries.filter((entry) => entry !== without && edges.join().includes(entry)));
        const waiting = [...seen];
        for (let caller = waiting.pop(); caller !== undefined; caller = waiting.pop()) {
          for (const callee of services) {
            if (callee === without || seen.has(callee) || !edges.includes(`${caller} -> ${callee}`)) continue;
            seen.add(callee);
            waiting.push(callee);
          }
        }
        return seen;
      };
      const all = reach();
      const expected = Object.fromEntries(
        services.flatMap((service) => {
          const rest = reach(service);
          const lost = [...all].filter((other) => other !== service && !rest.has(other)).sort();
          return lost.length === 0 || !all.has(service) ? [] : [[service, lost] as const];
        }),
      );
      const rightBelow = (service: string) =>
        expected[service]!.filter(
          (lost) => !expected[service]!.some((other) => other !== lost && expected[other]?.includes(lost)),
        );
      expect(behindOf(edges, entries)).toEqual(
        Object.fromEntries(
          Object.entries(expected).map(([id, lost]) => [id, `${lost.length}: ${rightBelow(id).join(' ')}`]),
        ),
      );
    }),
    { numRuns: 500 },
  );
});

it('takes 100,000 services in a row', () => {
  const graph: DependencyGraph = new DirectedGraph();
  const node = { kind: 'service', policy: {} } as DependencyNode;
  for (let at = 0; at <= 100_000; at++) graph.addNode(`s${at}`, node);
  const edge: DependencyEdge = { mode: 'sync', callCount: 1, seen: [] };
  for (let at = 0; at < 100_000; at++) graph.addDirectedEdge(`s${at}`, `s${at + 1}`, edge);
  expect(reachedOnlyThrough(graph, ['s0']).get('s0')).toEqual({ serviceCount: 100_000, services: ['s1'] });
});
