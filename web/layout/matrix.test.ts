import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matrixOrder, type MatrixLink } from './matrix.ts';

function links(...words: string[]): MatrixLink[] {
  return words.map((each) => {
    const [caller, callee, mark] = each.split(' ') as [string, string, string | undefined];
    return { caller, callee, isBackward: mark === 'cut' };
  });
}

describe('the order of the matrix', () => {
  it('has callers before callees and the members of a circle side by side', () => {
    const order = matrixOrder(
      ['store', 'fees', 'web', 'limits', 'ledger', 'aside'],
      links('web ledger', 'ledger fees', 'fees limits', 'limits ledger cut', 'limits store', 'web aside'),
    );
    expect(order.ids).toEqual(['web', 'aside', 'ledger', 'fees', 'limits', 'store']);
    expect(order.blocks).toEqual([{ first: 2, last: 4 }]);
  });

  it('stays as it was, with newcomers behind those they would follow', () => {
    const before = ['c', 'b', 'a'];
    const order = matrixOrder(['a', 'b', 'c', 'd'], links('a b', 'b c', 'b d'), before);
    expect(order.ids.filter((id) => id !== 'd')).toEqual(before);
    expect(order.ids.indexOf('d')).toBe(order.ids.indexOf('c') + 1);
  });

  it('leaves below the diagonal only what closes a circle, and does not depend on the order of the input', () => {
    const names = 'abcdefgh'.split('');
    const arcs = fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { maxLength: 24 });
    fc.assert(
      fc.property(arcs, (pairs) => {
        const all = pairs.map(([caller, callee]) => ({ caller, callee, isBackward: false }));
        const order = matrixOrder(names, all);
        const place = new Map(order.ids.map((id, at) => [id, at]));
        for (const { caller, callee } of all) {
          const [row, column] = [place.get(caller)!, place.get(callee)!];
          const isInBlock = order.blocks.some(
            ({ first, last }) => row >= first && row <= last && column >= first && column <= last,
          );
          expect(row <= column || isInBlock).toBe(true);
        }
        expect(matrixOrder([...names].reverse(), [...all].reverse())).toEqual(order);
      }),
    );
  });
});
