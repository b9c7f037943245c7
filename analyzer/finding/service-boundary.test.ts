import { describe, expect, it } from 'vitest';
import { policyOf, rollupOf, type RollupSketch } from '../../fixtures/rollups.ts';
import { conclude } from '../analyze.ts';
import type { SeenValueRollup } from '../rollup/rollup.ts';

function titlesOf(sketch: RollupSketch): string[] {
  const { findings } = conclude(rollupOf(sketch), policyOf({}));
  return findings.filter(({ kind }) => kind === 'service-boundary').map(({ title }) => title);
}

const many = (from: number, to: number, edge: (index: number) => string) =>
  Array.from({ length: to - from }, (_, at) => edge(from + at));

/** Versions first seen at these minutes. */
function versionsAt(...minutes: readonly number[]): { readonly seenValues: Map<string, SeenValueRollup> } {
  const base = 1_772_442_000_000_000;
  return {
    seenValues: new Map(
      minutes.map((minute, at) => {
        const value: SeenValueRollup = {
          dimension: 'version',
          value: `1.${at}`,
          spanCount: 1,
          firstSeenUs: base + minute * 60_000_000,
          lastSeenUs: base + minute * 60_000_000,
        };
        return [`version\u00001.${at}`, value] as const;
      }),
    ),
  };
}

describe('what should be a service', () => {
  it.each<{ name: string; sketch: RollupSketch; expected: string[] }>([
    {
      name: 'a hub: five call it, and it calls five',
      sketch: { edges: [...many(0, 5, (at) => `a${at} -> hub`), ...many(0, 5, (at) => `hub -> b${at}`)] },
      expected: ['hub is a hub'],
    },
    {
      name: 'no hub: five and four',
      sketch: { edges: [...many(0, 5, (at) => `a${at} -> hub`), ...many(0, 4, (at) => `hub -> b${at}`)] },
      expected: [],
    },
    {
      name: 'a chatty pair: five calls a trace, over 30 traces',
      sketch: { edges: [{ edge: 'a -> b', callCount: 150, traceCount: 30 }] },
      expected: ['a calls b 5.0 times in a request'],
    },
    { name: 'not over 29', sketch: { edges: [{ edge: 'a -> b', callCount: 290, traceCount: 29 }] }, expected: [] },
    { name: 'not for 4.9', sketch: { edges: [{ edge: 'a -> b', callCount: 147, traceCount: 30 }] }, expected: [] },
    {
      name: 'not for events',
      sketch: { edges: [{ edge: 'a -> b async', callCount: 900, traceCount: 30 }] },
      expected: [],
    },
    {
      name: 'a shared database',
      sketch: { edges: ['a -> database:d data', 'b -> database:d data', 'a -> database:e data'] },
      expected: ['2 services share database:d'],
    },
    {
      name: 'five services in a row, as far as their operations call each other',
      sketch: {
        edges: ['a -> b', 'b -> c', 'c -> d', 'd -> e', { edge: 'e -> f', sites: [{ callerOperation: 'another' }] }],
      },
      expected: ['5 services wait for one another in a row'],
    },
    { name: 'not four', sketch: { edges: ['a -> b', 'b -> c', 'c -> d', 'd -> e async'] }, expected: [] },
    { name: 'not round a circle', sketch: { edges: ['a -> b', 'b -> c', 'c -> d', 'd -> e', 'e -> a'] }, expected: [] },
    {
      name: 'two that are always called and deployed together',
      sketch: {
        edges: ['x -> a', 'a -> b'],
        nodes: { a: versionsAt(0, 20, 50), b: versionsAt(2, 15, 58) },
      },
      expected: ['a and b are called and deployed together'],
    },
    {
      name: 'not where one was deployed by itself',
      sketch: { edges: ['x -> a', 'a -> b'], nodes: { a: versionsAt(0, 20, 50), b: versionsAt(2, 15, 39) } },
      expected: [],
    },
    {
      name: 'not where somebody else calls it too',
      sketch: { edges: ['x -> a', 'a -> b', 'x -> b'], nodes: { a: versionsAt(0, 20), b: versionsAt(0, 20) } },
      expected: [],
    },
    {
      name: 'not where every other request does without',
      sketch: {
        edges: ['x -> a', { edge: 'a -> b', callCount: 5 }],
        nodes: { a: versionsAt(0, 20), b: versionsAt(0, 20) },
      },
      expected: [],
    },
  ])('$name', ({ sketch, expected }) => {
    expect(titlesOf(sketch)).toEqual(expected);
  });
});
