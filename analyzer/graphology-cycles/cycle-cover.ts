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
  const shortestFirst = [...cycles].sort((one, two) => one.length - two.length);
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
  function look(): { bound: number; arcs: readonly number[] } {
    let bound = chosenCost;
    let fewest: number[] | undefined;
    const cycleCountOfArc = new Map<number, number>();
    const touched: number[] = [];
    for (const cycle of shortestFirst) {
      budget.left -= cycle.length;
      if (cycle.some((arc) => isChosen[arc] === 1)) continue;
      const open = cycle.filter((arc) => isForbidden[arc] === 0 && costs[arc] !== Infinity);
      if (open.length === 0) {
        bound = Infinity;
        break;
      }
      let least = Infinity;
      for (const arc of open) {
        least = Math.min(least, remaining[arc]!);
        cycleCountOfArc.set(arc, (cycleCountOfArc.get(arc) ?? 0) + 1);
      }
      bound += least;
      if (least > 0)
        for (const arc of open) {
          remaining[arc]! -= least;
          touched.push(arc);
        }
      if (fewest === undefined || open.length < fewest.length) fewest = open;
    }
    for (const arc of touched) remaining[arc] = costs[arc]!;
    const worth = (arc: number): number => cycleCountOfArc.get(arc)! / costs[arc]!;
    return { bound, arcs: (fewest ?? []).sort((one, two) => worth(two) - worth(one) || one - two) };
  }
}
