import { ByteReader, ByteWriter } from './bytes.ts';
import { bucketOf, type Histogram } from './histogram.ts';

// A histogram is the length of what follows in bytes, the first bucket that holds anything, the width from there to the last,
// and for each that does one byte: in the high four bits how many empty ones stand before it, in the low four its count. What
// does not fit in four bits follows as a number. The empty histogram is a length of 0.

/** In place of a gap: it follows, less this. */
const LONG_GAP = 15;
const LARGEST_SHORT_COUNT = 15;
/** In place of a count: it follows, less `LARGEST_SHORT_COUNT + 1`. */
const LARGE_COUNT = 0;

/** No duration lies beyond this bucket: damaged bytes must not ask for more room. */
const WIDEST = bucketOf(Number.MAX_SAFE_INTEGER) + 1;

const scratch = new ByteWriter();

export function writeHistogram(writer: ByteWriter, histogram: Histogram): void {
  let first = -1;
  let last = -1;
  histogram.forEachBucket((bucket) => {
    if (first < 0) first = bucket;
    last = bucket;
  });
  scratch.clear();
  if (first >= 0) {
    scratch.writeNumber(first);
    scratch.writeNumber(last - first + 1);
  }
  let next = first;
  histogram.forEachBucket((bucket, count) => {
    const gap = bucket - next;
    const shortGap = Math.min(gap, LONG_GAP);
    scratch.writeByte((shortGap << 4) | (count <= LARGEST_SHORT_COUNT ? count : LARGE_COUNT));
    if (shortGap === LONG_GAP) scratch.writeNumber(gap - LONG_GAP);
    if (count > LARGEST_SHORT_COUNT) scratch.writeNumber(count - LARGEST_SHORT_COUNT - 1);
    next = bucket + 1;
  });
  const bytes = scratch.bytes();
  writer.writeNumber(bytes.length);
  writer.writeBytes(bytes);
}

/**
 * Histograms that were come across and not read yet. The buckets of a thousand dependencies do not fit into a processor's
 * cache, those of one do: so each histogram is added up over all minutes at once, several times faster than minute by minute.
 */
export class PendingHistograms {
  readonly #waiting: PendingHistogram[] = [];
  readonly #blobs: Uint8Array[] = [];

  get blobCount(): number {
    return this.#blobs.length;
  }

  /** What is noted from now on stands in these bytes. */
  beginBlob(bytes: Uint8Array): void {
    this.#blobs.push(bytes);
  }

  /** Steps over a stored histogram that is to be added to `pending`. */
  note(reader: ByteReader, pending: PendingHistogram): void {
    const length = reader.readNumber();
    if (length === 0) return;
    const start = reader.skip(length);
    if (pending.places.length === 0) this.#waiting.push(pending);
    pending.places.push(this.#blobs.length - 1, start, start + length);
  }

  /** Adds up all that was noted, and lets go of the bytes. */
  settle(): void {
    for (const { histogram, places } of this.#waiting) {
      for (let at = 0; at < places.length; at += 3) {
        addHistogram(this.#blobs[places[at]!]!, places[at + 1]!, places[at + 2]!, histogram);
      }
      places.length = 0;
    }
    this.#waiting.length = 0;
    this.#blobs.length = 0;
  }
}

export class PendingHistogram {
  readonly histogram: Histogram;
  /** For each stored histogram the number of its bytes, its start and its end. */
  readonly places: number[] = [];

  constructor(histogram: Histogram) {
    this.histogram = histogram;
  }
}

function addHistogram(bytes: Uint8Array, start: number, end: number, histogram: Histogram): void {
  const reader = new ByteReader(bytes, start);
  const first = reader.readNumber();
  const width = reader.readNumber();
  if (width > WIDEST) throw new RangeError('a histogram is too wide');
  histogram.makeRoom(first, first + width);
  const { counts, firstBucket } = histogram;
  const lastPlace = first + width - firstBucket - 1;
  let { at } = reader;
  let place = first - firstBucket;
  let added = 0;
  while (at < end) {
    const byte = bytes[at++]!;
    let gap = byte >> 4;
    let count = byte & 15;
    if (gap === LONG_GAP || count === LARGE_COUNT) {
      reader.at = at;
      if (gap === LONG_GAP) gap += reader.readNumber();
      if (count === LARGE_COUNT) count = LARGEST_SHORT_COUNT + 1 + reader.readNumber();
      ({ at } = reader);
    }
    place += gap;
    if (place > lastPlace) throw new RangeError('a histogram is wider than it says');
    counts[place++]! += count;
    added += count;
  }
  histogram.count += added;
}
