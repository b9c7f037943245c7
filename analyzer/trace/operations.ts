import type { StringTable } from '../model/string-table.ts';
import { PairTable } from './pair-table.ts';
import { KEY, type RowAttributes } from './row-attributes.ts';

/**
 * What a span does, by a name that many requests share: `GET /v2/droplets/:id`, `orders.Orders/Place`, `process paid`,
 * `SELECT invoices`, else the span's name without the ids in it. Made once per combination of strings; after that a look-up.
 */
export class Operations {
  readonly #strings: StringTable;
  readonly #texts: string[] = [];
  readonly #numbers = new Map<string, number>();
  /** Operation plus one by span name, a string id. */
  #ofName = new Uint32Array(256);
  readonly #http = new PairCache();
  readonly #rpc = new PairCache();
  readonly #messaging = new PairCache();
  readonly #database = new PairCache();

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  text(operation: number): string {
    return this.#texts[operation]!;
  }

  intern(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#texts.length;
      this.#texts.push(text);
      this.#numbers.set(text, number);
    }
    return number;
  }

  of({ valueIds }: RowAttributes, nameId: number): number {
    const method = valueIds[KEY.httpMethod]!;
    const route = valueIds[KEY.httpRoute]!;
    if (method !== 0 && route !== 0) return this.#http.get(method, route) ?? this.#addHttp(method, route);
    const rpcMethod = valueIds[KEY.rpcMethod]!;
    if (rpcMethod !== 0) {
      const service = valueIds[KEY.rpcService]!;
      return this.#rpc.get(service, rpcMethod) ?? this.#addRpc(service, rpcMethod);
    }
    const type = valueIds[KEY.messagingOperation]!;
    const destination = valueIds[KEY.destination]!;
    if (type !== 0 && destination !== 0) {
      return this.#messaging.get(type, destination) ?? this.#addMessaging(type, destination);
    }
    const query = valueIds[KEY.dbOperation]!;
    if (query !== 0) {
      const collection = valueIds[KEY.dbCollection]!;
      return this.#database.get(query, collection) ?? this.#addDatabase(query, collection);
    }
    const known = nameId < this.#ofName.length ? this.#ofName[nameId]! : 0;
    return known === 0 ? this.#addName(nameId) : known - 1;
  }

  #addHttp(method: number, route: number): number {
    return this.#http.set(method, route, this.intern(`${this.#text(method)} ${this.#text(route)}`));
  }

  #addRpc(service: number, method: number): number {
    const name = this.#text(method);
    const isQualified = service === 0 || name.includes('/');
    return this.#rpc.set(service, method, this.intern(isQualified ? name : `${this.#text(service)}/${name}`));
  }

  #addMessaging(type: number, destination: number): number {
    const text = `${this.#text(type)} ${maskIds(this.#text(destination))}`;
    return this.#messaging.set(type, destination, this.intern(text));
  }

  #addDatabase(query: number, collection: number): number {
    const text = collection === 0 ? this.#text(query) : `${this.#text(query)} ${this.#text(collection)}`;
    return this.#database.set(query, collection, this.intern(text));
  }

  #addName(nameId: number): number {
    const operation = this.intern(maskIds(this.#text(nameId)));
    if (nameId >= this.#ofName.length) {
      const longer = new Uint32Array(Math.max(nameId + 1, this.#ofName.length * 2));
      longer.set(this.#ofName);
      this.#ofName = longer;
    }
    this.#ofName[nameId] = operation + 1;
    return operation;
  }

  #text(stringId: number): string {
    return this.#strings.text(stringId);
  }
}

/** A number for each pair of numbers, once it is set. */
export class PairCache {
  readonly #pairs = new PairTable();
  readonly #values: (number | undefined)[] = [];

  get(first: number, second: number): number | undefined {
    return this.#values[this.#pairs.id(first, second)];
  }

  set(first: number, second: number, value: number): number {
    return (this.#values[this.#pairs.id(first, second)] = value);
  }
}

/** Longest operation name that is kept: some tracers put whole statements into names. */
const LONGEST_NAME = 200;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const WORD = /[A-Za-z0-9]+/g;

/** A span name with `{id}` for what looks like an id, and without a query string: names become groups, ids are one each. */
export function maskIds(name: string): string {
  const text = name.replace(/\?.*$/s, '').slice(0, LONGEST_NAME);
  if (!/\d/.test(text)) return text;
  return text.replace(UUID, '{id}').replace(WORD, (word) => (looksLikeId(word) ? '{id}' : word));
}

/** `42`, `9f86d081`, `01ARZ3NDEKTSV4RRFFQ69G5FAV`, but not `v2`, `s3` or `sha256`. */
function looksLikeId(word: string): boolean {
  if (/^\d+$/.test(word)) return true;
  const digitCount = word.replace(/\D/g, '').length;
  if (word.length >= 8 && digitCount > 0 && /^[0-9a-f]+$/i.test(word)) return true;
  return word.length >= 16 && digitCount >= 4;
}
