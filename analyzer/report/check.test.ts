import Ajv from 'ajv';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';

import { cloudAnalysis } from '../../fixtures/analysis.ts';
import { HOSTILE_NAMES, hostileAnalysis, withoutColor } from '../../fixtures/hostile-analysis.ts';
import type { Check } from '../model/check.ts';
import { CHECK_REPORTS } from './check.ts';

const PLAIN = { color: false, width: 100 };
const ENDINGS: Readonly<Record<string, string>> = {
  terminal: 'txt',
  markdown: 'md.txt',
  sarif: 'sarif.json.txt',
  junit: 'junit.xml.txt',
  github: 'github.txt',
  gitlab: 'gitlab.json.txt',
};
const FORMATS = Object.keys(CHECK_REPORTS) as (keyof typeof CHECK_REPORTS)[];

const failing = checkOf({ services: ['compute/droplets', 'money/billing', 'money/accounts'], cause: 'was-async' });
const passing: Check = {
  ...failing,
  fails: false,
  findings: [],
  comparison: { ...failing.comparison, newCycles: [] },
};

describe('a check that fails', () => {
  it.each(FORMATS.filter((format) => format !== 'json'))('reads the same as ever as %s', async (format) => {
    await expect(CHECK_REPORTS[format](failing, PLAIN)).toMatchFileSnapshot(`__golden__/check.${ENDINGS[format]}`);
  });

  it('names the circle first and the verdict and the way out last', () => {
    const lines = CHECK_REPORTS.terminal(failing, PLAIN).trimEnd().split('\n');
    expect(lines[0]).toBe('✗ New circle: compute/droplets → money/billing → money/accounts → compute/droplets');
    expect(lines.slice(-3)).toEqual([
      '✗ 2 errors  4,812 traces against baseline ringfence.baseline.json',
      '  Break the circle; or accept it with a reason, from the same sources:',
      '    ringfence baseline SOURCE… --accept 0123456789ab --reason "…" --baseline ringfence.baseline.json',
    ]);
    // One screen.
    expect(lines.length).toBeLessThan(24);
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
    const findings = [{ ...failing.findings[1]!, severity: 'warning' as const }];
    const text = CHECK_REPORTS.terminal({ ...passing, findings }, PLAIN);
    expect(text).toContain('✓ Nothing that fails the check');
    expect(text).toContain('! billing writes card numbers');
  });

  it('counts the known circles that were not seen, without calling them gone', () => {
    const missing = [{ caller: 'b', callee: 'a', callerRequestCount: 3 }];
    const knownCycles = [{ services: ['a', 'b'], state: 'unseen' as const, missing }];
    const text = CHECK_REPORTS.terminal({ ...passing, comparison: { ...passing.comparison, knownCycles } }, PLAIN);
    expect(text).toContain(
      '1 accepted circle, 1 not seen this time (traces are a sample: that is no proof it is gone)',
    );
  });

  it('says by how much the baseline would grow', () => {
    const newDependencies = [{ caller: 'a', callee: 'b', mode: 'sync' as const }];
    const comparison = { ...passing.comparison, newDependencies };
    expect(CHECK_REPORTS.terminal({ ...passing, comparison }, PLAIN)).toContain(
      '  1 dependency not in the baseline: ringfence baseline SOURCE… adds',
    );
  });
});

describe.each(FORMATS)('%s', (format) => {
  const report = CHECK_REPORTS[format];

  it.each([...HOSTILE_NAMES])('keeps %j inert', (name) => {
    const check = { ...checkOf({ services: [name, `${name}2`], cause: 'unknown' }), analysis: hostileAnalysis() };
    const text = withoutColor(report(check, { color: format === 'terminal', width: 30 }));
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u);
    const commands = text.split('\n').filter((line) => line.trimStart().startsWith('::'));
    if (format !== 'github') expect(commands).toEqual([]);
    expect(text).not.toMatch(/##\w*\[/);
  });

  it('has no colour where none is asked for, and gives the same bytes twice', () => {
    expect(report(failing, PLAIN)).not.toContain('\u001b');
    expect(report(failing, PLAIN)).toBe(report(failing, PLAIN));
  });
});

describe('markdown', () => {
  it.each([...HOSTILE_NAMES])('lets %j become no markup, no mention and no link', (name) => {
    const check = checkOf({ services: [name, `${name}2`], cause: 'unknown' });
    const text = CHECK_REPORTS.markdown(check, PLAIN);
    expect(text.match(/^```/gm)).toHaveLength(2);
    // What a name says inside a code span is only shown.
    const prose = text.replace(/```mermaid[^]*?```/, '').replace(/`[^`\n]*`/g, '');
    expect(prose).not.toMatch(/(?<!\\)<[a-z/!]|@\w|https?:\/\/|(?<!\\)\]\(/i);
    expect(prose.split('\n').filter((line) => /^\s*#(?!## [✗✓] ringfence)/.test(line))).toEqual([]);
  });

  it('is cut where a comment ends', () => {
    const findings = failing.findings.map((finding) => ({ ...finding, message: 'word '.repeat(20_000) }));
    const text = CHECK_REPORTS.markdown({ ...failing, findings }, PLAIN);
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain('Cut here');
  });
});

describe('sarif', () => {
  const schema = readFileSync(new URL('../../fixtures/sarif/sarif-schema-2.1.0.json', import.meta.url), 'utf8');
  // The schema is of draft 04; Ajv brings that, but does not take it for granted.
  const draft4 = createRequire(import.meta.url)('ajv/lib/refs/json-schema-draft-04.json') as object;
  const validate = new Ajv({ schemaId: 'auto', unknownFormats: 'ignore', allErrors: true })
    .addMetaSchema(draft4)
    .compile(JSON.parse(schema) as object);
  const faults = (text: string): unknown => (validate(JSON.parse(text)) === true ? [] : validate.errors);

  it('is valid by the schema of OASIS, and the schema refuses what is not', () => {
    expect(faults(CHECK_REPORTS.sarif(failing, PLAIN))).toEqual([]);
    expect(faults(CHECK_REPORTS.sarif(passing, PLAIN))).toEqual([]);
    expect(faults(CHECK_REPORTS.sarif(failing, PLAIN).replace('"error"', '"fatal"'))).not.toEqual([]);
  });

  it.each([...HOSTILE_NAMES])('is valid with %j everywhere, and makes no link of it', (name) => {
    const check = {
      ...checkOf({ services: [name, `${name}2`], cause: 'unknown' }),
      baselineFile: `${name}/../x`,
      policyFile: `c:/${name}`,
    };
    const text = CHECK_REPORTS.sarif(check, PLAIN);
    expect(faults(text)).toEqual([]);
    const { runs } = JSON.parse(text) as { runs: { results: SarifResult[] }[] };
    for (const { message, locations } of runs[0]!.results) {
      expect(message.text).not.toMatch(/(?<!\\)[[\]]/);
      expect(locations[0].physicalLocation.artifactLocation.uri).not.toMatch(/^\/|^\w+:|(^|\/)\.\.(\/|$)/);
    }
  });

  it('points at the file with the way out, and keeps fingerprints while words change', () => {
    const read = (check: Check) =>
      (JSON.parse(CHECK_REPORTS.sarif(check, PLAIN)) as { runs: { results: SarifResult[] }[] }).runs[0]!.results;
    expect(read(failing).map(({ locations }) => locations[0].physicalLocation.artifactLocation.uri)).toEqual([
      'ringfence.baseline.json',
      'ringfence.yaml',
    ]);
    const reworded = failing.findings.map((finding) => ({ ...finding, title: 'other', message: 'words' }));
    expect(read({ ...failing, findings: reworded }).map(({ partialFingerprints }) => partialFingerprints)).toEqual(
      read(failing).map(({ partialFingerprints }) => partialFingerprints),
    );
  });
});

interface SarifResult {
  readonly message: { readonly text: string };
  readonly locations: readonly [{ readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }];
  readonly partialFingerprints: Readonly<Record<string, string>>;
}

describe('junit', () => {
  it.each([...HOSTILE_NAMES, 'a lone \ud800 half', ']]>', '\ufffe'])('is well-formed with %j in it', (name) => {
    const text = CHECK_REPORTS.junit(checkOf({ services: [name, `${name}2`], cause: 'unknown' }), PLAIN);
    const lines = text.trimEnd().split('\n');
    for (const line of lines.slice(1)) {
      expect(line).toMatch(/^ *(?:<\/?[a-z-]+(?: [a-z]+="[^"<>]*")*(?: \/)?>)(?:[^<>]*<\/[a-z-]+>)?$/);
      expect(line.replace(/&#\d+;/g, '')).not.toMatch(/&/);
    }
    expect(text.isWellFormed()).toBe(true);
  });

  it('counts what it lists', () => {
    const text = CHECK_REPORTS.junit(failing, PLAIN);
    const [, tests, failures] = /tests="(\d+)" failures="(\d+)"/.exec(text)!;
    expect(text.match(/<testcase /g)).toHaveLength(Number(tests));
    expect(text.match(/<failure /g)).toHaveLength(Number(failures));
    expect(failures).toBe('2');
  });
});

describe('github', () => {
  it.each([...HOSTILE_NAMES])('is one annotation a finding, also of %j', (name) => {
    const text = CHECK_REPORTS.github(checkOf({ services: [name, `${name}2`], cause: 'unknown' }), PLAIN);
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/^::error file=[^:,]+,line=1,title=[^:,]*::/);
  });

  it('gives as many of a kind as GitHub shows', () => {
    const findings = Array.from({ length: 25 }, (_, index) => ({ ...failing.findings[0]!, id: `${index}` }));
    const lines = CHECK_REPORTS.github({ ...failing, findings }, PLAIN)
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe('::error title=ringfence::16 more errors');
  });
});

describe('gitlab', () => {
  it('has what GitLab reads', () => {
    expect(JSON.parse(CHECK_REPORTS.gitlab(failing, PLAIN))).toMatchObject([
      { check_name: 'newCycle', fingerprint: 'f1', severity: 'critical', location: { lines: { begin: 1 } } },
      { check_name: 'cardData', fingerprint: 'f2', location: { path: 'ringfence.yaml' } },
    ]);
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
  const finding = { severity: 'error' as const, services: [...services], traceIds };
  const call = { caller: last, callee: first! };
  return {
    schema: 'ringfence.check/1',
    fails: true,
    baselineFile: 'ringfence.baseline.json',
    hasBaseline: true,
    policyFile: 'ringfence.yaml',
    findings: [
      {
        ...finding,
        rule: 'newCycle',
        id: 'f1',
        title: `New circle of ${first!}`,
        message: `${last} is new.`,
        call,
        file: 'baseline',
      },
      {
        ...finding,
        rule: 'cardData',
        id: 'f2',
        title: 'billing writes card numbers',
        message: `Seen in ${first!}.`,
        call: null,
        file: 'policy',
      },
    ],
    comparison: {
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
          witnessTraceId: '0204d79fb066eefe4f97e5fbf9d27e0c',
          firstSeen: '2026-11-22T18:31:52.231Z',
          callSites: [
            { callerOperation: `GET ${last}`, calleeOperation: `GET ${first!}` },
            { callerOperation: 'GET /more', calleeOperation: 'GET /more' },
          ],
          nowCyclic: [{ caller: first!, callee: second! }],
          breakAt: [{ caller: last, callee: first!, reasons: [`${last} could publish an event`, 'one call site'] }],
        },
      ],
      knownCycles: [],
      acceptances: [],
      newDependencies: [],
      newCriticalServices: [],
      newPciScope: [],
      newCdeDependencies: [],
      newExternalPeers: [],
      problems: [],
    },
    analysis: cloudAnalysis(),
  };
}
