import type { DependencyMode } from '../model/analysis.ts';
import { SPAN_KIND } from '../model/span.ts';
import type { StringTable } from '../model/string-table.ts';
import type { Nodes } from './nodes.ts';
import { maskIds, PairCache } from './operations.ts';
import { PairTable } from './pair-table.ts';
import { KEY, type RowAttributes } from './row-attributes.ts';

/**
 * Callees that sent no span, named by what their callers say of them: destinations of messages, databases, services that are
 * not instrumented, and whoever else answers at an address. The first of these names wins: peer service,
 * `db.namespace@server.address`, server address, network peer, host of the URL, rpc service. A proxy names its upstream.
 */
export class VirtualNodes {
  readonly #strings: StringTable;
  readonly #nodes: Nodes;
  /** Address and port; texts such as `db:5432` and nodes such as `external:db:5432`, made when first asked for. */
  readonly #addresses = new PairTable();
  readonly #addressTexts: (string | undefined)[] = [];
  readonly #addressNodes: (number | undefined)[] = [];
  readonly #upstreams = new PairCache();
  readonly #destinations = new PairCache();
  readonly #databaseNames = new PairTable();
  readonly #databases = new PairCache();
  readonly #services = new PairCache();
  readonly #hosts = new PairCache();
  readonly #others = new PairCache();

  constructor(strings: StringTable, nodes: Nodes) {
    this.#strings = strings;
    this.#nodes = nodes;
  }

  /** The destination a messaging span speaks of, or -1. */
  destination({ valueIds }: RowAttributes, kind: number): number {
    const isMessage = kind === SPAN_KIND.producer || kind === SPAN_KIND.consumer;
    const system = valueIds[KEY.messagingSystem]!;
    if (system === 0 && !isMessage) return -1;
    const name = valueIds[KEY.destination]!;
    const isTemporary = this.#isTrue(valueIds[KEY.destinationTemporary]!);
    if (isTemporary || this.#isTrue(valueIds[KEY.destinationAnonymous]!)) {
      // Such a name is made up anew each time; only its template, if there is one, can be known again.
      const isTemplate = name !== 0 && this.#strings.text(name).includes('{');
      if (!isTemplate) return this.#internDestination(system, isTemporary ? TEMPORARY : ANONYMOUS);
    }
    if (name === 0) return -1;
    return this.#destinations.get(system, name) ?? this.#addDestination(system, name);
  }

  /** The callee of a CLIENT or PRODUCER span that nobody answered, or -1 if the span does not say. */
  callee({ valueIds }: RowAttributes): number {
    const peer = valueIds[KEY.peerService]!;
    const system = valueIds[KEY.dbSystem]!;
    const address = this.address(valueIds);
    if (system !== 0) {
      const namespace = valueIds[KEY.dbNamespace]!;
      // A peer service names the database as a whole; what else there is only counts without it.
      const name =
        peer === 0 ? this.#databaseNames.id(namespace, address + 1) : this.#databaseNames.id(peer, PEER_NAME);
      return this.#databases.get(system, name) ?? this.#addDatabase(system, name);
    }
    if (peer !== 0) {
      const namespace = valueIds[KEY.peerNamespace]!;
      return this.#services.get(peer, namespace) ?? this.#addService(peer, namespace);
    }
    if (address >= 0) return (this.#addressNodes[address] ??= this.#external(this.addressText(address)));
    const url = valueIds[KEY.urlFull]!;
    if (url !== 0) {
      const node = this.#hosts.get(url, 0) ?? this.#addHost(url);
      if (node >= 0) return node;
    }
    const other = valueIds[KEY.rpcService]! || valueIds[KEY.messagingSystem]!;
    return other === 0 ? -1 : (this.#others.get(other, 0) ?? this.#addOther(other));
  }

  /** Number of the address and port a span calls, or -1. */
  address(valueIds: Uint32Array): number {
    const upstream = valueIds[KEY.upstreamCluster]!;
    if (upstream !== 0) return this.#upstreams.get(upstream, 0) ?? this.#addUpstream(upstream);
    const server = valueIds[KEY.serverAddress]!;
    if (server !== 0) return this.#addresses.id(server, valueIds[KEY.serverPort]!);
    const peer = valueIds[KEY.networkPeer]!;
    return peer === 0 ? -1 : this.#addresses.id(peer, valueIds[KEY.networkPeerPort]! || valueIds[KEY.serverPort]!);
  }

  addressText(address: number): string {
    return (this.#addressTexts[address] ??= addressText(
      this.#strings.text(this.#addresses.firsts[address]!),
      this.#strings.text(this.#addresses.seconds[address]!),
    ));
  }

  mode(node: number): DependencyMode {
    const { kind } = this.#nodes.get(node);
    return kind === 'database' ? 'data' : kind === 'destination' ? 'async' : 'sync';
  }

  /** Envoy's `outbound|9080||details.bookinfo.svc.cluster.local`; its peer address is that of who called the proxy. */
  #addUpstream(upstream: number): number {
    const [, port, host] = /^outbound\|(\d*)\|[^|]*\|([^|]+)$/.exec(this.#strings.text(upstream)) ?? [];
    const address =
      host === undefined ? -1 : this.#addresses.id(this.#strings.intern(host), this.#strings.intern(port ?? ''));
    return this.#upstreams.set(upstream, 0, address);
  }

  #isTrue(text: number): boolean {
    return text !== 0 && this.#strings.text(text).toLowerCase() === 'true';
  }

  #addDestination(system: number, name: number): number {
    const text = this.#strings.text(name);
    const masked = GENERATED_NAME.test(text) ? TEMPORARY : maskIds(text.replace(GENERATED_SUFFIX, '$1'));
    return this.#destinations.set(system, name, this.#internDestination(system, masked));
  }

  #internDestination(system: number, text: string): number {
    const systemText = currentSystem(this.#strings.text(system));
    return this.#nodes.intern({
      id: system === 0 ? `destination:${text}` : `destination:${systemText}/${text}`,
      name: text,
      namespace: undefined,
      kind: 'destination',
      system: system === 0 ? undefined : systemText,
    });
  }

  #addDatabase(system: number, name: number): number {
    const systemText = currentSystem(this.#strings.text(system));
    const namespace = this.#strings.text(this.#databaseNames.firsts[name]!);
    const place = this.#databaseNames.seconds[name]!;
    const address = place === PEER_NAME || place === 0 ? '' : this.addressText(place - 1);
    const text = address === '' ? namespace || systemText : namespace === '' ? address : `${namespace}@${address}`;
    const node = this.#nodes.intern({
      id: `database:${text}`,
      name: text,
      namespace: undefined,
      kind: 'database',
      system: systemText,
    });
    return this.#databases.set(system, name, node);
  }

  #addService(peer: number, namespace: number): number {
    const node = this.#nodes.service(
      this.#strings.text(peer),
      namespace === 0 ? undefined : this.#strings.text(namespace),
    );
    return this.#services.set(peer, namespace, node);
  }

  #addHost(url: number): number {
    const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]+)/i.exec(this.#strings.text(url))?.[1];
    return this.#hosts.set(url, 0, host === undefined ? -1 : this.#external(addressText(host, '')));
  }

  #addOther(name: number): number {
    return this.#others.set(name, 0, this.#external(this.#strings.text(name)));
  }

  #external(name: string): number {
    return this.#nodes.intern({
      id: `external:${name}`,
      name,
      namespace: undefined,
      kind: 'external',
      system: undefined,
    });
  }
}

/** Systems that the semantic conventions renamed, by their old names. */
const RENAMED_SYSTEMS: ReadonlyMap<string, string> = new Map([
  ['mssql', 'microsoft.sql_server'],
  ['oracle', 'oracle.db'],
  ['dynamodb', 'aws.dynamodb'],
  ['redshift', 'aws.redshift'],
  ['cosmosdb', 'azure.cosmosdb'],
  ['spanner', 'gcp.spanner'],
  ['db2', 'ibm.db2'],
  ['informix', 'ibm.informix'],
  ['netezza', 'ibm.netezza'],
  ['hanadb', 'sap.hana'],
  ['maxdb', 'sap.maxdb'],
  ['adabas', 'softwareag.adabas'],
  ['h2', 'h2database'],
  ['firebird', 'firebirdsql'],
  ['AmazonSQS', 'aws_sqs'],
  ['AmazonSNS', 'aws.sns'],
]);

function currentSystem(name: string): string {
  return RENAMED_SYSTEMS.get(name) ?? name;
}

/** What spans call such destinations in their own names (OpenTelemetry, messaging span names). */
const TEMPORARY = '(temporary)';
const ANONYMOUS = '(anonymous)';
/** Names that RabbitMQ, Spring, JMS providers and NATS make up for queues of replies. */
const GENERATED_NAME = /^(?:amq\.gen-|amq\.rabbitmq\.reply-to|spring\.gen-|temp-(?:queue|topic):\/\/|ID:|_INBOX\.)/;
/** Spring Cloud Stream: `orders.anonymous.a6zbGfYdTMOdT9V6ZkX1Vw`. */
const GENERATED_SUFFIX = /(\.anonymous)\.[\w-]{22}$/;

/** Stands where an address would, so that a peer's name and a database's name never mix. */
const PEER_NAME = 0xffffffff;

/** `host` or `host:port`, lower case; the ports of http and https, and the suffix inside a cluster, say nothing. */
function addressText(address: string, port: string): string {
  const [, host = address, ownPort = port] = /^(\[.*\]|[^:]*):(\d+)$/.exec(address) ?? [];
  const name = host.toLowerCase().replace(/\.svc\.cluster\.local\.?$/, '');
  return ownPort === '' || ownPort === '80' || ownPort === '443' || ownPort === '0' ? name : `${name}:${ownPort}`;
}
