import type { Problem } from '../../analyzer/model/analysis.ts';
import { attributeKey, ATTRIBUTES } from '../../analyzer/model/attribute-keys.ts';
import { type Resource, RESOURCE_FIELDS, UNKNOWN_SERVICE } from '../../analyzer/model/resource.ts';
import { CARD_BRANDS, CARD_STRENGTHS, SPAN_FLAG } from '../../analyzer/model/span.ts';
import { type CardEvidencePiece, createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { type StringTable, viewOf } from '../../analyzer/model/string-table.ts';
import { type CardHit, KEY_CONTEXT, mayHoldCardNumber, redactBytes, redactText } from '../redact/index.ts';
import type { Decoded } from './contract.ts';
import { type KnownKey, KnownKeys, NOT_KEPT, type Owner, OWNER, placeOf } from './known-keys.ts';

/** Places of card data other than attributes. */
export const PLACE = {
  spanName: placeOf('span name'),
  statusMessage: placeOf('status message'),
  traceState: placeOf('tracestate'),
  eventName: placeOf('event name'),
  scopeName: placeOf('scope name'),
  scopeVersion: placeOf('scope version'),
  schemaUrl: placeOf('schema url'),
  attributeKey: placeOf('attribute key'),
} as const;

/** Longest text kept of a name or value, in bytes. What comes after says nothing about dependencies. */
const LONGEST_KEPT_BYTES = 2048;
/** Most pieces of card evidence on one span: enough to see it, too few to fill the memory with. */
const MOST_EVIDENCE = 64;

const SAMPLING_THRESHOLD = attributeKey('sampling.threshold');
const KNOWN_KEYS = new KnownKeys();
const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_VIEW = viewOf(NO_BYTES);
const NO_TABLE = new SpanTable(createDictionary(), 1);
const NO_ROW = -1;
/** Recent values remembered for each attribute, as a power of two; names are remembered as one attribute more. */
const GUESS_BITS = 5;
const NAME = ATTRIBUTES.length;
/** Whole numbers below have fewer digits than any card number. */
const LEAST_CARD_NUMBER = 1e11;

/**
 * Writes what an OTLP decoder reads to a span table: one block (`ResourceSpans`) after the other, in it one span after the
 * other. Here is what both encodings have in common: which attributes are kept and which of two wins, redaction, the meaning
 * of times and ids, and where evidence goes.
 *
 * A decoder makes one and uses it again: V8 throws away the machine code of a class once it collects its last instance.
 */
export class SpanWriter {
  table = NO_TABLE;
  #strings: StringTable = NO_TABLE.dictionary.strings;
  /** The document, and a view of it. */
  #bytes = NO_BYTES;
  #view = NO_VIEW;
  #rowsBefore = 0;
  #rejectedCount = 0;
  #problems = new Map<string, { message: string; count: number }>();

  /** The open span's row, or `NO_ROW` between spans. */
  #row = NO_ROW;
  /** By attribute: the row that has it, where in the pool it is, and the rank of the key it came under. */
  readonly #keptRows = new Int32Array(ATTRIBUTES.length).fill(NO_ROW);
  readonly #keptPositions = new Uint32Array(ATTRIBUTES.length);
  readonly #keptRanks = new Uint8Array(ATTRIBUTES.length);
  /** String ids, of the table's dictionary. */
  readonly #recentValueIds = new Uint32Array((NAME + 1) << GUESS_BITS);
  #evidenceBeforeSpan = 0;
  #linksBeforeSpan = 0;
  #followsFrom: number[] = [];

  #blockRow = 0;
  readonly #fieldTexts: (string | undefined)[] = RESOURCE_FIELDS.map(() => undefined);
  readonly #fieldRanks = new Uint8Array(RESOURCE_FIELDS.length);
  #blockEvidence: CardEvidencePiece[] = [];

  /** Starts on a document whose spans go to the end of `table`. */
  begin(table: SpanTable, bytes: Uint8Array): void {
    this.table = table;
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#rowsBefore = table.count;
    this.#rejectedCount = 0;
    this.#problems = new Map();
    this.#row = NO_ROW;
    this.#keptRows.fill(NO_ROW);
    if (this.#strings !== table.dictionary.strings) {
      this.#strings = table.dictionary.strings;
      this.#recentValueIds.fill(0);
    }
    this.#blockEvidence = [];
  }

  readonly keys = KNOWN_KEYS;

  /** What is known of an attribute's key. */
  findKey(bytes: Uint8Array, start: number, end: number): KnownKey {
    return KNOWN_KEYS.find(bytes, bytes === this.#bytes ? this.#view : viewOf(bytes), start, end);
  }

  beginBlock(): void {
    this.#blockRow = this.table.count;
    this.#fieldTexts.fill(undefined);
    this.#blockEvidence = [];
  }

  /** The resource may come after its spans, so they get it only now. */
  endBlock(): void {
    const { table } = this;
    if (table.count > this.#blockRow) {
      const resource: Partial<Record<keyof Resource, string>> = {};
      for (let field = 0; field < RESOURCE_FIELDS.length; field++) {
        const text = this.#fieldTexts[field];
        if (text !== undefined) resource[RESOURCE_FIELDS[field]!] = text;
      }
      const id = table.dictionary.resources.intern({ service: UNKNOWN_SERVICE, ...resource });
      table.resources.fill(id, this.#blockRow, table.count);
      table.insertCardEvidence(this.#blockRow, this.#blockEvidence);
    } else if (this.#blockEvidence.length > 0) {
      this.addProblem('card-data-without-span', 'card data was removed from resources without spans');
    }
  }

  /** Opens a row for a span; ids, kind and status go into the table's columns directly. */
  beginSpan(): number {
    this.#evidenceBeforeSpan = this.table.evidenceCount;
    this.#linksBeforeSpan = this.table.linkCount;
    this.#row = this.table.addRow();
    if (this.#followsFrom.length > 0) this.#followsFrom = [];
    return this.#row;
  }

  /** Takes back all rows from `row` on, the open one included. */
  takeBack(row: number): void {
    this.table.truncate(row);
    // Row numbers come again: what these spans kept is not of the next.
    this.#keptRows.fill(NO_ROW);
    this.#row = NO_ROW;
  }

  rejectSpan(kind: string, message: string): void {
    this.takeBack(this.#row);
    this.#rejectedCount++;
    this.addProblem(kind, message);
  }

  /** Closes the span: its times, and what the table says about parents. Times are whole microseconds, 0 for none. */
  endSpan(startUs: number, endUs: number): void {
    const { table } = this;
    const row = this.#row;
    if (startUs === 0) {
      table.flags[row]! |= SPAN_FLAG.noTime;
    } else {
      table.startUs[row] = startUs;
      table.endUs[row] = endUs >= startUs ? endUs : startUs;
      if (endUs < startUs) {
        table.flags[row]! |= SPAN_FLAG.endBeforeStart;
        this.addProblem('end-before-start', 'spans that end before they start were taken as of no length');
      }
    }
    const parent = row * 2;
    if (
      table.parentIds[parent] === table.spanIds[parent] &&
      table.parentIds[parent + 1] === table.spanIds[parent + 1]
    ) {
      table.parentIds[parent] = table.parentIds[parent + 1] = 0;
      table.flags[row]! |= SPAN_FLAG.selfParent;
    }
    for (const link of this.#followsFrom) {
      const isToParent =
        table.linkIds[link * 6 + 4] === table.parentIds[parent] &&
        table.linkIds[link * 6 + 5] === table.parentIds[parent + 1];
      if (isToParent) table.flags[row]! |= SPAN_FLAG.followsFrom;
    }
    this.#row = NO_ROW;
  }

  /** Adds a link to the open span; its six words go to `linkIds` at the returned offset. */
  addLink(): number {
    return this.table.addLink();
  }

  /** The last link says that its target does not wait for this span. */
  linkFollowsFrom(): void {
    this.#followsFrom.push(this.table.linkCount - 1);
  }

  /** Takes back the last link, whose ids turned out bad. */
  dropLink(): void {
    this.table.linkCount--;
    while (this.#followsFrom.length > 0 && this.#followsFrom.at(-1)! >= this.table.linkCount) this.#followsFrom.pop();
    if (this.table.linkCount === this.#linksBeforeSpan) this.table.flags[this.#row]! &= ~SPAN_FLAG.hasLinks;
    this.addProblem('invalid-link-id', 'links whose ids have a wrong length or are all zeros were left out');
  }

  setName(bytes: Uint8Array, start: number, end: number): void {
    let name = this.cleanValue(NAME, bytes, start, end);
    if (name === 0) {
      const redacted = redactBytes(bytes, start, end, KEY_CONTEXT.none);
      if (redacted !== undefined) this.addEvidence(PLACE.spanName, redacted.hits);
      const kept = redacted?.bytes ?? bytes;
      name = redacted === undefined ? this.#intern(bytes, start, end) : this.#intern(kept, 0, kept.length);
    }
    this.table.names[this.#row] = name;
  }

  /** Looks for card data in a text that is not kept. */
  scan(place: KnownKey, bytes: Uint8Array, start: number, end: number): void {
    if (place.context === KEY_CONTEXT.none && !mayHoldCardNumber(bytes, start, end)) return;
    const redacted = redactBytes(bytes, start, end, place.context);
    if (redacted !== undefined) this.addEvidence(place, redacted.hits);
  }

  /** The same for a nested value: the evidence names the attribute, the context is that of the nearest key. */
  scanNested(place: KnownKey, nearest: KnownKey, bytes: Uint8Array, start: number, end: number): void {
    if (nearest.context === KEY_CONTEXT.none && !mayHoldCardNumber(bytes, start, end)) return;
    const redacted = redactBytes(bytes, start, end, nearest.context);
    if (redacted !== undefined) this.addEvidence(place, redacted.hits);
  }

  setTraceState(bytes: Uint8Array, start: number, end: number): void {
    this.scan(PLACE.traceState, bytes, start, end);
    const threshold = samplingThreshold(bytes, start, end);
    if (threshold !== undefined) this.keep(SAMPLING_THRESHOLD, 0, this.#strings.intern(threshold));
  }

  /** An attribute whose value is text. */
  addText(owner: Owner, key: KnownKey, bytes: Uint8Array, start: number, end: number): void {
    if (owner === OWNER.span && key.isKeptPlainly) {
      const valueId = this.cleanValue(key.attribute, bytes, start, end);
      if (valueId !== 0) {
        this.keep(key.attribute, key.rank, valueId);
        return;
      }
    } else if (key.context === KEY_CONTEXT.none && !mayHoldCardNumber(bytes, start, end)) {
      if (owner === OWNER.resource) {
        if (key.resourceField !== NOT_KEPT) this.#keepField(key, this.#intern(bytes, start, end));
      } else if (owner === OWNER.link && key.isReferenceType) {
        if (isFollowsFrom(bytes, start, end)) this.linkFollowsFrom();
      }
      return;
    }
    const redacted = redactBytes(bytes, start, end, key.context);
    if (redacted !== undefined) this.addEvidence(key, redacted.hits);
    const kept = redacted?.bytes ?? bytes;
    const keptStart = redacted === undefined ? start : 0;
    const keptEnd = redacted === undefined ? end : kept.length;
    if (owner === OWNER.span && key.attribute !== NOT_KEPT && keptStart < keptEnd) {
      this.keep(key.attribute, key.rank, this.#intern(kept, keptStart, keptEnd));
    } else if (owner === OWNER.resource && key.resourceField !== NOT_KEPT) {
      this.#keepField(key, this.#intern(kept, keptStart, keptEnd));
    }
  }

  /** An attribute whose value is a whole number that a JavaScript number holds exactly. */
  addInteger(owner: Owner, key: KnownKey, value: number): void {
    const isSmall = (value | 0) === value || Math.abs(value) < LEAST_CARD_NUMBER;
    if (!isSmall || key.context !== KEY_CONTEXT.none) {
      this.addNumberText(owner, key, String(value));
    } else if (owner === OWNER.span) {
      if (key.attribute !== NOT_KEPT) this.keep(key.attribute, key.rank, this.#strings.internInteger(value));
    } else if (owner === OWNER.resource && key.resourceField !== NOT_KEPT) {
      this.#keepField(key, this.#strings.internInteger(value));
    }
  }

  /** An attribute whose value is a floating-point number. Those that are whole may be card numbers. */
  addDouble(owner: Owner, key: KnownKey, value: number): void {
    if (isKept(owner, key) || key.context !== KEY_CONTEXT.none || Math.abs(value) >= LEAST_CARD_NUMBER) {
      this.addNumberText(owner, key, doubleText(value));
    }
  }

  addBoolean(owner: Owner, key: KnownKey, value: boolean): void {
    if (isKept(owner, key)) this.addNumberText(owner, key, String(value));
  }

  /** An attribute whose value is no text but kept as one: numbers in decimal, `true` and `false`. */
  addNumberText(owner: Owner, key: KnownKey, value: string): void {
    const { text, hits } = redactText(value, key.context === KEY_CONTEXT.none ? '' : key.place);
    if (hits.length > 0) this.addEvidence(key, hits);
    if (owner === OWNER.span && key.attribute !== NOT_KEPT) {
      this.keep(key.attribute, key.rank, this.#strings.intern(text));
    } else if (owner === OWNER.resource && key.resourceField !== NOT_KEPT) {
      this.#keepField(key, this.#strings.intern(text));
    }
  }

  scanNestedDouble(place: KnownKey, nearest: KnownKey, value: number): void {
    this.scanNumberText(place, nearest, doubleText(value));
  }

  /** A number inside an array or a list: looked at, not kept. */
  scanNumberText(place: KnownKey, nearest: KnownKey, value: string): void {
    const { hits } = redactText(value, nearest.context === KEY_CONTEXT.none ? '' : nearest.place);
    if (hits.length > 0) this.addEvidence(place, hits);
  }

  /** Card data found in the open span, or between spans in its block. */
  addEvidence(place: KnownKey, hits: readonly CardHit[]): void {
    for (const { brand, strength } of hits) {
      const piece = {
        placeId: this.#strings.intern(place.place),
        brand: CARD_BRANDS.indexOf(brand),
        strength: CARD_STRENGTHS.indexOf(strength),
      };
      if (this.#row === NO_ROW) {
        const known = this.#blockEvidence;
        if (known.length < MOST_EVIDENCE && !known.some((other) => isSame(other, piece))) known.push(piece);
      } else if (!this.#spanHasEvidence(piece)) {
        this.table.addCardEvidence(piece.placeId, piece.brand, piece.strength);
      }
    }
  }

  addProblem(kind: string, message: string): void {
    const problem = this.#problems.get(kind);
    if (problem === undefined) this.#problems.set(kind, { message, count: 1 });
    else problem.count++;
  }

  /** Says what became of the document, and lets go of the table. */
  finish(): Decoded {
    const spanCount = this.table.count - this.#rowsBefore;
    this.table = NO_TABLE;
    this.#bytes = NO_BYTES;
    this.#view = NO_VIEW;
    return { spanCount, rejectedCount: this.#rejectedCount, problems: problemList(this.#problems) };
  }

  /** Takes everything back, because the input is malformed, and lets go of the table. */
  abandon(): void {
    this.table.truncate(this.#rowsBefore);
    this.finish();
  }

  #spanHasEvidence(piece: CardEvidencePiece): boolean {
    const { table } = this;
    if (table.evidenceCount - this.#evidenceBeforeSpan >= MOST_EVIDENCE) return true;
    const kind = (piece.brand << 4) | piece.strength;
    for (let at = this.#evidenceBeforeSpan; at < table.evidenceCount; at++) {
      if (table.evidencePlaces[at] === piece.placeId && table.evidenceKinds[at] === kind) return true;
    }
    return false;
  }

  #intern(bytes: Uint8Array, start: number, end: number): number {
    const view = bytes === this.#bytes ? this.#view : viewOf(bytes);
    if (end - start <= LONGEST_KEPT_BYTES) return this.#strings.internBytes(bytes, start, end, view);
    let cut = start + LONGEST_KEPT_BYTES;
    while (cut > start && (bytes[cut]! & 0xc0) === 0x80) cut--;
    return this.#strings.internBytes(bytes, start, cut, view);
  }

  /**
   * The id of a value that no card number is in; 0 where it may hold one, and for an empty one. Values come again: those of
   * late, by attribute, length and two of their bytes, are the first guess, and what was clean once is not looked at again.
   */
  cleanValue(attribute: number, bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length === 0) return 0;
    const sample = length * 7 + bytes[end - 1]! + bytes[start + (length >> 1)]!;
    const at = (attribute << GUESS_BITS) | (sample & ((1 << GUESS_BITS) - 1));
    const view = bytes === this.#bytes ? this.#view : viewOf(bytes);
    const guess = this.#recentValueIds[at]!;
    if (guess !== 0 && this.#strings.isString(guess, view, start, end)) return guess;
    if (mayHoldCardNumber(bytes, start, end)) return 0;
    const id = this.#intern(bytes, start, end);
    // A long or an ill-formed value is kept as another text, which nobody has looked at.
    if (this.#strings.isString(id, view, start, end)) this.#recentValueIds[at] = id;
    return id;
  }

  /** The id of a value that was looked at before. */
  internValue(attribute: number, bytes: Uint8Array, start: number, end: number): number {
    return this.cleanValue(attribute, bytes, start, end) || this.#intern(bytes, start, end);
  }

  internInteger(value: number): number {
    return this.#strings.internInteger(value);
  }

  /** Keeps an attribute of the open span, unless it has it under a better key. */
  keep(attribute: number, rank: number, valueId: number): void {
    if (this.#keptRows[attribute] === this.#row) {
      if (rank <= this.#keptRanks[attribute]!) {
        this.table.attributeValues[this.#keptPositions[attribute]!] = valueId;
        this.#keptRanks[attribute] = rank;
      }
      return;
    }
    this.#keptRows[attribute] = this.#row;
    this.#keptPositions[attribute] = this.table.attributeStarts[this.#row + 1]!;
    this.#keptRanks[attribute] = rank;
    this.table.addAttribute(attribute, valueId);
  }

  #keepField(key: KnownKey, valueId: number): void {
    const field = key.resourceField;
    if (valueId === 0 || (this.#fieldTexts[field] !== undefined && key.resourceRank > this.#fieldRanks[field]!)) return;
    this.#fieldTexts[field] = this.#strings.text(valueId);
    this.#fieldRanks[field] = key.resourceRank;
  }
}

/** Problems by kind, in the order of their names. */
export function problemList(
  problems: ReadonlyMap<string, { readonly message: string; readonly count: number }>,
): readonly Problem[] {
  return [...problems]
    .map(([kind, { message, count }]) => ({ kind, message, count }))
    .sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

function isSame(a: CardEvidencePiece, b: CardEvidencePiece): boolean {
  return a.placeId === b.placeId && a.brand === b.brand && a.strength === b.strength;
}

function isKept(owner: Owner, key: KnownKey): boolean {
  if (owner === OWNER.span) return key.attribute !== NOT_KEPT;
  return owner === OWNER.resource && key.resourceField !== NOT_KEPT;
}

/** Whole numbers in all their digits, which is how a card number in a double shows; others as JavaScript writes them. */
function doubleText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e20 ? BigInt(value).toString() : String(value);
}

const FOLLOWS_FROM = 'follows_from';

function isFollowsFrom(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== FOLLOWS_FROM.length) return false;
  for (let at = 0; at < FOLLOWS_FROM.length; at++) {
    if ((bytes[start + at]! | 0x20) !== (FOLLOWS_FROM.charCodeAt(at) | 0x20)) return false;
  }
  return true;
}

/**
 * The sampling threshold in a tracestate: member `ot`, sub-key `th`, 1 to 14 hex digits (OpenTelemetry, TraceState probability
 * sampling).
 */
function samplingThreshold(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start < 7 || end - start > LONGEST_KEPT_BYTES) return undefined;
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return /(?:^|,)[ \t]*ot=(?:[^,]*;)?th:([\da-f]{1,14})(?=[;,\s]|$)/.exec(text)?.[1];
}
