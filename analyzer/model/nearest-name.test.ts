import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

describe('nearestName', () => {
  it.each([
    ['paymnt', ['payments', 'payment', 'shipping'], 'payment'],
    ['onwer', ['owner', 'expires'], 'owner'],
    ['SERVICES', ['services'], 'services'],
    ['aliasses', ['aliases', 'services'], 'aliases'],
    ['a', ['b'], 'b'],
    ['cart', ['card', 'care'], 'card'],
    ['checkout', ['billing', 'rating'], undefined],
    ['', [], undefined],
  ])('%s among %j is %s', (name, candidates, expected) => {
    expect(nearestName(name, candidates)).toBe(expected);
  });

  it('counts a swap of neighbours as one edit', () => {
    expect(nearestName('abdc', ['abcd'])).toBe('abcd');
  });
});
