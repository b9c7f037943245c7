import { DirectedGraph } from 'graphology';
import { feedbackArcSet } from 'graphology-cycles';
import type { BreakChange, BreakClue, BreakPlan, BreakProposal } from '../model/analysis.ts';
import type { Policy } from '../model/policy.ts';
import { joinKey } from '../rollup/rollup.ts';
import { siteCost, siteVerdict } from './break-clues.ts';
import { componentsByNode, type CycleArc, type CycleGraph, type CycleSite } from './cycle-graph.ts';
import { meaningOf } from './event-name.ts';
import { byText, counted, percent } from '../model/wording.ts';
import { wilson } from './wilson.ts';

/**
 * Which calls to turn into events so that no circle is left, by `joinKey(caller, callee)`, with what that costs: between 1 and
 * 10 for each call site, in hundredths.
 */
export type CutCosts = ReadonlyMap<string, number>;

/**
 * Looks at an arc that a component of more than 18 services may take: some ten milliseconds. Beyond, the best cut found so far
 * stands, which still opens every circle.
 */
const SEARCH_BUDGET = 500_000;

/**
 * The cheapest set of calls that cuts every circle: a minimum feedback arc set, where an edge costs the less the more speaks
 * for it being an event. An edge of `neverAsync` is never in it; a circle of only such edges stays.
 */
export function cheapestCuts(syncGraph: CycleGraph, { neverAsync }: Policy): CutCosts {
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
  const costOfEdge = ([caller, callee]: Edge) => context.cuts.get(joinKey(caller, callee));
  return edgesOf(services)
    .filter((edge) => costOfEdge(edge) !== undefined)
    .sort((one, two) => costOfEdge(one)! - costOfEdge(two)! || byText(joinKey(...one), joinKey(...two)))
    .map(([caller, callee]) => proposalFor(caller, callee, context));
}

type Edge = readonly [caller: string, callee: string];

export interface ProposalContext {
  readonly graph: CycleGraph;
  readonly cuts: CutCosts;
  /** Ids of the listed circles of the same component that pass each edge, and how many circles there are. */
  readonly cyclesThrough: ReadonlyMap<string, readonly string[]>;
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
  for (const site of arc.callSites) cost += siteCost(site);
  return Math.max(cost, 100);
}

/** How to do without waiting for a call, whatever it costs. */
export function proposalFor(caller: string, callee: string, context: ProposalContext): BreakProposal {
  const arc = context.graph.getEdgeAttributes(context.graph.edge(caller, callee)!);
  const changes = changesFor(caller, callee, arc);
  const clues = cluesFor(arc);
  const plan: BreakPlan = {
    changes,
    clues,
    savedShare: context.requestUs > 0 ? Math.min(1, arc.criticalUs / context.requestUs) : null,
    opens: context.cyclesThrough.get(joinKey(caller, callee)) ?? [],
    cautions: cautionsFor(changes),
  };
  return { caller, callee, reasons: reasonsFor(plan, context.cycleCount), plan };
}

function changesFor(caller: string, callee: string, { callSites }: CycleArc): BreakChange[] {
  return [...callSites]
    .sort(
      (one, two) =>
        two.callCount - one.callCount ||
        byText(one.callerOperation, two.callerOperation) ||
        byText(one.calleeOperation, two.calleeOperation),
    )
    .map((site) => {
      const { callerOperation, calleeOperation, callCount } = site;
      const { how } = siteVerdict(site);
      const { event, change } = meaningOf(calleeOperation);
      const roles =
        how === 'event'
          ? { publisher: caller, event, subscriber: callee }
          : { publisher: callee, event: change, subscriber: caller };
      return { callerOperation, calleeOperation, callCount, how, ...roles };
    });
}

/** The clues that speak for it, with the figures over all call sites. */
function cluesFor({ callSites }: CycleArc): BreakClue[] {
  const clue = (name: BreakClue['clue'], count: number, n: number): BreakClue[] =>
    count === 0 ? [] : [{ clue: name, count, n, interval: wilson(count, n) }];
  const sum = (figure: (site: CycleSite) => number) => callSites.reduce((total, site) => total + figure(site), 0);
  const calls = sum(({ callCount }) => callCount);
  const events = callSites.filter((site) => siteVerdict(site).how === 'event');
  const eventCalls = events.reduce((total, { callCount }) => total + callCount, 0);
  const doing = (wanted: string) => (site: CycleSite) => meaningOf(site.calleeOperation).does === wanted;
  const callsOf = (sites: readonly CycleSite[]) => sites.reduce((total, { callCount }) => total + callCount, 0);
  return [
    ...clue(
      'unjoined',
      sum(({ unjoinedCount }) => unjoinedCount),
      calls,
    ),
    ...clue(
      'off-path',
      sum(({ offPathCount }) => offPathCount),
      calls,
    ),
    ...clue('read-of-own-data', callsOf(callSites.filter((site) => doing('read')(site) && site.answersAlone)), calls),
    ...clue('write', callsOf(callSites.filter(doing('write'))), calls),
    ...clue(
      'last-use',
      events
        .filter((site) => !doing('answer')(site) && !doing('read')(site))
        .reduce((total, { lastUseCount }) => total + lastUseCount, 0),
      eventCalls,
    ),
    ...clue(
      'failure-tolerated',
      sum(({ failedParentOk }) => failedParentOk),
      sum(({ failedParentOk, failedParentFailed }) => failedParentOk + failedParentFailed),
    ),
  ];
}

const CLUE_WORDS: Readonly<Record<BreakClue['clue'], (share: string) => string>> = {
  unjoined: (share) => `the caller does not wait in ${share}`,
  'off-path': (share) => `nothing waits for it in ${share}`,
  'read-of-own-data': (share) => `it is a read that the callee answers without asking another service, in ${share}`,
  write: (share) => `it is a write by its name, in ${share}`,
  'last-use': (share) => `the caller calls nobody else after ${share}`,
  'failure-tolerated': (share) => `the caller answers all the same after ${share}`,
};

function cautionsFor(changes: readonly BreakChange[]): string[] {
  const ways = new Set(changes.map(({ how }) => how));
  return [
    ...(ways.has('event')
      ? [
          'check first whether its answer is used: traces do not show that',
          'the subscriber is behind for a while, and gets an event twice now and then: make it idempotent',
        ]
      : []),
    ...(ways.has('copy')
      ? [
          'check first how old the copy may be: it is as old as the last event',
          'fill the copy once before the first event',
        ]
      : []),
    'write state and event together (an outbox), or one of them gets lost',
    'events about one thing may arrive out of order: number them',
  ];
}

/** One fact each; the call itself is named beside them. */
function reasonsFor({ changes, clues, opens, savedShare, cautions }: BreakPlan, cycleCount: number): string[] {
  const reasons = [...new Set(changes.map(changeInWords))].slice(0, CHANGES_IN_WORDS);
  for (const { clue, count, n } of clues) {
    reasons.push(CLUE_WORDS[clue](shareOf(count, n, clue === 'failure-tolerated' ? 'failed call' : 'call')));
  }
  if (clues.length === 0) reasons.push('the cheapest to cut, though nothing seen says that it could be an event');
  if (cycleCount > 1) reasons.push(`opens ${opens.length} of the ${cycleCount} circles listed here`);
  if (savedShare !== null && savedShare > 0) reasons.push(`saves at most ${percent(savedShare)} of request time`);
  reasons.push(`${counted(Math.max(1, changes.length), 'call site')} to change`);
  reasons.push(cautions[0]!);
  return reasons;
}

const CHANGES_IN_WORDS = 3;

function changeInWords({ how, publisher, event, subscriber }: BreakChange): string {
  return how === 'event'
    ? `${publisher} publishes “${event}”, ${subscriber} subscribes`
    : `${publisher} publishes “${event}”, ${subscriber} keeps a copy and asks no more`;
}

/** `212 of 230 calls (95 %: at least 88 %)`. */
function shareOf(count: number, n: number, noun: string): string {
  return `${count} of ${counted(n, noun)} (95 %: at least ${percent(wilson(count, n)[0])})`;
}
