import { encodeUtf8 } from '../../analyzer/model/string-table.ts';

/** How a sender writes, and so how it is answered. */
export type OtlpEncoding = 'protobuf' | 'json';

export const CONTENT_TYPE: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** `google.rpc.Code`, as far as it is used here. */
export const RPC_CODE = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  unavailable: 14,
} as const;
export type RpcCode = (typeof RPC_CODE)[keyof typeof RPC_CODE];

/** What a sender is told of an error: `google.rpc.Status`. */
export interface RpcStatus {
  readonly code: RpcCode;
  /** In English; never quotes what was sent. */
  readonly message: string;
  /** What was wrong with the request itself, as `google.rpc.BadRequest`. */
  readonly badRequest?: string;
}

const BAD_REQUEST_TYPE = 'type.googleapis.com/google.rpc.BadRequest';

export function statusBody(encoding: OtlpEncoding, { code, message, badRequest }: RpcStatus): Uint8Array {
  if (encoding === 'json') {
    const details =
      badRequest === undefined
        ? {}
        : { details: [{ '@type': BAD_REQUEST_TYPE, fieldViolations: [{ field: 'body', description: badRequest }] }] };
    return encodeUtf8(JSON.stringify({ code, message, ...details }));
  }
  // Status { code = 1, message = 2, details = 3 }, Any { type_url = 1, value = 2 },
  // BadRequest { field_violations = 1 }, FieldViolation { field = 1, description = 2 }
  const details =
    badRequest === undefined
      ? []
      : field(3, [
          ...textField(1, BAD_REQUEST_TYPE),
          ...field(2, field(1, [...textField(1, 'body'), ...textField(2, badRequest)])),
        ]);
  return Uint8Array.from([...integerField(1, code), ...textField(2, message), ...details]);
}

/** `ExportTraceServiceResponse`: empty if all went well, as the specification demands. */
export function exportResponseBody(encoding: OtlpEncoding, rejectedCount: number, message: string): Uint8Array {
  const isPartial = rejectedCount > 0 || message !== '';
  if (encoding === 'json') {
    const partialSuccess = { rejectedSpans: String(rejectedCount), errorMessage: message };
    return encodeUtf8(JSON.stringify(isPartial ? { partialSuccess } : {}));
  }
  if (!isPartial) return new Uint8Array(0);
  // ExportTraceServiceResponse { partial_success = 1 }, ExportTracePartialSuccess { rejected_spans = 1, error_message = 2 }
  return Uint8Array.from(field(1, [...integerField(1, rejectedCount), ...textField(2, message)]));
}

function field(number: number, content: readonly number[]): number[] {
  return [(number << 3) | 2, ...varint(content.length), ...content];
}

function textField(number: number, text: string): number[] {
  return field(number, [...encodeUtf8(text)]);
}

function integerField(number: number, value: number): number[] {
  return value === 0 ? [] : [number << 3, ...varint(value)];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80);
  return [...bytes, value];
}
