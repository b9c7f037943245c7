import { describe, expect, it } from 'vitest';

import { cloudAnalysis } from '../../fixtures/analysis.ts';
import { HOSTILE_NAMES, hostileAnalysis, withoutColor } from '../../fixtures/hostile-analysis.ts';
import type { Check } from '../model/check.ts';
import { CHECK_REPORTS } from './check.ts';

const PLAIN = { color: false, width: 100 };
const FORMATS = Object.keys(CHECK_REPORTS) as (keyof typeof CHECK_REPORTS)[];

const failing = checkOf({ services: ['compute/droplets', 'money/billing', 'money/accounts'], cause: 'was-async' });
const passing: Check = {
  ...failing,
  fails: false,
  standing: [],
  comparison: { ...failing.comparison, newCycles: [], findings: [], fails: false },
};

describe('a check that fails', () => {
  it.each(['terminal', 'markdown'] as const)('reads the same as ever as %s', async (format) => {
    const ending = format === 'terminal' ? 'txt' : 'md.txt';
    await expect(CHECK_REPORTS[format](failing, PLAIN)).toMatchFileSnapshot(`__golden__/check.${ending}`);
  });

  it('names the circle first and the verdict and the way out last', () => {
    const lines = CHECK_REPORTS.terminal(failing, PLAIN).trimEnd().split('\n');
    expect(lines[0]).toBe('✗ New circle: compute/droplets → money/billing → money/accounts → compute/droplets');
    expect(lines.slice(-3)).toEqual([
      '✗ 2 new errors  4,812 traces against baseline ringfence.baseline.json',
      '  Break the circle, or accept what there is with the same sources:',
      '    ringfence baseline SOURCE… --baseline ringfence.baseline.json',
    ]);
  });

  it('says that there was no baseline', () => {
    expect(CHECK_REPORTS.terminal({ ...failing, hasBaseline: false }, PLAIN)).toContain(
      'against no baseline yet (ringfence.baseline.json)',
    );
  });
});

describe('a check that passes', () => {
  it('takes one line where there is nothing to say', () => {
    expect(CHECK_REPORTS.terminal(passing, PLAIN)).toBe(
      '✓ Nothing new  4,812 traces against baseline ringfence.baseline.json\n',
    );
  });

  it('does not say that nothing is new above what is', () => {
    const standing = [{ ...failing.standing[0]!, severity: 'warning' as const }];
    const text = CHECK_REPORTS.terminal({ ...passing, standing }, PLAIN);
    expect(text).toContain('✓ Nothing that fails the check');
    expect(text).toContain('! billing writes card numbers');
  });

  it('counts the known circles that were not seen, without calling them gone', () => {
    const unseenCycles = [{ services: ['a', 'b'], missing: [{ caller: 'b', callee: 'a' }] }];
    const text = CHECK_REPORTS.terminal({ ...passing, comparison: { ...passing.comparison, unseenCycles } }, PLAIN);
    expect(text).toContain('1 known circle not seen this time (traces are a sample: that is no proof it is gone)');
  });
});

describe.each(FORMATS)('%s', (format) => {
  const report = CHECK_REPORTS[format];

  it.each([...HOSTILE_NAMES])('keeps %j inert', (name) => {
    const check = { ...checkOf({ services: [name, `${name}2`], cause: 'unknown' }), analysis: hostileAnalysis() };
    const text = withoutColor(report(check, { color: format === 'terminal', width: 30 }));
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u);
    expect(text.split('\n').filter((line) => line.trimStart().startsWith('::'))).toEqual([]);
    expect(text).not.toMatch(/##\w*\[/);
  });

  it('has no colour where none is asked for, and gives the same bytes twice', () => {
    expect(report(failing, PLAIN)).not.toContain('\u001b');
    expect(report(failing, PLAIN)).toBe(report(failing, PLAIN));
  });
});

describe('markdown', () => {
  it('shows names in a block of code that no name can end', () => {
    const check = checkOf({ services: ['```\n\n# heading', '</pre>@channel'], cause: 'unknown' });
    const [, ...lines] = CHECK_REPORTS.markdown(check, PLAIN).trimEnd().split('\n');
    expect(lines.filter((line) => line !== '' && !line.startsWith('    '))).toEqual([]);
  });
});

describe('json', () => {
  it('is the check', () => {
    expect(JSON.parse(CHECK_REPORTS.json(failing, PLAIN))).toEqual(JSON.parse(JSON.stringify(failing)));
  });
});

function checkOf({ services, cause }: { services: readonly string[]; cause: 'was-async' | 'unknown' }): Check {
  const [first, second] = services;
  const last = services.at(-1)!;
  const traceIds = ['0204d79fb066eefe4f97e5fbf9d27e0c'];
  const finding = { id: 'f', severity: 'error' as const, services: [...services], traceIds };
  return {
    schema: 'ringfence.check/1',
    fails: true,
    baselineFile: 'ringfence.baseline.json',
    hasBaseline: true,
    comparison: {
      fails: true,
      newCycles: [
        {
          id: '0123456789ab',
          caller: last,
          callee: first!,
          services: [...services],
          component: [...services].sort(),
          edges: services.map((caller, at) => ({
            caller,
            callee: services[(at + 1) % services.length]!,
            mode: 'sync',
            callCount: 106,
            traceIds,
          })),
          cause,
          expired: null,
          firstSeen: '2026-11-22T18:31:52.231Z',
          callSites: [
            { callerOperation: `GET ${last}`, calleeOperation: `GET ${first!}` },
            { callerOperation: 'GET /more', calleeOperation: 'GET /more' },
          ],
          nowCyclic: [{ caller: first!, callee: second! }],
          breakAt: [{ caller: last, callee: first!, reasons: [`${last} could publish an event`, 'one call site'] }],
        },
      ],
      unseenCycles: [],
      newCriticalServices: [],
      newPciScope: [],
      findings: [{ ...finding, kind: 'cycle', title: `New circle of ${first!}`, message: 'It is new.' }],
      problems: [],
    },
    standing: [{ ...finding, kind: 'card-data', title: 'billing writes card numbers', message: `Seen in ${first!}.` }],
    analysis: cloudAnalysis(),
  };
}
