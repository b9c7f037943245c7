import type {
  AnalyzedCycle,
  AnalyzedDependency,
  AnalyzedService,
  Finding,
  FindingKind,
  Severity,
} from '../model/analysis.ts';
import { fingerprint } from '../model/fingerprint.ts';
import type { Policy } from '../model/policy.ts';
import { SEVERITIES, severityOf } from '../model/severity.ts';
import { byText, circle, counted, listed, percent } from '../model/wording.ts';
import type { CardEvidenceRollup, Rollup } from '../rollup/rollup.ts';
import { judgedEvidence } from './card-evidence-judged.ts';
import { isSure, sightings } from './card-evidence.ts';
import { declarationConflicts } from './declaration-conflict.ts';
import { servicePolicy } from './dependency-graph.ts';
import { smallestThree } from './pci-claim.ts';
import type { ScopeConflict } from './pci-scope.ts';
import { prerequisiteFindings } from './scorecard.ts';
import { boundaryFindings } from './service-boundary.ts';

/** What was concluded about the graph: all that findings are made of. */
export interface Conclusions {
  readonly rollup: Rollup;
  readonly policy: Policy;
  /** ISO date the analysis is for; undefined when nothing was seen. */
  readonly today: string | undefined;
  readonly services: readonly AnalyzedService[];
  readonly dependencies: readonly AnalyzedDependency[];
  readonly cycles: readonly AnalyzedCycle[];
  readonly scopeConflicts: readonly ScopeConflict[];
}

/** The table of findings: each kind of finding and where it comes from. */
const FINDINGS: Readonly<Record<FindingKind, (conclusions: Conclusions) => readonly Finding[]>> = {
  cycle: cycleFindings,
  'card-data': cardDataFindings,
  'scope-conflict': scopeConflictFindings,
  'critical-service': criticalServiceFindings,
  'pci-scope': pciScopeFindings,
  'missing-prerequisite': ({ services, policy }) => prerequisiteFindings(services, policy),
  'service-boundary': ({ services, dependencies, rollup }) => boundaryFindings(services, dependencies, rollup),
};

/** All findings, most severe first, then by kind and id. */
export function findingsOf(conclusions: Conclusions): Finding[] {
  return Object.values(FINDINGS)
    .flatMap((list) => list(conclusions))
    .sort(
      (one, two) =>
        SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(two.severity) ||
        byText(one.kind, two.kind) ||
        byText(one.id, two.id),
    );
}

function cycleFindings({ cycles, policy }: Conclusions): Finding[] {
  return cycles.flatMap((cycle): Finding[] => {
    const isHard = cycle.class !== 'soft' && cycle.class !== 'self-call';
    const severity = severityOf(policy, 'newCycle', isHard ? 'error' : 'note');
    if (severity === undefined) return [];
    const traceIds =
      cycle.witnessTraceId === null ? cycle.edges.flatMap((edge) => edge.traceIds) : [cycle.witnessTraceId];
    return [
      {
        kind: 'cycle',
        id: cycle.id,
        severity,
        title: cycleTitle(cycle),
        message: cycleMessage(cycle),
        services: cycle.services,
        traceIds: smallestThree(traceIds),
      },
    ];
  });
}

/** The circle and its kind in one line. */
function cycleTitle({ class: cycleClass, services }: AnalyzedCycle): string {
  switch (cycleClass) {
    case 're-entrant':
      return `Circle within one request: ${circle(services)}`;
    case 'operation':
      return `Circle of operations: ${circle(services)}`;
    case 'structural':
      return `Circle of services: ${circle(services)}`;
    case 'soft':
      return `Soft circle: ${circle(services)}`;
    case 'self-call':
      return `${services[0]!} calls itself`;
  }
}

/** Two short sentences: what it means, and one way out. The evidence stands with the circle. */
function cycleMessage({ class: cycleClass, services, breakAt: [best] }: AnalyzedCycle): string {
  const at = best === undefined ? undefined : `${best.caller} → ${best.callee}`;
  const wayOut =
    at === undefined
      ? 'The policy keeps all its calls synchronous (neverAsync): merge the services, or cut them along another line.'
      : `Break it at ${at}.`;
  switch (cycleClass) {
    case 're-entrant':
      return (
        'One request comes back to a service that still waits for its own answer: under load all its workers can wait for ' +
        `one more, and it stands still. ${wayOut}`
      );
    case 'operation':
      return `Each operation waits for the next, and nothing seen keeps a request from going round without end. ${wayOut}`;
    case 'structural':
      return (
        `No single request was seen to go round, but each of ${listed(services)} needs the next: a failure or an incompatible ` +
        `release of one reaches all of them. ${wayOut}`
      );
    case 'soft':
      return (
        'An event or a call nobody waits for closes it, so nobody waits all the way round. ' +
        (at === undefined ? 'Make sure that it ends.' : `Make sure that it ends, and make ${at} a real event.`)
      );
    case 'self-call':
      return 'It calls its own address and needs a second free worker for each answer. A function call would do.';
  }
}

/** One finding for each service and degree of certainty. */
function cardDataFindings({ rollup, policy, services }: Conclusions): Finding[] {
  const inCde = new Set(
    services.filter(({ pci }) => pci.class === 'cde' && pci.basis === 'declared').map(({ id }) => id),
  );
  const findings: Finding[] = [];
  for (const [node, items] of judgedEvidence(rollup).byNode) {
    for (const [degree, { severity: atMost, matches, title, why }] of Object.entries(CARD_DEGREES)) {
      const group = items.filter(matches);
      const severity = severityOf(policy, 'cardData', atMost);
      if (group.length === 0 || severity === undefined) continue;
      const where = inCde.has(node) ? ' The service is in the CDE, its telemetry must not be.' : '';
      findings.push({
        kind: 'card-data',
        id: fingerprint('card-data', degree, node),
        severity,
        title: `${node} ${title}`,
        message: `Seen ${sightings(group)}; removed before it was kept here. ${why}${where}`,
        services: [node],
        traceIds: smallestThree(group.flatMap(({ traceIds }) => traceIds)),
      });
    }
  }
  return findings;
}

interface CardDegree {
  readonly severity: Severity;
  readonly matches: (item: CardEvidenceRollup) => boolean;
  readonly title: string;
  readonly why: string;
}

const CARD_DEGREES: Readonly<Record<string, CardDegree>> = {
  sure: {
    severity: 'error',
    matches: isSure,
    title: 'writes card data into its spans',
    why: 'Whatever stores or forwards these spans is in PCI scope: remove it where the span is made, then purge the tracing backend.',
  },
  likely: {
    severity: 'warning',
    matches: ({ strength }) => strength === 'medium',
    title: 'may write card numbers into its spans',
    why:
      'About 1 in 36 random numbers of 16 digits looks like a card number: find out what they are, and remove them where the ' +
      'span is made if they are cards.',
  },
  test: {
    severity: 'warning',
    matches: ({ strength }) => strength === 'test',
    title: 'writes test card numbers into its spans',
    why: 'Test numbers harm nobody, but the same code will write real ones: remove them where the span is made.',
  },
};

function scopeConflictFindings({ scopeConflicts, services, policy, today }: Conclusions): Finding[] {
  const findings: Finding[] = [];
  if (severityOf(policy, 'scopeConflict') === undefined) return [];
  for (const { node, predicate, isCertain, traceIds } of scopeConflicts) {
    const severity = severityOf(policy, 'scopeConflict', isCertain ? 'error' : 'warning')!;
    findings.push({
      kind: 'scope-conflict',
      id: fingerprint('scope-conflict', 'contradicted', node),
      severity,
      title: `${node} is declared out of PCI scope, but ${predicate}`,
      message:
        (isCertain
          ? `What was seen contradicts the declaration, so ${node} counts as in scope. `
          : `That rests on a candidate nobody has confirmed; until somebody does, ${node} counts as in scope. `) +
        'Stop what was seen, or take the declaration back and confirm the new scope (PCI DSS 12.5.2).',
      services: [node],
      traceIds: [...traceIds],
    });
  }
  for (const service of services) {
    const { id } = service;
    const { expires } = servicePolicy(service, policy);
    if (expires === undefined || today === undefined || expires >= today) continue;
    findings.push({
      kind: 'scope-conflict',
      id: fingerprint('scope-conflict', 'expired', id),
      severity: severityOf(policy, 'scopeConflict', 'warning')!,
      title: `The PCI declaration of ${id} ran out on ${expires}`,
      message: 'Confirm that it still holds and set a new date in the policy, or take it back.',
      services: [id],
      traceIds: [],
    });
  }
  return findings;
}

/** A service that at least this share of requests waits for, and that others are reached through alone, is a choke point. */
const CHOKE_SHARE = 0.5;

/** Each critical service once, each whose declaration and behaviour disagree, and choke points that no request has to start at. */
function criticalServiceFindings(conclusions: Conclusions): Finding[] {
  const { services, policy, rollup } = conclusions;
  const entryServices = new Set([...rollup.entryPoints.values()].map(({ node }) => node));
  return services.flatMap((service): Finding[] => {
    const { id, kind } = service;
    const { verdict, reasons } = service.criticalPath;
    if (kind !== 'service') return [];
    const findings: Finding[] = [];
    const add = (aspect: string, severity: Severity | undefined, title: string, message: string) => {
      if (severity === undefined) return;
      const traceIds = smallestThree(reasons.flatMap((reason) => reason.traceIds ?? []));
      const finding = { kind: 'critical-service', id: fingerprint('critical-service', aspect, id), severity } as const;
      findings.push({ ...finding, title, message, services: [id], traceIds });
    };
    const [first] = reasons;
    if (verdict === 'critical-path' || verdict === 'presumed') {
      const title = verdict === 'presumed' ? 'is presumed to be on the critical path' : 'is on the critical path';
      add('verdict', severityOf(policy, 'newCriticalService', 'note'), `${id} ${title}`, first?.message ?? '');
    }
    findings.push(...declarationConflicts(service, conclusions));
    const { blastRadius } = service.criticalPath;
    if (service.onlyWayTo !== null && !entryServices.has(id) && blastRadius !== null && blastRadius >= CHOKE_SHARE) {
      const { serviceCount, services: behind } = service.onlyWayTo;
      add(
        'choke-point',
        severityOf(policy, 'newCriticalService', 'note'),
        `${id} is a choke point`,
        `${percent(blastRadius)} of requests wait for it, and it is the only way to ${counted(serviceCount, 'service')}: ` +
          `${listed(behind)}${serviceCount > behind.length ? ' and what lies behind' : ''}.`,
      );
    }
    return findings;
  });
}

/** Each node in scope once: those with evidence but no declaration loudest, since nobody may know. */
function pciScopeFindings({ services, policy }: Conclusions): Finding[] {
  return services.flatMap(({ id, pci }): Finding[] => {
    const say = PCI_TITLES[pci.class];
    if (say === undefined) return [];
    const isSurprise = pci.class === 'cde' && pci.basis !== 'declared';
    const severity = severityOf(policy, 'newPciScope', isSurprise ? 'warning' : 'note');
    if (severity === undefined) return [];
    const [first] = pci.reasons;
    const advice = isSurprise ? ' No policy or label declares it: declare it, or keep card data away from it.' : '';
    return [
      {
        kind: 'pci-scope',
        id: fingerprint('pci-scope', id),
        severity,
        title: `${id} ${pci.basis === 'candidate' ? say.maybe : say.surely}`,
        message: `${first?.message ?? ''}${advice}`,
        services: first?.witnessPath ?? [id],
        traceIds: smallestThree(pci.reasons.flatMap(({ traceIds }) => traceIds ?? [])),
      },
    ];
  });
}

/** Classes that are in scope. */
const PCI_TITLES: Readonly<Partial<Record<string, { readonly surely: string; readonly maybe: string }>>> = {
  cde: { surely: 'is in the cardholder data environment (CDE)', maybe: 'may belong to the CDE' },
  'connected-to': {
    surely: 'is connected to the cardholder data environment',
    maybe: 'may be connected to the cardholder data environment',
  },
  'security-impacting': {
    surely: 'can affect the security of card data',
    maybe: 'may affect the security of card data',
  },
};
