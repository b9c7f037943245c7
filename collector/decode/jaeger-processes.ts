import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { StringTable } from '../../analyzer/model/string-table.ts';
import { mayHoldCardNumber } from '../redact/index.ts';
import { readJaegerProcess } from './jaeger-spans.ts';
import { isJsonObject, parseJsonDocument } from './json-document.ts';
import type { JsonScanner } from './json-scanner.ts';
import { SpanDraft } from './span-draft.ts';

/**
 * The processes of a trace, which come after the spans that name them. The same ones come with every trace, so what a
 * process is, is remembered by its text: no object is made for one that was seen of late.
 */
export class JaegerProcesses {
  readonly #json: JsonScanner;
  #table = NO_TABLE;
  #dictionary = NO_TABLE.dictionary;
  /** Names of processes in the trace: `p1`, `p2`, and what each is: the resource's number plus one. */
  #names = new StringTable();
  #resources: number[] = [];
  /** Texts of processes without card data, and the resource's number plus one by the text's. */
  #texts = new StringTable();
  #resourcesOfTexts: number[] = [];

  constructor(json: JsonScanner) {
    this.#json = json;
  }

  /** Starts on a document. */
  begin(table: SpanTable): void {
    this.#table = table;
    if (this.#dictionary === table.dictionary) return;
    this.#dictionary = table.dictionary;
    this.#forgetTexts();
  }

  letGo(): void {
    this.#table = NO_TABLE;
    if (this.#texts.size > MOST_TEXTS) this.#forgetTexts();
  }

  beginTrace(): void {
    if (this.#names.size > MOST_TEXTS) this.#names = new StringTable();
    this.#resources = [];
  }

  /** A number for the name `bytes[start, end)` of a process, which is not yet described. */
  numberOf(start: number, end: number): number {
    return this.#names.internBytes(this.#json.bytes, start, end, this.#json.view);
  }

  /** Reads the object that describes the processes. False if there is something out of the ordinary in it. */
  read(): boolean {
    const json = this.#json;
    if (!json.openObject()) return true;
    do {
      json.readName();
      if (json.hasEscapes) return false;
      const name = this.numberOf(json.textStart, json.textEnd);
      if (this.#resources[name] !== undefined) return false;
      json.peek();
      const start = json.at;
      json.skipValue();
      const resource = this.#resourceOf(start, json.at);
      if (resource === undefined) return false;
      this.#resources[name] = resource;
    } while (json.moreMembers());
    return true;
  }

  /** Gives the spans from `firstRow` on, which have the numbers of their processes, their resources. */
  fillResources(firstRow: number): boolean {
    const { resources, count } = this.#table;
    for (let row = firstRow; row < count; row++) {
      const resource = this.#resources[resources[row]!];
      if (resource === undefined) return false;
      resources[row] = resource;
    }
    return true;
  }

  #resourceOf(start: number, end: number): number | undefined {
    const { bytes, view } = this.#json;
    if (mayHoldCardNumber(bytes, start, end)) return undefined;
    const text = this.#texts.internBytes(bytes, start, end, view);
    const known = this.#resourcesOfTexts[text];
    if (known !== undefined) return known;
    const process = parseJsonDocument(bytes.subarray(start, end));
    const read = isJsonObject(process) ? readJaegerProcess(process, new SpanDraft(), this.#table) : undefined;
    if (read === undefined || read.evidence.length > 0) {
      // What may hold card data is not to be remembered.
      this.#forgetTexts();
      return undefined;
    }
    this.#resourcesOfTexts[text] = read.resource;
    return read.resource;
  }

  #forgetTexts(): void {
    this.#texts = new StringTable();
    this.#resourcesOfTexts = [];
  }
}

const NO_TABLE = new SpanTable(createDictionary(), 1);
const MOST_TEXTS = 4096;
