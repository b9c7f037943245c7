import { createReadStream } from 'node:fs';
import type { Problem } from '../../analyzer/model/analysis.ts';
import { type SpanDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import type { TraceFormat } from '../decode/index.ts';
import { decompressed } from './decompressed.ts';
import { isUrl, pullOnce } from './pull/index.ts';
import { findFiles, type FoundFile, type FoundFiles } from './find-files.ts';
import { readDocument, type Sink } from './read-document.ts';
import { errorCode, SourceError, UnreadableError } from './source-error.ts';

export { withoutCredentials } from './pull/index.ts';

export interface SourceReport {
  /** The files that could be read, in the order they were read. */
  readonly files: readonly FileReport[];
  readonly spanCount: number;
  /** Those of the files, and one for each file of a folder that could not be read. */
  readonly problems: readonly Problem[];
}

export interface FileReport {
  /** `-` for standard input. */
  readonly path: string;
  readonly format: TraceFormat;
  readonly spanCount: number;
  readonly rejectedCount: number;
  readonly problems: readonly Problem[];
}

export interface SourceProgress {
  /** Of all files so far, as they are stored: compressed, if they are. */
  readonly bytesRead: number;
  /** Undefined for standard input, which does not say. */
  readonly totalBytes: number | undefined;
  readonly spanCount: number;
  readonly file: string;
}

/**
 * Spans go to a table, or to a function that gets them table by table: its table is emptied when the function is done. The
 * dictionary is asked for again after each.
 */
export type SourceTarget =
  | { readonly table: SpanTable }
  | { readonly dictionary: SpanDictionary; readonly onBatch: (batch: SpanTable) => unknown };

export type SourceOptions = SourceTarget & {
  readonly onProgress?: (progress: SourceProgress) => void;
  readonly signal?: AbortSignal;
  /** What `-` reads. */
  readonly stdin?: AsyncIterable<Uint8Array>;
};

/**
 * Reads traces from a file, a folder with all in it, a glob, or `-` for standard input, in any format, plain or packed by
 * gzip or zstd, or pulls them from a Jaeger, Tempo or Zipkin given as URL. A broken record is a problem and the rest goes
 * on; so is a file among others. Throws `SourceError` if the source is not there or gives nothing at all.
 */
export async function readSource(source: string, options: SourceOptions): Promise<SourceReport> {
  if (isUrl(source)) return pulled(source, options);
  const found: FoundFiles = source === '-' ? { files: [STANDARD_INPUT], isSingle: true } : await findFiles(source);
  const totalBytes = source === '-' ? undefined : found.files.reduce((sum, { byteCount }) => sum + byteCount, 0);
  const sink = sinkOf(options);
  const files: FileReport[] = [];
  const problems: Problem[] = [];
  let bytesRead = 0;
  for (const { path } of found.files) {
    const progress = (byteCount: number) => {
      options.signal?.throwIfAborted();
      bytesRead += byteCount;
      options.onProgress?.({ bytesRead, totalBytes, spanCount: sink.spanCount, file: path });
    };
    try {
      const report = await readDocument(path, decompressed(counted(chunksOf(path, options), progress)), sink);
      files.push({ path, ...report });
      problems.push(...report.problems);
      progress(0);
    } catch (error) {
      // What goes wrong elsewhere, with whoever takes the spans, is no fault of the file.
      if (!(error instanceof UnreadableError)) throw error;
      if (found.isSingle) throw new SourceError(`${path === '-' ? 'standard input' : path}: ${error.message}`);
      problems.push({ kind: 'unreadable-file', message: `${path}: left out: ${error.message}`, count: 1 });
    }
  }
  if (files.length === 0) {
    const [first] = problems;
    throw new SourceError(`${source}: none of its ${found.files.length} files could be read; ${first?.message ?? ''}`);
  }
  return { files, spanCount: sink.spanCount, problems };
}

/** A trace backend is one file to those who read reports: its URL, without credentials, is the path. */
async function pulled(source: string, options: SourceOptions): Promise<SourceReport> {
  // Pages that are under way together are all over one dictionary.
  const sink = sinkOf('table' in options ? options : { dictionary: options.dictionary, onBatch: options.onBatch });
  const { label, format, rejectedCount, problems } = await pullOnce(source, sink, {
    signal: options.signal,
    onProgress: (file, bytesRead, totalBytes) =>
      options.onProgress?.({ bytesRead, totalBytes, spanCount: sink.spanCount, file }),
  });
  const { spanCount } = sink;
  return { files: [{ path: label, format, spanCount, rejectedCount, problems }], spanCount, problems };
}

const STANDARD_INPUT: FoundFile = { path: '-', byteCount: 0 };
const READ_BYTES = 4 * 1024 * 1024;

function chunksOf(path: string, { stdin, signal }: SourceOptions): AsyncIterable<Uint8Array> {
  return path === '-' ? (stdin ?? (process.stdin as AsyncIterable<Uint8Array>)) : fileChunks(path, signal);
}

async function* fileChunks(path: string, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  const options = { highWaterMark: READ_BYTES, ...(signal === undefined ? {} : { signal }) };
  try {
    for await (const chunk of createReadStream(path, options)) yield chunk as Uint8Array;
  } catch (error) {
    signal?.throwIfAborted();
    throw new UnreadableError(`cannot be read (${errorCode(error) ?? 'unknown reason'})`);
  }
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (byteCount: number) => void,
): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}

/** The target as a table to decode into, and what to do when it holds something. */
function sinkOf(target: SourceTarget): Sink & { readonly spanCount: number } {
  if ('table' in target) {
    const { table } = target;
    const before = table.count;
    return {
      table,
      flush: () => Promise.resolve(),
      get spanCount() {
        return table.count - before;
      },
    };
  }
  let table = new SpanTable(target.dictionary);
  let handedOver = 0;
  return {
    get table() {
      return table;
    },
    async flush() {
      if (table.count === 0) return;
      handedOver += table.count;
      await target.onBatch(table);
      // Names without end would fill the memory that the rows do not: whoever takes the batches may begin a new dictionary.
      if (table.dictionary === target.dictionary) table.truncate(0);
      else table = new SpanTable(target.dictionary);
    },
    get spanCount() {
      return handedOver + table.count;
    },
  };
}
