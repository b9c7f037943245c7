import { DirectedGraph } from 'graphology';
import type { DependencyMode, NodeKind } from '../model/analysis.ts';
import type { Policy, ServicePolicy } from '../model/policy.ts';
import { joinKey, type DependencyRollup, type NodeRollup, type Rollup } from '../rollup/rollup.ts';

/** Who depends on whom: an edge runs from caller to callee. */
export type DependencyGraph = DirectedGraph<DependencyNode, DependencyEdge>;

export interface DependencyNode {
  readonly kind: NodeKind;
  readonly seen: NodeRollup;
  /** What the policy says about it. */
  readonly policy: ServicePolicy;
}

export interface DependencyEdge {
  /** `sync` as soon as one call site is. */
  readonly mode: DependencyMode;
  readonly callCount: number;
  /** The edge by mode, as it was seen. */
  readonly seen: readonly DependencyRollup[];
}

/** The whole graph of a rollup. Nodes and edges are added in the order of their names, so that iterating it is reproducible. */
export function dependencyGraph(rollup: Rollup, policy: Policy): DependencyGraph {
  const graph: DependencyGraph = new DirectedGraph({ allowSelfLoops: true });
  for (const id of [...rollup.nodes.keys()].sort()) {
    const seen = rollup.nodes.get(id)!;
    graph.addNode(id, { kind: seen.kind, seen, policy: servicePolicy(seen, policy) });
  }
  const pairs = new Map<string, DependencyRollup[]>();
  for (const dependency of rollup.dependencies.values()) {
    const key = joinKey(dependency.caller, dependency.callee);
    const pair = pairs.get(key);
    if (pair === undefined) pairs.set(key, [dependency]);
    else pair.push(dependency);
  }
  for (const key of [...pairs.keys()].sort()) {
    const seen = pairs.get(key)!;
    if (seen.length > 1) seen.sort((one, two) => MODE_RANK[one.mode] - MODE_RANK[two.mode]);
    const { caller, callee, mode } = seen[0]!;
    let callCount = 0;
    for (const dependency of seen) callCount += dependency.callCount;
    // With a key of its own, since graphology's made-up ones cost as much as the edge.
    graph.addDirectedEdgeWithKey(key, caller, callee, { mode, callCount, seen });
  }
  return graph;
}

const MODE_RANK: Readonly<Record<DependencyMode, number>> = { sync: 0, async: 1, data: 2 };

const NOTHING_DECLARED: ServicePolicy = {};

/** What the policy declares for a node: under its id, or else under its plain name. */
export function servicePolicy({ id, name }: Pick<NodeRollup, 'id' | 'name'>, policy: Policy): ServicePolicy {
  return policy.services.get(id) ?? policy.services.get(name) ?? NOTHING_DECLARED;
}

/**
 * Whether a node may lie on a circle. A database calls nobody; an unknown caller is not one caller; and spans that forgot
 * their `service.name` are many services under one name, which would close circles that do not exist.
 */
export function mayBeInCycle({ kind, seen }: DependencyNode): boolean {
  return kind === 'service' && !seen.name.startsWith('unknown_service');
}
