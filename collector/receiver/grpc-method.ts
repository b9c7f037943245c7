import { Metadata, type MethodDefinition, status as Status, type StatusObject } from '@grpc/grpc-js';

import { RPC_CODE, type RpcCode, statusBody } from './otlp-messages.ts';
import type { Refusal } from './refusal.ts';

export type RawMethod = MethodDefinition<Buffer, Buffer>;

/** A method whose messages pass as the bytes they are; one decoder reads OTLP, however it comes. */
export function rawMethod(service: string, method: string, { isResponseStream = false } = {}): RawMethod {
  return {
    path: `/${service}/${method}`,
    requestStream: false,
    responseStream: isResponseStream,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

const STATUS_OF: Readonly<Record<RpcCode, Status>> = {
  [RPC_CODE.invalidArgument]: Status.INVALID_ARGUMENT,
  [RPC_CODE.deadlineExceeded]: Status.DEADLINE_EXCEEDED,
  [RPC_CODE.permissionDenied]: Status.PERMISSION_DENIED,
  [RPC_CODE.resourceExhausted]: Status.RESOURCE_EXHAUSTED,
  [RPC_CODE.unimplemented]: Status.UNIMPLEMENTED,
  [RPC_CODE.unavailable]: Status.UNAVAILABLE,
};

/** How a call ends that is refused: the code, and the whole `google.rpc.Status` for who reads details. */
export function grpcStatusOf({ status }: Refusal): StatusObject {
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(statusBody('protobuf', status)));
  return { code: STATUS_OF[status.code], details: status.message, metadata };
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
