import type {
  AnalyzedDependency,
  AnalyzedService,
  Finding,
  Scorecard,
  ScoredPrerequisite,
  Severity,
} from '../model/analysis.ts';
import { fingerprint } from '../model/fingerprint.ts';
import { DEFAULT_PREREQUISITES, type Policy, type Prerequisite, type ServicePolicy } from '../model/policy.ts';
import { severityOf } from '../model/severity.ts';
import { counted, listed, percent } from '../model/wording.ts';
import { servicePolicy } from './dependency-graph.ts';
import { wilson } from './wilson.ts';

/** Share of calls, by lower bound, of which both spans must be there. */
export const TRACED_SHARE = 0.95;
/** Days in which a service that is deployed rapidly shows more than one version. */
export const DEPLOYMENT_DAYS = 30;
/** Days after which what somebody attested or confirmed has to be said again (PCI DSS 12.5.2 asks every 12 months). */
export const ATTESTATION_DAYS = 365;

type Service = Omit<AnalyzedService, 'scorecard'>;

export interface ScorecardInput {
  readonly dependencies: readonly AnalyzedDependency[];
  readonly policy: Policy;
  /** ISO date; undefined when nothing was seen. */
  readonly today: string | undefined;
  readonly windowDays: number;
}

/**
 * Where each service stands on the ladder value-added, critical path, PCI, and what it has of what that asks for. Traces are the
 * evidence where they can be; where they cannot, somebody attests in the policy, with a date. What neither shows is unknown.
 */
export function withScorecards(services: readonly Service[], input: ScorecardInput): AnalyzedService[] {
  const toIt = new Map<string, AnalyzedDependency[]>();
  const ofIt = new Map<string, AnalyzedDependency[]>();
  for (const call of input.dependencies) {
    if (call.mode !== 'sync') continue;
    listIn(toIt, call.callee).push(call);
    // Nobody has spans of a host outside, so nothing is missing there.
    if (call.caller !== call.callee && call.clientOnlyCallCount < call.callCount) listIn(ofIt, call.caller).push(call);
  }
  return services.map((service) => {
    const calls = { toIt: toIt.get(service.id) ?? [], ofIt: ofIt.get(service.id) ?? [] };
    return { ...service, scorecard: scorecardOf(service, calls, input) };
  });
}

function listIn(lists: Map<string, AnalyzedDependency[]>, id: string): AnalyzedDependency[] {
  const known = lists.get(id);
  if (known !== undefined) return known;
  const list: AnalyzedDependency[] = [];
  lists.set(id, list);
  return list;
}

function scorecardOf(
  service: Service,
  calls: Pick<Evidence, 'toIt' | 'ofIt'>,
  input: ScorecardInput,
): Scorecard | null {
  if (service.kind !== 'service' || service.spanCount === 0) return null;
  const { policy } = input;
  const asked = policy.prerequisites ?? DEFAULT_PREREQUISITES;
  const isPci = ['cde', 'connected-to', 'security-impacting'].includes(service.pci.class);
  const isCritical = ['critical-path', 'presumed'].includes(service.criticalPath.verdict);
  const names = new Set<Prerequisite>([
    ...asked.all,
    ...(isCritical ? asked['critical-path'] : []),
    ...(isPci ? asked.pci : []),
  ]);
  const evidence: Evidence = { service, declared: servicePolicy(service, policy), ...calls, ...input };
  return {
    class: isPci ? 'pci' : isCritical ? 'critical-path' : 'value-added',
    prerequisites: [...names].map((name) => scored(name, evidence)),
  };
}

interface Evidence extends ScorecardInput {
  readonly service: Service;
  readonly declared: ServicePolicy;
  readonly toIt: readonly AnalyzedDependency[];
  readonly ofIt: readonly AnalyzedDependency[];
}

type Shown = Omit<ScoredPrerequisite, 'name'>;

/** Evidence against it wins over an attestation; an attestation wins over silence. */
function scored(name: Prerequisite, evidence: Evidence): ScoredPrerequisite {
  const shown = SHOWN[name]?.(evidence);
  if (shown !== undefined && shown.status !== 'unknown') return { name, ...shown };
  const attestation = evidence.declared.attested?.get(name);
  if (attestation === undefined) {
    return { name, status: 'unknown', message: shown?.message ?? 'Traces do not show it, and nobody attests it.' };
  }
  const { by, on } = attestation;
  if (isOlder(on, evidence.today)) {
    return { name, status: 'unknown', message: `${by} attested it on ${on}: too long ago.` };
  }
  return { name, status: 'attested', message: `${by} attests it since ${on}.` };
}

const SHOWN: Readonly<Partial<Record<Prerequisite, (evidence: Evidence) => Shown>>> = {
  monitoring: ({ toIt }) => {
    const n = sumOf(toIt, ({ callCount }) => callCount);
    return tracedShare(
      n,
      n - sumOf(toIt, ({ clientOnlyCallCount }) => clientOnlyCallCount),
      'calls to it have its own span',
    );
  },
  'both-halves': ({ toIt, ofIt }) => {
    const calls = [...toIt, ...ofIt];
    const n = sumOf(calls, ({ callCount }) => callCount);
    const one = sumOf(
      calls,
      ({ clientOnlyCallCount, serverOnlyCallCount }) => clientOnlyCallCount + serverOnlyCallCount,
    );
    return tracedShare(n, n - one, 'calls to and from it have the spans of both sides');
  },
  versions: ({ service: { versions } }) =>
    versions.length > 0
      ? { status: 'seen', message: `Its spans say their version: ${listed(versions)}.` }
      : { status: 'missing', message: 'None of its spans says service.version.' },
  'rapid-deployment': ({ service: { versions }, windowDays }) => {
    if (versions.length > 1) {
      const message = `${counted(versions.length, 'version')} in ${counted(Math.max(1, Math.round(windowDays)), 'day')}.`;
      return { status: 'seen', message };
    }
    return versions.length === 1 && windowDays >= DEPLOYMENT_DAYS
      ? { status: 'missing', message: `One version in ${Math.round(windowDays)} days.` }
      : { status: 'unknown', message: `Not to be seen in less than ${DEPLOYMENT_DAYS} days of spans with a version.` };
  },
  redundancy: ({ service: { dimensions } }) => {
    const zones = dimensions.filter(({ dimension }) => dimension === 'zone').map(({ value }) => value);
    if (zones.length > 1) return { status: 'seen', message: `It ran in ${zones.length} zones: ${listed(zones)}.` };
    return zones.length === 1
      ? { status: 'missing', message: `All its spans with a zone came from one: ${zones[0]!}.` }
      : { status: 'unknown', message: 'Its spans name no zone.' };
  },
  owner: ({ declared: { owner } }) =>
    owner === undefined
      ? { status: 'missing', message: 'The policy names no owner.' }
      : { status: 'attested', message: `${owner}.` },
  'confirmed-scope': ({ declared: { confirmedOn, confirmedBy }, today }) => {
    if (confirmedOn === undefined) return { status: 'missing', message: 'Nobody confirmed its part in the PCI scope.' };
    const by = confirmedBy === undefined ? '' : ` by ${confirmedBy}`;
    return isOlder(confirmedOn, today)
      ? { status: 'missing', message: `Confirmed${by} on ${confirmedOn}: more than twelve months ago.` }
      : { status: 'attested', message: `Confirmed${by} on ${confirmedOn}.` };
  },
};

function tracedShare(n: number, tracedCount: number, what: string): Shown {
  const [lower, upper] = wilson(tracedCount, n);
  const message =
    n === 0 ? 'No calls were seen.' : `${tracedCount} of ${n} ${what} (95 %: at least ${percent(lower)}).`;
  if (lower >= TRACED_SHARE) return { status: 'seen', message };
  return { status: upper < TRACED_SHARE ? 'missing' : 'unknown', message };
}

function sumOf(calls: readonly AnalyzedDependency[], figure: (call: AnalyzedDependency) => number): number {
  return calls.reduce((sum, call) => sum + figure(call), 0);
}

function isOlder(date: string, today: string | undefined): boolean {
  return today !== undefined && Date.parse(today) - Date.parse(date) > ATTESTATION_DAYS * 86_400_000;
}

/** One for each service that lacks something, as loud as its class; only where the policy asks for prerequisites at all. */
export function prerequisiteFindings(services: readonly AnalyzedService[], policy: Policy): Finding[] {
  if (policy.prerequisites === undefined) return [];
  return services.flatMap(({ id, scorecard }): Finding[] => {
    const lacking = scorecard?.prerequisites.filter(({ status }) => status === 'missing' || status === 'unknown') ?? [];
    if (scorecard === null || lacking.length === 0) return [];
    const severity = severityOf(policy, 'missingPrerequisite', SEVERITY_OF_CLASS[scorecard.class]);
    if (severity === undefined) return [];
    return [
      {
        kind: 'missing-prerequisite',
        id: fingerprint('missing-prerequisite', id),
        severity,
        title: `${id} lacks ${listed(lacking.map(({ name }) => name))}, as ${CLASS_WORDS[scorecard.class]}`,
        message: `${lacking.map(({ name, message }) => `${name}: ${message}`).join(' ')} Put it right, or attest it in the policy with a date.`,
        services: [id],
        traceIds: [],
      },
    ];
  });
}

const SEVERITY_OF_CLASS: Readonly<Record<Scorecard['class'], Severity>> = {
  pci: 'error',
  'critical-path': 'warning',
  'value-added': 'note',
};

const CLASS_WORDS: Readonly<Record<Scorecard['class'], string>> = {
  pci: 'a service in PCI scope',
  'critical-path': 'a service on the critical path',
  'value-added': 'a value-added service',
};
