import type { AnalyzedCycle, Finding } from '../model/analysis.ts';
import { plural } from './text.ts';

/** What each class means, in one line. */
export const CYCLE_CLASSES: Readonly<Record<AnalyzedCycle['class'], string>> = {
  're-entrant': 're-entrant: one request comes back to a service that is still waiting',
  operation: 'operation-level: the same operations call each other in a circle, across requests',
  structural: 'structural: no single request runs in a circle, but the services need each other',
  soft: 'soft: an asynchronous call closes it',
  'self-call': 'self-call: the service calls itself over the network',
};

/** `1 error, 2 warnings, 0 notes`. */
export function countBySeverity(findings: readonly Finding[]): string {
  const count = (severity: Finding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length;
  return [plural(count('error'), 'error'), plural(count('warning'), 'warning'), plural(count('note'), 'note')].join(
    ', ',
  );
}
