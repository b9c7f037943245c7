import { describe, expect, it } from 'vitest';
import { policyOf, rollupOf, type RollupSketch } from '../../fixtures/rollups.ts';
import { conclude } from '../analyze.ts';
import { baselineOf } from './baseline.ts';
import { differenceOf, type Look } from './difference.ts';

const policy = policyOf({});
const analysis = (label: string, sketch: RollupSketch): Look => ({
  label,
  analysis: conclude(rollupOf(sketch), policy),
});
const baseline = (label: string, sketch: RollupSketch): Look => ({
  label,
  baseline: baselineOf(conclude(rollupOf(sketch), policy), policy),
});

const BEFORE: RollupSketch = {
  edges: ['a -> b', 'b -> c async', 'b -> a', 'a -> database:x data'],
  nodes: { c: { pciScopes: new Set(['connected-to']) } },
};
const AFTER: RollupSketch = {
  edges: ['a -> b', 'b -> c', 'c -> external:bank'],
  nodes: { c: { pciScopes: new Set(['cde']) } },
};

describe('differenceOf', () => {
  it('tells what came, went and changed between two analyses', () => {
    const difference = differenceOf(analysis('before', BEFORE), analysis('after', AFTER), policy);
    expect(difference).toMatchObject({
      isSame: false,
      services: {
        came: [{ id: 'external:bank', kind: 'external' }],
        went: [{ id: 'database:x', kind: 'database' }],
        changed: [],
      },
      dependencies: {
        came: [{ caller: 'c', callee: 'external:bank', modes: ['sync'] }],
        went: [
          { caller: 'a', callee: 'database:x', modes: ['data'] },
          { caller: 'b', callee: 'a', modes: ['sync'] },
        ],
        changed: [{ before: { modes: ['async'] }, after: { caller: 'b', callee: 'c', modes: ['sync'] } }],
      },
      cycles: { came: [], went: [{ services: ['a', 'b'] }] },
      externalPeers: { came: ['external:bank'] },
    });
    expect(difference.pciScope.changed).toEqual([
      { before: { service: 'c', class: 'connected-to' }, after: { service: 'c', class: 'cde' } },
    ]);
  });

  it.each([
    ['two baselines', baseline, baseline],
    ['a baseline and an analysis', baseline, analysis],
    ['an analysis and a baseline', analysis, baseline],
  ])('of %s is as much as baselines know', (_, one, two) => {
    const { services, dependencies, cycles } = differenceOf(one('before', BEFORE), two('after', AFTER), policy);
    expect(services.came).toEqual([]);
    expect(services.went).toEqual([]);
    expect(dependencies.came).toEqual([]);
    expect(dependencies.went).toEqual([{ caller: 'b', callee: 'a', modes: ['sync'] }]);
    expect(dependencies.changed).toHaveLength(1);
    expect(cycles.went).toEqual([{ services: ['a', 'b'], class: null }]);
  });

  it('finds none between a system and itself, or its baseline', () => {
    expect(differenceOf(analysis('x', BEFORE), analysis('x', BEFORE), policy).isSame).toBe(true);
    expect(differenceOf(baseline('x', BEFORE), analysis('x', BEFORE), policy).isSame).toBe(true);
  });

  it('is the other way round the other way round', () => {
    const there = differenceOf(analysis('x', BEFORE), analysis('y', AFTER), policy);
    const back = differenceOf(analysis('y', AFTER), analysis('x', BEFORE), policy);
    expect(back.dependencies.came).toEqual(there.dependencies.went);
    expect(back.services.went).toEqual(there.services.came);
  });
});
