/**
 * What people see of a receiver: its name, its port, where to point a sender. Apart from the code, so that `--help` answers
 * without loading it. Every receiver of `index.ts` has its line here.
 */
export interface Door {
  readonly title: string;
  /** The command line option that moves or closes it. */
  readonly option: `${string}-port`;
  /** The port that senders expect. */
  readonly usualPort: number;
  readonly isOpenByDefault: boolean;
  /** What senders are given, under `http://host:port`. */
  readonly path: string;
  /** What to set in a sender, if one setting is all it takes; `$URL` stands for `http://host:port`. */
  readonly setting?: string;
}

export type DoorName = 'otlp-http' | 'otlp-grpc' | 'zipkin' | 'jaeger-thrift';

export const DOORS: Readonly<Record<DoorName, Door>> = {
  'otlp-http': {
    title: 'OTLP/HTTP',
    option: 'otlp-port',
    usualPort: 4318,
    isOpenByDefault: true,
    path: '/v1/traces',
    setting: 'OTEL_EXPORTER_OTLP_ENDPOINT=$URL',
  },
  'otlp-grpc': {
    title: 'OTLP/gRPC',
    option: 'grpc-port',
    usualPort: 4317,
    isOpenByDefault: true,
    path: '',
    setting: 'OTEL_EXPORTER_OTLP_PROTOCOL=grpc OTEL_EXPORTER_OTLP_ENDPOINT=$URL',
  },
  zipkin: {
    title: 'Zipkin',
    option: 'zipkin-port',
    usualPort: 9411,
    isOpenByDefault: true,
    path: '/api/v2/spans',
  },
  'jaeger-thrift': {
    title: 'Jaeger',
    option: 'jaeger-port',
    usualPort: 14_268,
    isOpenByDefault: false,
    path: '/api/traces',
    setting: 'JAEGER_ENDPOINT=$URL/api/traces',
  },
};
