import type { AnalyzedDependency, AnalyzedService, Analysis, PciClass, Reason } from '../model/analysis.ts';
import type { Baseline } from '../model/baseline.ts';
import { cell, code, table } from './markdown-text.ts';
import type { Report } from './report.ts';
import { flowDiagram, IN_SCOPE, isOutside, scopeFlows, type ScopeFlow } from './scope-flows.ts';
import { scopeChanges } from './scope-changes.ts';
import { grouped, percent, plural } from './text.ts';

/**
 * For whoever documents and confirms the PCI DSS scope, and for the assessor who asks: the data-flow diagram (1.2.4), the
 * components with what they are for (12.5.1), connections and third parties (12.5.2, 12.8), what contradicts the declarations, what
 * the traces cover, and what changed since the scope was confirmed last. Facts and where they come from; the confirmation itself
 * stays with people.
 */
export const assessor: Report = (analysis, { lastConfirmed }) => {
  const scope = scopeFlows(analysis);
  const inScope = analysis.services.filter(({ pci }) => IN_SCOPE.has(pci.class));
  const parts = [
    '# PCI DSS scope as traces show it',
    basis(analysis),
    summary(analysis),
    '## 1. Data flows',
    scope.nodes.length === 0
      ? 'Nothing was seen or declared in scope, so there is nothing to draw. That is no evidence that nothing is.'
      : ['```mermaid', flowDiagram(scope), '```'].join('\n'),
    scope.flows.length === 0
      ? ''
      : 'Thick: card data stood on a span of the call. Dotted: messages, or calls nobody waits for. The numbers are those of the table.',
    flowTable(scope.flows),
    scope.leftOutCount === 0
      ? ''
      : `${plural(scope.leftOutCount, 'more connection')} between connected systems: see the report as JSON.`,
    '## 2. Components in scope',
    componentTable(inScope, analysis.dependencies),
    missingDeclarations(inScope),
    '## 3. Third parties',
    thirdParties(analysis),
    '## 4. Conflicts, and candidates to confirm',
    conflicts(analysis),
    candidates(inScope),
    '## 5. For review',
    forReview(analysis),
    '## 6. What this rests on, and its limits',
    limits(analysis, inScope),
    '## 7. Since the last confirmation',
    changes(analysis, lastConfirmed),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
};

function basis({ window, environment, environments, traceCount, spanCount }: Analysis): string {
  const when = window.from === null ? '' : `, ${window.from} to ${window.to ?? ''}`;
  const where =
    environment !== null
      ? `environment ${code(environment)}`
      : environments.length === 0
        ? 'no environment named'
        : `environments ${environments.map(code).join(', ')}`;
  return (
    `${plural(traceCount, 'trace')}, ${plural(spanCount, 'span')}${when}; ${where}.\n\n` +
    'Traces show which systems communicate, and never that two of them cannot. So this is a **lower bound** of the scope: what is ' +
    'listed was seen or declared, and what is not listed is not thereby out of scope. Absence from traces is no evidence of ' +
    'segmentation. The report supports the confirmation of scope that PCI DSS 12.5.2 asks for, and does not replace it.'
  );
}

const CLASS_WORDS: Readonly<Record<PciClass, string>> = {
  cde: 'in the CDE',
  'connected-to': 'connected to the CDE',
  'security-impacting': 'security-impacting',
  indirect: 'two hops away, for review',
  'not-observed': 'not observed in scope',
};

function summary({ services }: Analysis): string {
  const counted = services.filter(({ kind }) => kind !== 'unknown-caller');
  const rows = (Object.keys(CLASS_WORDS) as PciClass[]).map((pciClass) => {
    const members = counted.filter(({ pci }) => pci.class === pciClass);
    const by = (basis: string) => grouped(members.filter(({ pci }) => pci.basis === basis).length);
    return [
      CLASS_WORDS[pciClass],
      grouped(members.length),
      by('declared'),
      by('evidence'),
      by('observed'),
      by('candidate'),
    ];
  });
  return table(['Class', 'Components', 'declared', 'by card data seen', 'by connection seen', 'to be confirmed'], rows);
}

function flowTable(flows: readonly ScopeFlow[]): string {
  if (flows.length === 0) return '';
  return table(
    ['No.', 'From', 'To', 'How', 'Data', 'Operations', 'Calls', 'Seen', 'Example trace'],
    flows.map(({ number, dependency }) => [
      String(number),
      code(dependency.caller),
      code(dependency.callee),
      HOW[dependency.mode],
      dataOf(dependency),
      operationsOf(dependency),
      grouped(dependency.callCount),
      seen(dependency.firstSeen, dependency.lastSeen),
      dependency.traceIds[0] === undefined ? '' : code(dependency.traceIds[0]),
    ]),
  );
}

const HOW: Readonly<Record<AnalyzedDependency['mode'], string>> = {
  sync: 'call',
  async: 'message or unawaited call',
  data: 'data',
};

function dataOf({ cardEvidenceCount }: AnalyzedDependency): string {
  return cardEvidenceCount > 0 ? `**card data** on ${grouped(cardEvidenceCount)}` : 'no card data seen';
}

const MOST_OPERATIONS = 3;

function operationsOf({ callSites }: AnalyzedDependency): string {
  const names = [...new Set(callSites.map(({ calleeOperation }) => calleeOperation))];
  const more = names.length > MOST_OPERATIONS ? ` and ${names.length - MOST_OPERATIONS} more` : '';
  return names.slice(0, MOST_OPERATIONS).map(code).join(', ') + more;
}

function componentTable(inScope: readonly AnalyzedService[], dependencies: readonly AnalyzedDependency[]): string {
  if (inScope.length === 0) return 'None seen or declared.';
  return table(
    ['Component', 'Kind', 'Class', 'Basis', 'What it is for', 'Owner', 'Why', 'Seen', 'Confirmed'],
    [...inScope].sort(byClass).map(({ id, kind, pci, declared, firstSeen, lastSeen }) => [
      code(id),
      kind,
      CLASS_WORDS[pci.class],
      pci.basis,
      cell(declared?.function ?? MISSING),
      cell(declared?.owner ?? MISSING),
      pci.reasons
        .filter(({ rule }) => rule !== 'two-hops')
        .map(why)
        .join(' '),
      firstSeen === null ? seenOf(dependencies.filter(({ callee }) => callee === id)) : seen(firstSeen, lastSeen),
      confirmed(declared),
    ]),
  );
}

const MISSING = '—';

/** The rule's name first: it is stable, so an assessor can refer to it. */
function why({ rule, message, witnessPath }: Reason): string {
  const path = witnessPath !== undefined && witnessPath.length > 2 ? ` ${witnessPath.map(code).join(' → ')}` : '';
  return `\\[${cell(rule)}\\] ${cell(message)}${path}`;
}

function confirmed(declared: AnalyzedService['declared']): string {
  if (declared === null || (declared.confirmedBy === null && declared.confirmedOn === null)) return MISSING;
  const by = [declared.confirmedBy, declared.confirmedOn].filter((each) => each !== null).join(', ');
  return cell(declared.expires === null ? by : `${by}; again by ${declared.expires}`);
}

const CLASS_ORDER = Object.keys(CLASS_WORDS) as PciClass[];

function byClass(one: AnalyzedService, two: AnalyzedService): number {
  return CLASS_ORDER.indexOf(one.pci.class) - CLASS_ORDER.indexOf(two.pci.class);
}

function missingDeclarations(inScope: readonly AnalyzedService[]): string {
  const own = inScope.filter(({ kind }) => kind === 'service');
  const lacking = (isThere: (service: AnalyzedService) => boolean) => own.filter((service) => !isThere(service)).length;
  const missing = [
    [lacking(({ declared }) => (declared?.owner ?? null) !== null), 'owner'],
    [lacking(({ declared }) => (declared?.function ?? null) !== null), 'function'],
    [lacking(({ declared }) => (declared?.confirmedOn ?? null) !== null), 'date of confirmation'],
  ] as const;
  const words = missing.filter(([count]) => count > 0).map(([count, what]) => `${what} of ${plural(count, 'service')}`);
  return words.length === 0 ? '' : `Not in the policy: ${words.join(', ')}.`;
}

function thirdParties({ services, dependencies }: Analysis): string {
  const rows = services
    .filter((service) => isOutside(service) && (IN_SCOPE.has(service.pci.class) || isProvider(service.pci.reasons)))
    .map(({ id, kind, pci, declared }) => {
      const calls = dependencies.filter(({ callee }) => callee === id);
      return [
        code(id),
        isProvider(pci.reasons)
          ? 'known payment provider'
          : kind === 'service'
            ? 'service without spans'
            : 'host without spans',
        [...new Set(calls.map(({ caller }) => caller))].map(code).join(', '),
        grouped(calls.reduce((sum, { callCount }) => sum + callCount, 0)),
        cell(declared?.function ?? MISSING),
        seenOf(calls),
      ];
    });
  if (rows.length === 0) return 'No system without spans of its own was seen to exchange calls with what is in scope.';
  const note =
    'To be kept in the list of third-party service providers, with responsibilities for each (PCI DSS 12.8).';
  return `${table(['System', 'What it seems to be', 'Called by', 'Calls', 'What it is for', 'Seen'], rows)}\n\n${note}`;
}

function isProvider(reasons: readonly Reason[]): boolean {
  return reasons.some(({ rule }) => rule === 'payment-provider');
}

function conflicts({ findings }: Analysis): string {
  const against = findings.filter(({ kind }) => kind === 'scope-conflict' || kind === 'card-data');
  if (against.length === 0) return 'Nothing seen contradicts a declaration, and no card data stood in telemetry.';
  return against
    .map(({ severity, title, message, traceIds }) => {
      const examples = traceIds.length === 0 ? '' : ` For example ${traceIds.map(code).join(', ')}.`;
      return `- **${severity}** ${cell(title)}. ${cell(message)}${examples}`;
    })
    .join('\n');
}

function candidates(inScope: readonly AnalyzedService[]): string {
  const open = inScope.filter(({ pci }) => pci.basis === 'candidate');
  if (open.length === 0) return 'No candidates: everything in scope is declared or was seen.';
  const lines = open.map(
    ({ id, pci }) =>
      `- ${code(id)}, ${CLASS_WORDS[pci.class]} if confirmed: ${pci.reasons.slice(0, 1).map(why).join('')}`,
  );
  return `To be confirmed or ruled out, in the policy, with a reason:\n\n${lines.join('\n')}`;
}

function forReview({ services }: Analysis): string {
  const indirect = services.filter(({ pci }) => pci.class === 'indirect');
  const declaredOut = services.filter(({ pci }) => pci.class === 'not-observed' && pci.basis === 'declared');
  const lines = [
    ...declaredOut.map(({ id, pci }) => `- ${code(id)}, declared out of scope: ${pci.reasons.map(why).join(' ')}`),
    // Two hops may run either way, so no arrows.
    ...indirect.map(({ id, pci }) => `- ${code(id)}: ${(pci.reasons[0]?.witnessPath ?? []).map(code).join(' – ')}`),
  ];
  if (lines.length === 0) return 'Nothing is two hops away, and nothing is declared out of scope.';
  return `Not in scope by itself; the systems between decide. Out of scope is what somebody declares, never what traces show.\n\n${lines.join('\n')}`;
}

function limits(analysis: Analysis, inScope: readonly AnalyzedService[]): string {
  const { traceCount, incompleteTraceCount, services, dependencies, problems } = analysis;
  const withoutSpans = inScope.filter(({ kind, spanCount }) => kind !== 'service' || spanCount === 0);
  const isInCde = new Set(inScope.filter(({ pci }) => pci.class === 'cde').map(({ id }) => id));
  const unknown = new Set(services.filter(({ kind }) => kind === 'unknown-caller').map(({ id }) => id));
  const fromNowhere = dependencies
    .filter(({ caller, callee }) => unknown.has(caller) && isInCde.has(callee))
    .reduce((sum, { callCount }) => sum + callCount, 0);
  const ids = new Set(inScope.map(({ id }) => id));
  const calls = dependencies.filter(
    ({ caller, callee, mode }) => mode === 'sync' && (ids.has(caller) || ids.has(callee)),
  );
  const callCount = calls.reduce((sum, edge) => sum + edge.callCount, 0);
  const oneSided = calls.reduce((sum, edge) => sum + edge.clientOnlyCallCount + edge.serverOnlyCallCount, 0);
  const lines = [
    traceCount === 0
      ? 'No traces.'
      : `${percent(incompleteTraceCount / traceCount)} of traces lack a span they refer to.`,
    ...(callCount === 0
      ? []
      : [`${percent(oneSided / callCount)} of the calls in scope were seen from one side only.`]),
    ...(fromNowhere === 0
      ? []
      : [
          `${plural(fromNowhere, 'call')} into the CDE came from callers without spans: who they are, traces do not say.`,
        ]),
    ...(withoutSpans.length === 0
      ? []
      : [
          `Seen only through the calls of others, so what they call themselves is unknown: ${withoutSpans.map(({ id }) => code(id)).join(', ')}.`,
        ]),
    'What is not instrumented, what was sampled away, file transfers, administrators and backups leave no traces.',
    'Callers are connected with what lies behind a gateway declared under `proxies`; which calls passed it is not kept, so it is a candidate.',
    ...problems.map(({ message, count }) => `${cell(message)} (${grouped(count)})`),
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

function changes(analysis: Analysis, lastConfirmed: Baseline | undefined): string {
  if (lastConfirmed === undefined) {
    return 'No earlier state to compare with: write one with `ringfence baseline` when the scope is confirmed, and name it here with `--baseline`.';
  }
  const lines = scopeChanges(analysis, lastConfirmed);
  if (lines.length === 0) return 'Same components in scope, same connections into the CDE, same hosts outside.';
  return `Each is a change of scope to be documented and confirmed (PCI DSS 12.5.2).\n\n${lines.map((line) => `- ${line}`).join('\n')}`;
}

/** A node without spans was seen when it was called. */
function seenOf(calls: readonly AnalyzedDependency[]): string {
  const first = calls.map(({ firstSeen }) => firstSeen).sort()[0] ?? null;
  const last =
    calls
      .map(({ lastSeen }) => lastSeen)
      .sort()
      .at(-1) ?? null;
  return seen(first, last);
}

/** `2026-03-02` or `2026-03-02 to 2026-03-09`. */
function seen(first: string | null, last: string | null): string {
  if (first === null || last === null) return MISSING;
  const [from, to] = [first.slice(0, 10), last.slice(0, 10)];
  return from === to ? from : `${from} to ${to}`;
}
