import type { AnalyzedService, Finding, Severity } from '../model/analysis.ts';
import { fingerprint } from '../model/fingerprint.ts';
import type { Policy } from '../model/policy.ts';
import { severityOf } from '../model/severity.ts';
import { listed } from '../model/wording.ts';
import type { Rollup } from '../rollup/rollup.ts';
import { servicePolicy } from './dependency-graph.ts';
import { smallestThree } from './pci-claim.ts';

const NOT_CRITICAL: ReadonlySet<string> = new Set(['medium', 'low']);

/** Where what is declared of a service, in the policy or on its own spans, and what was seen of it do not fit together. */
export function declarationConflicts(
  service: AnalyzedService,
  { policy, rollup }: { readonly policy: Policy; readonly rollup: Rollup },
): Finding[] {
  const { id } = service;
  const { verdict, reasons } = service.criticalPath;
  const findings: Finding[] = [];
  const add = (aspect: string, atMost: Severity, title: string, message: string) => {
    // The rule says whether it is heard at all; how loud, what was seen says.
    if (severityOf(policy, 'newCriticalService') === undefined) return;
    const traceIds = smallestThree(reasons.flatMap((reason) => reason.traceIds ?? []));
    const identity = {
      kind: 'critical-service',
      id: fingerprint('critical-service', aspect, id),
      severity: atMost,
    } as const;
    findings.push({ ...identity, title, message, services: [id], traceIds });
  };
  const inPolicy = servicePolicy(service, policy).criticality;
  const onSpans = [...(rollup.nodes.get(id)?.criticalities ?? [])].sort();
  const declared = inPolicy ?? (onSpans.length === 1 ? onSpans[0] : undefined);
  const reasonBy = (...rules: readonly string[]) => reasons.find(({ rule }) => rules.includes(rule));

  const hard = reasonBy('observed-hard');
  const required = reasonBy('structurally-required', 'latency-critical');
  if (declared !== undefined && NOT_CRITICAL.has(declared)) {
    if (hard !== undefined) {
      add(
        'declared-too-low',
        'warning',
        `${id} is declared ${declared}, but requests fail with it`,
        `${hard.message} Make its callers cope without it, or declare it critical and run it as such.`,
      );
    } else if (required !== undefined) {
      add(
        'declared-low-but-needed',
        'note',
        `${id} is declared ${declared}, but requests wait for it`,
        `${required.message} Whether they could do without is not known: no failures of it were seen.`,
      );
    }
  }
  if (verdict === 'critical-path' && reasonBy('only-async') !== undefined) {
    add(
      'declared-too-high',
      'note',
      `${id} is declared critical, but no request waits for it`,
      'It is reached by events and fire-and-forget calls only. If that is intended, it is not on the critical path.',
    );
  } else if (declared === 'critical' && reasonBy('not-needed-here') !== undefined) {
    add(
      'declared-but-unseen',
      'note',
      `${id} is declared critical, but no entry point was seen to need it`,
      'No request at an entry point waited for it. Either its entry points are missing from the traces, or it is not critical.',
    );
  }
  const others = onSpans.filter((each) => each !== inPolicy);
  if (inPolicy !== undefined && others.length > 0) {
    add(
      'declared-twice',
      'note',
      `${id} is declared ${inPolicy} in the policy and ${listed(others)} on its own spans`,
      'The policy counts. Make the two agree, or people will read different things in different places.',
    );
  }
  return findings;
}
