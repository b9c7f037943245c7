import { WIRE_KEYS } from '../../analyzer/model/attribute-keys.ts';
import { RESOURCE_FIELDS, RESOURCE_KEYS } from '../../analyzer/model/resource.ts';
import { decodeUtf8, encodeUtf8, equalBytes, grown, isCleanUtf8, viewOf } from '../../analyzer/model/string-table.ts';
import { type CardHit, KEY_CONTEXT, type KeyContext, keyContext, redactText } from '../redact/index.ts';

/** All that a decoder wants to know of an attribute's key. */
export interface KnownKey {
  /** Index into `ATTRIBUTES` of what a span keeps under this key; `NOT_KEPT` for most keys. */
  readonly attribute: number;
  /** Where several keys lead to one attribute the lowest rank wins. */
  readonly rank: number;
  /** Index into `RESOURCE_FIELDS`, or `NOT_KEPT`. */
  readonly resourceField: number;
  readonly resourceRank: number;
  /** What the key says about card data in its value. */
  readonly context: KeyContext;
  /** The key as text, redacted: the place of evidence found in its value. */
  readonly place: string;
  /** Card numbers in the key itself. */
  readonly hits: readonly CardHit[];
  /** `opentracing.ref_type`, which on a link says whether the parent waits. */
  readonly isReferenceType: boolean;
  /** Whether a span keeps what comes under this key, and the key says nothing of cards. */
  readonly isKeptPlainly: boolean;
  /** By bit `1 << owner`: whether of such an owner nothing is kept under this key, nor does it say anything of cards. */
  readonly plainOwners: number;
  /** Its number, and where its bytes are and how many; -1 for a key that is not remembered. */
  id: number;
  start: number;
  length: number;
}

export const NOT_KEPT = -1;

/** Whose attribute it is: of a span and of a resource some are kept, of all others none; card data is looked for in all. */
export const OWNER = { span: 0, resource: 1, scope: 2, event: 3, link: 4 } as const;
export type Owner = (typeof OWNER)[keyof typeof OWNER];
const ALL_OWNERS = 31;

/**
 * Keys by their bytes. The same few hundred keys come millions of times, so what is known about one is found by its length
 * and its first and last four bytes, then confirmed. Whoever sends keys that collide gets
 * slower answers, not wrong ones: after a few slots the key is looked at afresh. Keys that hold card data are never kept.
 */
export class KnownKeys {
  #bytes = new Uint8Array(1 << 13);
  #view = viewOf(this.#bytes);
  #byteCount = 0;
  /** The key that came after each last time: most likely it does so again. */
  readonly #next = new Uint16Array(MOST_KEYS);
  #last = 0;
  readonly #keys: KnownKey[] = [];
  /** Position in `#keys` plus one; 0 is a free slot. */
  readonly #slots = new Uint16Array(SLOT_COUNT);

  constructor() {
    const wireKeys = [...WIRE_KEYS, ...RESOURCE_KEYS].map(({ wireKey }) => wireKey);
    for (const wireKey of [...new Set(wireKeys), REFERENCE_TYPE]) {
      const bytes = encodeUtf8(wireKey);
      this.find(bytes, viewOf(bytes), 0, bytes.length);
    }
  }

  /** What is known of the key `bytes[start, end)`; `view` is a view of the same bytes. */
  find(bytes: Uint8Array, view: DataView, start: number, end: number): KnownKey {
    const length = end - start;
    const guess = this.#keys[this.#next[this.#last]!];
    if (guess?.length === length && equalBytes(this.#view, guess.start, view, start, length)) {
      this.#last = guess.id;
      return guess;
    }
    if (length === 0) return NO_KEY;
    const key = this.#lookUp(bytes, view, start, end);
    if (key.id !== NOT_KEPT) {
      this.#next[this.#last] = key.id;
      this.#last = key.id;
    }
    return key;
  }

  #lookUp(bytes: Uint8Array, view: DataView, start: number, end: number): KnownKey {
    const length = end - start;
    let slot = slotOf(view, start, end);
    for (let probe = 0; probe < MOST_PROBES; probe++) {
      const position = this.#slots[slot]! - 1;
      if (position < 0) return this.#add(bytes, start, end, slot);
      const key = this.#keys[position]!;
      if (key.length === length && equalBytes(this.#view, key.start, view, start, length)) return key;
      slot = (slot + 1) & (SLOT_COUNT - 1);
    }
    return knownKeyOf(decodeUtf8(bytes, start, end));
  }

  #add(bytes: Uint8Array, start: number, end: number, slot: number): KnownKey {
    const key = knownKeyOf(decodeUtf8(bytes, start, end));
    const length = end - start;
    const position = this.#keys.length;
    const isKeepable = length <= LONGEST_KEY && key.hits.length === 0 && isCleanUtf8(bytes, start, end);
    if (!isKeepable || position === MOST_KEYS) return key;
    if (this.#byteCount + length > this.#bytes.length) {
      this.#bytes = grown(this.#bytes, this.#bytes.length * 2);
      this.#view = viewOf(this.#bytes);
    }
    this.#bytes.set(bytes.subarray(start, end), this.#byteCount);
    key.id = position;
    key.start = this.#byteCount;
    key.length = length;
    this.#byteCount += length;
    this.#keys.push(key);
    this.#slots[slot] = position + 1;
    return key;
  }
}

const MOST_KEYS = 4096;
const SLOT_COUNT = 1 << 14;
const MOST_PROBES = 8;
/** Longer keys are rare, and would only fill the memory. */
const LONGEST_KEY = 256;
const REFERENCE_TYPE = 'opentracing.ref_type';

function slotOf(view: DataView, start: number, end: number): number {
  const length = end - start;
  const ends =
    length < 4
      ? view.getUint8(start) | (view.getUint8(end - 1) << 8)
      : Math.imul(view.getInt32(start, true), 0x9e3779b1) ^ view.getInt32(end - 4, true);
  const hash = Math.imul(ends ^ (ends >>> 15) ^ length, 0x85ebca6b);
  return (hash >>> 13) & (SLOT_COUNT - 1);
}

const KEPT_BY_WIRE_KEY = new Map(WIRE_KEYS.map((kept) => [kept.wireKey, kept]));
const FIELD_BY_WIRE_KEY = new Map(RESOURCE_KEYS.map((field) => [field.wireKey, field]));

function knownKeyOf(text: string): KnownKey {
  const kept = KEPT_BY_WIRE_KEY.get(text);
  const field = FIELD_BY_WIRE_KEY.get(text);
  const redacted = redactText(text, '');
  const context = keyContext(text);
  const isPlain = context === KEY_CONTEXT.none && redacted.hits.length === 0 && text !== REFERENCE_TYPE;
  const keptBy = (kept === undefined ? 0 : 1 << OWNER.span) | (field === undefined ? 0 : 1 << OWNER.resource);
  return {
    isKeptPlainly: isPlain && kept !== undefined,
    plainOwners: isPlain ? ALL_OWNERS & ~keptBy : 0,
    attribute: kept?.key ?? NOT_KEPT,
    rank: kept?.rank ?? 0,
    resourceField: field === undefined ? NOT_KEPT : RESOURCE_FIELDS.indexOf(field.field),
    resourceRank: field?.rank ?? 0,
    context,
    place: redacted.text.slice(0, LONGEST_KEY),
    hits: redacted.hits,
    isReferenceType: text === REFERENCE_TYPE,
    id: NOT_KEPT,
    start: NOT_KEPT,
    length: NOT_KEPT,
  };
}

/** A place that is no attribute, such as `span name`. */
export function placeOf(place: string): KnownKey {
  return { ...NO_KEY, place };
}

/** The key of an attribute without one. */
export const NO_KEY: KnownKey = {
  isKeptPlainly: false,
  plainOwners: 0,
  attribute: NOT_KEPT,
  rank: 0,
  resourceField: NOT_KEPT,
  resourceRank: 0,
  context: KEY_CONTEXT.none,
  place: 'attribute without key',
  hits: [],
  isReferenceType: false,
  id: NOT_KEPT,
  start: NOT_KEPT,
  length: NOT_KEPT,
};
