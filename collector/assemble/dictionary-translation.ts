import type { SpanDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { SPAN_FLAG } from '../../analyzer/model/span.ts';

const UNKNOWN = 0xffffffff;

/** Copies rows between tables over different dictionaries: ids are looked up by what they stand for, once each. */
export class DictionaryTranslation {
  readonly source: SpanDictionary;
  readonly target: SpanDictionary;
  #strings = new Uint32Array(0);
  #resources = new Uint32Array(0);

  constructor(source: SpanDictionary, target: SpanDictionary) {
    this.source = source;
    this.target = target;
  }

  /** Copies one row of a table over `source` to the end of a table over `target`. Returns its number. */
  appendRow(from: SpanTable, sourceRow: number, to: SpanTable): number {
    const row = to.addRow();
    for (let word = 0; word < 4; word++) to.traceIds[row * 4 + word] = from.traceIds[sourceRow * 4 + word]!;
    for (let word = 0; word < 2; word++) {
      to.spanIds[row * 2 + word] = from.spanIds[sourceRow * 2 + word]!;
      to.parentIds[row * 2 + word] = from.parentIds[sourceRow * 2 + word]!;
    }
    to.startUs[row] = from.startUs[sourceRow]!;
    to.endUs[row] = from.endUs[sourceRow]!;
    to.names[row] = this.#string(from.names[sourceRow]!);
    to.resources[row] = this.#resource(from.resources[sourceRow]!);
    to.kinds[row] = from.kinds[sourceRow]!;
    to.statuses[row] = from.statuses[sourceRow]!;
    to.flags[row] = from.flags[sourceRow]!;
    const attributesEnd = from.attributeStarts[sourceRow + 1]!;
    for (let at = from.attributeStarts[sourceRow]!; at < attributesEnd; at++) {
      to.addAttribute(from.attributeKeys[at]!, this.#string(from.attributeValues[at]!));
    }
    if ((from.flags[sourceRow]! & SPAN_FLAG.hasLinks) !== 0) {
      for (let link = from.firstLink(sourceRow); link < from.linkCount && from.linkRows[link] === sourceRow; link++) {
        const offset = to.addLink();
        for (let word = 0; word < 6; word++) to.linkIds[offset + word] = from.linkIds[link * 6 + word]!;
      }
    }
    if ((from.flags[sourceRow]! & SPAN_FLAG.hasCardEvidence) !== 0) {
      let piece = from.firstEvidence(sourceRow);
      for (; piece < from.evidenceCount && from.evidenceRows[piece] === sourceRow; piece++) {
        const kind = from.evidenceKinds[piece]!;
        to.addCardEvidence(this.#string(from.evidencePlaces[piece]!), kind >> 4, kind & 15);
      }
    }
    return row;
  }

  #string(id: number): number {
    if (id >= this.#strings.length) this.#strings = grownUnknown(this.#strings, this.source.strings.size);
    const known = this.#strings[id]!;
    if (known !== UNKNOWN) return known;
    const [start, end] = this.source.strings.range(id);
    return (this.#strings[id] = this.target.strings.internBytes(this.source.strings.pool, start, end));
  }

  #resource(id: number): number {
    if (id >= this.#resources.length) this.#resources = grownUnknown(this.#resources, this.source.resources.size);
    const known = this.#resources[id]!;
    if (known !== UNKNOWN) return known;
    return (this.#resources[id] = this.target.resources.intern(this.source.resources.get(id)));
  }
}

function grownUnknown(array: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(length).fill(UNKNOWN);
  longer.set(array);
  return longer;
}
