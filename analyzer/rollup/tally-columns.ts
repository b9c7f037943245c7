import type { DependencyMode } from '../model/analysis.ts';

export const MODES: readonly DependencyMode[] = ['sync', 'async', 'data'];

// Places of the figures in their rows; first and last seen stand side by side.
export const NODE = { spanCount: 0, firstSeenUs: 1, orphanCount: 3, unknownKindCount: 4, width: 5 } as const;
export const OPERATION = { callCount: 0, errorCount: 1, width: 2 } as const;
export const EDGE = {
  callCount: 0,
  errorCount: 1,
  traceCount: 2,
  lastTrace: 3,
  firstSeenUs: 4,
  criticalUs: 6,
  cardEvidenceCount: 7,
  clientOnlyCount: 8,
  serverOnlyCount: 9,
  crossRegionCount: 10,
  callWeight: 11,
  width: 12,
} as const;
export const SITE = {
  callCount: 0,
  errorCount: 1,
  outcomes: 2,
  offPathCount: 6,
  lastUseCount: 7,
  unjoinedCount: 8,
  /** Calls whose answer is counted here (one known by a link from another trace is not), and failures by the callee's word. */
  answeredCount: 9,
  calleeErrorCount: 10,
  unjoinedByOkCount: 11,
  width: 12,
} as const;
export const ENTRY = {
  traceCount: 0,
  completeTraceCount: 1,
  serverTraceCount: 2,
  errorCount: 3,
  totalUs: 4,
  traceWeight: 5,
  retryWasteUs: 6,
  retryTraceCount: 7,
  width: 8,
} as const;
export const ENTRY_CLASS = { traceCount: 0, totalUs: 1, width: 2 } as const;
/** What lies between two nodes: the way of a call, and the pause before it is made again. */
export const WAY = { transport: 1, backoff: 2 } as const;
export const PART = { criticalUs: 0, criticalTraceCount: 1, joinedTraceCount: 2, outcomes: 3, width: 7 } as const;
export const DELIVERY = { callCount: 0, traceCount: 1, lastTrace: 2, lastTraceByLink: 3, width: 4 } as const;

/** Bits of a part in the trace being added. */
export const TOUCHED = { at: 1, byCall: 2, joined: 4, failed: 8 } as const;
