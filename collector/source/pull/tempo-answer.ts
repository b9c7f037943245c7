/**
 * Takes the trace out of Tempo's answer (`TraceByIDResponse`: trace = 1, metrics = 2, status = 3, message = 4): field 1 has
 * the bytes of an OTLP export request. Undefined if the bytes are no protobuf message.
 */
export function traceInAnswer(
  bytes: Uint8Array,
): { readonly trace: Uint8Array; readonly isPartial: boolean } | undefined {
  let trace = new Uint8Array(0);
  let isPartial = false;
  let at = 0;
  while (at < bytes.length) {
    const tag = varint(bytes, at);
    if (tag === undefined) return undefined;
    const value = tag.next < bytes.length ? varint(bytes, tag.next) : undefined;
    if (value === undefined) return undefined;
    const field = Math.floor(tag.value / 8);
    if (tag.value % 8 === LENGTH) {
      const end = value.next + value.value;
      if (end > bytes.length) return undefined;
      if (field === TRACE) trace = bytes.slice(value.next, end);
      at = end;
    } else if (tag.value % 8 === VARINT) {
      if (field === STATUS) isPartial = value.value === PARTIAL;
      at = value.next;
    } else return undefined;
  }
  return { trace, isPartial };
}

const TRACE = 1;
const STATUS = 3;
const PARTIAL = 1;
const VARINT = 0;
const LENGTH = 2;

function varint(bytes: Uint8Array, from: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  for (let at = from; at < Math.min(bytes.length, from + 7); at++) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) return { value, next: at + 1 };
  }
  return undefined;
}
