import { type AttributeName, ATTRIBUTES, attributeKey } from '../model/attribute-keys.ts';
import type { SpanTable } from '../model/span-table.ts';

/** Attributes of one row, spread out so that each is one look-up: string ids by attribute key, 0 where there is none. */
export class RowAttributes {
  readonly valueIds = new Uint32Array(ATTRIBUTES.length);
  readonly #filled = new Uint8Array(ATTRIBUTES.length);
  #filledCount = 0;

  load(table: SpanTable, row: number): void {
    this.clear();
    this.add(table, row);
  }

  clear(): void {
    for (let at = 0; at < this.#filledCount; at++) this.valueIds[this.#filled[at]!] = 0;
    this.#filledCount = 0;
  }

  /** Takes what the row has and an earlier one had not. */
  add(table: SpanTable, row: number): void {
    const { attributeKeys, attributeValues } = table;
    const end = table.attributeStarts[row + 1]!;
    for (let at = table.attributeStarts[row]!; at < end; at++) {
      const key = attributeKeys[at]!;
      if (this.valueIds[key] !== 0) continue;
      this.valueIds[key] = attributeValues[at]!;
      this.#filled[this.#filledCount++] = key;
    }
  }

  /** Takes one attribute of a row, over whatever was there. */
  replace(key: number, valueId: number): void {
    if (this.valueIds[key] === 0) this.#filled[this.#filledCount++] = key;
    this.valueIds[key] = valueId;
  }
}

const key = (name: AttributeName): number => attributeKey(name);

/** Attribute keys by short names, for hot code. */
export const KEY = {
  httpMethod: key('http.request.method'),
  httpStatus: key('http.response.status_code'),
  httpRoute: key('http.route'),
  urlFull: key('url.full'),
  rpcService: key('rpc.service'),
  rpcMethod: key('rpc.method'),
  rpcStatus: key('rpc.status_code'),
  dbSystem: key('db.system.name'),
  dbNamespace: key('db.namespace'),
  dbOperation: key('db.operation.name'),
  dbCollection: key('db.collection.name'),
  messagingSystem: key('messaging.system'),
  destination: key('messaging.destination.name'),
  messagingOperation: key('messaging.operation.type'),
  peerService: key('peer.service'),
  peerNamespace: key('peer.namespace'),
  serverAddress: key('server.address'),
  serverPort: key('server.port'),
  networkPeer: key('network.peer.address'),
  error: key('error'),
  canonicalService: key('istio.canonical_service'),
  pciScope: key('pci.scope'),
  component: key('component'),
  upstreamCluster: key('upstream_cluster'),
  networkPeerPort: key('network.peer.port'),
  destinationTemporary: key('messaging.destination.temporary'),
  destinationAnonymous: key('messaging.destination.anonymous'),
  samplingThreshold: key('sampling.threshold'),
  samplerType: key('sampler.type'),
  samplerParam: key('sampler.param'),
} as const;
