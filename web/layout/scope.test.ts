import { describe, expect, it } from 'vitest';
import { overlaps } from './geometry.ts';
import { scope, type ScopeNode } from './scope.ts';

function node(id: string, zone: ScopeNode['zone']): ScopeNode {
  return { id, labelWidth: 120, zone };
}

const nodes = [
  node('vault', 'cde'),
  node('payments', 'cde'),
  node('checkout', 'connected'),
  node('acquirer', 'connected'),
  node('blog', 'elsewhere'),
];
const links = [
  { caller: 'checkout', callee: 'payments' },
  { caller: 'payments', callee: 'vault' },
  { caller: 'payments', callee: 'acquirer' },
  { caller: 'blog', callee: 'checkout' },
];

describe('scope', () => {
  const plan = scope(nodes, links);

  it('has the CDE between who calls in and whom it calls, and the rest below', () => {
    expect(plan.frames.map(({ key, members }) => [key, members])).toEqual([
      ['callers', ['checkout']],
      ['cde', ['payments', 'vault']],
      ['callees', ['acquirer']],
      ['elsewhere', ['blog']],
    ]);
    const tops = ['checkout', 'payments', 'vault', 'acquirer', 'blog'].map((id) => plan.boxes.get(id)!.y);
    expect(tops).toEqual([...tops].sort((a, b) => a - b));
    expect(plan.fenced).toEqual(['payments', 'vault']);
    plan.frames.forEach((a, place) => {
      for (const b of plan.frames.slice(place + 1)) expect(overlaps(a.box, b.box)).toBe(false);
    });
  });

  it('draws the calls that touch the CDE and no others', () => {
    expect(plan.links).toEqual([
      ['checkout', 'payments'],
      ['payments', 'acquirer'],
      ['payments', 'vault'],
    ]);
  });

  it('counts what it leaves out', () => {
    const many = Array.from({ length: 100 }, (_, place) => node(`far${place}`, 'elsewhere'));
    const large = scope([...nodes, ...many], links);
    expect(large.boxes.size).toBe(4 + 60);
    expect(large.notes.map(({ words }) => words)).toEqual(['+41 more: the outline lists them']);
  });

  it('does not depend on the order of the input, and stands without a CDE', () => {
    expect(scope([...nodes].reverse(), [...links].reverse()).boxes).toEqual(plan.boxes);
    expect(scope([node('a', 'elsewhere')], []).boxes.size).toBe(1);
    expect(scope([], []).boxes.size).toBe(0);
  });
});
