import type { Analysis, AnalyzedService } from '../model/analysis.ts';
import type { Baseline } from '../model/baseline.ts';
import type { CheckFinding } from '../model/check.ts';
import { fingerprint } from '../model/fingerprint.ts';
import type { Policy, ServicePolicy } from '../model/policy.ts';
import { severityOf } from '../model/severity.ts';
import { edgeKey } from './baseline.ts';

/** Most critical first. */
const TIERS: readonly NonNullable<ServicePolicy['criticality']>[] = ['critical', 'high', 'medium', 'low'];

/** Services that wait for one the policy declares less critical. What the baseline knows is news to nobody: a note at most. */
export function tierInversionFindings(analysis: Analysis, known: Baseline, policy: Policy): CheckFinding[] {
  const services = new Map(analysis.services.map((service) => [service.id, service]));
  const knownCalls = new Set(known.dependencies.filter(({ mode }) => mode === 'sync').map(edgeKey));
  return analysis.dependencies.flatMap((edge): CheckFinding[] => {
    const { caller, callee, mode, callSites, traceIds } = edge;
    const [upper, lower] = [caller, callee].map((id) => declaredTier(services.get(id)!, policy));
    if (mode !== 'sync' || upper === undefined || lower === undefined) return [];
    if (TIERS.indexOf(upper) >= TIERS.indexOf(lower)) return [];
    const severity = severityOf(policy, 'tierInversion', knownCalls.has(edgeKey(edge)) ? 'note' : 'error');
    if (severity === undefined) return [];
    const [site] = callSites;
    const by = site === undefined ? '' : ` (${site.callerOperation} calls ${site.calleeOperation})`;
    return [
      {
        rule: 'tierInversion',
        id: fingerprint('tier-inversion', caller, callee),
        severity,
        title: `${caller} (${upper}) waits for ${callee} (${lower})`,
        message:
          `${caller} is declared ${upper} and waits for ${callee}, which is declared ${lower}${by}: it is no more available than ` +
          `that. Make ${caller} cope without ${callee}, make the call an event, or declare ${callee} ${upper} and run it as such.`,
        services: [caller, callee],
        traceIds,
        call: { caller, callee },
        file: 'policy',
      },
    ];
  });
}

function declaredTier({ id, name }: AnalyzedService, { services }: Policy): ServicePolicy['criticality'] {
  return (services.get(id) ?? services.get(name))?.criticality;
}
