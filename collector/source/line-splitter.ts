import type { OnRecord, RecordSplitter } from './record-splitter.ts';

const NEWLINE = 0x0a;

/** OTLP JSON, one request a line, as the Collector's file exporter writes it. */
export class LineSplitter implements RecordSplitter {
  readonly format = 'otlp-json-lines';
  #lineNumber = 0;

  mayEndIn(more: Uint8Array): boolean {
    return more.includes(NEWLINE);
  }

  split(bytes: Uint8Array, onRecord: OnRecord): number {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      this.end(bytes.subarray(start, end), onRecord);
      start = end + 1;
    }
    return start;
  }

  end(line: Uint8Array, onRecord: OnRecord): undefined {
    this.#lineNumber++;
    if (line.some((byte) => byte > 0x20)) onRecord(withoutByteOrderMark(line), 'otlp-json', `${this.#lineNumber}`);
  }
}

function withoutByteOrderMark(line: Uint8Array): Uint8Array {
  return line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? line.subarray(3) : line;
}
