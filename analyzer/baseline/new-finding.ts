import type { Analysis, Finding } from '../model/analysis.ts';
import type { NewCycle, NewPciScope } from '../model/baseline-comparison.ts';
import { fingerprint } from '../model/fingerprint.ts';
import type { Policy } from '../model/policy.ts';
import { severityOf } from '../model/severity.ts';
import { circle } from '../model/wording.ts';

/** The findings of the analysis tell what is; these tell what is new. */
export function newCycleFindings(newCycles: readonly NewCycle[], policy: Policy): Finding[] {
  const severity = severityOf(policy, 'newCycle');
  if (severity === undefined) return [];
  return newCycles.map((cycle) => ({
    kind: 'cycle',
    id: fingerprint('new-cycle', cycle.caller, cycle.callee),
    severity,
    title: `New circle: ${circle(cycle.services)}, closed by ${cycle.caller} → ${cycle.callee}`,
    message: newCycleMessage(cycle),
    services: cycle.services,
    traceIds: cycle.edges.find((edge) => edge.caller === cycle.caller && edge.callee === cycle.callee)?.traceIds ?? [],
  }));
}

/** What is new, and two ways out. What else it brings stands with the circle. */
function newCycleMessage({ caller, callee, cause, expired, callSites, breakAt: [best] }: NewCycle): string {
  const [site] = callSites;
  const by = site === undefined ? '' : ` (${site.callerOperation} calls ${site.calleeOperation})`;
  const news = {
    unknown: `${caller} → ${callee}${by} is not in the baseline and closes a circle in which every service waits for the next.`,
    'was-async': `${caller} → ${callee}${by} was an event or a call nobody waits for; now ${caller} waits, which closes a circle.`,
    'acceptance-expired': `${caller} → ${callee}${by} was accepted until ${expired?.expires ?? ''} (${expired?.reason ?? ''}); that day has passed.`,
  }[cause];
  const isClosing = best === undefined || (best.caller === caller && best.callee === callee);
  const wayOut = isClosing
    ? 'Do without it or make it an event'
    : `Break the circle at ${best.caller} → ${best.callee}`;
  return `${news} ${wayOut}, or accept it in the baseline with a reason.`;
}

export function newCriticalFindings(services: readonly string[], analysis: Analysis, policy: Policy): Finding[] {
  const severity = severityOf(policy, 'newCriticalService');
  if (severity === undefined) return [];
  const verdicts = new Map(analysis.services.map(({ id, criticalPath }) => [id, criticalPath]));
  return services.map((service) => {
    const [reason] = verdicts.get(service)!.reasons;
    return {
      kind: 'critical-service',
      id: fingerprint('new-critical-service', service),
      severity,
      title: `${service} is new on the critical path`,
      message: `${reason?.message ?? ''} Check that it meets what you ask of critical services, or make its callers cope without it.`,
      services: [service],
      traceIds: reason?.traceIds ?? [],
    };
  });
}

export function newScopeFindings(scopes: readonly NewPciScope[], analysis: Analysis, policy: Policy): Finding[] {
  const severity = severityOf(policy, 'newPciScope');
  if (severity === undefined) return [];
  const reasons = new Map(analysis.services.map(({ id, pci }) => [id, pci.reasons[0]]));
  return scopes.map(({ service, class: pciClass, was }) => {
    const reason = reasons.get(service);
    const change = was === 'not-observed' ? 'is new in PCI scope' : `moved up in PCI scope, from ${was}`;
    return {
      kind: 'pci-scope',
      id: fingerprint('new-pci-scope', service),
      severity,
      title: `${service} ${change}: ${pciClass}`,
      message: `${reason?.message ?? ''} A change of scope has to be documented and confirmed (PCI DSS 12.5.2).`,
      services: reason?.witnessPath ?? [service],
      traceIds: reason?.traceIds ?? [],
    };
  });
}
