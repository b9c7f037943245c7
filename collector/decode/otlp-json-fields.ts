import { encodeUtf8 } from '../../analyzer/model/string-table.ts';

/** The members that OTLP JSON objects have and that are read, whichever object they are of. */
export const FIELD = {
  unknown: 0,
  resourceSpans: 1,
  batches: 2,
  trace: 3,
  resource_spans: 4,
  resource: 5,
  scopeSpans: 6,
  instrumentationLibrarySpans: 7,
  schemaUrl: 8,
  scope: 9,
  instrumentationLibrary: 10,
  spans: 11,
  traceId: 12,
  spanId: 13,
  parentSpanId: 14,
  traceState: 15,
  name: 16,
  kind: 17,
  startTimeUnixNano: 18,
  endTimeUnixNano: 19,
  attributes: 20,
  events: 21,
  links: 22,
  status: 23,
  code: 24,
  message: 25,
  version: 26,
  key: 27,
  value: 28,
  stringValue: 29,
  boolValue: 30,
  intValue: 31,
  doubleValue: 32,
  arrayValue: 33,
  kvlistValue: 34,
  bytesValue: 35,
  scope_spans: 36,
  trace_id: 37,
  span_id: 38,
  parent_span_id: 39,
  trace_state: 40,
  start_time_unix_nano: 41,
  end_time_unix_nano: 42,
} as const;

/** What is unknown because of how it is spelt: the names of protobuf, which OTLP JSON has in camel case. */
export const MISSPELT: ReadonlyMap<number, string> = new Map(
  Object.entries(FIELD)
    .filter(([name]) => name.includes('_'))
    .map(([name, field]) => {
      const camelCase = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      return [field, `${name} is not read: OTLP JSON calls it ${camelCase}`];
    }),
);

const NAMES: readonly Uint8Array[] = Object.keys(FIELD).map(encodeUtf8);

/** By length, first and last letter: the one field it can be. No two fields share these; `fieldSlots` makes sure of it. */
const SLOTS = fieldSlots();

/** The field of a name, compared byte by byte; `FIELD.unknown` for all others. */
export function fieldOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return FIELD.unknown;
  const field = SLOTS[slotOf(length, bytes[start]!, bytes[end - 1]!)]!;
  const name = NAMES[field]!;
  if (name.length !== length) return FIELD.unknown;
  for (let at = 0; at < length; at++) if (name[at] !== bytes[start + at]) return FIELD.unknown;
  return field;
}

function slotOf(length: number, first: number, last: number): number {
  return (length * 37 + first * 5 + last * 67) & 511;
}

function fieldSlots(): Uint8Array {
  const slots = new Uint8Array(512);
  for (const [field, name] of NAMES.entries()) {
    if (field === FIELD.unknown) continue;
    const slot = slotOf(name.length, name[0]!, name.at(-1)!);
    if (slots[slot] !== 0) throw new Error(`OTLP fields ${String(slots[slot])} and ${String(field)} share a slot`);
    slots[slot] = field;
  }
  return slots;
}
