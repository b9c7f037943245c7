import type { Analysis, Finding } from './analysis.ts';
import type { BaselineComparison } from './baseline-comparison.ts';
import type { RuleName } from './policy.ts';

/** What `ringfence check` says: what is new since the baseline, and what no baseline excuses. */
export interface Check {
  readonly schema: 'ringfence.check/1';
  /** True where a finding is an error: exit code 1. */
  readonly fails: boolean;
  /** File name of the baseline, as it was given. */
  readonly baselineFile: string;
  /** False where there is none yet: then everything is new. */
  readonly hasBaseline: boolean;
  /** File name of the policy; null where nothing is declared. */
  readonly policyFile: string | null;
  /** Most severe first, then by rule and id. */
  readonly findings: readonly CheckFinding[];
  readonly comparison: BaselineComparison;
  readonly analysis: Analysis;
}

/** What a rule of the check found. Identity is `id`: made of rule and subject, never of the wording or a count. */
export interface CheckFinding extends Omit<Finding, 'kind'> {
  readonly rule: RuleName;
  /** The dependency it is about; null where it is about a service. Of a new circle: the call that closes it. */
  readonly call: { readonly caller: string; readonly callee: string } | null;
  /** Where to put it right, if not in the code. */
  readonly file: 'baseline' | 'policy';
}
