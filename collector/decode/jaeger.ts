import type { SpanTable } from '../../analyzer/model/span-table.ts';
import { type Decoded, MalformedInputError } from './contract.ts';
import { type JaegerRecord, readJaegerSpans } from './jaeger-spans.ts';
import { isJsonList, isJsonObject, parseJsonDocument } from './json-document.ts';

/**
 * Jaeger's JSON: what the query API answers (`{ "data": [trace, …] }`), what its page saves (`{ "data": trace }`), a bare
 * trace, a bare list of traces, or spans that carry their process themselves.
 */
export function decodeJaeger(bytes: Uint8Array, table: SpanTable): Decoded {
  return readJaegerSpans(recordsOf(parseJsonDocument(bytes)), table);
}

function* recordsOf(document: unknown): Generator<JaegerRecord> {
  for (const [place, trace] of tracesOf(document)) {
    if (!isJsonObject(trace)) yield { place, fault: 'not a trace' };
    else if (isJsonList(trace['spans'])) {
      for (const [index, span] of trace['spans'].entries()) yield { place: `${place}.spans[${index}]`, span, trace };
    }
    // A bare span, as Jaeger's storage holds them: its own trace of one.
    else if (trace['spanID'] !== undefined) yield { place, span: trace, trace };
    else yield { place, fault: 'a trace without spans' };
  }
}

function tracesOf(document: unknown): readonly (readonly [place: string, trace: unknown])[] {
  const isWrapped = isJsonObject(document) && 'data' in document;
  const content = isWrapped ? document['data'] : document;
  const prefix = isWrapped ? 'data' : '';
  if (isJsonList(content)) return content.map((trace, index) => [`${prefix}[${index}]`, trace] as const);
  if (isJsonObject(content)) return [[isWrapped ? prefix : 'the trace', content]];
  if (isWrapped) throw new MalformedInputError('a Jaeger answer without traces: "data" is neither a trace nor a list');
  throw new MalformedInputError('Jaeger JSON is an object with "data", a trace, or a list of traces');
}
