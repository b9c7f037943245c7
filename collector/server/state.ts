import type { Analysis, TraceDetail } from '../../analyzer/model/analysis.ts';

/** What the web map and the API show: everything received so far, committed to the store or not yet. */
export interface LiveState {
  /** Grows with everything new; an answer with the same revision and question is the same answer. */
  readonly revision: number;
  analyze(window: AnalysisWindow): Analysis;
  /** What the window is concluded from, as `encodeRollup` writes it: another ringfence may conclude by its own policy. */
  rollup(window: AnalysisWindow): Uint8Array;
  trace(traceId: string): TraceDetail | undefined;
  counters(): Readonly<Record<string, number>>;
  /** Why the service cannot take spans right now; undefined when it can. */
  unready(): string | undefined;
}

export interface AnalysisWindow {
  readonly fromUs?: number;
  readonly toUs?: number;
  /** `*` for all together; absent for all if there is but one, else for the one with the most traces. */
  readonly environment?: string;
}
