import { ATTRIBUTES, type AttributeKey, attributeKey, WIRE_KEYS } from '../../analyzer/model/attribute-keys.ts';
import type { SpanTable } from '../../analyzer/model/span-table.ts';
import {
  CARD_BRANDS,
  CARD_STRENGTHS,
  type CardBrand,
  type CardStrength,
  SPAN_FLAG,
  SPAN_KIND,
  SPAN_STATUS,
} from '../../analyzer/model/span.ts';
import { redactText } from '../redact/index.ts';
import { forEachScalar } from './json-document.ts';

/**
 * One span while it is read from a format that comes as objects (Zipkin, Jaeger): collects, redacts, and only then becomes
 * a row. One draft serves a whole document; `clear` starts the next span. Nothing reaches the table before `appendTo`, so
 * a span can be refused at any point.
 */
export class SpanDraft {
  readonly traceId = new Uint32Array(4);
  readonly spanId = new Uint32Array(2);
  readonly parentId = new Uint32Array(2);
  name = '';
  /** `SPAN_KIND`. */
  kind: number = SPAN_KIND.unspecified;
  /** `SPAN_FLAG` bits. */
  flags = 0;
  startUs = 0;
  endUs = 0;
  /** Six words a link: trace id, span id. */
  readonly linkIds: number[] = [];
  readonly #values: (string | undefined)[] = ATTRIBUTES.map(() => undefined);
  readonly #ranks: number[] = ATTRIBUTES.map(() => 0);
  #status: number = SPAN_STATUS.unset;
  #hasErrorTag = false;
  #evidence: Evidence[] = [];
  readonly #keys = new Map<string, TagKey>();

  clear(): void {
    this.traceId.fill(0);
    this.spanId.fill(0);
    this.parentId.fill(0);
    this.name = '';
    this.kind = SPAN_KIND.unspecified;
    this.flags = this.startUs = this.endUs = this.linkIds.length = 0;
    this.#values.fill(undefined);
    this.#status = SPAN_STATUS.unset;
    this.#hasErrorTag = false;
    this.#evidence = [];
  }

  /** A text of the span outside its tags, without card numbers. `place` says where it stood. */
  redacted(place: string, text: string): string {
    const { text: clean, hits } = redactText(text, place);
    for (const { brand, strength } of hits) this.#evidence.push({ place, brand, strength });
    return clean;
  }

  /** Looks for card numbers in something that is not kept, an annotation or a log field, whatever it is made of. */
  inspect(place: string, value: unknown): void {
    forEachScalar(value, (text) => this.redacted(place, text));
  }

  /**
   * Reads a tag of the span: keeps it if the analysis wants it, and takes kind and status from those that say them.
   * Returns its text without card numbers; undefined for a value that is made of several.
   */
  readTag(key: string, value: unknown): string | undefined {
    const text = this.readText(key, value);
    if (text === undefined) return undefined;
    const tag = this.#tagKey(key);
    if (tag.attribute !== undefined) this.setAttribute(tag.attribute, text, tag.rank);
    this.#readMeaning(tag.name, text);
    return text;
  }

  /** The text of a key's value without card numbers, wherever it stands: in a process, in a log. */
  readText(key: string, value: unknown): string | undefined {
    const { name, hits } = this.#tagKey(key);
    for (const { brand, strength } of hits) this.#evidence.push({ place: name, brand, strength });
    const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (isScalar) return this.redacted(name, String(value));
    this.inspect(name, value);
    return undefined;
  }

  /** Sets a kept attribute unless it has a value of the same or a lower rank. */
  setAttribute(key: AttributeKey, value: string, rank: number): void {
    if (value === '' || (this.#values[key] !== undefined && this.#ranks[key]! <= rank)) return;
    this.#values[key] = value.slice(0, MAX_TEXT_LENGTH);
    this.#ranks[key] = rank;
  }

  addEvidence(evidence: readonly Evidence[]): void {
    this.#evidence.push(...evidence);
  }

  takeEvidence(): readonly Evidence[] {
    const evidence = this.#evidence;
    this.#evidence = [];
    return evidence;
  }

  /** Times in microseconds. A start that is absent, or no date, leaves the span without times. */
  setTimes(startUs: number | undefined, durationUs: number | undefined): void {
    if (startUs === undefined || !(startUs > 0 && startUs <= Number.MAX_SAFE_INTEGER)) {
      this.flags |= SPAN_FLAG.noTime;
      return;
    }
    const endUs = Math.min(startUs + (durationUs ?? 0), Number.MAX_SAFE_INTEGER);
    if (endUs < startUs) this.flags |= SPAN_FLAG.endBeforeStart;
    this.startUs = Math.floor(startUs);
    this.endUs = Math.max(this.startUs, Math.floor(endUs));
  }

  /** Drops a parent that is the span itself: some libraries write that for a root. */
  dropSelfParent(): void {
    if (isZero(this.parentId) || this.parentId[0] !== this.spanId[0] || this.parentId[1] !== this.spanId[1]) return;
    this.parentId.fill(0);
    this.flags |= SPAN_FLAG.selfParent;
  }

  appendTo(table: SpanTable, resource: number): void {
    const { strings } = table.dictionary;
    const row = table.addRow();
    table.traceIds.set(this.traceId, row * 4);
    table.spanIds.set(this.spanId, row * 2);
    table.parentIds.set(this.parentId, row * 2);
    table.startUs[row] = this.startUs;
    table.endUs[row] = this.endUs;
    table.names[row] = strings.intern(this.name.slice(0, MAX_TEXT_LENGTH));
    table.resources[row] = resource;
    table.kinds[row] = this.kind;
    table.statuses[row] = this.#hasErrorTag ? SPAN_STATUS.error : this.#status;
    table.flags[row] = this.flags;
    for (const [key, value] of this.#values.entries()) {
      if (value !== undefined) table.addAttribute(key, strings.intern(value));
    }
    for (let at = 0; at < this.linkIds.length; at += 6) {
      const offset = table.addLink();
      table.linkIds.set(this.linkIds.slice(at, at + 6), offset);
    }
    for (const { place, brand, strength } of this.#evidence.slice(0, MOST_EVIDENCE)) {
      table.addCardEvidence(strings.intern(place), CARD_BRANDS.indexOf(brand), CARD_STRENGTHS.indexOf(strength));
    }
  }

  #readMeaning(key: string, text: string): void {
    switch (key) {
      case 'span.kind':
        this.kind = KIND_OF_TAG.get(text.toLowerCase()) ?? this.kind;
        break;
      // As OpenTelemetry reads Jaeger's and Zipkin's: an error tag is the last word, the status code comes after it.
      case 'error':
        this.#hasErrorTag = text.toLowerCase() !== 'false';
        break;
      case 'otel.status_code':
        this.#status = STATUS_OF_TAG.get(text.toUpperCase()) ?? this.#status;
        break;
      case 'w3c.tracestate':
        this.setAttribute(SAMPLING_THRESHOLD, thresholdOf(text), 0);
        break;
    }
  }

  /** The same few keys come with every span, so what is known about them is looked up once. */
  #tagKey(key: string): TagKey {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const { text, hits } = redactText(key, '');
    const tag = { name: text, hits, attribute: undefined, rank: 0, ...KEPT.get(text) };
    if (this.#keys.size < MAX_REMEMBERED_KEYS) this.#keys.set(key, tag);
    return tag;
  }
}

export interface Evidence {
  readonly place: string;
  readonly brand: CardBrand;
  readonly strength: CardStrength;
}

/** Rank of what stands outside the tags, such as a Zipkin endpoint: any tag of the same meaning is more exact. */
export const WEAKEST_RANK = 1000;

export function isZero(words: Uint32Array): boolean {
  return words.every((word) => word === 0);
}

interface TagKey {
  readonly name: string;
  readonly hits: readonly Omit<Evidence, 'place'>[];
  readonly attribute: AttributeKey | undefined;
  readonly rank: number;
}

const KEPT = new Map(WIRE_KEYS.map(({ wireKey, key, rank }) => [wireKey, { attribute: key, rank }]));
const SAMPLING_THRESHOLD = attributeKey('sampling.threshold');
/** What `span.kind` says, in lower case. */
export const KIND_OF_TAG = new Map<string, number>(Object.entries(SPAN_KIND));
/** What `otel.status_code` says, in upper case. */
export const STATUS_OF_TAG = new Map<string, number>([
  ['OK', SPAN_STATUS.ok],
  ['ERROR', SPAN_STATUS.error],
]);
/** Most pieces of card evidence on one span: enough to see it, too few to fill the memory with. */
const MOST_EVIDENCE = 64;
/** What comes after says nothing about dependencies. */
const MAX_TEXT_LENGTH = 2048;
const MAX_REMEMBERED_KEYS = 4096;

/** The sampling threshold in a W3C `tracestate`: `ot=th:fd70a4;rv:1,vendor=…`. Empty if there is none. */
export function thresholdOf(tracestate: string): string {
  const member = tracestate.split(',').find((part) => part.trim().startsWith('ot='));
  const field = member
    ?.trim()
    .slice('ot='.length)
    .split(';')
    .find((part) => part.startsWith('th:'));
  return /^th:([0-9a-f]{1,14})$/.exec(field ?? '')?.[1] ?? '';
}
