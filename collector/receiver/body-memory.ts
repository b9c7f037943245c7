/** Shorter bodies come in one piece, which is used as it is; longer ones get memory of their own. */
const SMALLEST_BYTES = 16 << 10;
const LARGEST_BYTES = 1 << 20;
/** Kept for bodies to come, at most. */
const SPARE_BYTE_LIMIT = 8 << 20;

/**
 * Memory for bodies, used again when a request is over. Buffers that come and go are garbage outside the heap, and for every
 * 64 MB of it V8 goes through the whole heap: with bodies of 280 kB that was a fifth of all work of the process.
 */
export class BodyMemory {
  /** By length, a power of two. */
  readonly #spares = new Map<number, Buffer[]>();
  #spareByteCount = 0;

  /** At least `length` bytes with whatever was in them before; undefined where it does not pay. */
  take(length: number): Buffer | undefined {
    if (length < SMALLEST_BYTES || length > LARGEST_BYTES) return undefined;
    let room = SMALLEST_BYTES;
    while (room < length) room *= 2;
    const spare = this.#spares.get(room)?.pop();
    if (spare === undefined) return Buffer.allocUnsafeSlow(room);
    this.#spareByteCount -= room;
    return spare;
  }

  /** Nobody may look at it any more. */
  giveBack(memory: Buffer): void {
    const room = memory.length;
    if (this.#spareByteCount + room > SPARE_BYTE_LIMIT) return;
    this.#spareByteCount += room;
    const spares = this.#spares.get(room);
    if (spares === undefined) this.#spares.set(room, [memory]);
    else spares.push(memory);
  }
}
