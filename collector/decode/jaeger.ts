import type { SpanTable } from '../../analyzer/model/span-table.ts';
import type { Decoded } from './contract.ts';
import { readJaegerJson } from './jaeger-json.ts';

/**
 * Jaeger's JSON: what the query API answers (`{ "data": [trace, …] }`), what its page saves (`{ "data": trace }`), a bare
 * trace, a bare list of traces, or spans that carry their process themselves.
 */
export function decodeJaeger(bytes: Uint8Array, table: SpanTable): Decoded {
  return readJaegerJson(bytes, table);
}
