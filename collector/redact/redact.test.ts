import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../analyzer/model/string-table.ts';
import { KEY_CONTEXT, keyContext, mayHoldCardNumber, redactBytes, redactText } from './index.ts';

describe('redactText finds', () => {
  it.each([
    ['visa, 13 digits', '4539148803436', 'visa'],
    ['visa', '4539148803436467', 'visa'],
    ['visa, 19 digits', '4539148803436467007', 'visa'],
    ['mastercard', '5425233430109911', 'mastercard'],
    ['mastercard, 2-series', '2720992222222228', 'mastercard'],
    ['amex', '371449635398449', 'amex'],
    ['diners', '36700102000000', 'diners'],
    ['diners, 30', '30150000000004', 'diners'],
    ['discover', '6011000990139440', 'discover'],
    ['discover, 644', '6441111111111117', 'discover'],
    ['jcb', '3530111333300018', 'jcb'],
    ['unionpay', '6212345678901232', 'unionpay'],
    ['unionpay, 19 digits', '8112345678901234567', 'unionpay'],
  ])('%s', (_, digits, brand) => {
    const number = withCheckDigit(digits);
    const length = String(number.length);
    expect(redactText(`a ${number}, b`, '')).toEqual({
      text: `a [PAN:${brand}:${length}], b`,
      hits: [{ brand, strength: 'medium' }],
    });
    expect(redactText(number, 'cardNumber').hits).toEqual([{ brand, strength: 'strong' }]);
  });

  it.each([
    ['spaces', '4539 1488 0343 6467'],
    ['hyphens', '4539-1488-0343-6467'],
    ['dots', '4539.1488.0343.6467'],
    ['slashes', '4539/1488/0343/6467'],
    ['underscores', '4539_1488_0343_6467'],
    ['plus signs', '4539+1488+0343+6467'],
    ['no-break spaces', '4539\u00a01488\u00a00343\u00a06467'],
    ['zero-width spaces', '4539\u200b1488\u200b0343\u200b6467'],
    ['dashes', '4539\u20131488\u20130343\u20136467'],
    ['percent-encoded spaces', '4539%201488%200343%206467'],
    ['percent-encoded hyphens', '4539%2D1488%2d0343%2D6467'],
    ['percent-encoded no-break spaces', '4539%C2%A01488%C2%A00343%C2%A06467'],
    ['escaped slashes', '4539\\/1488\\/0343\\/6467'],
    ['odd groups', '45391488 03436467'],
    ['a separator after every digit', '4-5-3-9-1-4-8-8-0-3-4-3-6-4-6-7'],
    ['full-width digits', '４５３９１４８８０３４３６４６７'],
    ['Arabic-Indic digits', '٤٥٣٩١٤٨٨٠٣٤٣٦٤٦٧'],
    ['percent-encoded digits', '%34%35%33%39%31%34%38%38%30%33%34%33%36%34%36%37'],
    ['JSON in a string', '{"pan":"4539148803436467"}'],
    ['escaped JSON in a string', '{\\"pan\\":\\"4539148803436467\\",\\n4}'],
    ['an escaped line before it', 'a\\n4539148803436467'],
    ['a URL', 'https://x.example/pay?c=4539148803436467&y=1'],
    ['an encoded URL', 'next%3D4539148803436467%26y'],
    ['an underscore beside it', 'card_4539148803436467_ok'],
    ['letters of another script beside it', '番号4539148803436467です'],
    ['an amount after it', '4539148803436467 12.50'],
    ['a plus sign before it', '+4539 1488 0343 6467'],
  ])('a number with %s', (_, text) => {
    const { text: redacted, hits } = redactText(text, '');
    expect(hits).toHaveLength(1);
    expect(hits[0]!.brand).toBe('visa');
    expect(redacted).toContain('[PAN:visa:16]');
    expect(redactText(redacted, '')).toEqual({ text: redacted, hits: [] });
  });

  it('the shortest number, wherever it stands in a text', () => {
    for (let before = 0; before < 60; before++) {
      for (let after = 0; after < 16; after++) {
        const text = `${'x'.repeat(before)},${withCheckDigit('4539148803436')},${'y'.repeat(after)}`;
        expect(redactText(text, '').hits).toHaveLength(1);
      }
    }
  });

  it('several numbers in one text, each under its brand', () => {
    expect(redactText('4539148803436467,5425233430109903;x', '')).toEqual({
      text: '[PAN:visa:16],[PAN:mastercard:16];x',
      hits: [
        { brand: 'visa', strength: 'medium' },
        { brand: 'mastercard', strength: 'test' },
      ],
    });
  });

  it.each([
    ['4111111111111111', 'visa'],
    ['4242 4242 4242 4242', 'visa'],
    ['5555555555554444', 'mastercard'],
    ['378282246310005', 'amex'],
    ['30569309025904', 'diners'],
    ['3530111333300000', 'jcb'],
    ['6011111111111117', 'discover'],
    ['6200000000000005', 'unionpay'],
  ])('published test number %s as such', (number, brand) => {
    expect(redactText(number, 'card_number').hits).toEqual([{ brand, strength: 'test' }]);
  });

  it('numbers of unknown issuers and Maestro only where the key or the text speaks of cards', () => {
    const unknown = withCheckDigit('9123456789012345');
    const maestro = withCheckDigit('501234567890');
    expect(redactText(unknown, 'order').hits).toEqual([]);
    expect(redactText(unknown, 'pan').hits).toEqual([{ brand: 'unknown', strength: 'strong' }]);
    expect(redactText(`card no. ${unknown}`, '').hits).toEqual([{ brand: 'unknown', strength: 'strong' }]);
    expect(redactText(maestro, '').hits).toEqual([]);
    expect(redactText(maestro, 'cc_number').hits).toEqual([{ brand: 'maestro', strength: 'strong' }]);
  });

  it.each([
    ['track 1', '%B4539148803436467^DOE/JOHN^29122011000?', '[REDACTED:authentication]'],
    ['track 1 in lower case', '%b4539148803436467^doe/john^29122011000?', '[REDACTED:authentication]'],
    ['track 1 without its sentinels', 'B4539148803436467^DOE/JOHN^2912', '[REDACTED:authentication]'],
    ['track 2', 'x ;4539148803436467=29122011000? y', 'x [REDACTED:authentication] y'],
    [
      'both tracks',
      '%B4539148803436467^A^2912?;4539148803436467=2912?',
      '[REDACTED:authentication][REDACTED:authentication]',
    ],
  ])('%s', (_, text, expected) => {
    const { text: redacted, hits } = redactText(text, '');
    expect(redacted).toBe(expected);
    expect(hits[0]).toEqual({ brand: 'visa', strength: 'authentication' });
  });

  it.each([
    ['cvv', '123'],
    ['card.cvc', '1234'],
    ['CVV2', ' 123 '],
    ['cardSecurityCode', '999'],
    ['pin', '1234'],
    ['pin_block', '0412AC89ABCDEF67'],
    ['track2', '4539148803436467D2912'],
  ])('authentication data under the key %s', (key, value) => {
    expect(redactText(value, key)).toEqual({
      text: '[REDACTED:authentication]',
      hits: [{ brand: 'unknown', strength: 'authentication' }],
    });
  });
});

describe('redactText leaves alone', () => {
  it.each([
    ['a letter before', 'x4539148803436467'],
    ['a letter after', '4539148803436467x'],
    ['more digits', '45391488034364671234567'],
    ['digits before', '994539148803436467'],
    ['a fraction', '0.4539148803436467'],
    ['a double', '4.539148803436467'],
    ['two separators', '4539--1488--0343--6467'],
    ['a list of decimals', '45.39148 80.343646'],
    ['epoch milliseconds', '1763800000000'],
    ['epoch microseconds', '1763800000000000'],
    ['epoch nanoseconds', '1763800000000000000'],
    ['a snowflake', '1763800000000000123'],
    ['a date and time', '20241122195441'],
    ['a trace id', '45391488034364675391488034364675'],
    ['a hex span id', '4539148803436a67'],
    ['an IPv4 address', '192.168.100.200'],
    ['a phone number', '+49 30 901820 123'],
    ['a phone number like a Visa number', 'call +49 302 222222 20'],
    ['hex digits that spell cc, and a time', '/items/3c2cc21b?ts=1712548544070'],
    ['a time near the word card', 'card=tok_x&ts=1712548544070'],
    ['a UUID', '45391488-0343-4467-8111-111111111111'],
    ['a masked number', '453914******6467'],
    ['what is redacted already', '[PAN:visa:16]'],
  ])('%s', (_, text) => {
    const result = redactText(text, '');
    expect(result.hits).toEqual([]);
    expect(result.text).toBe(text);
  });

  it('a wrong check digit, but counts it', () => {
    expect(redactText('a 4539148803436468, b', '')).toEqual({
      text: 'a 4539148803436468, b',
      hits: [{ brand: 'visa', strength: 'near-miss' }],
    });
    // An issuer nobody knows, digits in groups, and a key that says what it is: none of them a sample of random ids.
    expect(redactText('9123456789012345', '').hits).toEqual([]);
    expect(redactText('4539 1488 0343 6468', '').hits).toEqual([]);
    expect(redactText('4539148803436468', 'card_number').hits).toEqual([]);
  });

  it('no hit for a near miss that another number covers, nor lets it change the text', () => {
    expect(redactText('4539148803436468 4539148803436467 \ud800', '')).toMatchObject({
      text: '4539148803436468 [PAN:visa:16] \ufffd',
      hits: [{ strength: 'near-miss' }, { strength: 'medium' }],
    });
    expect(redactText('4539148803436468 \ud800', '').text).toBe('4539148803436468 \ud800');
    expect(redactText('4539148803436468=29122011000?', '').text).toBe('4539148803436468=29122011000?');
  });

  it('parts of UUIDs that would pass', () => {
    // 8-4-4 of digits, a Visa number by all other signs.
    expect(redactText('45391488-0343-6467-8abc-0123456789ab', '').hits).toEqual([]);
    expect(redactText('45391488-0343-6467', '').hits).toHaveLength(1);
  });

  it.each([
    ['span', 'words that only contain it'],
    ['company', '123'],
    ['cvv', '12345'],
    ['cvv', '***'],
    ['pin', 'map'],
    ['card_number', '************6467'],
    ['card_number', '[PAN:visa:16]'],
  ])('the key %s with the value %s', (key, value) => {
    expect(redactText(value, key)).toEqual({ text: value, hits: [] });
  });
});

describe('keyContext', () => {
  it.each([
    ['span.kind', 'none'],
    ['http.panel', 'none'],
    ['account', 'none'],
    ['PAN', 'card'],
    ['payment.pan', 'card'],
    ['customerCardNumber', 'card'],
    ['card-no', 'card'],
    ['ccNum', 'card'],
    ['primary_account_number', 'card'],
    ['bank.account.number', 'card'],
    ['request.cvv', 'verificationCode'],
    ['card_security_code', 'verificationCode'],
    ['pinBlock', 'pinBlock'],
    ['user.pin', 'pin'],
    ['pinned', 'none'],
    ['card.track1', 'track'],
  ] as const)('%s: %s', (key, context) => {
    expect(keyContext(key)).toBe(KEY_CONTEXT[context]);
  });
});

describe('by property', () => {
  it('agrees with a naive search for one whole number', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: 10, maxLength: 22 });
    const prefixed = fc.tuple(fc.constantFrom('', '4', '51', '2221', '34', '36', '6011', '62', '3528'), digits);
    const beside = fc.constantFrom('', ' ', 'a', ',', '"', '=', '7');
    fc.assert(
      fc.property(prefixed, beside, beside, fc.boolean(), ([prefix, rest], before, after, fixed) => {
        const number = fixed ? withCheckDigit(prefix + rest) : prefix + rest;
        const text = before + number + after;
        const hits = redactText(text, '').hits.filter(({ strength }) => strength !== 'near-miss');
        expect(hits.length).toBe(naiveHasCard(text) ? 1 : 0);
      }),
      { numRuns: 20_000 },
    );
  });

  it('the quick look never misses what the long one finds', () => {
    const piece = fc.oneof(
      fc.constantFrom('4539148803436467', '4539', '1488', '0343', '6467', '371449635398431', '6011000990139424'),
      fc.constantFrom(' ', '-', '.', '/', '_', '+', '%20', '%2D', '%C2%A0', '\u00a0', '\u200b', '\\/', '%', '\\'),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const bytes = encodeUtf8(pieces.join(''));
        // A card key skips the quick look; the text must be none that only such a key makes a hit.
        const found = redactBytes(bytes, 0, bytes.length, KEY_CONTEXT.pin);
        const quick = redactBytes(bytes, 0, bytes.length, KEY_CONTEXT.none);
        if (!mayHoldCardNumber(bytes, 0, bytes.length)) {
          expect(found?.hits.filter(({ brand }) => brand !== 'unknown' && brand !== 'maestro') ?? []).toEqual([]);
        }
        const replacedBy = (redacted: typeof found) =>
          redacted?.hits.filter(({ strength }) => strength !== 'near-miss').length ?? 0;
        expect(replacedBy(quick)).toBeLessThanOrEqual(replacedBy(found));
      }),
      { numRuns: 20_000 },
    );
  });

  it('redacting twice changes nothing more, and text without digits is the same string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.constantFrom('', 'pan', 'x'), (text, key) => {
        const once = redactText(text, key);
        expect(redactText(once.text, key).text).toBe(once.text);
        if (!/\p{Nd}/u.test(text)) expect(once.text).toBe(text);
      }),
      { numRuns: 5000 },
    );
  });

  it('a megabyte of digits and separators is read in one pass', () => {
    for (const text of [
      '4 '.repeat(500_000),
      '4'.repeat(1_000_000),
      '4-'.repeat(400_000),
      '-'.repeat(1_000_000),
      '%20'.repeat(300_000),
    ]) {
      expect(redactText(text, '').text.length).toBeGreaterThan(0);
    }
  });
});

function luhnSum(digits: string): number {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    sum += at % 2 === 0 ? digit : digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
  }
  return sum;
}

/** The number with its last digit changed so that it passes Luhn. */
function withCheckDigit(digits: string): string {
  const payload = digits.slice(0, -1);
  return payload + String((10 - (luhnSum(`${payload}0`) % 10)) % 10);
}

const BRAND_PATTERN =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|(?:30[0-5]|36\d|38\d|39\d)(?:\d{11}|\d{13,16})|3095(?:\d{10}|\d{12,15})|(?:6011\d{12,15}|64[4-9]\d{13,16}|65\d{14,17})|35(?:2[89]|[3-8]\d)\d{12,15}|(?:62|81)\d{14,17})$/;

/** Whether a text without separators holds a card number, by plain regular expressions. */
function naiveHasCard(text: string): boolean {
  return [...text.matchAll(/(?<![a-z\d])\d+(?![a-z\d])/gi)].some(
    ([digits]) => BRAND_PATTERN.test(digits) && luhnSum(digits) % 10 === 0,
  );
}
