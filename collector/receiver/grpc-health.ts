import {
  type sendUnaryData,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  status as Status,
} from '@grpc/grpc-js';

import { rawMethod } from './grpc-method.ts';

const SERVICE = 'grpc.health.v1.Health';

/** HealthCheckResponse.ServingStatus */
const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

type Watcher = ServerWritableStream<Buffer, Buffer>;

/**
 * The standard health service (grpc/grpc-proto, grpc/health/v1/health.proto), for load balancers and orchestrators: serving
 * until the receiver closes.
 */
export class GrpcHealth {
  /** The empty name is the server as a whole. */
  readonly #services: ReadonlySet<string>;
  readonly #watchers = new Set<Watcher>();
  #isServing = true;

  constructor(services: readonly string[]) {
    this.#services = new Set(['', ...services]);
  }

  addTo(server: Server): void {
    server.addService(
      { Check: rawMethod(SERVICE, 'Check'), Watch: rawMethod(SERVICE, 'Watch', { isResponseStream: true }) },
      {
        Check: (call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) => {
          const service = serviceIn(call.request);
          if (service === undefined)
            respond({ code: Status.INVALID_ARGUMENT, details: 'this is no HealthCheckRequest' });
          else if (!this.#services.has(service)) respond({ code: Status.NOT_FOUND, details: 'no such service here' });
          else respond(null, this.#response(service));
        },
        Watch: (call: Watcher) => {
          const service = serviceIn(call.request);
          if (service === undefined) {
            call.emit('error', { code: Status.INVALID_ARGUMENT, details: 'this is no HealthCheckRequest' });
            return;
          }
          call.write(this.#response(service));
          this.#watchers.add(call);
          call.on('cancelled', () => this.#watchers.delete(call));
        },
      },
    );
  }

  /** Tells those who watch, and ends their calls. */
  stopServing(): void {
    this.#isServing = false;
    for (const call of this.#watchers) {
      const service = serviceIn(call.request)!;
      if (this.#services.has(service)) call.write(this.#response(service));
      call.end();
    }
    this.#watchers.clear();
  }

  /** HealthCheckResponse { status = 1 } */
  #response(service: string): Buffer {
    const status = this.#services.has(service) ? (this.#isServing ? SERVING : NOT_SERVING) : SERVICE_UNKNOWN;
    return Buffer.from([1 << 3, status]);
  }
}

/** HealthCheckRequest { service = 1 }, the only field there is; `undefined` if the bytes are anything else. */
function serviceIn(request: Buffer): string | undefined {
  if (request.length === 0) return '';
  const [tag, length] = request;
  // Names of 128 bytes and more would have a longer length; no service here has one.
  if (tag !== ((1 << 3) | 2) || length === undefined || length >= 0x80 || request.length !== length + 2)
    return undefined;
  return request.toString('utf8', 2);
}
