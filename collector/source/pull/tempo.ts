import type { Problem } from '../../../analyzer/model/analysis.ts';
import type { SpanTable } from '../../../analyzer/model/span-table.ts';
import { decode, type Decoded, DECODERS } from '../../decode/index.ts';
import { ProblemLog } from '../../decode/problem-log.ts';
import { type Backend, decodeAnswer, jsonOf } from './backend.ts';
import { type Answer, AnswerTooLargeError, type HttpClient, REQUESTS_AT_ONCE } from './http-client.ts';
import { traceInAnswer } from './tempo-answer.ts';

const SEARCH = '/api/search';
const TRACE_V2 = '/api/v2/traces/';
const TRACE_V1 = '/api/traces/';
const SECOND_US = 1_000_000;

/**
 * Grafana Tempo: a search with TraceQL answers ids only, and each trace is then asked for by its id, as protobuf. Its times
 * are whole seconds. Ids of the search have no leading zeros.
 */
export const TEMPO: Backend = {
  format: 'otlp-protobuf',
  pageSize: 1000,
  shortestWindowUs: SECOND_US,
  pagesAtOnce: 1,

  searches: (_http, services) => Promise.resolve([services]),

  async readPage(http, { window, search, pageSize, knows }, table) {
    const query = {
      q: traceQl(search),
      start: Math.floor(window.fromUs / SECOND_US),
      end: Math.ceil(window.toUs / SECOND_US),
      limit: pageSize,
      // The spans that match are of no use here.
      spss: 1,
    };
    const { bytes } = await http.get(SEARCH, query);
    const found = jsonOf(http, SEARCH, bytes, traceIdsIn);
    const unknown = [...new Set(found)].filter((id) => !knows(id.padStart(32, '0').toLowerCase()));
    return { isFull: found.length >= pageSize, ...(await readTraces(http, unknown, table)) };
  },
};

/** All spans there are, or those of the services. */
function traceQl(services: readonly string[]): string {
  const conditions = services.map((name) => `resource.service.name = ${quoted(name)}`);
  return conditions.length === 0 ? '{}' : `{ ${conditions.join(' || ')} }`;
}

/** A string of TraceQL has the escapes of Go. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/[\n\r\t]/g, ' ')}"`;
}

/** Without traces the field is left out. */
function traceIdsIn(value: unknown): readonly string[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const traces: unknown = 'traces' in value ? value.traces : [];
  if (traces === null) return [];
  if (!Array.isArray(traces)) return undefined;
  const ids: string[] = [];
  for (const trace of traces as readonly unknown[]) {
    const id: unknown = typeof trace === 'object' && trace !== null && 'traceID' in trace ? trace.traceID : undefined;
    if (typeof id !== 'string' || !/^[0-9a-f]{1,32}$/i.test(id)) return undefined;
    ids.push(id);
  }
  return ids;
}

/** A few at a time, decoded in the order asked for: the same answers give the same table. */
async function readTraces(
  http: HttpClient,
  traceIds: readonly string[],
  table: SpanTable,
): Promise<{ rejectedCount: number; problems: readonly Problem[] }> {
  const log = new ProblemLog();
  let rejectedCount = 0;
  for (let at = 0; at < traceIds.length; at += REQUESTS_AT_ONCE) {
    const some = traceIds.slice(at, at + REQUESTS_AT_ONCE);
    const answers = await Promise.all(some.map((id) => traceOf(http, id)));
    for (const [index, answer] of answers.entries()) {
      const place = `trace ${some[index]!}`;
      if (answer === 'gone') log.add('pull-trace-gone', place, 'was found by the search and not by its id');
      else if (answer === 'too large') log.add('pull-trace-too-large', place, 'is too large an answer, left out');
      else {
        const { decoded, isPartial } = decodeTrace(http, answer, table);
        rejectedCount += decoded.rejectedCount;
        if (isPartial) log.add('pull-trace-partial', place, 'Tempo answers a part of it only');
        for (const { kind, message, count } of decoded.problems) log.add(kind, place, message, count);
      }
    }
  }
  return { rejectedCount, problems: log.problems };
}

type TraceAnswer = { readonly answer: Answer; readonly isWrapped: boolean } | 'gone' | 'too large';

/** Version 2 says if a trace is whole; a Tempo before 2.7 has version 1 only. */
async function traceOf(http: HttpClient, traceId: string): Promise<TraceAnswer> {
  try {
    const second = await http.find(`${TRACE_V2}${traceId}`, {}, PROTOBUF);
    if (second !== undefined) return { answer: second, isWrapped: true };
    const first = await http.find(`${TRACE_V1}${traceId}`, {}, PROTOBUF);
    return first === undefined ? 'gone' : { answer: first, isWrapped: false };
  } catch (error) {
    if (error instanceof AnswerTooLargeError) return 'too large';
    throw error;
  }
}

const PROTOBUF = 'application/protobuf';

function decodeTrace(
  http: HttpClient,
  { answer: { bytes, isProtobuf }, isWrapped }: Exclude<TraceAnswer, string>,
  table: SpanTable,
): { readonly decoded: Decoded; readonly isPartial: boolean } {
  // Something in between may have made JSON of it.
  if (!isProtobuf) return { decoded: decodeAnswer(http, TRACE_V2, () => decode(bytes, table)), isPartial: false };
  if (!isWrapped)
    return { decoded: decodeAnswer(http, TRACE_V1, () => DECODERS['otlp-protobuf'](bytes, table)), isPartial: false };
  const found = traceInAnswer(bytes);
  if (found === undefined) throw http.unusable(TRACE_V2, 'answers broken protobuf');
  const decoded = decodeAnswer(http, TRACE_V2, () => DECODERS['otlp-protobuf'](found.trace, table));
  return { decoded, isPartial: found.isPartial };
}
