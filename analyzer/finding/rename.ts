import { rotateToSmallest } from 'graphology-cycles';
import { Histogram } from '../rollup/histogram.ts';
import { addRollup, emptyRollup } from '../rollup/merge-rollups.ts';
import type { NodeRollup, Rollup } from '../rollup/rollup.ts';

/**
 * The rollup under the new names, with what two old names held added up, as if the service had always had one name. An
 * alias names a node id, or a plain service name and then leaves the namespace as it is.
 */
export function renamed(rollup: Rollup, aliases: ReadonlyMap<string, string>): Rollup {
  if (aliases.size === 0) return rollup;
  const newNodes = new Map<string, NodeRollup>();
  for (const node of rollup.nodes.values()) newNodes.set(node.id, underNewName(node, aliases));
  const nameOf = (id: string): string => newNodes.get(id)?.id ?? id;

  // Everything is added on its own: where two old names meet under one new name, adding is what merges them.
  const result: Rollup = {
    ...emptyRollup(),
    traceCount: rollup.traceCount,
    incompleteTraceCount: rollup.incompleteTraceCount,
    spanCount: rollup.spanCount,
    weighedTraceCount: rollup.weighedTraceCount,
    fromUs: rollup.fromUs,
    toUs: rollup.toUs,
    environments: new Set(rollup.environments),
    problems: new Map(rollup.problems),
  };
  const add = <K extends MapName>(mapName: K, value: MapValue<K>) =>
    addRollup(result, { ...emptyRollup(), [mapName]: new Map([['', value]]) });

  for (const node of newNodes.values()) add('nodes', node);
  for (const dependency of rollup.dependencies.values()) {
    add('dependencies', { ...dependency, caller: nameOf(dependency.caller), callee: nameOf(dependency.callee) });
  }
  for (const entry of rollup.entryPoints.values()) {
    const node = nameOf(entry.node);
    add('entryPoints', { ...entry, node, parts: new Map() });
    for (const [part, figures] of entry.parts) {
      const parts = new Map([[renamedPart(part, nameOf), figures]]);
      const nothingElse = {
        traceCount: 0,
        completeTraceCount: 0,
        serverTraceCount: 0,
        errorCount: 0,
        totalUs: 0,
        traceWeight: 0,
        retryWasteUs: 0,
        retryTraceCount: 0,
        classes: new Map(),
      };
      add('entryPoints', { ...entry, ...nothingElse, latency: EMPTY_LATENCY, node, parts });
    }
  }
  for (const reentry of rollup.reentries.values()) {
    const members = reentry.members.map(nameOf);
    // Old and new name calling each other were one service all along.
    if (new Set(members).size === members.length) add('reentries', { ...reentry, members: rotateToSmallest(members) });
  }
  for (const evidence of rollup.cardEvidence.values())
    add('cardEvidence', { ...evidence, node: nameOf(evidence.node) });
  for (const pair of rollup.viaDestinations.values()) {
    add('viaDestinations', {
      ...pair,
      producer: nameOf(pair.producer),
      consumer: nameOf(pair.consumer),
      destination: nameOf(pair.destination),
    });
  }
  for (const address of rollup.addresses.values()) {
    add('addresses', { ...address, service: nameOf(address.service) });
  }
  return result;
}

type MapName =
  'nodes' | 'dependencies' | 'entryPoints' | 'reentries' | 'cardEvidence' | 'viaDestinations' | 'addresses';
type MapValue<K extends MapName> = Rollup[K] extends Map<string, infer V> ? V : never;

const EMPTY_LATENCY = new Histogram();

function underNewName(node: NodeRollup, aliases: ReadonlyMap<string, string>): NodeRollup {
  const byId = aliases.get(node.id);
  if (byId !== undefined) {
    if (node.kind !== 'service') return { ...node, id: byId };
    const slash = byId.lastIndexOf('/');
    const namespace = slash < 0 ? undefined : byId.slice(0, slash);
    return { ...node, id: byId, name: byId.slice(slash + 1), namespace };
  }
  const byName = node.kind === 'service' ? aliases.get(node.name) : undefined;
  if (byName === undefined) return node;
  const id = node.namespace === undefined ? byName : `${node.namespace}/${byName}`;
  return { ...node, id, name: byName };
}

/** `transport:caller->callee` and `backoff:caller->callee` name two nodes; any other part is a node. */
function renamedPart(part: string, nameOf: (id: string) => string): string {
  const prefix = ['transport:', 'backoff:'].find((each) => part.startsWith(each));
  if (prefix === undefined) return nameOf(part);
  const [caller = '', callee = ''] = part.slice(prefix.length).split('->');
  return `${prefix}${nameOf(caller)}->${nameOf(callee)}`;
}
