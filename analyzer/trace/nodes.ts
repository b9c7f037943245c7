import type { NodeKind } from '../model/analysis.ts';
import { UNKNOWN_SERVICE } from '../model/resource.ts';
import type { ResourceTable } from '../model/resource.ts';

export interface Node {
  readonly id: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly kind: NodeKind;
  readonly system: string | undefined;
}

/** Nodes of the graph, each known by a small number. */
export class Nodes {
  readonly #nodes: Node[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #resources: ResourceTable;
  /** Node by resource; -1 while unknown. */
  #ofResource = new Int32Array(0);
  readonly #proxies: ReadonlySet<string>;
  /** By node: 1 for a proxy, whose callers call what it calls. */
  isProxy = new Uint8Array(64);
  /** The node of whoever says nothing at all of itself, or -1. */
  nameless = -1;

  /** `proxies` are service names or node ids. */
  constructor(resources: ResourceTable, proxies: Iterable<string> = []) {
    this.#resources = resources;
    this.#proxies = new Set(proxies);
  }

  get count(): number {
    return this.#nodes.length;
  }

  get(node: number): Node {
    return this.#nodes[node]!;
  }

  /** Node of whoever emitted a span. */
  ofResource(resource: number): number {
    const known = resource < this.#ofResource.length ? this.#ofResource[resource]! : -1;
    return known >= 0 ? known : this.#addResource(resource);
  }

  /** A service by its name, which may be one that only others speak of. */
  service(name: string, namespace?: string): number {
    const id = namespace === undefined ? name : `${namespace}/${name}`;
    return this.intern({ id, name, namespace, kind: 'service', system: undefined });
  }

  intern(node: Node): number {
    const known = this.#numbers.get(node.id);
    if (known !== undefined) {
      // Two systems at one address: which of them came first must not matter.
      const { system } = this.#nodes[known]!;
      if (system !== undefined && node.system !== undefined && node.system < system) this.#nodes[known] = node;
      return known;
    }
    const number = this.#nodes.length;
    this.#nodes.push(node);
    this.#numbers.set(node.id, number);
    if (node.id === UNKNOWN_SERVICE) this.nameless = number;
    if (number === this.isProxy.length) {
      const longer = new Uint8Array(number * 2);
      longer.set(this.isProxy);
      this.isProxy = longer;
    }
    this.isProxy[number] = this.#proxies.has(node.id) || this.#proxies.has(node.name) ? 1 : 0;
    return number;
  }

  #addResource(resource: number): number {
    if (resource >= this.#ofResource.length) {
      const longer = new Int32Array(Math.max(64, this.#resources.size, this.#ofResource.length * 2)).fill(-1);
      longer.set(this.#ofResource);
      this.#ofResource = longer;
    }
    const { service, namespace, instance, host } = this.#resources.get(resource);
    // Services that forgot to say their name have nothing in common: each of them is a node of its own.
    const emitter = service.startsWith(UNKNOWN_SERVICE) ? (instance ?? host) : undefined;
    const node = this.service(emitter === undefined ? service : `${service}@${emitter}`, namespace);
    this.#ofResource[resource] = node;
    return node;
  }
}
