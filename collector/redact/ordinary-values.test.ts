import { expect, it } from 'vitest';
import { seededRandom } from '../../fixtures/seeded.ts';
import { redactText } from './index.ts';

/** The corpus is the same in every run. */
const random = seededRandom(20_261_122);
const draw = (below: number) => Math.floor(random() * below);
const drawn = (alphabet: string, length: number) =>
  Array.from({ length }, () => alphabet[draw(alphabet.length)]!).join('');
const hex = (length: number) => drawn('0123456789abcdef', length);
const digits = (length: number) => drawn('0123456789', length);
/** Between 2020 and 2035, in units of which `perSecond` make a second. */
const time = (perSecond: number) => `${1_577_836_800 + draw(473_000_000)}${digits(Math.log10(perSecond))}`;

/** What spans are full of: ids, times and amounts as SDKs and applications write them. */
const ORDINARY: Readonly<Record<string, () => string>> = {
  'trace id': () => hex(32),
  'span id': () => hex(16),
  'UUID version 4': () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'[draw(4)]!}${hex(3)}-${hex(12)}`,
  traceparent: () => `00-${hex(32)}-${hex(16)}-01`,
  'epoch seconds': () => time(1),
  'epoch milliseconds': () => time(1000),
  'epoch microseconds': () => time(1_000_000),
  'epoch nanoseconds': () => time(1_000_000_000),
  'date and time': () => `20${20 + draw(16)}0${1 + draw(9)}1${draw(10)}${digits(6).replace(/^./, '1')}`,
  'ISO 8601': () =>
    `20${20 + draw(16)}-0${1 + draw(9)}-1${draw(10)}T1${draw(10)}:${digits(2)}:${digits(2)}.${digits(9)}Z`,
  // Milliseconds since November 2010, shifted by 22 bits: 19 digits that begin with 1 or 2.
  'snowflake id': () => String((BigInt(280_000_000_000 + draw(400_000_000_000)) << 22n) | BigInt(draw(2 ** 22))),
  'row number': () => digits(1 + draw(12)),
  amount: () => `${draw(10_000_000)}.${digits(2)}`,
  'amount in words': () => `charged ${draw(100_000)}.${digits(2)} EUR for order ${digits(8)}`,
  double: () => String((draw(2 ** 30) + draw(2 ** 30) / 2 ** 30) / 1000),
  fraction: () => `0.${digits(16)}`,
  'IPv4 address and port': () => `${draw(256)}.${draw(256)}.${draw(256)}.${draw(256)}:${1024 + draw(64_000)}`,
  'phone number': () => `+49 ${30 + draw(900)} ${digits(6)} ${digits(2)}`,
  'pod name': () => `checkout-${hex(10)}-${drawn('bcdfghjklmnpqrstvwxz2456789', 5)}`,
  'image digest': () => `sha256:${hex(64)}`,
  version: () => `${draw(20)}.${draw(50)}.${draw(200)}-build.${digits(6)}`,
  'URL with ids': () => `https://shop.example/orders/${digits(9)}/items/${hex(8)}?page=${draw(100)}&ts=${time(1000)}`,
  statement: () => `SELECT * FROM orders WHERE id = ${digits(10)} AND created_at > '${time(1)}' LIMIT 50`,
  'GET of a list': () => `ids=${Array.from({ length: 5 }, () => digits(7)).join(',')}`,
};

const DRAWS = 10_000;

it('of ordinary ids, times and amounts at most one in 10,000 is touched', () => {
  const touched: Record<string, number> = {};
  let count = 0;
  for (const [name, next] of Object.entries(ORDINARY)) {
    for (let left = DRAWS; left > 0; left--) {
      const value = next();
      count++;
      if (redactText(value, 'app.value').text !== value) touched[name] = (touched[name] ?? 0) + 1;
    }
  }
  const touchedCount = Object.values(touched).reduce((sum, each) => sum + each, 0);
  expect(touchedCount, JSON.stringify(touched)).toBeLessThanOrEqual(count / 10_000);
});

it('of random numbers of 16 digits one in 36 passes, of which nine times as many miss by the check digit alone', () => {
  const counts = { medium: 0, 'near-miss': 0 };
  for (let left = 100_000; left > 0; left--) {
    for (const { strength } of redactText(digits(16), 'order.number').hits) {
      if (strength === 'medium' || strength === 'near-miss') counts[strength]++;
    }
  }
  expect(counts.medium / 100_000).toBeCloseTo(1 / 36, 2);
  expect(counts['near-miss'] / counts.medium).toBeGreaterThan(8);
  expect(counts['near-miss'] / counts.medium).toBeLessThan(10);
});
