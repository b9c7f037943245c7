import type { Analysis, Finding, FindingKind, Severity } from '../model/analysis.ts';
import type { Check } from '../model/check.ts';
import { RULE_NAMES, RULES } from '../model/severity.ts';

/** What formats for tools are made of: rules, and what they found. */
export interface Results {
  readonly rules: readonly ResultRule[];
  /** Most severe first. */
  readonly results: readonly Result[];
}

export interface ResultRule {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly why: string;
}

/** A finding by the rule it breaks, which is not always of its kind. `id` is stable over time: made of rule and subject. */
export interface Result extends Omit<Finding, 'kind'> {
  readonly rule: string;
  /** The file to change, relative to the root of the repository. */
  readonly path: string;
}

export function resultsOfCheck({ findings, baselineFile, policyFile }: Check): Results {
  const paths = { baseline: relativePath(baselineFile), policy: relativePath(policyFile ?? baselineFile) };
  return {
    rules: RULE_NAMES.map((id) => ({ id, ...RULES[id] })),
    results: findings.map((finding) => ({ ...finding, path: paths[finding.file] })),
  };
}

/** An analysis knows no baseline: its findings are what there is, by kind. */
export function resultsOfAnalysis({ findings }: Analysis): Results {
  const kinds = [...new Set(findings.map(({ kind }) => kind))].sort();
  return {
    rules: kinds.map((kind) => ({ id: kind, ...KIND_RULES[kind] })),
    results: findings.map(({ kind, ...finding }) => ({ rule: kind, ...finding, path: 'ringfence.yaml' })),
  };
}

const KIND_RULES: Readonly<Record<FindingKind, Omit<ResultRule, 'id'>>> = {
  cycle: { ...RULES.newCycle, title: 'Circle of services that wait for each other' },
  'critical-service': { ...RULES.newCriticalService, title: 'Service on the critical path' },
  'pci-scope': { ...RULES.newPciScope, title: 'Service in PCI scope' },
  'card-data': RULES.cardData,
  'scope-conflict': RULES.scopeConflict,
  'missing-prerequisite': RULES.missingPrerequisite,
  'service-boundary': {
    severity: 'note',
    title: 'Something to talk about when the cut of the system is reviewed',
    why: 'A figure, no verdict: hubs, chatty pairs, shared databases, long chains.',
  },
};

/** Tools take paths within the repository only: no root, no drive, no way up. */
function relativePath(path: string): string {
  const parts = path.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
  const isInside = !/^(?:[\\/]|[a-z]:)/i.test(path) && !parts.includes('..');
  return (isInside ? parts : parts.slice(-1)).join('/');
}
