import type { Analysis } from '../model/analysis.ts';
import type { BaselineComparison, NewCycle } from '../model/baseline-comparison.ts';
import type { CheckFinding } from '../model/check.ts';
import { fingerprint } from '../model/fingerprint.ts';
import type { Policy } from '../model/policy.ts';
import { severityOf } from '../model/severity.ts';
import { circle, listed } from '../model/wording.ts';
import { edgeKey } from './baseline.ts';
import { RESOLVED_REQUEST_COUNT } from './seen-state.ts';

/** One finding for everything that is new and that the policy does not switch off. */
export function newFindings(comparison: BaselineComparison, analysis: Analysis, policy: Policy): CheckFinding[] {
  return [
    ...newCycleFindings(comparison, policy),
    ...newCriticalFindings(comparison, analysis, policy),
    ...newScopeFindings(comparison, analysis, policy),
    ...cdeFindings(comparison, analysis, policy),
    ...externalFindings(comparison, analysis, policy),
    ...staleFindings(comparison, policy),
  ];
}

function newCycleFindings({ newCycles }: BaselineComparison, policy: Policy): CheckFinding[] {
  const severity = severityOf(policy, 'newCycle');
  if (severity === undefined) return [];
  return newCycles.map((cycle) => ({
    rule: 'newCycle',
    id: fingerprint('new-cycle', cycle.caller, cycle.callee),
    severity,
    title: `New circle: ${circle(cycle.services)}, closed by ${cycle.caller} → ${cycle.callee}`,
    message: newCycleMessage(cycle),
    services: cycle.services,
    traceIds: cycle.edges.find((edge) => edge.caller === cycle.caller && edge.callee === cycle.callee)?.traceIds ?? [],
    call: { caller: cycle.caller, callee: cycle.callee },
    file: 'baseline',
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

function newCriticalFindings(
  { newCriticalServices }: BaselineComparison,
  analysis: Analysis,
  policy: Policy,
): CheckFinding[] {
  const severity = severityOf(policy, 'newCriticalService');
  if (severity === undefined) return [];
  const verdicts = new Map(analysis.services.map(({ id, criticalPath }) => [id, criticalPath]));
  return newCriticalServices.map((service) => {
    const [reason] = verdicts.get(service)!.reasons;
    return {
      rule: 'newCriticalService',
      id: fingerprint('new-critical-service', service),
      severity,
      title: `${service} is new on the critical path`,
      message: `${reason?.message ?? ''} Check that it meets what you ask of critical services, or make its callers cope without it.`,
      services: [service],
      traceIds: reason?.traceIds ?? [],
      call: null,
      file: 'baseline',
    };
  });
}

function newScopeFindings({ newPciScope }: BaselineComparison, analysis: Analysis, policy: Policy): CheckFinding[] {
  const severity = severityOf(policy, 'newPciScope');
  if (severity === undefined) return [];
  const reasons = new Map(analysis.services.map(({ id, pci }) => [id, pci.reasons[0]]));
  return newPciScope.map(({ service, class: pciClass, was }) => {
    const reason = reasons.get(service);
    const change = was === 'not-observed' ? 'is new in PCI scope' : `moved up in PCI scope, from ${was}`;
    return {
      rule: 'newPciScope',
      id: fingerprint('new-pci-scope', service),
      severity,
      title: `${service} ${change}: ${pciClass}`,
      message: `${reason?.message ?? ''} A change of scope has to be documented and confirmed (PCI DSS 12.5.2).`,
      services: reason?.witnessPath ?? [service],
      traceIds: reason?.traceIds ?? [],
      call: null,
      file: 'baseline',
    };
  });
}

function cdeFindings({ newCdeDependencies }: BaselineComparison, analysis: Analysis, policy: Policy): CheckFinding[] {
  const severity = severityOf(policy, 'cdeDependency');
  if (severity === undefined) return [];
  const seen = new Map(analysis.dependencies.map((edge) => [edgeKey(edge), edge]));
  return newCdeDependencies.map(({ caller, callee }) => {
    const [site] = seen.get(edgeKey({ caller, callee }))?.callSites ?? [];
    const by = site === undefined ? '' : ` (${site.callerOperation} calls ${site.calleeOperation})`;
    return {
      rule: 'cdeDependency',
      id: fingerprint('cde-dependency', caller, callee),
      severity,
      title: `New dependency into the CDE: ${caller} → ${callee}`,
      message:
        `${caller} is outside the cardholder data environment and reaches ${callee} inside it${by}, which the baseline does ` +
        'not know. Go through a service that may, or document the connection and its reason (PCI DSS 1.2.5, 1.2.6).',
      services: [caller, callee],
      traceIds: seen.get(edgeKey({ caller, callee }))?.traceIds ?? [],
      call: { caller, callee },
      file: 'baseline',
    };
  });
}

function externalFindings(
  { newExternalPeers }: BaselineComparison,
  analysis: Analysis,
  policy: Policy,
): CheckFinding[] {
  const severity = severityOf(policy, 'newExternalPeer');
  if (severity === undefined) return [];
  return newExternalPeers.map((peer) => {
    const calls = analysis.dependencies.filter(({ callee }) => callee === peer);
    const callers = [...new Set(calls.map(({ caller }) => caller))];
    const by = callers.length === 0 ? '' : `${listed(callers)} ${callers.length === 1 ? 'calls' : 'call'} it. `;
    return {
      rule: 'newExternalPeer',
      id: fingerprint('new-external-peer', peer),
      severity,
      title: `${peer} is a new peer outside the system`,
      message: `${by}Find out who runs it, what is sent there, and what happens when it does not answer.`,
      services: [...callers.slice(0, 1), peer],
      traceIds: calls[0]?.traceIds ?? [],
      call: callers.length === 1 ? { caller: callers[0]!, callee: peer } : null,
      file: 'baseline',
    };
  });
}

/** An improvement fails no build unless the team asks for it: a smaller baseline is the reward. */
function staleFindings({ knownCycles }: BaselineComparison, policy: Policy): CheckFinding[] {
  const severity = severityOf(policy, 'staleBaseline');
  if (severity === undefined) return [];
  return knownCycles.flatMap(({ services, state, missing }): CheckFinding[] => {
    const gone = missing.find(({ callerRequestCount }) => callerRequestCount >= RESOLVED_REQUEST_COUNT);
    if (state !== 'resolved' || gone === undefined) return [];
    return [
      {
        rule: 'staleBaseline',
        id: fingerprint('stale-baseline', ...services),
        severity,
        title: `An accepted circle is gone: ${circle(services)}`,
        message:
          `${gone.caller} worked on ${gone.callerRequestCount} requests and never called ${gone.callee}. Take the circle out of the ` +
          'baseline, so that it cannot come back unnoticed: ringfence baseline SOURCE… --prune.',
        services,
        traceIds: [],
        call: { caller: gone.caller, callee: gone.callee },
        file: 'baseline',
      },
    ];
  });
}
