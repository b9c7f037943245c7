/** What the traces show of themselves: how much of them fits together. A dependency that was not seen is judged by this. */
export interface Coverage {
  readonly spanCount: number;
  /** Spans whose parent never came. */
  readonly orphanCount: number;
  /** Spans that do not say which side of a call they are. */
  readonly unknownKindCount: number;
  /** Spans whose sender did not say its `service.name`. */
  readonly anonymousSpanCount: number;
  readonly traceCount: number;
  readonly incompleteTraceCount: number;
  readonly calls: CallHalves;
  /** Calls to databases, topics and hosts outside, whose other half nobody sends. */
  readonly oneSidedByNatureCount: number;
  /** Services only, by id. */
  readonly services: readonly ServiceCoverage[];
}

/** Calls between services, by which of their two spans were seen. */
export interface CallHalves {
  readonly callCount: number;
  readonly bothCount: number;
  readonly clientOnlyCount: number;
  readonly serverOnlyCount: number;
}

export interface ServiceCoverage {
  readonly service: string;
  readonly spanCount: number;
  readonly orphanCount: number;
  readonly unknownKindCount: number;
  /** Of calls it makes to services, and of calls services make to it. */
  readonly asCaller: CallHalves;
  readonly asCallee: CallHalves;
}

/** Why there is an edge between two services, or why there is none: `ringfence why`, `GET /api/v1/why`. */
export interface EdgeExplanation {
  readonly schema: 'ringfence.why/1';
  readonly caller: string;
  readonly callee: string;
  /** `called`: directly. `reached`: over others. `not-seen`: neither, which is no proof that there is no call. */
  readonly verdict: 'called' | 'reached' | 'not-seen';
  /** The nodes of the way, in call direction; empty where none was seen. */
  readonly path: readonly string[];
  /** One sentence that answers the question. */
  readonly summary: string;
  /** What was looked at and found, with its figures. */
  readonly found: readonly string[];
  /** What a call would have left behind and is not there, or may hide it. */
  readonly missing: readonly string[];
  /** What to do to find out, the likeliest first. */
  readonly next: readonly string[];
}
