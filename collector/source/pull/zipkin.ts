import type { SpanTable } from '../../../analyzer/model/span-table.ts';
import { DECODERS } from '../../decode/index.ts';
import { type Backend, decodeAnswer, jsonOf } from './backend.ts';
import { chosenServices } from './service-names.ts';

const SERVICES = '/api/v2/services';
const TRACES = '/api/v2/traces';

/**
 * Zipkin (`/api/v2/traces`, see its `zipkin2-api.yaml`): without a service it answers the traces of all of them, also those
 * of a proxy without a name.
 */
export const ZIPKIN: Backend = {
  format: 'zipkin-json',
  pageSize: 500,
  shortestWindowUs: 1000,
  pagesAtOnce: 4,

  async searches(http, services) {
    if (services.length === 0) return [[]];
    const { bytes } = await http.get(SERVICES, {});
    // Zipkin knows names in lower case only.
    const asked = [...new Set(services.map((name) => name.toLowerCase()))].sort();
    return chosenServices(asked, jsonOf(http, SERVICES, bytes, textsIn), http.label).map((name) => [name]);
  },

  async readPage(http, { window, search, pageSize }, table) {
    const endTs = Math.ceil(window.toUs / 1000);
    const lookback = endTs - Math.floor(window.fromUs / 1000);
    const [serviceName] = search;
    const query = { ...(serviceName === undefined ? {} : { serviceName }), endTs, lookback, limit: pageSize };
    const { bytes } = await http.get(TRACES, query);
    if (!isList(bytes)) throw http.unusable(TRACES, 'answers no list of traces');
    const from = table.count;
    const { rejectedCount, problems } = decodeAnswer(http, TRACES, () => DECODERS['zipkin-json'](bytes, table));
    return { isFull: traceCountOf(table, from) + rejectedCount >= pageSize, rejectedCount, problems };
  },
};

/** A single span is an upload, never an answer. */
function isList(bytes: Uint8Array): boolean {
  return bytes.find((byte) => byte > 0x20) === 0x5b;
}

function textsIn(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const names = value as readonly unknown[];
  return names.every((name) => typeof name === 'string') ? names : undefined;
}

/** By whole ids: a Zipkin that takes those with one lower half for one trace answers no fewer ids than traces. */
function traceCountOf(table: SpanTable, from: number): number {
  const traceIds = new Set<string>();
  for (let row = from; row < table.count; row++) traceIds.add(table.traceId(row));
  return traceIds.size;
}
