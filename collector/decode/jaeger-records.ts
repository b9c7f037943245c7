import { MalformedInputError } from './contract.ts';
import type { JaegerRecord } from './jaeger-spans.ts';
import { isJsonList, isJsonObject } from './json-document.ts';

/** The spans of a document with their places, however they are wrapped. */
export function* jaegerRecordsOf(document: unknown): Iterable<JaegerRecord> {
  for (const [place, trace] of tracesOf(document)) yield* jaegerRecordsOfTrace(place, trace);
}

export function* jaegerRecordsOfTrace(place: string, trace: unknown): Iterable<JaegerRecord> {
  if (!isJsonObject(trace)) yield { place, fault: 'not a trace' };
  else if (isJsonList(trace['spans'])) {
    for (const [index, span] of trace['spans'].entries()) yield { place: `${place}.spans[${index}]`, span, trace };
  }
  // A bare span, as Jaeger's storage holds them: its own trace of one.
  else if (trace['spanID'] !== undefined) yield { place, span: trace, trace };
  else yield { place, fault: 'a trace without spans' };
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
