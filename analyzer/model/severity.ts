import type { Severity } from './analysis.ts';
import type { Policy, RuleName } from './policy.ts';

/** What a rule weighs where the policy says nothing. */
const DEFAULT_SEVERITIES: Readonly<Record<RuleName, Severity>> = {
  newCycle: 'error',
  newCriticalService: 'note',
  newPciScope: 'warning',
  cardData: 'error',
  scopeConflict: 'error',
};

/** Most severe first. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** The severity of a rule, at most `atMost`; undefined where the policy switches the rule off. */
export function severityOf(policy: Policy, rule: RuleName, atMost: Severity = 'error'): Severity | undefined {
  const severity = policy.severities[rule] ?? DEFAULT_SEVERITIES[rule];
  if (severity === 'off') return undefined;
  return SEVERITIES[Math.max(SEVERITIES.indexOf(severity), SEVERITIES.indexOf(atMost))]!;
}
