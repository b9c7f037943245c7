import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseLinks, type LinkClaim } from './link-budget.ts';

/** Rarely, so that most links are plain ones. */
const rarely = fc.nat(7).map((dice) => dice === 0);

const claims: fc.Arbitrary<LinkClaim[]> = fc.uniqueArray(
  fc.record({
    key: fc.string({ minLength: 1, maxLength: 4 }),
    isSelected: rarely,
    isCritical: rarely,
    closesCycle: rarely,
    crossesFence: rarely,
    callCount: fc.nat(100),
  }),
  { selector: (claim) => claim.key, maxLength: 40 },
);

function isTelling(claim: LinkClaim): boolean {
  return claim.isSelected || claim.isCritical || claim.closesCycle || claim.crossesFence;
}

describe('chooseLinks', () => {
  it('keeps the budget, counts all, and draws all where they fit', () => {
    fc.assert(
      fc.property(claims, fc.nat(50), (all, budget) => {
        const { drawn, total } = chooseLinks(all, budget);
        expect(total).toBe(all.length);
        expect(drawn.length).toBe(Math.min(budget, all.length));
        expect(new Set(drawn).size).toBe(drawn.length);
      }),
    );
  });

  it('leaves out no telling link for a plain one, and no strong plain one for a weak one', () => {
    fc.assert(
      fc.property(claims, fc.nat(50), fc.nat(20), (all, budget, plainLimit) => {
        const drawn = new Set(chooseLinks(all, budget, plainLimit).drawn);
        const leftOut = all.filter((claim) => !drawn.has(claim.key));
        const plainDrawn = all.filter((claim) => drawn.has(claim.key) && !isTelling(claim));
        expect(plainDrawn.length).toBeLessThanOrEqual(plainLimit);
        if (plainDrawn.length === 0) return;
        expect(leftOut.some(isTelling)).toBe(false);
        const weakest = Math.min(...plainDrawn.map((claim) => claim.callCount));
        for (const claim of leftOut) expect(claim.callCount).toBeLessThanOrEqual(weakest);
      }),
    );
  });

  it('does not depend on the order of the claims', () => {
    fc.assert(
      fc.property(claims, fc.nat(50), (all, budget) => {
        expect(chooseLinks([...all].reverse(), budget)).toEqual(chooseLinks(all, budget));
      }),
    );
  });
});
