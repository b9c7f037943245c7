import { type Decoder, MalformedInputError } from './contract.ts';
import { decodeOtlpProtobuf } from './otlp-protobuf.ts';
import { ProblemLog } from './problem-log.ts';

/**
 * What the OpenTelemetry Collector's file exporter writes with `format: proto`: export requests one after the other, each
 * behind its length in four bytes, the highest first. A broken request is a problem, the others count.
 */
export const decodeOtlpFrames: Decoder = (bytes, table) => {
  const frames = framesIn(bytes);
  if (frames === undefined) throw new MalformedInputError('a length does not lead to the next message');
  const log = new ProblemLog();
  let spanCount = 0;
  let rejectedCount = 0;
  for (const [index, frame] of frames.entries()) {
    const place = `message ${index + 1}`;
    try {
      const decoded = decodeOtlpProtobuf(frame, table);
      spanCount += decoded.spanCount;
      rejectedCount += decoded.rejectedCount;
      for (const { kind, message, count } of decoded.problems) log.add(kind, place, message, count);
    } catch (error) {
      if (!(error instanceof MalformedInputError)) throw error;
      log.add('broken-message', place, `left out: ${error.message}`);
    }
  }
  return { spanCount, rejectedCount, problems: log.problems };
};

/** The messages, or undefined if the lengths do not add up to the whole, which tells this format from any other. */
export function framesIn(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const frames: Uint8Array[] = [];
  let at = 0;
  while (at + LENGTH_BYTES <= bytes.length) {
    const length = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
    at += LENGTH_BYTES;
    if (length > bytes.length - at) return undefined;
    frames.push(bytes.subarray(at, at + length));
    at += length;
  }
  return at === bytes.length && at > 0 ? frames : undefined;
}

const LENGTH_BYTES = 4;
