import { describe, expect, it } from 'vitest';

import { HOSTILE_NAMES } from '../../fixtures/hostile-analysis.ts';
import { beside, duration, grouped, percent, plural, printable, printableJson, wrapped } from './text.ts';

describe('printable', () => {
  it.each([
    ['payments', 'payments'],
    ['zürich/支付 🚀', 'zürich/支付 🚀'],
    ['std::vector', 'std::vector'],
    ['C# #1', 'C# #1'],
    ['a\nb', 'a\\u000ab'],
    ['\u001b[31m', '\\u001b[31m'],
    ['\u009b1m', '\\u009b1m'],
    ['a\u202eb', 'a\\u202eb'],
    ['a\u200bb', 'a\\u200bb'],
    ['::error::x', '\\u003a:error::x'],
    ['see ::error::x', 'see \\u003a:error::x'],
    ['##[error]x', '\\u0023#[error]x'],
    ['a ##vso[task]', 'a \\u0023#vso[task]'],
  ])('%j is shown as %j', (name, shown) => {
    expect(printable(name)).toBe(shown);
  });
});

describe('printableJson', () => {
  it.each(HOSTILE_NAMES)('keeps the value of %j and nothing that acts', (name) => {
    const text = printableJson({ [`${name} `]: [name] });
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ [`${name} `]: [name] })));
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|##\w*\[|[\u202a-\u202e]/u);
  });
});

describe('numbers', () => {
  it.each([
    [0, '0 µs'],
    [12.6, '13 µs'],
    [999.4, '999 µs'],
    [999.5, '1.00 ms'],
    [1_234, '1.23 ms'],
    [999_499, '999 ms'],
    [999_500, '1.00 s'],
    [32_200_000, '32.2 s'],
    [120_000_000, '2.00 min'],
    [7_200_000_000, '2.00 h'],
    [30 * 86_400_000_000, '30.0 days'],
  ])('duration(%d) is %s', (us, text) => expect(duration(us)).toBe(text));

  it.each([
    [0, '0 %'],
    [0.0004, '<0.1 %'],
    [0.061, '6.1 %'],
    [0.14, '14 %'],
    [0.996, '>99 %'],
    [1, '100 %'],
  ])('percent(%d) is %s', (share, text) => expect(percent(share)).toBe(text));

  it('groups thousands and counts nouns', () => {
    expect([0, 999, 1000, 1_234_567].map(grouped)).toEqual(['0', '999', '1,000', '1,234,567']);
    expect([plural(1, 'trace'), plural(2000, 'dependency', 'dependencies')]).toEqual(['1 trace', '2,000 dependencies']);
  });
});

describe('wrapped', () => {
  it('breaks at spaces, indents what follows, and keeps a number with its unit', () => {
    expect(wrapped('one two three', 7, '> ')).toBe('one two\n> three');
    expect(wrapped('at least 97 %) of all', 11, '')).toBe('at least\n97 %) of\nall');
  });

  it('leaves a long word whole and nothing as nothing', () => {
    expect(wrapped('a verylongword b', 5, '')).toBe('a\nverylongword\nb');
    expect(wrapped('', 5, '  ')).toBe('');
  });
});

describe('beside', () => {
  it('puts the text below where there is no room beside', () => {
    expect(beside('name  ', 6, 'a few words of text', 30)).toBe('name  a few words of text');
    expect(beside('name  ', 6, 'a few words of text', 29)).toBe('name\n      a few words of text');
    expect(beside('name  ', 6, '', 29)).toBe('name');
  });
});
