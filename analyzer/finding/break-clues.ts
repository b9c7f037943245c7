import { meaningOf } from './event-name.ts';
import type { CycleSite } from './cycle-graph.ts';
import { wilson } from './wilson.ts';

/** How a call site could become an event, and how much speaks for it, in [0, 1]. */
export interface SiteVerdict {
  /**
   * `event`: the caller publishes what it wants done, and goes on. `copy`: the callee publishes what changed, and the caller reads
   * its own copy; the dependency turns round, so no circle is left at all.
   */
  readonly how: 'event' | 'copy';
  readonly likeness: number;
}

/**
 * The better of both ways. Shares enter by their lower Wilson bound, so that thin evidence counts for little. Whether an answer
 * is small or only an acknowledgement (weight 0.10 of an event) is not in a rollup and counts as no.
 *
 * A call that is made for its answer is no event, even if nothing follows it: it may be the last thing the caller does because
 * the answer is all it needs. A read of what the callee has by itself can be copied; one that the callee has to ask others for
 * would have to be copied from those.
 */
export function siteVerdict(site: CycleSite): SiteVerdict {
  const { does } = meaningOf(site.calleeOperation);
  const failureCount = site.failedParentOk + site.failedParentFailed;
  const event =
    0.3 * wilson(site.offPathCount, site.callCount)[0] +
    0.2 * WRITE_SHARE[does ?? 'unknown'] +
    0.2 * wilson(site.failedParentOk, failureCount)[0] +
    (does === 'answer' || does === 'read' ? 0 : 0.2 * wilson(site.lastUseCount, site.callCount)[0]);
  const copy = does === 'read' ? 0.2 + (site.answersAlone ? 0.3 * wilson(site.callCount, site.callCount)[0] : 0) : 0;
  return copy > event ? { how: 'copy', likeness: copy } : { how: 'event', likeness: event };
}

const WRITE_SHARE = { write: 1, read: 0, answer: 0, unknown: 0.3 } as const;

/** Between 1 and 10, in hundredths so that ties are exact. */
export function siteCost(site: CycleSite): number {
  return Math.round(100 * (1 + 9 * (1 - siteVerdict(site).likeness)));
}
