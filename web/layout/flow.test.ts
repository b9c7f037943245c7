import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flow, type FlowLink, type FlowNode } from './flow.ts';
import { overlaps } from './geometry.ts';

function node(id: string, step?: number): FlowNode {
  return { id, labelWidth: 100, step };
}

function link(words: string, isBackward = false): FlowLink {
  const [caller, callee] = words.split(' ') as [string, string];
  return { caller, callee, isBackward };
}

/** A number of services, calls between them and a path along the first of these. */
const systems = fc
  .integer({ min: 2, max: 70 })
  .chain((count) =>
    fc.record({
      nodes: fc.constant(
        Array.from({ length: count }, (_, place) => node(`s${String(place).padStart(2, '0')}`, undefined)),
      ),
      links: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1), fc.boolean()), { maxLength: 160 }).map((pairs) =>
        pairs.map(([from, to, isBackward]) => ({
          caller: `s${String(from).padStart(2, '0')}`,
          callee: `s${String(to).padStart(2, '0')}`,
          isBackward,
        })),
      ),
      steps: fc.nat(Math.min(6, count)),
    }),
  )
  .map(({ nodes, links, steps }) => ({
    links,
    nodes: nodes.map((each, place) => (place < steps ? { ...each, step: place + 1 } : each)),
  }));

describe('flow', () => {
  it('puts callers above callees and the critical path in one column', () => {
    const { boxes } = flow(
      [node('edge', 1), node('cart', 2), node('ledger', 3), node('a'), node('b'), node('c')],
      ['edge cart', 'cart ledger', 'edge a', 'edge b', 'a ledger', 'b c'].map((words) => link(words)),
    );
    const [edge, cart, ledger] = ['edge', 'cart', 'ledger'].map((id) => boxes.get(id)!);
    expect([cart!.x, ledger!.x]).toEqual([edge!.x, edge!.x]);
    expect(edge!.y).toBeLessThan(cart!.y);
    expect(cart!.y).toBeLessThan(ledger!.y);
    expect(boxes.get('b')!.y).toBeLessThan(boxes.get('c')!.y);
  });

  it('keeps everybody out of the way of the path', () => {
    // edge -> ledger skips a level on which many stand.
    const others = Array.from({ length: 9 }, (_, place) => `o${place}`);
    const { boxes } = flow(
      [node('edge', 1), node('ledger', 2), ...others.map((id) => node(id)), node('last')],
      [link('edge ledger'), ...others.flatMap((id) => [link(`edge ${id}`), link(`${id} ledger`)]), link('ledger last')],
    );
    for (const id of others) expect(boxes.get(id)!.x).not.toBe(boxes.get('edge')!.x);
  });

  it('draws a hull around a circle, and the calls in it run down but for its cut', () => {
    const { boxes, frames } = flow(
      ['web', 'a', 'b', 'c', 'store'].map((id) => node(id)),
      [link('web a'), link('a b'), link('b c'), link('c a', true), link('c store')],
    );
    expect(frames.map((frame) => [frame.kind, frame.members])).toEqual([['circle', ['a', 'b', 'c']]]);
    const tops = ['web', 'a', 'b', 'c', 'store'].map((id) => boxes.get(id)!.y);
    expect(tops).toEqual([...tops].sort((a, b) => a - b));
    expect(new Set(tops).size).toBe(5);
    for (const [id, box] of boxes) expect(overlaps(box, frames[0]!.box)).toBe(['a', 'b', 'c'].includes(id));
  });

  it('stands a caller that nobody calls right above what it calls', () => {
    const { boxes } = flow(
      ['a', 'b', 'c', 'd', 'cron'].map((id) => node(id)),
      ['a b', 'b c', 'c d', 'cron d'].map((words) => link(words)),
    );
    expect(boxes.get('cron')!.y).toBe(boxes.get('c')!.y);
  });

  it('lays no box over another, keeps the path straight, and does not depend on the order of the input', () => {
    fc.assert(
      fc.property(systems, fc.nat(), ({ nodes, links }, turn) => {
        const { boxes } = flow(nodes, links);
        expect(boxes.size).toBe(nodes.length);
        const all = [...boxes.values()];
        all.forEach((a, place) => {
          for (const b of all.slice(place + 1)) expect(overlaps(a, b)).toBe(false);
        });
        const turned = <T>(list: readonly T[]): T[] => {
          const at = list.length === 0 ? 0 : turn % list.length;
          return [...list.slice(at), ...list.slice(0, at)].reverse();
        };
        expect([...flow(turned(nodes), turned(links)).boxes]).toEqual([...boxes]);
      }),
      { numRuns: 60 },
    );
  });

  it('ends on a chain of 5,000 and on a circle of 400', () => {
    const chain = Array.from({ length: 5000 }, (_, place) => `n${place}`);
    const chained = flow(
      chain.map((id) => node(id)),
      chain.slice(1).map((id, place) => ({ caller: chain[place]!, callee: id, isBackward: false })),
    );
    expect(chained.boxes.get('n4999')!.y).toBeGreaterThan(chained.boxes.get('n4998')!.y);
    const ring = chain.slice(0, 400);
    const plan = flow(
      ring.map((id) => node(id)),
      ring.map((id, place) => ({ caller: id, callee: ring[(place + 1) % 400]!, isBackward: false })),
    );
    expect(plan.frames.map((frame) => frame.members.length)).toEqual([400]);
  });
});
