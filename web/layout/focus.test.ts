import { describe, expect, it } from 'vitest';
import { focus, type FocusLink } from './focus.ts';

const links: readonly FocusLink[] = [
  ['web', 'cart', 5],
  ['cron', 'cart', 9],
  ['edge', 'web', 1],
  ['cart', 'fees', 2],
  ['cart', 'stock', 3],
  ['fees', 'rates', 1],
  ['rates', 'web', 1],
  ['other', 'rates', 1],
].map(([caller, callee, weight]) => ({ caller: String(caller), callee: String(callee), weight: Number(weight) }));
const nodes = [...new Set(links.flatMap(({ caller, callee }) => [caller, callee]))].map((id) => ({
  id,
  labelWidth: 120,
}));

describe('focus', () => {
  it('has callers to the left and callees to the right, the heaviest on top', () => {
    const { boxes, notes } = focus(nodes, links, { centre: 'cart', up: 1, down: 1 });
    expect([...boxes.keys()]).toEqual(['cart', 'cron', 'fees', 'stock', 'web']);
    const of = (id: string) => boxes.get(id)!;
    expect(of('web').x).toBeLessThan(of('cart').x);
    expect(of('fees').x).toBeGreaterThan(of('cart').x);
    expect(of('cron').y).toBeLessThan(of('web').y);
    expect(of('stock').y).toBeLessThan(of('fees').y);
    expect(notes.map(({ words }) => words)).toEqual(['2 callers', '2 callees']);
  });

  it('counts hops to each side apart and shows everybody once, where it is nearest', () => {
    const { boxes, links: drawn } = focus(nodes, links, { centre: 'cart', up: 2, down: 2 });
    expect([...boxes.keys()]).toEqual(['cart', 'cron', 'edge', 'fees', 'rates', 'stock', 'web']);
    // rates calls web: it is two hops up and two hops down; the callers' side comes first.
    expect(boxes.get('rates')!.x).toBeLessThan(boxes.get('web')!.x);
    expect(drawn).toContainEqual(['rates', 'web']);
    const up = focus(nodes, links, { centre: 'cart', up: 0, down: 1 });
    expect([...up.boxes.keys()]).toEqual(['cart', 'fees', 'stock']);
  });

  it('folds what a column has no room for into a number', () => {
    const many = Array.from({ length: 60 }, (_, place) => ({
      caller: `c${String(place).padStart(2, '0')}`,
      callee: 'hub',
      weight: 60 - place,
    }));
    const plan = focus(
      [{ id: 'hub', labelWidth: 100 }, ...many.map(({ caller }) => ({ id: caller, labelWidth: 100 }))],
      many,
      { centre: 'hub', up: 1, down: 1 },
    );
    expect(plan.boxes.size).toBe(40);
    expect(plan.boxes.has('c00')).toBe(true);
    expect(plan.notes.map(({ words }) => words)).toEqual(['60 callers', '+21 with less', 'calls nobody']);
  });

  it('does not depend on the order of the input', () => {
    const options = { centre: 'cart', up: 3, down: 3 };
    expect(focus([...nodes].reverse(), [...links].reverse(), options).boxes).toEqual(
      focus(nodes, links, options).boxes,
    );
  });
});
