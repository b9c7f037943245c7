/**
 * The span attributes the analysis reads. A span keeps these and no others.
 *
 * Several wire keys lead to one meaning, since the semantic conventions renamed most of them: the newest name comes first
 * and wins where a span carries both (OpenTelemetry semantic conventions 1.44, registry and its deprecated names).
 */
export const ATTRIBUTES = [
  { name: 'http.request.method', wireKeys: ['http.request.method', 'http.method'] },
  { name: 'http.response.status_code', wireKeys: ['http.response.status_code', 'http.status_code'] },
  { name: 'http.route', wireKeys: ['http.route'] },
  { name: 'http.request.resend_count', wireKeys: ['http.request.resend_count', 'http.resend_count'] },
  { name: 'url.full', wireKeys: ['url.full', 'http.url'] },
  { name: 'url.path', wireKeys: ['url.path', 'http.path', 'http.target'] },
  { name: 'rpc.system', wireKeys: ['rpc.system.name', 'rpc.system'] },
  { name: 'rpc.service', wireKeys: ['rpc.service'] },
  { name: 'rpc.method', wireKeys: ['rpc.method'] },
  {
    name: 'rpc.status_code',
    wireKeys: ['rpc.response.status_code', 'rpc.status_code', 'rpc.grpc.status_code', 'grpc.status_code'],
  },
  { name: 'db.system.name', wireKeys: ['db.system.name', 'db.system', 'db.type'] },
  { name: 'db.namespace', wireKeys: ['db.namespace', 'db.name', 'db.instance'] },
  { name: 'db.operation.name', wireKeys: ['db.operation.name', 'db.operation'] },
  { name: 'db.collection.name', wireKeys: ['db.collection.name', 'db.sql.table', 'db.mongodb.collection'] },
  { name: 'messaging.system', wireKeys: ['messaging.system'] },
  {
    name: 'messaging.destination.name',
    wireKeys: [
      'messaging.destination.template',
      'messaging.destination.name',
      'messaging.destination',
      'messaging.source.name',
      'message_bus.destination',
      'kafka.topic',
      'rabbit.queue',
      'jms.queue',
      'jms.topic',
    ],
  },
  { name: 'messaging.operation.type', wireKeys: ['messaging.operation.type', 'messaging.operation'] },
  { name: 'peer.service', wireKeys: ['service.peer.name', 'peer.service'] },
  { name: 'peer.namespace', wireKeys: ['service.peer.namespace'] },
  {
    name: 'server.address',
    wireKeys: ['server.address', 'net.peer.name', 'http.host', 'peer.hostname', 'peer.address'],
  },
  { name: 'server.port', wireKeys: ['server.port', 'net.peer.port', 'peer.port'] },
  {
    name: 'network.peer.address',
    wireKeys: ['network.peer.address', 'net.sock.peer.addr', 'net.peer.ip', 'peer.ipv4', 'peer.ipv6'],
  },
  { name: 'error.type', wireKeys: ['error.type'] },
  { name: 'error', wireKeys: ['error'] },
  { name: 'component', wireKeys: ['component'] },
  { name: 'istio.canonical_service', wireKeys: ['istio.canonical_service'] },
  { name: 'istio.namespace', wireKeys: ['istio.namespace'] },
  { name: 'upstream_cluster', wireKeys: ['upstream_cluster.name', 'upstream_cluster'] },
  { name: 'pci.scope', wireKeys: ['pci.scope'] },
  /** Sampling threshold, the `th` of `tracestate ot=`. Filled by decoders; Jaeger's samplers have the two keys below. */
  { name: 'sampling.threshold', wireKeys: [] },
  { name: 'sampler.type', wireKeys: ['sampler.type'] },
  { name: 'sampler.param', wireKeys: ['sampler.param'] },
  {
    name: 'messaging.destination.temporary',
    wireKeys: ['messaging.destination.temporary', 'messaging.temp_destination'],
  },
  { name: 'messaging.destination.anonymous', wireKeys: ['messaging.destination.anonymous'] },
  { name: 'network.peer.port', wireKeys: ['network.peer.port', 'net.sock.peer.port'] },
] as const satisfies readonly { readonly name: string; readonly wireKeys: readonly string[] }[];

export type AttributeName = (typeof ATTRIBUTES)[number]['name'];

/** Position in `ATTRIBUTES`: what a span table stores for a key. */
export type AttributeKey = number;

const KEY_OF_NAME = new Map<string, AttributeKey>(ATTRIBUTES.map((attribute, key) => [attribute.name, key]));

/** The key of a kept attribute, for use in hot code: look it up once, outside the loop. */
export function attributeKey(name: AttributeName): AttributeKey {
  return KEY_OF_NAME.get(name)!;
}

/** Every key found on the wire with its meaning; the lower rank wins where a span carries several. */
export const WIRE_KEYS: readonly { readonly wireKey: string; readonly key: AttributeKey; readonly rank: number }[] =
  ATTRIBUTES.flatMap(({ wireKeys }, key) => wireKeys.map((wireKey, rank) => ({ wireKey, key, rank })));
