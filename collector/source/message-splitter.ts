import { zstdDecompressSync } from 'node:zlib';
import type { TraceFormat } from '../decode/index.ts';
import { formatOf } from './format-of.ts';
import type { OnRecord, RecordSplitter } from './record-splitter.ts';

const LENGTH_BYTES = 4;
const FIELD_1_TAG = 0x0a;
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** The format of a message that stands at the start, behind its length in four bytes; undefined if none does. */
export function firstFrameFormat(bytes: Uint8Array): TraceFormat | undefined {
  const end = LENGTH_BYTES + lengthAt(bytes, 0);
  if (bytes[0] !== 0 || bytes.length < end) return undefined;
  return formatOf(unpacked(bytes.subarray(LENGTH_BYTES, end)));
}

/** The format of a protobuf document of which the first field is here; undefined if it is none. */
export function firstFieldFormat(bytes: Uint8Array): TraceFormat | undefined {
  const end = endOfField(bytes, 0);
  const format = end === undefined || end > bytes.length ? undefined : formatOf(bytes.subarray(0, end));
  return format === 'otlp-protobuf' || format === 'zipkin-protobuf' ? format : undefined;
}

/**
 * Export requests one after the other, each behind its length in four bytes, the highest first: what the Collector's file
 * exporter writes with `format: proto`. With `compression: zstd` each of them is packed on its own, JSON as well.
 */
export class FrameSplitter implements RecordSplitter {
  readonly format = 'otlp-protobuf-frames';
  #number = 0;
  #offset = 0;

  mayEndIn(): boolean {
    return true;
  }

  split(bytes: Uint8Array, onRecord: OnRecord): number {
    let at = 0;
    while (at + LENGTH_BYTES <= bytes.length) {
      const end = at + LENGTH_BYTES + lengthAt(bytes, at);
      if (end > bytes.length) break;
      const message = unpacked(bytes.subarray(at + LENGTH_BYTES, end));
      const format = message[0] === 0x7b ? 'otlp-json' : 'otlp-protobuf';
      onRecord(message, format, `message ${++this.#number} at byte ${this.#offset + at}`);
      at = end;
    }
    this.#offset += at;
    return at;
  }

  end(bytes: Uint8Array): string | undefined {
    return bytes.length === 0 ? undefined : `the message at byte ${this.#offset} is cut off`;
  }
}

/** A message of fields 1, each of which is a document of its own: protobuf joins what is written one behind the other. */
export class FieldSplitter implements RecordSplitter {
  readonly format: TraceFormat;
  #number = 0;
  #offset = 0;

  constructor(format: TraceFormat) {
    this.format = format;
  }

  mayEndIn(): boolean {
    return true;
  }

  split(bytes: Uint8Array, onRecord: OnRecord): number {
    let at = 0;
    for (let end = endOfField(bytes, at); end !== undefined && end <= bytes.length; end = endOfField(bytes, at)) {
      onRecord(bytes.subarray(at, end), this.format, `record ${++this.#number} at byte ${this.#offset + at}`);
      at = end;
    }
    this.#offset += at;
    return at;
  }

  end(bytes: Uint8Array): string | undefined {
    return bytes.length === 0 ? undefined : `what stands at byte ${this.#offset} is cut off, or no such record`;
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** Where the field 1 ends that starts at `at`, if one does and its length is there. */
function endOfField(bytes: Uint8Array, at: number): number | undefined {
  if (bytes[at] !== FIELD_1_TAG) return undefined;
  let length = 0;
  for (let position = at + 1; position < at + 6; position++) {
    const byte = bytes[position];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * (position - at - 1));
    if (byte < 0x80) return position + 1 + length;
  }
  return undefined;
}

/** As it is, if it does not unpack: the decoder says what is wrong with it. */
function unpacked(message: Uint8Array): Uint8Array {
  if (!ZSTD.every((byte, index) => message[index] === byte)) return message;
  try {
    return zstdDecompressSync(message, { maxOutputLength: LARGEST_MESSAGE_BYTES });
  } catch {
    return message;
  }
}

/** Packed bytes may stand for any number of others. */
const LARGEST_MESSAGE_BYTES = 256 * 1024 * 1024;
