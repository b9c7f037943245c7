import type { Severity } from './analysis.ts';
import type { Policy, RuleName } from './policy.ts';

/** A rule of the check, as it stands in reports and in the documentation. */
interface Rule {
  /** What it weighs where the policy says nothing. */
  readonly severity: Severity;
  /** What it looks for, in a few words. */
  readonly title: string;
  /** Why that matters, in one sentence. */
  readonly why: string;
}

/** Every rule of the check, by the name that `rules:` in the policy knows it by. */
export const RULES: Readonly<Record<RuleName, Rule>> = {
  newCycle: {
    severity: 'error',
    title: 'New circle of services that wait for each other',
    why: 'Services in a circle cannot be deployed, scaled or fail one without the other, and under load they can wait for each other for good.',
  },
  newCriticalService: {
    severity: 'note',
    title: 'Service new on the critical path',
    why: 'Requests now take as long as this service does, and fail when it fails.',
  },
  newPciScope: {
    severity: 'warning',
    title: 'Service new in PCI scope, or moved up in it',
    why: 'A change of scope has to be documented and confirmed (PCI DSS 12.5.2).',
  },
  cdeDependency: {
    severity: 'warning',
    title: 'New dependency into the cardholder data environment',
    why: 'Every connection into the CDE has to be known and justified (PCI DSS 1.2.5, 1.2.6), and puts its caller in scope.',
  },
  cardData: {
    severity: 'error',
    title: 'Card data in telemetry',
    why: 'Whatever stores or forwards these spans is in PCI scope (PCI DSS 3.2).',
  },
  forbiddenDependency: {
    severity: 'error',
    title: 'Dependency that the policy forbids',
    why: 'The team decided that these must not depend on each other; its reason is in the message.',
  },
  tierInversion: {
    severity: 'warning',
    title: 'Service that waits for a less critical one',
    why: 'A service is no more available than what it waits for.',
  },
  missingPrerequisite: {
    severity: 'note',
    title: 'Service without what the policy asks of its class',
    why: 'The policy says what services of this class must have before they may carry it.',
  },
  newExternalPeer: {
    severity: 'note',
    title: 'New peer outside the system',
    why: 'A system that nobody here runs is now needed, and may receive data.',
  },
  scopeConflict: {
    severity: 'error',
    title: 'Declaration of PCI scope that the traces contradict',
    why: 'What the policy declares out of scope was seen to be in it.',
  },
  staleBaseline: {
    severity: 'note',
    title: 'Accepted circle that is gone',
    why: 'What the baseline still accepts could come back unnoticed.',
  },
};

export const RULE_NAMES = Object.keys(RULES) as RuleName[];

/** Most severe first. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** The severity of a rule, at most `atMost`; undefined where the policy switches the rule off. */
export function severityOf(policy: Policy, rule: RuleName, atMost: Severity = 'error'): Severity | undefined {
  const severity = policy.severities[rule] ?? RULES[rule].severity;
  return severity === 'off' ? undefined : lesser(severity, atMost);
}

/** The less severe of two. */
function lesser(one: Severity, other: Severity): Severity {
  return SEVERITIES[Math.max(SEVERITIES.indexOf(one), SEVERITIES.indexOf(other))]!;
}
