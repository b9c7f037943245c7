import type { SpanTable } from '../../../analyzer/model/span-table.ts';
import { DECODERS } from '../../decode/index.ts';
import { type Backend, decodeAnswer, jsonOf } from './backend.ts';
import { chosenServices } from './service-names.ts';

const SERVICES = '/api/services';
const TRACES = '/api/traces';

/**
 * The query service of Jaeger, versions 1 and 2 (`/api/services`, `/api/traces`). It finds traces by service only, so all
 * services are asked for one by one; a trace comes once for each service in it.
 */
export const JAEGER: Backend = {
  format: 'jaeger-json',
  pageSize: 200,
  shortestWindowUs: 1000,
  pagesAtOnce: 4,

  async searches(http, services) {
    const { bytes } = await http.get(SERVICES, {});
    return chosenServices(services, jsonOf(http, SERVICES, bytes, servicesIn), http.label).map((name) => [name]);
  },

  async readPage(http, { window, search, pageSize }, table) {
    const service = search[0] ?? '';
    // Some of its stores leave out what lies on the bounds.
    const query = { service, start: window.fromUs - 1, end: window.toUs + 1, limit: pageSize };
    const { bytes } = await http.get(TRACES, query);
    const from = table.count;
    const { rejectedCount, problems } = decodeAnswer(http, TRACES, () => DECODERS['jaeger-json'](bytes, table));
    const { traceCount, spanCount } = countsOf(table, from, service);
    const isFull = traceCount + rejectedCount >= pageSize || spanCount >= CASSANDRA_SPANS_PER_TRACE * pageSize;
    return { isFull, rejectedCount, problems };
  },
};

/**
 * Over Cassandra Jaeger looks at no more than this times `limit` spans of the service and answers the traces these belong
 * to: fewer than `limit`, though there are more (its `limitMultiple`).
 */
const CASSANDRA_SPANS_PER_TRACE = 3;

/** Null stands for no services yet. */
function servicesIn(value: unknown): readonly string[] | undefined {
  if (typeof value !== 'object' || value === null || !('data' in value)) return undefined;
  if (value.data === null) return [];
  if (!Array.isArray(value.data)) return undefined;
  const names = value.data as readonly unknown[];
  return names.every((name) => typeof name === 'string') ? names : undefined;
}

/** Different traces from a row on, and the spans of one service in them. */
function countsOf(table: SpanTable, from: number, service: string): { traceCount: number; spanCount: number } {
  const traceIds = new Set<string>();
  let spanCount = 0;
  for (let row = from; row < table.count; row++) {
    traceIds.add(table.traceId(row));
    if (table.resource(row).service === service) spanCount++;
  }
  return { traceCount: traceIds.size, spanCount };
}
