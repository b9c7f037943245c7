import { describe, expect, it } from 'vitest';

import { HOSTILE_NAMES, withoutColor } from '../../fixtures/hostile-analysis.ts';
import type { SystemDifference } from '../model/difference.ts';
import { DIFFERENCE_REPORTS } from './difference.ts';

const PLAIN = { color: false, width: 100 };
const FORMATS = Object.keys(DIFFERENCE_REPORTS) as (keyof typeof DIFFERENCE_REPORTS)[];
const NOTHING = { came: [], went: [], changed: [] };

function differenceOf(a: string, b: string): SystemDifference {
  return {
    schema: 'ringfence.diff/1',
    before: { label: a, kind: 'baseline', traceCount: 200 },
    after: { label: b, kind: 'analysis', traceCount: 385 },
    isSame: false,
    services: { came: [{ id: a, kind: 'service' }], went: [], changed: [] },
    dependencies: {
      came: [{ caller: a, callee: b, modes: ['sync'] }],
      went: [{ caller: b, callee: a, modes: ['async'] }],
      changed: [
        {
          before: { caller: a, callee: `${b}2`, modes: ['async'] },
          after: { caller: a, callee: `${b}2`, modes: ['async', 'sync'] },
        },
      ],
    },
    cycles: { came: [{ services: [a, b], class: 're-entrant' }], went: [], changed: [] },
    criticalServices: { came: [], went: [b], changed: [] },
    pciScope: {
      came: [],
      went: [],
      changed: [{ before: { service: a, class: 'connected-to' }, after: { service: a, class: 'cde' } }],
    },
    cdeDependencies: { came: [{ caller: a, callee: b }], went: [], changed: [] },
    externalPeers: NOTHING,
  };
}

it.each([
  ['terminal', 'txt'],
  ['markdown', 'md.txt'],
] as const)('%s says the same as ever', async (format, ending) => {
  await expect(DIFFERENCE_REPORTS[format](differenceOf('shop', 'stock'), PLAIN)).toMatchFileSnapshot(
    `__golden__/difference.${ending}`,
  );
});

describe.each(FORMATS)('%s', (format) => {
  it.each([...HOSTILE_NAMES])('keeps %j inert', (name) => {
    const text = withoutColor(
      DIFFERENCE_REPORTS[format](differenceOf(name, `${name}2`), { color: format === 'terminal', width: 30 }),
    );
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u);
    expect(text.split('\n').filter((line) => line.trimStart().startsWith('::'))).toEqual([]);
    expect(text).not.toMatch(/##\w*\[/);
    if (format !== 'markdown') return;
    expect(text.match(/^```/gm)).toHaveLength(2);
    const prose = text.replace(/```mermaid[^]*?```/, '').replace(/`[^`\n]*`/g, '');
    expect(prose).not.toMatch(/(?<!\\)<[a-z/!]|@\w|https?:\/\/|(?<!\\)\]\(/i);
  });

  it('says so where there is none', () => {
    const same = { ...differenceOf('a', 'b'), isSame: true };
    expect(DIFFERENCE_REPORTS[format](same, PLAIN)).toMatch(/no difference|"isSame": true/i);
  });
});
