import { CARD_BRANDS, type CardBrand } from '../../analyzer/model/span.ts';

/**
 * Issuer ranges: a number belongs to the brand if its first digits lie in `[from, to]` and it is one of `lengths` long.
 * Maestro's ranges overlap everything else, so they count only where a key or the text says "card".
 */
const ISSUER_RANGES: readonly {
  readonly brand: CardBrand;
  readonly from: number;
  readonly to: number;
  readonly lengths: readonly number[];
  readonly needsContext?: true;
}[] = [
  { brand: 'visa', from: 4, to: 4, lengths: [13, 16, 19] },
  { brand: 'mastercard', from: 51, to: 55, lengths: [16] },
  { brand: 'mastercard', from: 2221, to: 2720, lengths: [16] },
  { brand: 'amex', from: 34, to: 34, lengths: [15] },
  { brand: 'amex', from: 37, to: 37, lengths: [15] },
  { brand: 'diners', from: 300, to: 305, lengths: [14, 16, 17, 18, 19] },
  { brand: 'diners', from: 3095, to: 3095, lengths: [14, 16, 17, 18, 19] },
  { brand: 'diners', from: 36, to: 36, lengths: [14, 16, 17, 18, 19] },
  { brand: 'diners', from: 38, to: 39, lengths: [14, 16, 17, 18, 19] },
  { brand: 'discover', from: 6011, to: 6011, lengths: [16, 17, 18, 19] },
  { brand: 'discover', from: 644, to: 649, lengths: [16, 17, 18, 19] },
  { brand: 'discover', from: 65, to: 65, lengths: [16, 17, 18, 19] },
  { brand: 'jcb', from: 3528, to: 3589, lengths: [16, 17, 18, 19] },
  { brand: 'unionpay', from: 62, to: 62, lengths: [16, 17, 18, 19] },
  { brand: 'unionpay', from: 81, to: 81, lengths: [16, 17, 18, 19] },
  { brand: 'maestro', from: 50, to: 50, lengths: [12, 13, 14, 15, 16, 17, 18, 19], needsContext: true },
  { brand: 'maestro', from: 56, to: 69, lengths: [12, 13, 14, 15, 16, 17, 18, 19], needsContext: true },
];

export const NO_BRAND = -1;
export const UNIONPAY = CARD_BRANDS.indexOf('unionpay');
export const UNKNOWN_BRAND = CARD_BRANDS.indexOf('unknown');

/** Brand by the first four digits, and the lengths it may have as a bit set. Ten thousand prefixes, so a table says it at once. */
const BRAND_OF_PREFIX = new Int8Array(10_000).fill(NO_BRAND);
const LENGTHS_OF_PREFIX = new Uint32Array(10_000);
const CONTEXT_BRAND_OF_PREFIX = new Int8Array(10_000).fill(NO_BRAND);
const CONTEXT_LENGTHS_OF_PREFIX = new Uint32Array(10_000);

for (const { brand, from, to, lengths, needsContext } of ISSUER_RANGES) {
  const step = 10 ** (4 - String(from).length);
  const lengthBits = lengths.reduce((bits, length) => bits | (1 << length), 0);
  const brands = needsContext ? CONTEXT_BRAND_OF_PREFIX : BRAND_OF_PREFIX;
  const allowed = needsContext ? CONTEXT_LENGTHS_OF_PREFIX : LENGTHS_OF_PREFIX;
  for (let prefix = from * step; prefix < (to + 1) * step; prefix++) {
    brands[prefix] = CARD_BRANDS.indexOf(brand);
    allowed[prefix] = lengthBits;
  }
}

/**
 * Index into `CARD_BRANDS` of the brand whose numbers start with these four digits and are `length` long, or `NO_BRAND`.
 * `hasContext` says that a key or the text around speaks of cards.
 */
export function brandOf(firstFourDigits: number, length: number, hasContext: boolean): number {
  if (((LENGTHS_OF_PREFIX[firstFourDigits]! >>> length) & 1) === 1) return BRAND_OF_PREFIX[firstFourDigits]!;
  if (hasContext && ((CONTEXT_LENGTHS_OF_PREFIX[firstFourDigits]! >>> length) & 1) === 1) {
    return CONTEXT_BRAND_OF_PREFIX[firstFourDigits]!;
  }
  return NO_BRAND;
}

/** Numbers that card schemes and payment providers publish for tests. They are redacted too, but mean no cardholder. */
export const TEST_NUMBERS: ReadonlySet<string> = new Set([
  ...['4111111111111111', '4242424242424242', '4012888888881881', '4222222222222', '4000056655665556'],
  ...['4000000000000002', '4000000000000077', '4000000000009995', '4917610000000000', '4917300800000000'],
  ...['4005519200000004', '4009348888881881', '4012000033330026', '4012000077777777', '4444333322221111'],
  ...['4462030000000000', '4484070000000000', '4911830000000', '4988438843884305', '4000002500003155'],
  ...['5555555555554444', '5105105105105100', '5200828282828210', '5454545454545454', '5555444433331111'],
  ...['5425233430109903', '5424000000000015', '2222420000001113', '2223003122003222', '2223000048400011'],
  ...['2222400070000005', '2222410740360010', '5500000000000004', '5431111111111111'],
  ...['378282246310005', '371449635398431', '378734493671000', '343434343434343', '340000000000009'],
  ...['370000000000002', '374245455400126', '374251018720018'],
  ...['30569309025904', '38520000023237', '36227206271667', '3056930009020004', '30000000000004', '36006666333344'],
  ...['6011111111111117', '6011000990139424', '6011000000000004', '6011981111111113', '6011601160116611'],
  ...['6445644564456445', '6011000000000012'],
  ...['3530111333300000', '3566002020360505', '3566111111111113', '3569990010095841', '3088000000000009'],
  ...['6200000000000005', '6205500000000000004', '6243030000000001', '8171999927660000', '8171999900000000021'],
  ...['6304000000000000', '6759649826438453', '6799990100000000019', '5000550000000029', '6771798021000008'],
]);
