import { type Resource, RESOURCE_FIELDS, UNKNOWN_SERVICE } from '../../analyzer/model/resource.ts';
import { createDictionary, type SpanDictionary } from '../../analyzer/model/span-table.ts';
import { mix } from '../../analyzer/model/string-table.ts';

/**
 * A resource that comes anew with every span, as the string ids of its fields. Of late ones it is remembered which they
 * are, so that no object is made for a span.
 */
export class ResourceIds {
  /** By field: a string id, 0 where there is none, and the rank of the key it came under. */
  readonly #ids = new Uint32Array(FIELD_COUNT);
  readonly #ranks = new Uint16Array(FIELD_COUNT);
  #dictionary = NO_DICTIONARY;
  /** Fields of recent resources, and after them the resource's number plus one. */
  readonly #recent = new Uint32Array(RECENT_COUNT * STRIDE);

  /** Starts on a document. */
  begin(dictionary: SpanDictionary): void {
    if (dictionary === this.#dictionary) return;
    this.#dictionary = dictionary;
    this.#recent.fill(0);
  }

  clear(): void {
    this.#ids.fill(0);
  }

  /** Of several texts for one field that of the lowest rank wins; `field` is an index into `RESOURCE_FIELDS`. */
  set(field: number, stringId: number, rank: number): void {
    if (stringId === 0 || (this.#ids[field] !== 0 && this.#ranks[field]! <= rank)) return;
    this.#ids[field] = stringId;
    this.#ranks[field] = rank;
  }

  /** The number of the resource with the fields that were set. */
  intern(): number {
    let hash = 0;
    for (let field = 0; field < FIELD_COUNT; field++) hash = Math.imul(hash, 31) + this.#ids[field]!;
    const at = (mix(hash) & (RECENT_COUNT - 1)) * STRIDE;
    if (this.#recent[at + FIELD_COUNT] !== 0) {
      let field = 0;
      while (field < FIELD_COUNT && this.#recent[at + field] === this.#ids[field]) field++;
      if (field === FIELD_COUNT) return this.#recent[at + FIELD_COUNT]! - 1;
    }
    const id = this.#dictionary.resources.intern(this.#resource());
    this.#recent.set(this.#ids, at);
    this.#recent[at + FIELD_COUNT] = id + 1;
    return id;
  }

  #resource(): Resource {
    const fields: Partial<Record<keyof Resource, string>> = {};
    for (const [field, id] of this.#ids.entries()) {
      if (id !== 0) fields[RESOURCE_FIELDS[field]!] = this.#dictionary.strings.text(id);
    }
    return { service: UNKNOWN_SERVICE, ...fields };
  }
}

const NO_DICTIONARY = createDictionary();
const FIELD_COUNT = RESOURCE_FIELDS.length;
const STRIDE = FIELD_COUNT + 1;
/** A power of two: more than most senders have instances. */
const RECENT_COUNT = 512;
