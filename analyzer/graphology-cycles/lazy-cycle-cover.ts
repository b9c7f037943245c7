import { cutOfOrder, cutProblem } from './arc-problem.ts';
import type { ArcCut, ArcProblem } from './arc-problem.ts';
import { coverCycles } from './cycle-cover.ts';
import type { SearchBudget } from './cycle-cover.ts';
import { greedyOrder } from './greedy-order.ts';
import { restoreSuperfluous } from './restore-superfluous.ts';
import { siftOrder } from './sift-order.ts';
import { labelComponents, membersOfComponents } from './strongly-connected-components.ts';
import { topologicalPlaces } from './topological-places.ts';

/** What sifting costs in looks at an arc: some thirty rounds, each from both ends. */
const LOOKS_PER_SIFTED_ARC = 64;

export interface BoundedCut {
  readonly cut: ArcCut;
  /** No cut costs less; equal to the cut's own cost when it is proven to be the cheapest. */
  readonly lowerBound: number;
}

/** A cut from an order: greedy, sifted, and without what is superfluous. None of the arcs that are never cut. */
export function heuristicCut(problem: ArcProblem): ArcCut {
  let placeOfNode = siftOrder(problem, greedyOrder(problem));
  let cut = cutOfOrder(problem, placeOfNode);
  if (cut.cost >= problem.neverCut) {
    // Sifting only ever makes an order cheaper: from one that cuts nothing it must not, it comes to no other.
    placeOfNode = siftOrder(
      problem,
      topologicalPlaces(problem, (slot) => problem.costs[slot]! >= problem.neverCut)!,
    );
    cut = cutOfOrder(problem, placeOfNode);
  }
  return restoreSuperfluous(problem, cut, placeOfNode);
}

/**
 * The cheapest cut of a sparse component, after Baharev, Schichl, Neumaier and Achterberg (2021), An exact method for the
 * minimum feedback arc set problem: cover the cycles known so far at least cost, look for a cycle that is left, add it,
 * repeat. To grow the list faster, the heuristic finishes each cover to a cut, and every arc it adds brings its cycle. No cover of some cycles costs more than the cheapest cut of all, so each round is a lower bound, and the first
 * cover that leaves no cycle is the answer. Out of budget, the best cut and the best bound so far are returned.
 */
export function lazyCycleCover(problem: ArcProblem, budget: SearchBudget): BoundedCut {
  let best = heuristicCut(problem);
  let lowerBound = 0;
  const coverCosts = problem.costs.map((cost) => (cost >= problem.neverCut ? Infinity : cost));
  const cameBy = new Int32Array(problem.nodeCount).fill(-1);
  const cycles = new Map<string, readonly number[]>();
  addCyclesClosedBy(best.slots);
  while (lowerBound < best.cost && budget.left > 0) {
    const cover = coverCycles([...cycles.values()], coverCosts, best.cost, budget);
    lowerBound = Math.max(lowerBound, cover.lowerBound);
    if (cover.cut === undefined) break;
    const rest = heuristicCutOfRest(problem, cover.cut, budget);
    if (rest.length === 0) {
      best = withoutSuperfluous(problem, cover.cut.slots);
      continue;
    }
    const slots = [...cover.cut.slots, ...rest].sort((one, two) => one - two);
    addCyclesClosedBy(slots, new Set(rest));
    const cut = withoutSuperfluous(problem, slots);
    if (cut.cost < best.cost) best = cut;
  }
  return { cut: best, lowerBound: Math.min(lowerBound, best.cost) };

  // For each arc (or only those in `asked`), the shortest cycle that it alone of the cut closes.
  function addCyclesClosedBy(cut: readonly number[], asked?: ReadonlySet<number>): void {
    const isCut = new Uint8Array(problem.targets.length);
    for (const slot of cut) isCut[slot] = 1;
    for (const slot of cut) {
      if (asked?.has(slot) === false) continue;
      if (budget.left <= 0) return;
      const cycle = cycleClosedBy(problem, slot, isCut, cameBy, budget);
      if (cycle !== undefined) cycles.set(cycle.join(' '), cycle);
    }
  }
}

/** The slots of a shortest cycle through `slot` over arcs that are not cut, ascending. `cameBy` is -1 throughout, before and after. */
function cycleClosedBy(
  { offsets, targets, sources }: ArcProblem,
  slot: number,
  isCut: Uint8Array,
  cameBy: Int32Array,
  budget: SearchBudget,
): number[] | undefined {
  const goal = sources[slot]!;
  const start = targets[slot]!;
  const queue = [start];
  for (let read = 0; read < queue.length && cameBy[goal] === -1; read++) {
    const node = queue[read]!;
    budget.left -= offsets[node + 1]! - offsets[node]!;
    for (let out = offsets[node]!; out < offsets[node + 1]!; out++) {
      const next = targets[out]!;
      if (isCut[out] === 1 || next === start || cameBy[next] !== -1) continue;
      cameBy[next] = out;
      queue.push(next);
    }
  }
  const isClosed = cameBy[goal] !== -1;
  const cycle = [slot];
  if (isClosed) for (let node = goal; node !== start; node = sources[cameBy[node]!]!) cycle.push(cameBy[node]!);
  for (const node of queue) cameBy[node] = -1;
  return isClosed ? cycle.sort((one, two) => one - two) : undefined;
}

/** Further slots to cut so that no cycle is left, found by the heuristic in each component that is left. */
function heuristicCutOfRest(problem: ArcProblem, cut: ArcCut, budget: SearchBudget): number[] {
  const isCut = new Uint8Array(problem.targets.length);
  for (const slot of cut.slots) isCut[slot] = 1;
  const left = withoutSlots(problem, isCut);
  const localOfNode = new Int32Array(problem.nodeCount);
  const further: number[] = [];
  for (const nodes of membersOfComponents(labelComponents(left))) {
    if (nodes.length === 1) continue;
    const part = cutProblem(left, nodes, localOfNode);
    budget.left -= part.targets.length * LOOKS_PER_SIFTED_ARC;
    for (const slot of heuristicCut(part).slots) further.push(left.parentSlot[part.parentSlot[slot]!]!);
  }
  return further;
}

function withoutSuperfluous(problem: ArcProblem, slots: readonly number[]): ArcCut {
  const isCut = new Uint8Array(problem.targets.length);
  for (const slot of slots) isCut[slot] = 1;
  const placeOfNode = topologicalPlaces(problem, (slot) => isCut[slot] === 0)!;
  return restoreSuperfluous(problem, { slots, cost: Infinity }, placeOfNode);
}

function withoutSlots(
  { nodeCount, offsets, targets, costs, neverCut }: ArcProblem,
  isCut: Uint8Array,
): Pick<ArcProblem, 'nodeCount' | 'offsets' | 'targets' | 'costs' | 'neverCut'> & { parentSlot: Int32Array } {
  const kept = Int32Array.from(targets.keys()).filter((slot) => isCut[slot] === 0);
  const newOffsets = new Int32Array(nodeCount + 1);
  let used = 0;
  for (let node = 0; node < nodeCount; node++) {
    for (let slot = offsets[node]!; slot < offsets[node + 1]!; slot++) if (isCut[slot] === 0) used++;
    newOffsets[node + 1] = used;
  }
  return {
    nodeCount,
    offsets: newOffsets,
    targets: kept.map((slot) => targets[slot]!),
    costs: Float64Array.from(kept, (slot) => costs[slot]!),
    neverCut,
    parentSlot: kept,
  };
}
