import { describe, expect, it } from 'vitest';
import { parsePolicy, PolicyError } from './config.ts';

describe('forbidden dependencies', () => {
  it('are read with their defaults', () => {
    const { forbidden } = parsePolicy(
      `
forbidden:
  - from: web/*
    to: [database:*, "*/card-vault"]
    reason: only the data layer talks to databases
  - from: "*"
    to: legacy
    mode: sync
    reach: reachable
    reason: it is switched off in May
    severity: warning
    except: [batch -> legacy, "old/* -> legacy"]
`,
      'p.yaml',
    );
    expect(forbidden).toEqual([
      {
        from: ['web/*'],
        to: ['database:*', '*/card-vault'],
        mode: 'any',
        reach: 'direct',
        reason: 'only the data layer talks to databases',
        except: [],
      },
      {
        from: ['*'],
        to: ['legacy'],
        mode: 'sync',
        reach: 'reachable',
        reason: 'it is switched off in May',
        severity: 'warning',
        except: [
          ['batch', 'legacy'],
          ['old/*', 'legacy'],
        ],
      },
    ]);
  });

  it.each([
    ['forbidden:\n  - from: a\n    to: b', 'p.yaml:2: forbidden.0.reason: must be a text'],
    ['forbidden:\n  - { from: a, to: b, reason: "" }', 'p.yaml:2: forbidden.0.reason: must not be empty'],
    ['forbidden:\n  - { from: [], to: b, reason: r }', 'p.yaml:2: forbidden.0.from: must name at least one'],
    [
      'forbidden:\n  - { from: 7, to: b, reason: r }',
      'p.yaml:2: forbidden.0.from: must be a name or a list of names; * stands for any text',
    ],
    [
      'forbidden:\n  - { from: a, to: b, reason: r, reach: far }',
      'p.yaml:2: forbidden.0.reach: must be one of direct, reachable',
    ],
    [
      'forbidden:\n  - { from: a, too: b, to: c, reason: r, resaon: x }',
      'p.yaml:2: unknown key "too" in forbidden.0 (did you mean "to"?)\n' +
        'p.yaml:2: unknown key "resaon" in forbidden.0 (did you mean "reason"?)',
    ],
    [
      'forbidden:\n  - { from: a, to: b, reason: r, except: [a to b] }',
      'p.yaml:2: forbidden.0.except.0: must read "caller -> callee"',
    ],
  ])('are refused where they make no sense: %j', (text, message) => {
    expect(() => parsePolicy(text, 'p.yaml')).toThrow(new PolicyError(message));
  });
});

it('knows every rule of the check, and suggests the one that was meant', () => {
  const { severities } = parsePolicy('rules: { tierInversion: error, newExternalPeer: "off" }', 'p.yaml');
  expect(severities).toEqual({ tierInversion: 'error', newExternalPeer: 'off' });
  expect(() => parsePolicy('rules: { cdeDependencies: error }', 'p.yaml')).toThrow(
    new PolicyError('p.yaml:1: unknown key "cdeDependencies" in rules (did you mean "cdeDependency"?)'),
  );
  expect(() => parsePolicy('rules: { newCycle: fatal }', 'p.yaml')).toThrow(
    new PolicyError('p.yaml:1: rules.newCycle: must be one of error, warning, note, off'),
  );
});
