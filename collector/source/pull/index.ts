import type { Problem } from '../../../analyzer/model/analysis.ts';
import { SpanTable } from '../../../analyzer/model/span-table.ts';
import type { TraceFormat } from '../../decode/index.ts';
import { BACKENDS } from './backends.ts';
import { HttpClient } from './http-client.ts';
import { parsePullSource, type PullSource } from './pull-source.ts';
import { pullWindow } from './pull-window.ts';

export { isUrl, withoutCredentials } from './pull-source.ts';
export { SourcePoller } from './source-poller.ts';

export interface PulledReport {
  /** The source, without credentials. */
  readonly label: string;
  readonly format: TraceFormat;
  readonly rejectedCount: number;
  readonly problems: readonly Problem[];
}

/** What is asked of whoever takes the spans. After each `flush` the table may be empty again. */
interface Sink {
  readonly table: SpanTable;
  flush(): Promise<void>;
}

/**
 * Pulls the traces of a source such as `zipkin+http://host:9411?lookback=1h` once. `onProgress` hears of bytes so far, and
 * of how many there will be in all, as far as the part of the window that is through tells. Throws `SourceError`.
 */
export async function pullOnce(
  source: string,
  sink: Sink,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: (label: string, bytesRead: number, totalBytes: number | undefined) => void;
  } = {},
): Promise<PulledReport> {
  const parsed = parsePullSource(source);
  let bytesRead = 0;
  let share = 0;
  const progress = () =>
    options.onProgress?.(parsed.label, bytesRead, share === 0 ? undefined : Math.round(bytesRead / share));
  const http = new HttpClient({
    source: parsed,
    signal: options.signal,
    onBytes: (byteCount) => {
      bytesRead += byteCount;
      progress();
    },
  });
  const { rejectedCount, problems } = await pullWindow({
    backend: BACKENDS[parsed.backend],
    http,
    window: windowOf(parsed),
    services: parsed.services,
    pageSize: parsed.pageSize,
    traceLimit: parsed.traceLimit,
    createTable: () => new SpanTable(sink.table.dictionary),
    take: (traces) => {
      sink.table.appendRows(traces, 0, traces.count);
      return sink.flush();
    },
    onShare: (through) => {
      share = through;
      progress();
    },
  });
  return { label: parsed.label, format: BACKENDS[parsed.backend].format, rejectedCount, problems };
}

function windowOf({ window: { lookbackUs, fromUs, toUs } }: PullSource): { fromUs: number; toUs: number } {
  const endUs = toUs ?? Date.now() * 1000;
  return { fromUs: fromUs ?? Math.max(0, endUs - lookbackUs), toUs: endUs };
}
