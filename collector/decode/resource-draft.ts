import { type Resource, RESOURCE_KEYS, UNKNOWN_SERVICE } from '../../analyzer/model/resource.ts';

/** A resource while its parts come in, in any order: of several keys for one field the newest name wins. */
export class ResourceDraft {
  readonly #fields: Partial<Record<keyof Resource, string>> = {};
  readonly #ranks: Partial<Record<keyof Resource, number>> = {};

  /** True if the key is one that says something about a resource. */
  static knows(wireKey: string): boolean {
    return FIELD_OF_KEY.has(wireKey);
  }

  read(wireKey: string, value: string): void {
    const known = FIELD_OF_KEY.get(wireKey);
    if (known !== undefined) this.set(known.field, value, known.rank);
  }

  set(field: keyof Resource, value: string | undefined, rank: number): void {
    if (value === undefined || value === '' || (this.#ranks[field] ?? Number.POSITIVE_INFINITY) <= rank) return;
    // As the string table has all other texts: NUL, which keys of maps use as their separator, and halves of pairs go.
    this.#fields[field] = value.slice(0, MAX_TEXT_LENGTH).replace(/[\0\p{Cs}]/gu, '\ufffd');
    this.#ranks[field] = rank;
  }

  get resource(): Resource {
    return { service: UNKNOWN_SERVICE, ...this.#fields };
  }
}

const FIELD_OF_KEY = new Map(RESOURCE_KEYS.map(({ wireKey, field, rank }) => [wireKey, { field, rank }]));
const MAX_TEXT_LENGTH = 2048;
