import type { Analysis, PciClass, Problem } from '../model/analysis.ts';
import type { BaselineComparison, NewPciScope } from '../model/baseline-comparison.ts';
import type { Baseline } from '../model/baseline.ts';
import type { Policy } from '../model/policy.ts';
import { counted } from '../model/wording.ts';
import { cdeDependencies, criticalServices, edgeKey, externalPeers, renamedBaseline, scopeOf } from './baseline.ts';
import { serviceDependencies } from './hard-graph.ts';
import { COMPONENT_NEW_CYCLE_LIMIT, findNewCycles, NEW_CYCLE_LIMIT } from './new-cycle.ts';
import { seenStates } from './seen-state.ts';

export interface CompareOptions {
  /** ISO date for acceptances that run out; absent, none has run out. */
  readonly today?: string;
}

/** A baseline from less than this share of the traces is too thin to compare with. */
const COMPARABLE_SHARE = 0.2;

/**
 * What is new since the baseline. Every circle that is new has a new call on it, so a new circle exists exactly where a new
 * synchronous call lies inside a strongly connected component; one circle is shown for each such call, the shortest. A
 * component that grows by one call is therefore one finding, and whatever accepted calls form together stays accepted.
 */
export function compareWithBaseline(
  analysis: Analysis,
  baseline: Baseline,
  policy: Policy,
  options: CompareOptions = {},
): BaselineComparison {
  const known = renamedBaseline(baseline, policy.aliases);
  const { newCycles, unlistedCount } = findNewCycles(analysis, known, policy, options.today);
  const knownCalls = new Map(known.dependencies.map((edge) => [edgeKey(edge), edge.mode]));
  const accepted = new Set(known.accepted.map(edgeKey));
  const knownIntoCde = new Set(known.cdeDependencies.map(edgeKey));
  return {
    newCycles,
    ...seenStates(analysis, known, policy, options.today),
    newDependencies: serviceDependencies(analysis, policy).filter((edge) => {
      if (accepted.has(edgeKey(edge))) return false;
      const mode = knownCalls.get(edgeKey(edge));
      return mode === undefined || (mode === 'async' && edge.mode === 'sync');
    }),
    newCriticalServices: difference(criticalServices(analysis), known.criticalServices),
    newPciScope: findNewScope(analysis, known),
    newCdeDependencies: cdeDependencies(analysis).filter((call) => !knownIntoCde.has(edgeKey(call))),
    newExternalPeers: difference(externalPeers(analysis), known.externalPeers),
    problems: [...comparability(analysis, known), ...unlistedNewCycles(unlistedCount)],
  };
}

function unlistedNewCycles(unlistedCount: number): Problem[] {
  if (unlistedCount === 0) return [];
  const message =
    `There are more new circles than are listed: those of ${counted(unlistedCount, 'new call')} are not. The shortest are, at ` +
    `most ${COMPONENT_NEW_CYCLE_LIMIT} of a component and ${NEW_CYCLE_LIMIT} in all.`;
  return [{ kind: 'new-cycles-cut-off', message, count: unlistedCount }];
}

/** Most restrictive first. */
const SCOPE_ORDER: readonly PciClass[] = ['cde', 'connected-to', 'security-impacting'];

function findNewScope(analysis: Analysis, known: Baseline): NewPciScope[] {
  const before = new Map(known.pciScope.map((scope) => [scope.service, scope.class]));
  return scopeOf(analysis).flatMap(({ service, class: pciClass }): NewPciScope[] => {
    const was = before.get(service);
    const isNew = was === undefined || SCOPE_ORDER.indexOf(pciClass) < SCOPE_ORDER.indexOf(was);
    return isNew ? [{ service, class: pciClass, was: was ?? 'not-observed' }] : [];
  });
}

function comparability(analysis: Analysis, known: Baseline): Problem[] {
  const problems: Problem[] = [];
  if (known.tracesAtLeast < analysis.traceCount * COMPARABLE_SHARE) {
    const message =
      `The baseline was written from far fewer traces (about ${known.tracesAtLeast}) than there are now ` +
      `(${analysis.traceCount}): what is new may only be newly seen.`;
    problems.push({ kind: 'baseline-thin', message, count: 1 });
  }
  return problems;
}

function difference(now: readonly string[], before: readonly string[]): string[] {
  const known = new Set(before);
  return now.filter((each) => !known.has(each));
}
