import { WEIGHT_ONE } from '../model/sampling-weight.ts';
import type { Rollup } from '../rollup/rollup.ts';

/** For how many calls or requests a sum of sampling weights stands; null where no span said how it was sampled. */
export function estimate({ weighedTraceCount }: Rollup, weight: number): number | null {
  return weighedTraceCount === 0 ? null : Math.round(weight / WEIGHT_ONE);
}
