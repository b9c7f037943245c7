import type { Analysis, FindingKind, Problem } from '../model/analysis.ts';
import type { Baseline } from '../model/baseline.ts';
import type { Check, CheckFinding } from '../model/check.ts';
import type { Policy, RuleName } from '../model/policy.ts';
import { SEVERITIES } from '../model/severity.ts';
import { byText } from '../model/wording.ts';
import { EMPTY_BASELINE, renamedBaseline } from './baseline.ts';
import { compareWithBaseline } from './compare.ts';
import { forbiddenFindings } from './forbidden.ts';
import { newFindings } from './new-finding.ts';
import { tierInversionFindings } from './tier-inversion.ts';

export interface CheckOptions {
  readonly baselineFile: string;
  readonly policyFile: string | null;
  /** ISO date for acceptances that run out; absent, none has run out. */
  readonly today?: string;
  /** Also fails on accepted circles that are gone: the baseline has to say exactly what there is. */
  readonly strict?: boolean;
}

/**
 * Everything a check has to say: what is new since the baseline, and what no baseline excuses, weighed by the policy. Without a
 * baseline all is new.
 */
export function checkOf(
  analysis: Analysis,
  baseline: Baseline | undefined,
  policy: Policy,
  { baselineFile, policyFile, today, strict = false }: CheckOptions,
): Check {
  const known = renamedBaseline(baseline ?? EMPTY_BASELINE, policy.aliases);
  const comparison = compareWithBaseline(analysis, known, policy, today === undefined ? {} : { today });
  const findings = [
    ...newFindings(comparison, analysis, policy),
    ...forbiddenFindings(analysis, policy),
    ...tierInversionFindings(analysis, known, policy),
    ...standingFindings(analysis),
  ]
    .map((finding): CheckFinding => {
      const isRaised = strict && finding.rule === 'staleBaseline';
      return isRaised ? { ...finding, severity: 'error' } : finding;
    })
    .sort(
      (one, two) =>
        SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(two.severity) ||
        byText(one.rule, two.rule) ||
        byText(one.id, two.id),
    );
  return {
    schema: 'ringfence.check/1',
    fails: findings.some(({ severity }) => severity === 'error'),
    baselineFile,
    hasBaseline: baseline !== undefined,
    policyFile,
    findings,
    // Nothing to compare with is said by itself.
    comparison: baseline === undefined ? { ...comparison, problems: withoutThin(comparison.problems) } : comparison,
    analysis,
  };
}

function withoutThin(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ kind }) => kind !== 'baseline-thin');
}

/** Kinds of findings that are wrong today, whatever was there before, and the rules that weigh them. */
const STANDING: Readonly<Partial<Record<FindingKind, RuleName>>> = {
  'card-data': 'cardData',
  'scope-conflict': 'scopeConflict',
  'missing-prerequisite': 'missingPrerequisite',
};

function standingFindings({ findings }: Analysis): CheckFinding[] {
  return findings.flatMap(({ kind, ...finding }): CheckFinding[] => {
    const rule = STANDING[kind];
    return rule === undefined ? [] : [{ rule, ...finding, call: null, file: 'policy' }];
  });
}
