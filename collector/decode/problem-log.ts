import type { Problem } from '../../analyzer/model/analysis.ts';

/**
 * What went wrong in one document, one entry for each reason with the place of its first occurrence: a million bad spans
 * are one line. Places and reasons are our own words and positions, never the sender's text.
 */
export class ProblemLog {
  readonly #entries = new Map<string, { kind: string; place: string; reason: string; count: number }>();

  add(kind: string, place: string, reason: string, count = 1): void {
    // Reasons that name a byte are all different.
    const identity = this.#entries.size < MAX_REASONS ? `${kind}: ${reason}` : kind;
    const known = this.#entries.get(`${kind}: ${reason}`) ?? this.#entries.get(identity);
    if (known === undefined) this.#entries.set(identity, { kind, place, reason, count });
    else known.count += count;
  }

  get problems(): readonly Problem[] {
    return [...this.#entries.values()].map(({ kind, place, reason, count }) => ({
      kind,
      message: `${place}: ${reason}${count === 1 ? '' : ` (the first of ${count})`}`,
      count,
    }));
  }
}

/** As many different reasons as anyone would read; after them there is one entry for each kind. */
const MAX_REASONS = 50;
