import type { ArcCut } from './arc-problem.ts';

/** Work allowed, in looks at an arc: counted, not timed, so that the same graph gets the same answer everywhere. */
export interface SearchBudget {
  left: number;
}

export interface CycleCover {
  /** The cheapest cut found, if one below the given cost was. */
  readonly cut: ArcCut | undefined;
  /** No cut of all the cycles costs less. */
  readonly lowerBound: number;
  /** Whether the search came to its end: then `cut` is the cheapest there is, or nothing is below the given cost. */
  readonly isComplete: boolean;
}

interface Branch {
  readonly arcs: readonly number[];
  next: number;
}

/**
 * The cheapest set of arcs that cuts each of the given cycles, if one costs less than `costToBeat`: branch and bound over
 * the arcs of the cycle with the fewest choices. The bound packs cycles: each takes from its arcs' costs what the cheapest of
 * them has left, and whatever the cycles took together every cut has to pay. An arc of infinite cost is never chosen.
 */
export function coverCycles(
  cycles: readonly (readonly number[])[],
  costs: Float64Array,
  costToBeat: number,
  budget: SearchBudget,
): CycleCover {
  const isChosen = new Uint8Array(costs.length);
  const isForbidden = new Uint8Array(costs.length);
  const remaining = costs.slice();
  const cycleCountOfArc = new Uint32Array(costs.length);
  const { starts, arcs: arcsOfCycles } = shortestFirst(cycles);
  const branches: Branch[] = [];
  let chosenCost = 0;
  let best: ArcCut | undefined;
  let bestCost = costToBeat;
  let rootBound = 0;

  let node = look();
  rootBound = Math.min(node.bound, costToBeat);
  while (true) {
    if (node.bound < bestCost && node.arcs.length === 0) {
      const slots: number[] = [];
      for (let slot = 0; slot < costs.length; slot++) if (isChosen[slot] === 1) slots.push(slot);
      best = { slots, cost: chosenCost };
      bestCost = chosenCost;
    } else if (node.bound < bestCost) {
      branches.push({ arcs: node.arcs, next: 0 });
    }
    if (!step()) return { cut: best, lowerBound: bestCost, isComplete: true };
    if (budget.left <= 0) return { cut: best, lowerBound: rootBound, isComplete: false };
    node = look();
  }

  // To the next arc of the deepest branch that has one: the arcs tried before it stay forbidden, so no set is met twice.
  function step(): boolean {
    for (let branch = branches.at(-1); branch !== undefined; branch = branches.at(-1)) {
      if (branch.next > 0) {
        const tried = branch.arcs[branch.next - 1]!;
        isChosen[tried] = 0;
        isForbidden[tried] = 1;
        chosenCost -= costs[tried]!;
      }
      const arc = branch.arcs[branch.next++];
      if (arc !== undefined) {
        isChosen[arc] = 1;
        chosenCost += costs[arc]!;
        return true;
      }
      for (const tried of branch.arcs) isForbidden[tried] = 0;
      branches.pop();
    }
    return false;
  }

  // The bound here, and the arcs to branch over: those of the cycle with the fewest, in the most cycles for their cost first.
  // Once the bound reaches the best cost there is nothing to find below, so the rest is not looked at.
  function look(): { bound: number; arcs: readonly number[] } {
    let bound = chosenCost;
    let fewestCycle = -1;
    let fewestCount = Infinity;
    let seen = 0;
    for (; seen + 1 < starts.length && bound < bestCost; seen++) {
      const end = starts[seen + 1]!;
      budget.left -= end - starts[seen]!;
      let openCount = 0;
      let least = Infinity;
      let isCut = false;
      for (let at = starts[seen]!; at < end && !isCut; at++) {
        const arc = arcsOfCycles[at]!;
        isCut = isChosen[arc] === 1;
        if (!isOpen(arc)) continue;
        openCount++;
        if (remaining[arc]! < least) least = remaining[arc]!;
      }
      if (isCut) continue;
      bound += least;
      if (openCount === 0) continue;
      for (let at = starts[seen]!; at < end; at++) {
        const arc = arcsOfCycles[at]!;
        if (!isOpen(arc)) continue;
        remaining[arc]! -= least;
        cycleCountOfArc[arc]!++;
      }
      if (openCount < fewestCount) {
        fewestCount = openCount;
        fewestCycle = seen;
      }
    }
    const arcs = bound < bestCost && fewestCycle >= 0 ? branchArcs(fewestCycle) : [];
    for (let at = 0; at < starts[seen]!; at++) {
      const arc = arcsOfCycles[at]!;
      remaining[arc] = costs[arc]!;
      cycleCountOfArc[arc] = 0;
    }
    return { bound, arcs };
  }

  function isOpen(arc: number): boolean {
    return isForbidden[arc] === 0 && costs[arc] !== Infinity;
  }

  function branchArcs(cycle: number): number[] {
    const worth = (arc: number): number => cycleCountOfArc[arc]! / costs[arc]!;
    return Array.from(arcsOfCycles.subarray(starts[cycle], starts[cycle + 1]))
      .filter(isOpen)
      .sort((one, two) => worth(two) - worth(one) || one - two);
  }
}

/** The cycles one behind the other: those of few arcs bind most, so they come first. */
function shortestFirst(cycles: readonly (readonly number[])[]): { starts: Int32Array; arcs: Int32Array } {
  const sorted = [...cycles].sort((one, two) => one.length - two.length);
  const starts = new Int32Array(sorted.length + 1);
  sorted.forEach((cycle, at) => (starts[at + 1] = starts[at]! + cycle.length));
  return { starts, arcs: Int32Array.from(sorted.flat()) };
}
