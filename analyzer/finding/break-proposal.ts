import { DirectedGraph } from 'graphology';
import { feedbackArcSet } from 'graphology-cycles';
import type { BreakProposal } from '../model/analysis.ts';
import type { Policy } from '../model/policy.ts';
import { joinKey, type CallSiteRollup } from '../rollup/rollup.ts';
import { componentsByNode, type CycleArc, type CycleGraph } from './cycle-graph.ts';
import { byText, counted, percent } from '../model/wording.ts';
import { wilson } from './wilson.ts';

/**
 * Which calls to turn into events so that no circle is left, by `joinKey(caller, callee)`, with what that costs: between 1 and
 * 10 for each call site, in hundredths.
 */
export type BreakPlan = ReadonlyMap<string, number>;

/**
 * Looks at an arc that a component of more than 18 services may take: some ten milliseconds. Beyond, the best cut found so far
 * stands, which still opens every circle.
 */
const SEARCH_BUDGET = 500_000;

/**
 * The cheapest set of calls that cuts every circle: a minimum feedback arc set, where an edge costs the less the more speaks
 * for it being an event. An edge of `neverAsync` is never in it; a circle of only such edges stays.
 */
export function breakPlan(syncGraph: CycleGraph, { neverAsync }: Policy): BreakPlan {
  const mustStay = new Set(neverAsync.map(([caller, callee]) => joinKey(caller, callee)));
  // Only what lies inside a component can be cut; in a real system that is a small part of it.
  const componentOf = componentsByNode(syncGraph);
  const cyclic = new DirectedGraph<object, { readonly cost: number }>();
  syncGraph.forEachDirectedEdge((_key, arc, caller, callee) => {
    if (caller === callee || componentOf.get(caller) !== componentOf.get(callee)) return;
    cyclic.mergeNode(caller);
    cyclic.mergeNode(callee);
    cyclic.addDirectedEdge(caller, callee, {
      cost: mustStay.has(joinKey(caller, callee)) ? Infinity : costOf(arc),
    });
  });
  const { edges } = feedbackArcSet(cyclic, {
    weight: (edge) => cyclic.getEdgeAttribute(edge, 'cost'),
    searchBudget: SEARCH_BUDGET,
  });
  return new Map(
    edges.map((edge) => [joinKey(...cyclic.extremities(edge)), cyclic.getEdgeAttribute(edge, 'cost')] as const),
  );
}

/** What of the plan lies on one circle, cheapest first. Empty where the policy leaves nothing to cut. */
export function proposalsFor(services: readonly string[], context: ProposalContext): readonly BreakProposal[] {
  const costOfEdge = ([caller, callee]: Edge) => context.plan.get(joinKey(caller, callee));
  return edgesOf(services)
    .filter((edge) => costOfEdge(edge) !== undefined)
    .sort((one, two) => costOfEdge(one)! - costOfEdge(two)! || byText(joinKey(...one), joinKey(...two)))
    .map(([caller, callee]) => {
      const arc = context.graph.getEdgeAttributes(context.graph.edge(caller, callee)!);
      return { caller, callee, reasons: reasonsFor(caller, callee, arc, context) };
    });
}

type Edge = readonly [caller: string, callee: string];

export interface ProposalContext {
  readonly graph: CycleGraph;
  readonly plan: BreakPlan;
  /** How many of the listed circles of the same component pass each edge, and how many there are. */
  readonly cyclesThrough: ReadonlyMap<string, number>;
  readonly cycleCount: number;
  /** Time of all requests, in microseconds; 0 where too few were seen to say a share. */
  readonly requestUs: number;
}

/** A circle's edges, the last one closing it. */
export function edgesOf(services: readonly string[]): Edge[] {
  return services.map((caller, index) => [caller, services[(index + 1) % services.length]!]);
}

/** Sum over the call sites of 1 + 9 (1 - alpha), in hundredths so that ties are exact. */
function costOf(arc: CycleArc): number {
  let cost = 0;
  for (const site of arc.callSites) cost += Math.round(100 * (1 + 9 * (1 - eventLikeness(site))));
  return Math.max(cost, 100);
}

/**
 * How much speaks for a call site being an event, in [0, 1]. Shares enter by their lower Wilson bound, so that thin evidence
 * counts for little. Whether the answer is small or only an acknowledgement (weight 0.10) is not in a rollup and counts as no.
 */
function eventLikeness(site: CallSiteRollup): number {
  const failureCount = site.failedParentOk + site.failedParentFailed;
  return (
    0.3 * wilson(site.offPathCount, site.callCount)[0] +
    0.2 * writeLikeness(site.calleeOperation) +
    0.2 * wilson(site.failedParentOk, failureCount)[0] +
    0.2 * wilson(site.lastUseCount, site.callCount)[0]
  );
}

const WRITE_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const READ_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const WRITE_VERBS = new Set(
  'create add insert update set put delete remove send notify publish record log track emit report save store'.split(
    ' ',
  ),
);
const READ_VERBS = new Set(
  'get list find read check validate query search fetch load lookup count describe'.split(' '),
);

/** 1 for a write, 0 for a read, 0.3 where the name does not tell: `POST /orders`, `shop.Orders/ListOrders`, `recordEvent`. */
function writeLikeness(operation: string): number {
  const [first = ''] = operation.split(' ');
  if (WRITE_METHODS.has(first)) return 1;
  if (READ_METHODS.has(first)) return 0;
  const name = operation.slice(Math.max(operation.lastIndexOf('/'), operation.lastIndexOf('.')) + 1);
  const verb = /^[A-Z]?[a-z]+/.exec(name)?.[0].toLowerCase() ?? '';
  if (WRITE_VERBS.has(verb)) return 1;
  return READ_VERBS.has(verb) ? 0 : 0.3;
}

/** One fact each; the call itself is named beside them. */
function reasonsFor(caller: string, callee: string, arc: CycleArc, context: ProposalContext): string[] {
  const sums = { calls: 0, offPath: 0, lastUse: 0, unjoined: 0, failedCallerOk: 0, failedCallerFailed: 0 };
  for (const site of arc.callSites) {
    sums.calls += site.callCount;
    sums.offPath += site.offPathCount;
    sums.lastUse += site.lastUseCount;
    sums.unjoined += site.unjoinedCount;
    sums.failedCallerOk += site.failedParentOk;
    sums.failedCallerFailed += site.failedParentFailed;
  }
  const failureCount = sums.failedCallerOk + sums.failedCallerFailed;
  const reasons: string[] = [];
  if (sums.unjoined > 0) reasons.push(`the caller does not wait in ${share(sums.unjoined, sums.calls, 'call')}`);
  if (sums.offPath > 0) reasons.push(`nothing waits for it in ${share(sums.offPath, sums.calls, 'call')}`);
  if (sums.lastUse > 0) reasons.push(`the caller calls nobody else after ${share(sums.lastUse, sums.calls, 'call')}`);
  if (sums.failedCallerOk > 0) {
    reasons.push(`the caller answers all the same after ${share(sums.failedCallerOk, failureCount, 'failed call')}`);
  }
  const write = arc.callSites.find((site) => writeLikeness(site.calleeOperation) === 1);
  if (write !== undefined) reasons.push(`${write.calleeOperation} is a write`);
  if (reasons.length === 0) reasons.push('the cheapest to cut, though nothing seen says that it could be an event');

  const cutCount = context.cyclesThrough.get(joinKey(caller, callee)) ?? 0;
  if (context.cycleCount > 1) reasons.push(`opens ${cutCount} of the ${context.cycleCount} circles listed here`);
  if (context.requestUs > 0 && arc.criticalUs > 0) {
    reasons.push(`${percent(arc.criticalUs / context.requestUs)} of request time`);
  }
  reasons.push(`${counted(Math.max(1, arc.callSites.length), 'call site')} to change`);
  reasons.push('check first whether its answer is used: traces do not show that');
  return reasons;
}

/** `212 of 230 calls (95 %: at least 88 %)`. */
function share(count: number, n: number, noun: string): string {
  return `${count} of ${counted(n, noun)} (95 %: at least ${percent(wilson(count, n)[0])})`;
}
