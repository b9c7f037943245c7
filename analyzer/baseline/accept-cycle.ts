import { rotateToSmallest } from 'graphology-cycles';
import type { AcceptedEdge, Baseline, BaselineCall } from '../model/baseline.ts';
import { canonical, edgeKey } from './baseline.ts';
import { callsOf } from './seen-state.ts';

/**
 * The baseline with a circle accepted by name. The acceptance is of its calls that the baseline does not know yet, or that
 * were accepted before: then this one is instead of that. Of a circle that is known through and through, it is of `closing`,
 * or the last call.
 */
export function acceptCycle(
  baseline: Baseline,
  services: readonly string[],
  acceptance: Omit<AcceptedEdge, 'caller' | 'callee'>,
  closing?: BaselineCall,
): Baseline {
  const cycle = rotateToSmallest(services);
  const calls = callsOf(cycle);
  const waiting = new Set(baseline.dependencies.filter(({ mode }) => mode === 'sync').map(edgeKey));
  const named = new Set(baseline.accepted.map(edgeKey));
  const open = calls.filter((call) => !waiting.has(edgeKey(call)) || named.has(edgeKey(call)));
  const accepted = open.length > 0 ? open : [closing ?? calls.at(-1)!];
  return canonical({
    ...baseline,
    cycles: [...baseline.cycles, cycle],
    accepted: [...baseline.accepted, ...accepted.map(({ caller, callee }) => ({ caller, callee, ...acceptance }))],
  });
}
