import type { Problem } from '../model/analysis.ts';
import { addRollup, emptyRollup } from '../rollup/merge-rollups.ts';
import { joinKey, type EntryPointRollup, type NodeRollup, type Rollup } from '../rollup/rollup.ts';

/** So many answers at an address must have been seen, and so large a share of them must be of one service. */
export const ADDRESS_MIN_CALLS = 5;
export const ADDRESS_SHARE = 0.95;

/** A rollup in which calls that nobody answered count for the service known to answer at their address. */
export interface WithLearnedAddresses {
  readonly rollup: Rollup;
  /** By service: the addresses of such calls, sorted. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly Problem[];
}

/**
 * A call without an answering span leads to `external:address`. Where other calls to the address were answered, at least
 * `ADDRESS_MIN_CALLS` and by one service in `ADDRESS_SHARE` of them, the node is that service in disguise: a lost server span
 * must not make a second node of it. The same goes for `name.namespace` of a Kubernetes service, if one service of that
 * name says it runs there. Addresses that mean another service to each caller are never learned, nor is an address by which
 * a service would call itself. What an alias of the policy has renamed is an address no more.
 */
export function withLearnedAddresses(rollup: Rollup): WithLearnedAddresses {
  const services = servicesByAddress(rollup);
  const result = { ...rollup, dependencies: new Map(rollup.dependencies), entryPoints: new Map(rollup.entryPoints) };
  // Only what is moved is copied: the rollup is read, not changed, and mostly there is little to move.
  const moved = emptyRollup();
  const addresses = new Map<string, Set<string>>();
  const kept = new Set<string>();
  let callCount = 0;
  for (const [key, dependency] of rollup.dependencies) {
    const callee = services.get(dependency.callee);
    if (callee === undefined || callee === dependency.caller) {
      kept.add(dependency.callee);
      continue;
    }
    callCount += dependency.callCount;
    addresses.set(callee, (addresses.get(callee) ?? new Set()).add(dependency.callee.slice(EXTERNAL.length)));
    const newKey = joinKey(dependency.caller, callee, dependency.mode);
    const known = result.dependencies.get(newKey);
    if (known !== undefined && !moved.dependencies.has(newKey)) addTo(moved, 'dependencies', known);
    addTo(moved, 'dependencies', { ...dependency, callee });
    result.dependencies.delete(key);
  }
  if (callCount === 0) return { rollup, addresses: new Map(), problems: [] };
  for (const [key, dependency] of moved.dependencies) result.dependencies.set(key, dependency);
  for (const [key, entry] of rollup.entryPoints) {
    const renamed = withPartsOf(entry, services);
    if (renamed !== undefined) result.entryPoints.set(key, renamed);
  }
  const isLeft = ({ id }: NodeRollup): boolean => !services.has(id) || kept.has(id);
  const nodes = new Map([...rollup.nodes].filter(([, node]) => isLeft(node)));
  return {
    rollup: { ...result, nodes },
    addresses: new Map([...addresses].map(([service, names]) => [service, [...names].sort()])),
    problems: [{ kind: 'learned-address', message: LEARNED, count: callCount }],
  };
}

const EXTERNAL = 'external:';
const LEARNED =
  'Calls that no span answered count for the service that answered other calls to the same address (listed with each service).';

/** Node of the service by id of the external node. */
function servicesByAddress(rollup: Rollup): Map<string, string> {
  const answers = new Map<string, Map<string, number>>();
  for (const { address, service, callCount } of rollup.addresses.values()) {
    const ofAddress = answers.get(address) ?? new Map<string, number>();
    answers.set(address, ofAddress.set(service, callCount));
  }
  const inKubernetes = servicesInKubernetes(rollup);
  const services = new Map<string, string>();
  for (const { id, kind, name } of rollup.nodes.values()) {
    if (kind !== 'external' || id !== EXTERNAL + name || LOCAL.test(name)) continue;
    const ofAddress = answers.get(name);
    const service =
      ofAddress === undefined ? inKubernetes.get(name.replace(/(?:\.svc)?(?::\d+)?$/, '')) : mostly(ofAddress);
    if (service !== undefined && rollup.nodes.has(service)) services.set(id, service);
  }
  return services;
}

/** Who answers at such an address is another one for each caller. */
const LOCAL = /^(?:localhost|127\.[\d.]+|0\.0\.0\.0|\[?::1?\]?)(?::\d+)?$/;

function mostly(answers: ReadonlyMap<string, number>): string | undefined {
  let total = 0;
  for (const callCount of answers.values()) total += callCount;
  if (total < ADDRESS_MIN_CALLS) return undefined;
  for (const [service, callCount] of answers) if (callCount >= total * ADDRESS_SHARE) return service;
  return undefined;
}

/** By `name.namespace`, where that is one service. */
function servicesInKubernetes(rollup: Rollup): Map<string, string> {
  const services = new Map<string, string | undefined>();
  for (const { id, name, kind, seenValues } of rollup.nodes.values()) {
    if (kind !== 'service') continue;
    for (const { dimension, value } of seenValues.values()) {
      if (dimension !== 'k8sNamespace') continue;
      const address = `${name}.${value}`.toLowerCase();
      services.set(address, services.has(address) ? undefined : id);
    }
  }
  return new Map([...services].flatMap(([address, id]) => (id === undefined ? [] : [[address, id] as const])));
}

/** The entry with the parts of external nodes counted for their services; undefined if it has none. */
function withPartsOf(entry: EntryPointRollup, services: ReadonlyMap<string, string>): EntryPointRollup | undefined {
  if (![...entry.parts.keys()].some((part) => services.has(part))) return undefined;
  const result = emptyRollup();
  addTo(result, 'entryPoints', { ...entry, parts: new Map() });
  const own = result.entryPoints.get(joinKey(entry.node, entry.operation))!;
  const parts = emptyRollup();
  for (const [name, part] of entry.parts) {
    addTo(parts, 'entryPoints', { ...entry, parts: new Map([[services.get(name) ?? name, part]]) });
  }
  for (const [name, part] of parts.entryPoints.get(joinKey(entry.node, entry.operation))!.parts) {
    // A trace in which the service answered under both names was counted under both.
    part.criticalTraceCount = Math.min(part.criticalTraceCount, entry.completeTraceCount);
    part.joinedTraceCount = Math.min(part.joinedTraceCount, entry.completeTraceCount);
    own.parts.set(name, part);
  }
  return own;
}

type MapName = 'dependencies' | 'entryPoints';

function addTo<K extends MapName>(
  target: Rollup,
  name: K,
  value: Rollup[K] extends Map<string, infer V> ? V : never,
): void {
  addRollup(target, { ...emptyRollup(), [name]: new Map([['', value]]) });
}
