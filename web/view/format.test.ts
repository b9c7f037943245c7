import { describe, expect, it } from 'vitest';
import { age, duration, fullCount, instant, percent, plainName, plural, shortCount } from './format.ts';

describe('formats', () => {
  it.each([
    [shortCount(0), '0'],
    [shortCount(999), '999'],
    [shortCount(1000), '1.0k'],
    [shortCount(9960), '10k'],
    [shortCount(999_600), '1.0M'],
    [shortCount(3_100_000), '3.1M'],
    [fullCount(4812), '4,812'],
    [fullCount(1_234_567), '1,234,567'],
    [age(4_999), 'just now'],
    [age(5_000), '5 s ago'],
    [age(89_999), '89 s ago'],
    [age(90_000), '2 min ago'],
    [age(5_400_000), '2 h ago'],
    [duration(0), '0 µs'],
    [duration(840), '840 µs'],
    [duration(4200), '4.2 ms'],
    [duration(999_499), '999 ms'],
    [duration(999_500), '1.0 s'],
    [duration(180_000_000), '3 min'],
    [percent(0), '0 %'],
    [percent(0.0004), '<0.1 %'],
    [percent(0.042), '4.2 %'],
    [percent(0.21), '21 %'],
    [percent(1), '100 %'],
    [plainName('compute/droplets'), 'droplets'],
    [plainName('droplets'), 'droplets'],
    [plainName('database:cloud@db:5432'), 'cloud'],
    [plainName('external:api.example'), 'api.example'],
    [plainName('destination:mqtt/actions/requested'), 'actions/requested'],
    [plainName('destination:orders'), 'orders'],
    [plainName('team/'), 'team/'],
    [instant('2026-11-22T18:41:07.120Z'), '22 Nov 18:41:07'],
    [instant('soon'), 'soon'],
    [plural(1, 'trace'), '1 trace'],
    [plural(2000, 'trace'), '2,000 traces'],
  ])('%s is %s', (text, expected) => {
    expect(text).toBe(expected);
  });
});
