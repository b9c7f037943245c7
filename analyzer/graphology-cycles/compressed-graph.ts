import type { AbstractGraph } from 'graphology-types';

/**
 * A directed graph in compressed sparse rows: what every algorithm of this package runs on.
 *
 * Nodes are numbers in the order of their keys, so that "smallest" and "in order" mean the same in every run however the
 * graph was filled. The out-edges of `node` stand in the slots `offsets[node]` to `offsets[node + 1]` (exclusive).
 */
export interface CompressedGraph {
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** Key of each node, by number. */
  readonly nodeKeys: readonly string[];
  /** First slot of each node's out-edges; `nodeCount + 1` entries. */
  readonly offsets: Int32Array;
  /** Target of each slot; ascending within a node, parallel edges side by side, self-loops included. */
  readonly targets: Int32Array;
  /** For each slot the place of its edge in the input: the n-th edge of `graph.edges()` or of the arrays. */
  readonly edgeIds: Int32Array;
}

/** Either form; compress once to ask one graph several questions. */
export type GraphInput = AbstractGraph | CompressedGraph;

/**
 * Compresses a graphology graph: O(n log n + m), of which walking graphology's own maps is nearly all.
 * A mixed graph is welcome as long as it has no undirected edge.
 *
 * @throws Error if the graph is undirected or has an undirected edge.
 */
export function compressGraph(graph: AbstractGraph): CompressedGraph {
  rejectUndirected(graph);
  const nodeKeys = graph.nodes().sort();
  const numberOfKey = new Map<string, number>();
  for (let node = 0; node < nodeKeys.length; node++) numberOfKey.set(nodeKeys[node]!, node);
  const sources = new Int32Array(graph.size);
  const targets = new Int32Array(graph.size);
  let edge = 0;
  graph.forEachEdge((_key, _attributes, source, target) => {
    sources[edge] = numberOfKey.get(source)!;
    targets[edge] = numberOfKey.get(target)!;
    edge++;
  });
  return fillRows(sources, targets, nodeKeys);
}

/**
 * Compresses edges given as two columns of node numbers, for callers who have many edges and no graphology graph: O(n + m).
 *
 * @param nodeKeys - Keys by number; the decimal numbers themselves if absent. Ties go to the smaller number, so pass
 *   sorted keys to get the answers a graphology graph would give.
 * @throws RangeError if the columns differ in length, or an end is not a node number, or there are not `nodeCount` keys.
 */
export function compressEdges(
  sources: ArrayLike<number>,
  targets: ArrayLike<number>,
  nodeCount: number,
  nodeKeys: readonly string[] = Array.from({ length: nodeCount }, (_, node) => String(node)),
): CompressedGraph {
  if (sources.length !== targets.length)
    throw new RangeError(`graphology-cycles: ${sources.length} sources but ${targets.length} targets`);
  if (nodeKeys.length !== nodeCount)
    throw new RangeError(`graphology-cycles: ${nodeCount} nodes but ${nodeKeys.length} keys`);
  for (const column of [sources, targets]) {
    for (let edge = 0; edge < column.length; edge++) {
      const node = column[edge]!;
      if (node >>> 0 !== node || node >= nodeCount)
        throw new RangeError(`graphology-cycles: edge ${edge} ends at ${node}, which is not one of ${nodeCount} nodes`);
    }
  }
  return fillRows(sources, targets, nodeKeys);
}

/** The graph in compressed form, whichever form it came in. */
export function toCompressed(graph: GraphInput): CompressedGraph {
  return 'offsets' in graph ? graph : compressGraph(graph);
}

/** A part of a graph with its own node numbers: `parentNode[local]` is the number in the graph it was cut from. */
export interface Subgraph {
  readonly nodeCount: number;
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
  readonly parentNode: Int32Array;
  /** Slot of the parent graph each slot came from (of parallel edges, the first). */
  readonly parentSlot: Int32Array;
}

/**
 * Cuts out the given nodes and the edges between them, without self-loops and with parallel edges as one.
 *
 * @param nodes - Ascending node numbers.
 * @param localOfNode - Scratch column of the graph's size; it holds whatever the last call left.
 */
export function cutSubgraph(
  graph: Pick<CompressedGraph, 'offsets' | 'targets'>,
  nodes: Int32Array,
  localOfNode: Int32Array,
): Subgraph {
  for (let local = 0; local < nodes.length; local++) localOfNode[nodes[local]!] = local;
  const offsets = new Int32Array(nodes.length + 1);
  let slotCount = 0;
  for (const node of nodes) slotCount += graph.offsets[node + 1]! - graph.offsets[node]!;
  const targets = new Int32Array(slotCount);
  const parentSlot = new Int32Array(slotCount);
  let used = 0;
  for (let local = 0; local < nodes.length; local++) {
    const node = nodes[local]!;
    const end = graph.offsets[node + 1]!;
    let previous = node;
    for (let slot = graph.offsets[node]!; slot < end; slot++) {
      const target = graph.targets[slot]!;
      if (target === previous || target === node) continue;
      previous = target;
      // What the scratch column says about a node outside is stale: it counts only if that place holds this node.
      const localTarget = localOfNode[target]!;
      if (nodes[localTarget] !== target) continue;
      targets[used] = localTarget;
      parentSlot[used++] = slot;
    }
    offsets[local + 1] = used;
  }
  return {
    nodeCount: nodes.length,
    offsets,
    targets: targets.subarray(0, used),
    parentNode: nodes,
    parentSlot: parentSlot.subarray(0, used),
  };
}

/** The same rows read backwards: for each node the slots of its in-edges, sources ascending. */
export interface InEdges {
  readonly offsets: Int32Array;
  readonly sources: Int32Array;
  /** Slot of the forward graph. */
  readonly slots: Int32Array;
}

/** Turns the rows round in O(n + m). */
export function turnRound(graph: Pick<CompressedGraph, 'nodeCount' | 'offsets' | 'targets'>): InEdges {
  const { nodeCount, targets } = graph;
  const offsets = startsByCount(targets, nodeCount);
  const cursor = offsets.slice(0, nodeCount);
  const sources = new Int32Array(targets.length);
  const slots = new Int32Array(targets.length);
  for (let source = 0; source < nodeCount; source++) {
    const end = graph.offsets[source + 1]!;
    for (let slot = graph.offsets[source]!; slot < end; slot++) {
      const place = cursor[targets[slot]!]!++;
      sources[place] = source;
      slots[place] = slot;
    }
  }
  return { offsets, sources, slots };
}

/** Source of each slot. */
export function sourceOfSlot(graph: Pick<CompressedGraph, 'offsets' | 'targets'>): Int32Array {
  const sources = new Int32Array(graph.targets.length);
  for (let node = 0; node + 1 < graph.offsets.length; node++)
    sources.fill(node, graph.offsets[node], graph.offsets[node + 1]);
  return sources;
}

// Two stable counting sorts, by target and then by source, leave each row ascending without comparing anything.
function fillRows(
  sources: ArrayLike<number>,
  targets: ArrayLike<number>,
  nodeKeys: readonly string[],
): CompressedGraph {
  const nodeCount = nodeKeys.length;
  const edgeCount = sources.length;
  const byTarget = new Int32Array(edgeCount);
  const inCursor = startsByCount(targets, nodeCount);
  for (let edge = 0; edge < edgeCount; edge++) byTarget[inCursor[targets[edge]!]!++] = edge;
  const offsets = startsByCount(sources, nodeCount);
  const cursor = offsets.slice(0, nodeCount);
  const rowTargets = new Int32Array(edgeCount);
  const edgeIds = new Int32Array(edgeCount);
  for (const edge of byTarget) {
    const slot = cursor[sources[edge]!]!++;
    rowTargets[slot] = targets[edge]!;
    edgeIds[slot] = edge;
  }
  return { nodeCount, edgeCount, nodeKeys, offsets, targets: rowTargets, edgeIds };
}

function startsByCount(keys: ArrayLike<number>, keyCount: number): Int32Array {
  const starts = new Int32Array(keyCount + 1);
  for (let i = 0; i < keys.length; i++) starts[keys[i]! + 1]!++;
  for (let key = 0; key < keyCount; key++) starts[key + 1]! += starts[key]!;
  return starts;
}

function rejectUndirected(graph: AbstractGraph): void {
  if (graph.type === 'undirected')
    throw new Error('graphology-cycles: the given graph is undirected, but cycles here follow directed edges');
  if (graph.undirectedSize > 0)
    throw new Error(
      `graphology-cycles: the given graph has ${graph.undirectedSize} undirected edges, but cycles here follow directed edges; drop them or replace each by two directed ones`,
    );
}
