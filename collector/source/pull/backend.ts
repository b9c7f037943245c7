import type { Problem } from '../../../analyzer/model/analysis.ts';
import type { SpanTable } from '../../../analyzer/model/span-table.ts';
import { type Decoded, MalformedInputError, type TraceFormat } from '../../decode/index.ts';
import type { HttpClient } from './http-client.ts';

/** From `fromUs` up to, but without, `toUs`: microseconds since the epoch. */
export interface Window {
  readonly fromUs: number;
  readonly toUs: number;
}

/** One question to a backend: the traces with a span in the window, of one service or of those the search says. */
export interface PageQuery {
  readonly window: Window;
  readonly search: Search;
  readonly pageSize: number;
  /** True for a trace that is here already, by its id in hex; a backend that asks for traces one by one leaves it out. */
  readonly knows: (traceId: string) => boolean;
}

/** The services a search is for; empty for all there are. */
export type Search = readonly string[];

export interface PageReport {
  /** True if there may be more than what came: the window must be asked again in parts. */
  readonly isFull: boolean;
  readonly rejectedCount: number;
  readonly problems: readonly Problem[];
}

/** How one product is asked. Decoding is left to `decode/`. */
export interface Backend {
  readonly format: TraceFormat;
  readonly pageSize: number;
  /** A window this short is not split any more. */
  readonly shortestWindowUs: number;
  /** Pages asked for at a time. */
  readonly pagesAtOnce: number;
  /** The searches that together find every trace of the services, or of all services if there are none. */
  searches(http: HttpClient, services: readonly string[]): Promise<readonly Search[]>;
  /** Appends whole traces to the table. */
  readPage(http: HttpClient, query: PageQuery, table: SpanTable): Promise<PageReport>;
}

/** Decodes an answer; one that cannot be read is no answer of this product. */
export function decodeAnswer(http: HttpClient, path: string, read: () => Decoded): Decoded {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedInputError)
      throw http.unusable(path, `answers what cannot be read (${error.message})`);
    throw error;
  }
}

/** The answer as JSON of the shape that `check` lets through. */
export function jsonOf<T>(
  http: HttpClient,
  path: string,
  bytes: Uint8Array,
  check: (value: unknown) => T | undefined,
): T {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw http.unusable(path, 'answers something that is not JSON');
  }
  const checked = check(value);
  if (checked === undefined) throw http.unusable(path, 'answers JSON of another kind');
  return checked;
}
