import { attributeKey } from '../../analyzer/model/attribute-keys.ts';
import { SPAN_KIND, SPAN_STATUS } from '../../analyzer/model/span.ts';
import { decodeUtf8, encodeUtf8 } from '../../analyzer/model/string-table.ts';
import { KEY_CONTEXT, mayHoldCardNumber } from '../redact/index.ts';
import { type KnownKey, NO_KEY, NOT_KEPT, OWNER } from './known-keys.ts';
import { MemberNames } from './member-names.ts';
import { KIND_OF_TAG, STATUS_OF_TAG, thresholdOf } from './span-draft.ts';
import type { SpanWriter } from './span-writer.ts';

/**
 * The tags of Zipkin's and Jaeger's spans straight from the bytes. Each method is false, whatever it has written until then,
 * for a tag that is out of the ordinary: then the span is to be taken back and read by `SpanDraft`, which has the last
 * word on what tags mean.
 */
export class TagWriter {
  /** `SPAN_KIND`, as `span.kind` has it. */
  kind: number = SPAN_KIND.unspecified;
  readonly #writer: SpanWriter;
  #status: number = SPAN_STATUS.unset;
  #hasErrorTag = false;
  /** By the key's number: the last span that had it, counted from 1. */
  readonly #lastSpans = new Float64Array(MOST_NUMBERED_KEYS);
  #span = 0;
  /** By the key's number, for the few that say more than they keep. */
  readonly #meanings = new Uint8Array(MOST_NUMBERED_KEYS);

  constructor(writer: SpanWriter) {
    this.#writer = writer;
    for (const [name, meaning] of Object.entries(MEANINGS)) {
      const bytes = encodeUtf8(name);
      this.#meanings[writer.findKey(bytes, 0, bytes.length).id] = meaning;
    }
  }

  beginSpan(): void {
    this.kind = SPAN_KIND.unspecified;
    this.#status = SPAN_STATUS.unset;
    this.#hasErrorTag = false;
    this.#span++;
  }

  /** `SPAN_STATUS`, as the tags have it. */
  get status(): number {
    return this.#hasErrorTag ? SPAN_STATUS.error : this.#status;
  }

  addText(key: KnownKey, bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.#isOrdinary(key) || (key.attribute !== NOT_KEPT && end - start > LONGEST_PLAIN)) return false;
    const meaning = this.#meanings[key.id];
    if (meaning !== 0 && meaning !== undefined) {
      if (mayHoldCardNumber(bytes, start, end)) return false;
      this.#readMeaning(meaning, bytes, start, end);
    }
    this.#writer.addText(OWNER.span, key, bytes, start, end);
    return true;
  }

  /** Whether a value of this key is its text and no more, once it was found free of card data. */
  isPlain(key: KnownKey): boolean {
    return key.context === KEY_CONTEXT.none && key.id !== NOT_KEPT && this.#meanings[key.id] === 0;
  }

  /** A text that is no card data, of a plain key; `valueId` is 0 unless it is kept. */
  addPlain(key: KnownKey, valueId: number): boolean {
    if (!this.#isOrdinary(key)) return false;
    if (valueId !== 0 && key.attribute !== NOT_KEPT) this.#writer.keep(key.attribute, key.rank, valueId);
    return true;
  }

  /** A number or a boolean that is kept as `text`, which is no kind, no status and no threshold. */
  addScalarText(key: KnownKey, text: string): boolean {
    if (!this.#isOrdinary(key)) return false;
    if (this.#meanings[key.id] === MEANINGS.error) this.#hasErrorTag = text !== 'false';
    this.#writer.addNumberText(OWNER.span, key, text);
    return true;
  }

  addWhole(key: KnownKey, value: number): boolean {
    if (!this.#isOrdinary(key)) return false;
    if (this.#meanings[key.id] === MEANINGS.error) this.#hasErrorTag = true;
    this.#writer.addInteger(OWNER.span, key, value);
    return true;
  }

  /** A key that the span did not have yet, and that can be a place of evidence as it is. */
  #isOrdinary(key: KnownKey): boolean {
    const { id } = key;
    if (id === NOT_KEPT) return isPlainKey(key);
    if (this.#lastSpans[id] === this.#span) return false;
    this.#lastSpans[id] = this.#span;
    return true;
  }

  #readMeaning(meaning: number, bytes: Uint8Array, start: number, end: number): void {
    switch (meaning) {
      case MEANINGS['span.kind']:
        this.kind = kindOfText(bytes, start, end) ?? this.kind;
        break;
      case MEANINGS.error:
        this.#hasErrorTag = !isFalse(bytes, start, end);
        break;
      case MEANINGS['otel.status_code']:
        this.#status = STATUS_OF_TAG.get(decodeUtf8(bytes, start, end).toUpperCase()) ?? this.#status;
        break;
      case MEANINGS['w3c.tracestate']: {
        const threshold = encodeUtf8(thresholdOf(decodeUtf8(bytes, start, end)));
        if (threshold.length === 0) break;
        const id = this.#writer.internValue(SAMPLING_THRESHOLD, threshold, 0, threshold.length);
        this.#writer.keep(SAMPLING_THRESHOLD, 0, id);
      }
    }
  }
}

/** Whether evidence may name the key as it is: not empty, without a card number in it, and not cut. */
export function isPlainKey(key: KnownKey): boolean {
  return key.id !== NOT_KEPT || (key !== NO_KEY && key.hits.length === 0 && key.place.length < LONGEST_PLACE);
}

const MEANINGS = { 'span.kind': 1, error: 2, 'otel.status_code': 3, 'w3c.tracestate': 4 } as const;
const SAMPLING_THRESHOLD = attributeKey('sampling.threshold');
/** Keys have numbers below. */
const MOST_NUMBERED_KEYS = 4096;
/** Up to here `SpanWriter`, which cuts at bytes, and `SpanDraft`, which cuts at UTF-16 units, keep the same of a text. */
export const LONGEST_PLAIN = 2048;
const LONGEST_PLACE = 256;

const KIND_TEXTS = [...KIND_OF_TAG.keys()];
const KIND_NAMES = new MemberNames(KIND_TEXTS);

function kindOfText(bytes: Uint8Array, start: number, end: number): number | undefined {
  const position = KIND_NAMES.find(bytes, start, end) - 1;
  return KIND_OF_TAG.get(KIND_TEXTS[position] ?? decodeUtf8(bytes, start, end).toLowerCase());
}

const FALSE = encodeUtf8('false');

/** In any case. */
function isFalse(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== FALSE.length) return false;
  for (let at = 0; at < FALSE.length; at++) if ((bytes[start + at]! | 0x20) !== FALSE[at]) return false;
  return true;
}
