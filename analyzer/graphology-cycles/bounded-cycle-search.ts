import type { InEdges, Subgraph } from './compressed-graph.ts';

/** Takes the first `length` nodes of `path`; true ends the walk. */
export type EmitCycle = (path: Int32Array, length: number) => boolean;

/**
 * The cycles of at most `maxLength` edges that have a given start as their smallest node: a function to call with one start
 * after another.
 *
 * After Gupta and Suzumura (2021), Finding all bounded-length simple cycles in a directed graph, as networkx reads it. A
 * node may be stepped on while the path has fewer nodes than its lock. Two things differ from networkx:
 * - A lock starts not at `maxLength` but at what the node's distance back to the start leaves of it, so no step is taken
 *   that cannot return in time.
 * - Every node left waits for its out-neighbours, after a success too, and its lock is never below theirs less one. That
 *   makes it plain that no lock is too low, which would lose cycles.
 */
export function forEachBoundedCycleFrom(
  { nodeCount, offsets, targets, parentNode }: Subgraph,
  inEdges: InEdges,
  maxLength: number,
): (start: number, emit: EmitCycle) => boolean {
  const lock = new Int32Array(nodeCount);
  const isOnPath = new Uint8Array(nodeCount);
  const cursor = new Int32Array(nodeCount);
  const depthLimit = Math.min(maxLength, nodeCount);
  const path = new Int32Array(depthLimit);
  const named = new Int32Array(depthLimit);
  const shortestReturn = new Int32Array(depthLimit);
  const isWaiting = new Uint8Array(targets.length);
  const near: number[] = [];
  const raised: number[] = [];

  return (start, emit) => {
    lockByDistance(start);
    let pathLength = 1;
    path[0] = start;
    named[0] = parentNode[start]!;
    isOnPath[start] = 1;
    cursor[start] = offsets[start]!;
    shortestReturn[0] = maxLength;
    let ended = false;
    while (pathLength > 0) {
      const node = path[pathLength - 1]!;
      if (!ended && cursor[node]! < offsets[node + 1]!) {
        const target = targets[cursor[node]!++]!;
        if (target === start) {
          ended = emit(named, pathLength);
          shortestReturn[pathLength - 1] = 1;
        } else if (isOnPath[target] === 0 && pathLength < lock[target]!) {
          isOnPath[target] = 1;
          lock[target] = pathLength;
          cursor[target] = offsets[target]!;
          path[pathLength] = target;
          named[pathLength] = parentNode[target]!;
          shortestReturn[pathLength++] = maxLength;
        }
        continue;
      }
      pathLength--;
      isOnPath[node] = 0;
      if (!ended && pathLength > 0) leave(node, pathLength);
    }
    forget();
    return ended;
  };

  function leave(node: number, depth: number): void {
    const edgesBack = shortestReturn[depth]!;
    let open = lock[node]!;
    if (edgesBack < maxLength) {
      open = Math.max(open, maxLength - edgesBack + 1);
      shortestReturn[depth - 1] = Math.min(shortestReturn[depth - 1]!, edgesBack + 1);
    }
    for (let slot = offsets[node]!; slot < offsets[node + 1]!; slot++) {
      isWaiting[slot] = 1;
      const target = targets[slot]!;
      if (isOnPath[target] === 0) open = Math.max(open, lock[target]! - 1);
    }
    raise(node, open);
  }

  // Raises a lock, and then those of the nodes that wait for it, each one less.
  function raise(node: number, open: number): void {
    if (open <= lock[node]!) return;
    lock[node] = open;
    raised.push(node);
    for (let from = raised.pop(); from !== undefined; from = raised.pop()) {
      for (let place = inEdges.offsets[from]!; place < inEdges.offsets[from + 1]!; place++) {
        const source = inEdges.sources[place]!;
        if (isWaiting[inEdges.slots[place]!] === 0 || isOnPath[source] === 1) continue;
        if (lock[source]! >= lock[from]! - 1) continue;
        lock[source] = lock[from]! - 1;
        raised.push(source);
      }
    }
  }

  // Breadth first against the edges from the start, over greater nodes only: they are what a cycle may visit.
  function lockByDistance(start: number): void {
    near.length = 0;
    near.push(start);
    lock[start] = maxLength + 1;
    for (let read = 0; read < near.length; read++) {
      const node = near[read]!;
      const open = lock[node]! - 1;
      if (open < 2) continue;
      for (let place = inEdges.offsets[node]!; place < inEdges.offsets[node + 1]!; place++) {
        const source = inEdges.sources[place]!;
        if (source <= start || lock[source] !== 0) continue;
        lock[source] = open;
        near.push(source);
      }
    }
    lock[start] = 0;
  }

  function forget(): void {
    for (const node of near) {
      lock[node] = 0;
      isWaiting.fill(0, offsets[node], offsets[node + 1]);
    }
  }
}
