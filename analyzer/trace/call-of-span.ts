import { SPAN_KIND } from '../model/span.ts';
import type { DependencyFinder } from './dependencies.ts';

/** The call a span's time belongs to: the one it makes, else the one it works for; -1 for a root's own time. */
export function callOfSpan(
  { kinds, outers, outerCalls, activations, activationCalls }: DependencyFinder,
  span: number,
): number {
  const kind = kinds[span];
  if ((kind === SPAN_KIND.client || kind === SPAN_KIND.producer) && outers[span]! >= 0)
    return outerCalls[outers[span]!]!;
  return activationCalls[activations[span]!]!;
}
