import type { Analysis, AnalyzedDependency, Severity } from '../model/analysis.ts';
import type { CheckFinding } from '../model/check.ts';
import { fingerprint } from '../model/fingerprint.ts';
import type { ForbiddenDependency, Policy } from '../model/policy.ts';
import { severityOf } from '../model/severity.ts';
import { byText } from '../model/wording.ts';
import { edgeKey } from './baseline.ts';
import { matcher } from './name-pattern.ts';

/** Findings of one rule that are listed: more than anybody reads. */
const FORBIDDEN_LIMIT = 100;

/** The dependencies that the policy forbids, whatever the baseline says of them. */
export function forbiddenFindings(analysis: Analysis, policy: Policy): CheckFinding[] {
  return policy.forbidden.flatMap((rule) => {
    const severity = rule.severity ?? severityOf(policy, 'forbiddenDependency');
    if (severity === undefined || severity === 'off') return [];
    const isExcepted = exceptions(rule, analysis);
    const edges = analysis.dependencies.filter(
      (edge) => (rule.mode === 'any' || edge.mode === rule.mode) && !isExcepted(edge),
    );
    const found = rule.reach === 'direct' ? direct(rule, edges, analysis) : reachable(rule, edges, analysis);
    return found.slice(0, FORBIDDEN_LIMIT).map((path) => finding(path, rule, severity));
  });
}

interface ForbiddenPath {
  /** From who must not to whom it must not, both included. */
  readonly nodes: readonly string[];
  /** The first dependency of it. */
  readonly edge: AnalyzedDependency;
}

/** One for each pair, by caller and callee. */
function direct(
  rule: ForbiddenDependency,
  edges: readonly AnalyzedDependency[],
  { services }: Analysis,
): ForbiddenPath[] {
  const from = idsOf(rule.from, services);
  const to = idsOf(rule.to, services);
  const pairs = new Map<string, ForbiddenPath>();
  for (const edge of edges) {
    const { caller, callee } = edge;
    const isForbidden = caller !== callee && from.has(caller) && to.has(callee);
    if (isForbidden && !pairs.has(edgeKey(edge))) pairs.set(edgeKey(edge), { nodes: [caller, callee], edge });
  }
  return [...pairs.values()];
}

/**
 * One for each service that must not get there and does: its shortest way, of several the first by name. Breadth first from all
 * forbidden targets at once against the direction of calls, so the work is that of looking at every dependency once.
 */
function reachable(
  rule: ForbiddenDependency,
  edges: readonly AnalyzedDependency[],
  { services }: Analysis,
): ForbiddenPath[] {
  const to = idsOf(rule.to, services);
  const callers = new Map<string, AnalyzedDependency[]>();
  for (const edge of edges) {
    const known = callers.get(edge.callee);
    if (known === undefined) callers.set(edge.callee, [edge]);
    else known.push(edge);
  }
  const next = new Map<string, AnalyzedDependency>();
  const queue = [...to].sort(byText);
  for (let read = 0; read < queue.length; read++) {
    for (const edge of callers.get(queue[read]!) ?? []) {
      if (next.has(edge.caller) || to.has(edge.caller)) continue;
      next.set(edge.caller, edge);
      queue.push(edge.caller);
    }
  }
  const starts = [...idsOf(rule.from, services)].filter((id) => next.has(id)).sort(byText);
  return starts.slice(0, FORBIDDEN_LIMIT).map((start): ForbiddenPath => {
    const edge = next.get(start)!;
    const nodes = [start];
    for (let step: AnalyzedDependency | undefined = edge; step !== undefined; step = next.get(step.callee)) {
      nodes.push(step.callee);
    }
    return { nodes, edge };
  });
}

function idsOf(patterns: readonly string[], services: Analysis['services']): Set<string> {
  return new Set(services.filter(matcher(patterns)).map(({ id }) => id));
}

function exceptions({ except }: ForbiddenDependency, { services }: Analysis): (edge: AnalyzedDependency) => boolean {
  const pairs = except.map(([caller, callee]) => [idsOf([caller], services), idsOf([callee], services)] as const);
  return ({ caller, callee }) => pairs.some(([callers, callees]) => callers.has(caller) && callees.has(callee));
}

function finding(
  { nodes, edge }: ForbiddenPath,
  { reason, reach }: ForbiddenDependency,
  severity: Severity,
): CheckFinding {
  const [from, to] = [nodes[0]!, nodes.at(-1)!];
  const [site] = edge.callSites;
  const by = site === undefined ? '' : ` (${site.callerOperation} calls ${site.calleeOperation})`;
  const path = shortened(nodes);
  const way = nodes.length === 2 ? `${from} depends on ${to}${by}` : `${from} gets to ${to} by ${path}${by}`;
  return {
    rule: 'forbiddenDependency',
    id: fingerprint('forbidden', reach, from, to, reason),
    severity,
    title: `Forbidden dependency: ${path}`,
    message: `${way}, which the policy forbids: ${reason}`,
    services: nodes,
    traceIds: edge.traceIds,
    call: { caller: edge.caller, callee: edge.callee },
    file: 'policy',
  };
}

/** Members of a path that are written out. */
const MOST_NODES = 10;

function shortened(nodes: readonly string[]): string {
  if (nodes.length <= MOST_NODES) return nodes.join(' → ');
  const left = nodes.length - MOST_NODES + 1;
  return [...nodes.slice(0, MOST_NODES - 2), `(${left} more)`, nodes.at(-1)!].join(' → ');
}
