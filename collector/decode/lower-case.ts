import { decodeUtf8, encodeUtf8, viewOf } from '../../analyzer/model/string-table.ts';

/** Texts in lower case, in a buffer that serves one after the other. */
export class LowerCase {
  /** The last text: `bytes[start, end)`, which are those that came where nothing had to be changed. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  #buffer = new Uint8Array(256);
  #view = viewOf(this.#buffer);

  /** Sets the three fields above. */
  read(text: Uint8Array, start: number, end: number): void {
    this.bytes = text;
    this.start = start;
    this.end = end;
    let at = start;
    while (at < end && LOWER[text[at]!] === text[at]) at++;
    if (at < end) this.#change(text, start, end);
  }

  /** A view of `bytes`, given one of the document they may be of. */
  viewOf(document: Uint8Array, view: DataView): DataView {
    if (this.bytes === document) return view;
    return this.bytes === this.#buffer ? this.#view : viewOf(this.bytes);
  }

  #change(text: Uint8Array, start: number, end: number): void {
    if (this.#buffer.length < end - start) {
      this.#buffer = new Uint8Array(2 * (end - start));
      this.#view = viewOf(this.#buffer);
    }
    let length = 0;
    for (let at = start; at < end; at++) {
      const lower = LOWER[text[at]!]!;
      if (lower === 0) {
        this.bytes = encodeUtf8(decodeUtf8(text, start, end).toLowerCase());
        this.start = 0;
        this.end = this.bytes.length;
        return;
      }
      this.#buffer[length++] = lower;
    }
    this.bytes = this.#buffer;
    this.start = 0;
    this.end = length;
  }
}

/** By byte: what it is in lower case, 0 for NUL and for parts of characters beyond ASCII. */
const LOWER = new Uint8Array(256);
for (let byte = 0; byte < 0x80; byte++) LOWER[byte] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
