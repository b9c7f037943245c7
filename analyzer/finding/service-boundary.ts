import type { AnalyzedDependency, AnalyzedService, Finding } from '../model/analysis.ts';
import { fingerprint } from '../model/fingerprint.ts';
import { counted, listed } from '../model/wording.ts';
import type { Rollup } from '../rollup/rollup.ts';
import { longestChain } from './longest-chain.ts';

/** Called by and calling at least so many services, a service is a hub. */
export const HUB_NEIGHBORS = 5;
/** Calls per request from which on a pair is chatty, and the requests that it takes to say so. */
export const CHATTY_CALLS = 5;
export const CHATTY_MIN_TRACES = 30;
/** Services that wait for one another in a row. */
export const LONG_CHAIN = 5;
/** Notes of one kind: in a large system there are hundreds of hubs, and ten are enough to talk about. */
const MOST_NOTES = 10;
/** Share of the requests of the one that call the other, for two services to be always together. */
const TOGETHER_SHARE = 0.95;
/** Two versions first seen within so many minutes were deployed together. */
const TOGETHER_MS = 10 * 60_000;

/**
 * What to talk about when the cut of the system is reviewed. Figures, no verdicts: a hub may be a gateway, and two services that
 * always change together may have their reasons.
 */
export function boundaryFindings(
  services: readonly AnalyzedService[],
  dependencies: readonly AnalyzedDependency[],
  rollup: Rollup,
): Finding[] {
  const byId = new Map(services.map((service) => [service.id, service]));
  return [
    ...most(services, ({ callerCount, calleeCount }) => Math.min(callerCount, calleeCount)).flatMap(hub),
    ...most(dependencies.filter(isChatty), callsPerTrace).map(chattyPair),
    ...sharedDatabases(services, dependencies),
    ...longChain(rollup),
    ...dependencies.flatMap((edge) => alwaysTogether(edge, byId)).slice(0, MOST_NOTES),
  ];
}

/** The few with the largest figure, those before others that come first. */
function most<T>(all: readonly T[], figure: (one: T) => number): readonly T[] {
  return [...all].sort((one, other) => figure(other) - figure(one)).slice(0, MOST_NOTES);
}

function note(
  aspect: string,
  services: readonly string[],
  title: string,
  message: string,
  traceIds: readonly string[] = [],
): Finding {
  const id = fingerprint('service-boundary', aspect, ...services);
  return { kind: 'service-boundary', id, severity: 'note', title, message, services, traceIds };
}

function hub({ id, kind, callerCount, calleeCount }: AnalyzedService): Finding[] {
  if (kind !== 'service' || callerCount < HUB_NEIGHBORS || calleeCount < HUB_NEIGHBORS) return [];
  const message =
    `${counted(callerCount, 'service')} call it, and it calls ${calleeCount}: a change of it concerns ${callerCount}, and changes of ` +
    `${calleeCount} concern it. If it holds several things together that do not belong together, they could be services of their own.`;
  return [note('hub', [id], `${id} is a hub`, message)];
}

function isChatty(edge: AnalyzedDependency): boolean {
  const { caller, callee, mode, traceCount } = edge;
  return (
    mode !== 'async' && caller !== callee && traceCount >= CHATTY_MIN_TRACES && callsPerTrace(edge) >= CHATTY_CALLS
  );
}

function callsPerTrace({ callCount, traceCount }: AnalyzedDependency): number {
  return callCount / traceCount;
}

function chattyPair(edge: AnalyzedDependency): Finding {
  const { caller, callee, callCount, traceCount, traceIds } = edge;
  const message =
    `${callCount} calls in ${counted(traceCount, 'trace')}. One call that asks for all at once would do, or what is asked for may ` +
    'belong on the other side.';
  const title = `${caller} calls ${callee} ${callsPerTrace(edge).toFixed(1)} times in a request`;
  return note('chatty', [caller, callee], title, message, traceIds);
}

function sharedDatabases(services: readonly AnalyzedService[], dependencies: readonly AnalyzedDependency[]): Finding[] {
  const databases = new Set(services.filter(({ kind }) => kind === 'database').map(({ id }) => id));
  const owners = new Set(services.filter(({ kind }) => kind === 'service').map(({ id }) => id));
  const users = new Map<string, AnalyzedDependency[]>();
  for (const edge of dependencies) {
    if (!databases.has(edge.callee) || !owners.has(edge.caller)) continue;
    const known = users.get(edge.callee);
    if (known === undefined) users.set(edge.callee, [edge]);
    else known.push(edge);
  }
  const byUsers = most([...users], ([, edges]) => edges.length);
  return byUsers.flatMap(([database, edges]): Finding[] => {
    const callers = [...new Set(edges.map(({ caller }) => caller))];
    if (callers.length < 2) return [];
    const message =
      `${listed(edges.map(({ caller, callCount }) => `${caller} (${counted(callCount, 'call')})`))}: its schema can only change with ` +
      'all of them at once. If each has tables of its own, say so by a database or user for each.';
    return [note('shared-database', [database], `${counted(callers.length, 'service')} share ${database}`, message)];
  });
}

function longChain(rollup: Rollup): Finding[] {
  const chain = longestChain(rollup);
  const services = chain.map(({ service }) => service);
  // One that comes back to a service is longer than its services are many.
  const serviceCount = new Set(services).size;
  if (serviceCount < LONG_CHAIN) return [];
  const steps = chain.map(({ service, operation }) => `${service} ${operation}`.trim());
  const message =
    `${steps.join(' → ')}. Each waits for the next, as far as their operations were seen to call each other: their latencies add up, ` +
    'and all of them have to be there.';
  return [note('long-chain', services, `${serviceCount} services wait for one another in a row`, message)];
}

/** The one calls the other in nearly every request, nobody else does, and their versions came at the same times. */
function alwaysTogether(edge: AnalyzedDependency, byId: ReadonlyMap<string, AnalyzedService>): Finding[] {
  const caller = byId.get(edge.caller);
  const callee = byId.get(edge.callee);
  if (edge.mode !== 'sync' || caller?.kind !== 'service' || callee?.kind !== 'service' || callee.callerCount !== 1)
    return [];
  if (caller.callCount === 0 || edge.callCount < caller.callCount * TOGETHER_SHARE) return [];
  const [own, others] = [versionTimes(caller), versionTimes(callee)];
  const isTogether =
    own.length > 1 &&
    own.length === others.length &&
    own.every((time, at) => Math.abs(time - others[at]!) <= TOGETHER_MS);
  if (!isTogether) return [];
  const message =
    `${edge.callCount} calls on ${counted(caller.callCount, 'request')} of ${caller.id}, no other caller, and their ${own.length} versions ` +
    'came within ten minutes of each other. They may be one service.';
  return [
    note(
      'always-together',
      [caller.id, callee.id],
      `${caller.id} and ${callee.id} are called and deployed together`,
      message,
      edge.traceIds,
    ),
  ];
}

/** When each version was first seen, in milliseconds, in order. */
function versionTimes({ dimensions }: AnalyzedService): number[] {
  return dimensions
    .flatMap(({ dimension, firstSeen }) =>
      dimension === 'version' && firstSeen !== null ? [Date.parse(firstSeen)] : [],
    )
    .sort((one, other) => one - other);
}
