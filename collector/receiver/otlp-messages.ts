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
  /** When to come back, as `google.rpc.RetryInfo`. */
  readonly retryDelaySeconds?: number;
}

const BAD_REQUEST_TYPE = 'type.googleapis.com/google.rpc.BadRequest';
const RETRY_INFO_TYPE = 'type.googleapis.com/google.rpc.RetryInfo';

export function statusBody(encoding: OtlpEncoding, status: RpcStatus): Uint8Array {
  const { code, message } = status;
  if (encoding === 'json') {
    const details = jsonDetails(status);
    return encodeUtf8(JSON.stringify({ code, message, ...(details.length === 0 ? {} : { details }) }));
  }
  // Status { code = 1, message = 2, details = 3 }
  return Uint8Array.from([...integerField(1, code), ...textField(2, message), ...protobufDetails(status)]);
}

function jsonDetails({ badRequest, retryDelaySeconds }: RpcStatus): object[] {
  const details: object[] = [];
  if (badRequest !== undefined) {
    details.push({ '@type': BAD_REQUEST_TYPE, fieldViolations: [{ field: 'body', description: badRequest }] });
  }
  if (retryDelaySeconds !== undefined) {
    details.push({ '@type': RETRY_INFO_TYPE, retryDelay: `${retryDelaySeconds}s` });
  }
  return details;
}

function protobufDetails({ badRequest, retryDelaySeconds }: RpcStatus): number[] {
  const details: number[] = [];
  if (badRequest !== undefined) {
    // BadRequest { field_violations = 1 }, FieldViolation { field = 1, description = 2 }
    const violation = field(1, [...textField(1, 'body'), ...textField(2, badRequest)]);
    details.push(...field(3, anyOf(BAD_REQUEST_TYPE, violation)));
  }
  if (retryDelaySeconds !== undefined) {
    // RetryInfo { retry_delay = 1 }, Duration { seconds = 1 }
    details.push(...field(3, anyOf(RETRY_INFO_TYPE, field(1, integerField(1, retryDelaySeconds)))));
  }
  return details;
}

/** Any { type_url = 1, value = 2 } */
function anyOf(type: string, message: readonly number[]): number[] {
  return [...textField(1, type), ...field(2, message)];
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
