import type { Analysis, AnalyzedDependency, AnalyzedService } from '../model/analysis.ts';
import type { EdgeExplanation } from '../model/coverage.ts';
import { nearestName } from '../model/nearest-name.ts';
import { byText, counted, listed, percent } from '../model/wording.ts';

/**
 * Why there is an edge from one service to another, or why there is none: what was looked at, what was found, and what a call
 * would have left behind. Names are ids, or plain names where only one service has it.
 *
 * That no call was seen never proves that there is none, and the answer never says so.
 */
export function explainEdge(analysis: Analysis, callerName: string, calleeName: string): EdgeExplanation {
  const caller = resolve(analysis, callerName);
  const callee = resolve(analysis, calleeName);
  const ids = { caller: caller?.id ?? callerName, callee: callee?.id ?? calleeName };
  const found: string[] = [looked(analysis)];
  if (caller === undefined || callee === undefined) return explainUnknown(analysis, ids, { caller, callee }, found);

  const direct = analysis.dependencies.filter((one) => one.caller === caller.id && one.callee === callee.id);
  if (direct.length > 0) {
    found.push(...direct.map(described));
    const callCount = direct.reduce((sum, one) => sum + one.callCount, 0);
    return {
      ...answer(ids, 'called', [caller.id, callee.id]),
      summary: `${caller.id} calls ${callee.id}: ${counted(callCount, 'call')} ${callCount === 1 ? 'was' : 'were'} seen.`,
      found,
    };
  }
  const path = shortestPath(analysis, caller.id, callee.id);
  const gaps = gapsBetween(analysis, caller, callee);
  found.push(...gaps.found);
  if (path.length > 0) {
    return {
      ...answer(ids, 'reached', path),
      summary: `${caller.id} does not call ${callee.id} itself as far as was seen, but reaches it: ${path.join(' → ')}.`,
      found,
      missing: gaps.missing,
      next: [
        ...gaps.next,
        `If ${listed(path.slice(1, -1))} only passes calls on, declare it under proxies in the policy: it is then spliced out.`,
      ],
    };
  }
  return {
    ...answer(ids, 'not-seen', []),
    summary: `No call from ${caller.id} to ${callee.id} was seen, directly or over others. ${gaps.likeliest}`,
    found,
    missing: gaps.missing,
    next: gaps.next,
  };
}

function answer(
  { caller, callee }: { readonly caller: string; readonly callee: string },
  verdict: EdgeExplanation['verdict'],
  path: readonly string[],
): EdgeExplanation {
  return { schema: 'ringfence.why/1', caller, callee, verdict, path, summary: '', found: [], missing: [], next: [] };
}

function resolve({ services }: Analysis, name: string): AnalyzedService | undefined {
  const byId = services.find(({ id }) => id === name);
  if (byId !== undefined) return byId;
  const named = namedAlike(services, name);
  return named.length === 1 ? named[0] : undefined;
}

/** Who a plain name may mean; a service rather than the database it is called after. */
function namedAlike(services: readonly AnalyzedService[], name: string): readonly AnalyzedService[] {
  const named = services.filter((service) => service.name === name);
  const senders = named.filter(({ kind }) => kind === 'service');
  return senders.length > 0 ? senders : named;
}

function looked({ traceCount, spanCount, window, environment, environments }: Analysis): string {
  const of = environment === null ? '' : ` of ${environment}`;
  const others = environments.filter((name) => name !== environment);
  const rest = environment === null || others.length === 0 ? '' : `; not looked at: ${listed(others)}`;
  const span = window.from === null ? '' : `, ${window.from} to ${window.to ?? ''}`;
  return `Looked at ${counted(traceCount, 'trace')}${of} with ${counted(spanCount, 'span')}${span}${rest}.`;
}

function explainUnknown(
  analysis: Analysis,
  ids: { readonly caller: string; readonly callee: string },
  known: { readonly caller: AnalyzedService | undefined; readonly callee: AnalyzedService | undefined },
  found: string[],
): EdgeExplanation {
  const ambiguous: string[] = [];
  const missing: string[] = [];
  const next: string[] = [];
  for (const role of ['caller', 'callee'] as const) {
    if (known[role] !== undefined) continue;
    const name = ids[role];
    const same = namedAlike(analysis.services, name).map(({ id }) => id);
    if (same.length > 1) {
      ambiguous.push(name);
      missing.push(`${name} may be any of ${listed(same)}.`);
      next.push(`Ask again with the whole id: ${same[0]!}.`);
      continue;
    }
    missing.push(`${name}: no span names it, neither its own nor that of a caller.`);
    const names = analysis.services.flatMap(({ id, name: plain }) => [id, plain]);
    const nearest = nearestName(name, names);
    if (nearest !== undefined) next.push(`Did you mean ${nearest}?`);
    next.push(
      `See that ${name} is instrumented and sends to the same place: it must set service.name, and its exporter must reach the collector.`,
    );
  }
  const unseen = (['caller', 'callee'] as const)
    .filter((role) => known[role] === undefined && !ambiguous.includes(ids[role]))
    .map((role) => ids[role]);
  const reasons = [
    ...(unseen.length === 0 ? [] : [`nothing is known of ${listed(unseen)}`]),
    ...(ambiguous.length === 0 ? [] : [`several services are called ${listed(ambiguous)}`]),
  ];
  return {
    ...answer(ids, 'not-seen', []),
    summary: `Whether ${ids.caller} calls ${ids.callee} cannot be said: ${reasons.join(', and ')}.`,
    found,
    missing,
    next,
  };
}

function described({
  mode,
  callCount,
  traceCount,
  clientOnlyCallCount,
  serverOnlyCallCount,
  callSites,
  ...seen
}: AnalyzedDependency): string {
  const halves =
    traceCount === 0
      ? 'from a list of dependencies, without traces'
      : clientOnlyCallCount + serverOnlyCallCount === 0
        ? 'both halves of every call were seen'
        : `${clientOnlyCallCount} known by the caller's span alone, ${serverOnlyCallCount} by the callee's alone`;
  const [site] = callSites;
  const most = site === undefined ? '' : `; most of all ${site.callerOperation} → ${site.calleeOperation}`;
  const examples = seen.traceIds.length === 0 ? '' : `; traces ${seen.traceIds.join(', ')}`;
  return `${mode}: ${counted(callCount, 'call')} in ${counted(traceCount, 'trace')}, ${halves}${most}${examples}.`;
}

/** Fewest hops, of several the first by name. Iterative: graphs come as long chains too. */
function shortestPath({ dependencies }: Analysis, from: string, to: string): string[] {
  const calleesOf = Map.groupBy(dependencies, ({ caller }) => caller);
  const cameFrom = new Map<string, string>([[from, from]]);
  const queue = [from];
  for (let at = 0; at < queue.length && !cameFrom.has(to); at++) {
    const callees = (calleesOf.get(queue[at]!) ?? []).map(({ callee }) => callee).sort(byText);
    for (const callee of callees) {
      if (cameFrom.has(callee)) continue;
      cameFrom.set(callee, queue[at]!);
      queue.push(callee);
    }
  }
  if (!cameFrom.has(to) || from === to) return [];
  const path = [to];
  for (let node = to; node !== from;) {
    node = cameFrom.get(node)!;
    path.unshift(node);
  }
  return path;
}

interface Gaps {
  readonly found: readonly string[];
  readonly missing: readonly string[];
  readonly next: readonly string[];
  readonly likeliest: string;
}

/** One reason why a call may be there and not be seen. */
interface Gap {
  readonly missing: string;
  readonly next: string;
  readonly likeliest: string;
}

/** What either side shows, and what may hide a call between them; the likeliest gap first. */
function gapsBetween(analysis: Analysis, caller: AnalyzedService, callee: AnalyzedService): Gaps {
  const outgoing = analysis.dependencies.filter((one) => one.caller === caller.id);
  const incoming = analysis.dependencies.filter((one) => one.callee === callee.id);
  const back = analysis.dependencies.filter((one) => one.caller === callee.id && one.callee === caller.id);
  const found = [
    `${caller.id}: ${counted(caller.spanCount, 'span')}, calls ${namesOf(outgoing.map((one) => one.callee))}.`,
    `${callee.id}: ${counted(callee.spanCount, 'span')}, called by ${namesOf(incoming.map((one) => one.caller))}.`,
  ];
  if (back.length > 0) found.push(`The other way round there are calls: ${callee.id} → ${caller.id}.`);
  const gaps = [
    ...anonymousPeers(analysis, caller, callee, outgoing),
    ...brokenContext(analysis, callee),
    ...noClientSpans(caller, outgoing),
    ...lostParents(callee),
    ...unknownSides(caller, callee),
    ...sampling(analysis),
  ];
  return {
    found,
    missing: gaps.map(({ missing }) => missing),
    next: gaps.map(({ next }) => next),
    likeliest:
      gaps[0]?.likeliest ??
      'Nothing in these traces hints at a call that was missed; longer or other traffic may still show one.',
  };
}

function namesOf(ids: readonly string[]): string {
  const distinct = [...new Set(ids)].sort(byText);
  return distinct.length === 0 ? 'nobody' : listed(distinct, 6);
}

/** Calls of the caller whose other end sent no span: the callee may be behind one of their addresses. */
function anonymousPeers(
  { services }: Analysis,
  caller: AnalyzedService,
  callee: AnalyzedService,
  outgoing: readonly AnalyzedDependency[],
): Gap[] {
  const kindOf = new Map(services.map(({ id, kind }) => [id, kind]));
  const peers = outgoing.filter(({ callee: peer }) => kindOf.get(peer) === 'external');
  if (peers.length === 0 || callee.kind !== 'service') return [];
  const wanted = callee.name.toLowerCase();
  const alike = peers.find(({ callee: peer }) => peer.toLowerCase().includes(wanted));
  const callCount = peers.reduce((sum, one) => sum + one.callCount, 0);
  const names = namesOf((alike === undefined ? peers : [alike]).map((one) => one.callee));
  if (alike !== undefined) {
    return [
      {
        missing: `${counted(alike.callCount, 'call')} of ${caller.id} went to ${names}, which sent no span under that address; its name is like ${callee.id}.`,
        next: `If ${names} is ${callee.id}, say so in the policy: aliases: { "${alike.callee}": "${callee.id}" }; or let ${callee.id} send spans of what it answers there.`,
        likeliest: `Likeliest: ${names} is ${callee.id}, and the trace context is lost on the way.`,
      },
    ];
  }
  return [
    {
      missing: `${counted(callCount, 'call')} of ${caller.id} went to ${names}, which sent no span.`,
      next: `See whether ${callee.id} answers at one of these addresses; if so, name it under aliases in the policy.`,
      likeliest: `${callee.id} may be behind an address that ${caller.id} calls: ${names}.`,
    },
  ];
}

/** Traces that begin at the callee: whoever called did not pass the trace context on, or sent no spans. */
function brokenContext({ entryPoints }: Analysis, callee: AnalyzedService): Gap[] {
  const begun = entryPoints.filter(({ service }) => service === callee.id);
  const traceCount = begun.reduce((sum, one) => sum + one.traceCount, 0);
  if (traceCount === 0) return [];
  return [
    {
      missing: `${counted(traceCount, 'trace')} ${traceCount === 1 ? 'begins' : 'begin'} at ${callee.id} (${listed(
        begun.map(({ operation }) => operation),
        3,
      )}): their callers passed no trace context, so who they were is not known.`,
      next: `See that whoever calls ${callee.id} sends the traceparent header (W3C Trace Context), also through proxies and queues.`,
      likeliest: `${callee.id} gets requests whose caller is not known: the trace context may be lost before it.`,
    },
  ];
}

function noClientSpans(caller: AnalyzedService, outgoing: readonly AnalyzedDependency[]): Gap[] {
  if (outgoing.length > 0 || caller.kind !== 'service') return [];
  return [
    {
      missing: `${caller.id} has not a single span of a call it makes: its HTTP, RPC or messaging client is not instrumented, or it calls nobody.`,
      next: `Add the client instrumentation of your language's OpenTelemetry to ${caller.id}.`,
      likeliest: `${caller.id} shows no calls at all, to nobody.`,
    },
  ];
}

function lostParents({ id, spanCount, orphanCount }: AnalyzedService): Gap[] {
  if (orphanCount === 0) return [];
  return [
    {
      missing: `${orphanCount} of ${counted(spanCount, 'span')} of ${id} (${percent(orphanCount / spanCount)}) name a parent that never came: it was sampled away, dropped, or went elsewhere.`,
      next: 'See that all services sample alike (parent-based) and send to the same collector, and that no exporter drops spans.',
      likeliest: `Callers of ${id} were lost: spans of it name parents that never came.`,
    },
  ];
}

function unknownSides(...services: readonly AnalyzedService[]): Gap[] {
  return services
    .filter(({ unknownKindCount, spanCount }) => unknownKindCount * 2 > spanCount)
    .map(({ id, unknownKindCount, spanCount }) => ({
      missing: `${unknownKindCount} of ${counted(spanCount, 'span')} of ${id} do not say which side of a call they are.`,
      next: `Set the span kind (CLIENT, SERVER, PRODUCER, CONSUMER) in the instrumentation of ${id}.`,
      likeliest: `Most spans of ${id} do not say which side of a call they are.`,
    }));
}

function sampling({ dependencies, problems }: Analysis): Gap[] {
  const seen = dependencies.reduce((sum, { callCount }) => sum + callCount, 0);
  const estimated = dependencies.reduce((sum, one) => sum + (one.estimatedCallCount ?? one.callCount), 0);
  const isUnknown = problems.some(({ kind }) => kind === 'sampling-unknown');
  if (estimated <= seen && !isUnknown) return [];
  const share =
    estimated > seen ? `about ${percent(seen / estimated)} of all calls were kept` : 'some traces do not say how';
  return [
    {
      missing: `Traces are sampled (${share}): what happens seldom may not be in them.`,
      next: 'Look at a longer time, or keep more traces of these two services.',
      likeliest: 'Traces are sampled, so a rare call may be missing.',
    },
  ];
}
