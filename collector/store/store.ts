import type { TraceDetail } from '../../analyzer/model/analysis.ts';
import type { Rollup } from '../../analyzer/rollup/rollup.ts';

/**
 * Where summaries live: rollups by time and environment, a few example traces, and how far the journal has been folded in.
 * One process writes at a time. Every `commit` is all or nothing and durable when it returns.
 */
export interface Store {
  commit(change: StoreChange): void;
  /** What the last commit said of the journal; undefined on a fresh store. */
  checkpoint(): Uint8Array | undefined;
  /** The sum of all that was observed in `[fromUs, toUs)`, of one environment or of all; absent bounds are open. */
  read(window?: StoreWindow): Rollup;
  /** Every environment ever stored, sorted; the empty one for traces that name none. */
  environments(): string[];
  trace(traceId: string): TraceDetail | undefined;
  /** What is stored of the minute around `atUs`, if it is at hand without reading; not to be changed. */
  sumAtHand(atUs: number, environment: string): Rollup | undefined;
  /** Folds whole minutes into hours and hours into days once they are old enough, and forgets what is past retention. */
  tidy(nowUs: number): void;
  close(): void;
}

export interface StoreWindow {
  readonly fromUs?: number;
  readonly toUs?: number;
  readonly environment?: string;
}

export interface StoreChange {
  readonly rollups: readonly StoredRollup[];
  readonly traces: readonly TraceDetail[];
  readonly checkpoint?: Uint8Array;
}

export interface StoredRollup {
  /** Any moment of the minute it belongs to, microseconds since the epoch. */
  readonly atUs: number;
  readonly environment: string;
  readonly rollup: Rollup;
  /** Whether it is taken back instead of added: what a trace showed before spans of it came late. */
  readonly isRetracted?: boolean;
}

export interface Retention {
  /** Minutes are kept this long before they are folded into hours, in seconds. */
  readonly minutesForS: number;
  /** Hours are kept this long before they are folded into days, in seconds. */
  readonly hoursForS: number;
  /** Days are kept this long, in seconds. */
  readonly daysForS: number;
}

export const DEFAULT_RETENTION: Retention = {
  minutesForS: 3 * 3600,
  hoursForS: 14 * 86_400,
  daysForS: 395 * 86_400,
};

/** The store cannot be used as it is. The message says what is in the way and the way out. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
